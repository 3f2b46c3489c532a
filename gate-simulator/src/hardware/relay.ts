/** What holds the gate open: energised is open, released is shut. Neither call throws. */
export interface Relay {
  energise(): void;
  release(): void;
}

/** A relay that only remembers, and tells who listens. */
export class SimulatedRelay implements Relay {
  readonly #listeners: ((position: 'energised' | 'released') => void)[] = [];
  #position: 'energised' | 'released' = 'released';

  get position(): 'energised' | 'released' {
    return this.#position;
  }

  energise(): void {
    this.#move('energised');
  }

  release(): void {
    this.#move('released');
  }

  onMove(listener: (position: 'energised' | 'released') => void): void {
    this.#listeners.push(listener);
  }

  #move(position: 'energised' | 'released'): void {
    this.#position = position;
    for (const listener of this.#listeners) listener(position);
  }
}
