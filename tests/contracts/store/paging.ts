import { expect } from 'vitest';
import type { Page, PageRequest } from '../../../src/store/store.ts';

/**
 * Reads a list to its end with pages of one size and checks what every page promises: no more than the limit,
 * never an empty page after a cursor, null at the end and only there.
 */
export async function readPages<Item>(
  read: (page: PageRequest) => Promise<Page<Item>>,
  limit: number,
): Promise<Item[]> {
  const items: Item[] = [];
  let after: string | null = null;
  do {
    const page: Page<Item> = await read({ limit, after });
    expect(page.items.length).toBeLessThanOrEqual(limit);
    if (after !== null) expect(page.items.length).toBeGreaterThan(0);
    if (page.next !== null) expect(page.items.length).toBe(limit);
    items.push(...page.items);
    after = page.next;
  } while (after !== null);
  return items;
}

/** The same list by pages of 1, 2, 3, as many as there are, and one more; returns it. */
export async function expectPaged<Item>(
  read: (page: PageRequest) => Promise<Page<Item>>,
): Promise<Item[]> {
  const whole = await read({ limit: 200, after: null });
  expect(whole.next).toBeNull();
  const count = whole.items.length;
  for (const limit of new Set([1, 2, 3, count, count + 1])) {
    if (limit > 0) expect(await readPages(read, limit)).toEqual(whole.items);
  }
  return [...whole.items];
}
