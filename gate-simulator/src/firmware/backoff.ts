/** How long to wait before trying again: doubles with each failure, and no two gates come back at the same moment. */
export class Backoff {
  readonly #firstMs: number;
  readonly #mostMs: number;
  readonly #chance: () => number;
  #failures = 0;

  /** @param chance from 0 up to 1 */
  constructor(firstMs: number, mostMs: number, chance: () => number = Math.random) {
    this.#firstMs = firstMs;
    this.#mostMs = mostMs;
    this.#chance = chance;
  }

  /** From half of the present step up to the whole of it. */
  nextMs(): number {
    const stepMs = Math.min(this.#mostMs, this.#firstMs * 2 ** this.#failures);
    this.#failures += 1;
    return stepMs / 2 + (stepMs / 2) * this.#chance();
  }

  reset(): void {
    this.#failures = 0;
  }
}
