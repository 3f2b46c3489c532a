import { z } from '@hono/zod-openapi';
import { LIMITS } from '../../config.ts';
import type { Page, PageRequest } from '../../store/store.ts';
import { integerQuery } from './values.ts';

/** The query of a list. {@link pageRequest} fills in what is left out. */
export const pageQuery = z.object({
  limit: integerQuery(1, LIMITS.pageItems)
    .optional()
    .openapi({ description: `Items of a page; ${LIMITS.pageItemsDefault} unless said otherwise.` }),
  after: z
    .string()
    .regex(/^(0|[1-9]\d{0,14})$/, 'expected the `next` of a page')
    .optional()
    .openapi({ description: 'The `next` of the page before.' }),
});

export function pageRequest(query: z.output<typeof pageQuery>): PageRequest {
  return { limit: query.limit ?? LIMITS.pageItemsDefault, after: query.after ?? null };
}

/** The answer of a list. */
export function pageSchema<Item extends z.ZodType>(item: Item) {
  return z.object({
    items: z.array(item),
    next: z
      .string()
      .nullable()
      .openapi({ description: 'Passed as `after` for the following page; null at the end.' }),
  });
}

/** A page whose items are written for the wire. */
export function pageAnswer<Item, Written>(page: Page<Item>, write: (item: Item) => Written) {
  return { items: page.items.map(write), next: page.next };
}
