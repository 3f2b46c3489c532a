import fc from 'fast-check';

/**
 * Checks a property on random cases. The seed is printed whether it holds or not; `FC_SEED` repeats a run,
 * `FC_RUNS` asks for more cases. A failure shows the smallest case that fails.
 */
export async function checkProperty<Case extends [unknown, ...unknown[]]>(
  name: string,
  property: fc.IAsyncPropertyWithHooks<Case>,
  numRuns: number,
): Promise<void> {
  const seed = Number(process.env['FC_SEED'] ?? Math.floor(Math.random() * 2 ** 31));
  process.stdout.write(`${name}: seed ${seed}\n`);
  await fc.assert(property, { numRuns: Number(process.env['FC_RUNS'] ?? numRuns), seed });
}
