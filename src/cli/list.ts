import { type Command, Option } from 'commander';
import type { ApiClient } from './api-client.ts';
import { wholeNumber } from './arguments.ts';
import { type Column, renderItems } from './columns.ts';
import { listOf, memberOf } from './json.ts';
import { note, type Session, show } from './session.ts';

/** Items of one request where all are asked for: the most that the service gives. */
const PAGE_ITEMS = '200';

export interface ListOptions {
  readonly limit?: string;
  readonly after?: string;
  readonly all?: true;
}

interface ListCall {
  readonly path: string;
  readonly query?: Readonly<Record<string, string | undefined>>;
}

/** Adds the options that every list takes. */
export function withListOptions(command: Command): Command {
  return command
    .addOption(new Option('--limit <n>', 'items of a page, at most 200').argParser(wholeNumber))
    .addOption(new Option('--after <next>', 'go on where the page before ended'))
    .addOption(
      new Option('--all', 'every page, one after the other').conflicts(['limit', 'after']),
    );
}

/** Shows a page of a list, or all of it, and says how to see more. */
export async function showList(
  session: Session,
  call: ListCall,
  columns: readonly Column[],
  options: ListOptions,
): Promise<void> {
  const page = options.all
    ? await readAll(session.client, call)
    : await readPage(session.client, call, options);
  const items = listOf(page, 'items');
  show(session, page, () => (items.length === 0 ? 'None.\n' : renderItems(columns, items)));
  const next = memberOf(page, 'next');
  if (typeof next === 'string') note(session, `There are more: add --after ${next}, or --all.`);
}

async function readPage(
  client: ApiClient,
  { path, query }: ListCall,
  { limit, after }: { readonly limit?: string | undefined; readonly after?: string | undefined },
): Promise<unknown> {
  return (await client.ask({ method: 'GET', path, query: { ...query, limit, after } })).body;
}

/** The pages of a list as one. */
async function readAll(client: ApiClient, call: ListCall): Promise<unknown> {
  const items: unknown[] = [];
  let after: string | undefined;
  do {
    const page = await readPage(client, call, { limit: PAGE_ITEMS, after });
    items.push(...listOf(page, 'items'));
    const next = memberOf(page, 'next');
    after = typeof next === 'string' && next !== after ? next : undefined;
  } while (after !== undefined);
  return { items, next: null };
}
