/** Chance from a seed: the same seed gives the same numbers, so that a ride can be looked at again. */
export class Chance {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** From 0, included, to 1. A Weyl sequence, well stirred. */
  next(): number {
    this.#state = (this.#state + 0x9e3779b9) >>> 0;
    let mixed = this.#state;
    mixed = Math.imul(mixed ^ (mixed >>> 16), 0x21f0aaad);
    mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97);
    return ((mixed ^ (mixed >>> 15)) >>> 0) / 2 ** 32;
  }

  between(least: number, most: number): number {
    return least + (most - least) * this.next();
  }

  /** A whole number, both ends included. */
  whole(least: number, most: number): number {
    return least + Math.floor(this.next() * (most - least + 1));
  }

  happens(probability: number): boolean {
    return this.next() < probability;
  }

  /** Of a normal distribution around 0. */
  normal(deviation: number): number {
    const radius = Math.sqrt(-2 * Math.log(1 - this.next()));
    return deviation * radius * Math.cos(2 * Math.PI * this.next());
  }

  shuffled<T>(items: readonly T[]): T[] {
    return items
      .map((item) => ({ item, order: this.next() }))
      .sort((a, b) => a.order - b.order)
      .map(({ item }) => item);
  }
}

/** Noise that wanders: each value keeps a part of the one before it, as errors of a satellite receiver do. */
export class Wander {
  readonly #chance: Chance;
  readonly #deviation: number;
  readonly #keeps: number;
  #value: number;

  /** @param keeps from 0, no memory, to 1 */
  constructor(chance: Chance, deviation: number, keeps: number) {
    this.#chance = chance;
    this.#deviation = deviation;
    this.#keeps = keeps;
    this.#value = chance.normal(deviation);
  }

  next(): number {
    const fresh = this.#chance.normal(this.#deviation * Math.sqrt(1 - this.#keeps ** 2));
    this.#value = this.#keeps * this.#value + fresh;
    return this.#value;
  }
}
