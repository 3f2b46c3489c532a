import type { Page, PageRequest } from '../store/store.ts';

const PAGE_ITEMS = 200;

/** All items of a list, page by page. For lists that are short by nature, such as the gates of a community. */
export async function listAll<Item>(
  list: (page: PageRequest) => Promise<Page<Item>>,
): Promise<readonly Item[]> {
  const items: Item[] = [];
  let after: string | null = null;
  do {
    const page: Page<Item> = await list({ limit: PAGE_ITEMS, after });
    items.push(...page.items);
    after = page.next;
  } while (after !== null);
  return items;
}
