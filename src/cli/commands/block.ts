import { type Command, Option } from 'commander';
import { path } from '../api-client.ts';
import { COMMUNITY, COURIER } from '../arguments.ts';
import { column, renderItem, timeColumn } from '../columns.ts';
import type { Io } from '../io.ts';
import { type ListOptions, showList, withListOptions } from '../list.ts';
import { type Session, show, showDone, withSession } from '../session.ts';
import { parseWhen } from '../when.ts';

const COLUMNS = [
  column('COURIER', 'courierId'),
  timeColumn('UNTIL', 'until'),
  timeColumn('SINCE', 'createdAt'),
  column('REASON', 'reason'),
];

/** `block`: couriers that a community keeps out for a time. */
export function addBlock(program: Command, io: Io): void {
  const block = program.command('block').description('keep couriers out of a community for a time');
  const until = new Option(
    '--until <when>',
    'its end: 30m, 2h, 7d or an instant, at most a year ahead',
  )
    .argParser((text) => parseWhen(text, io.now()))
    .makeOptionMandatory();
  block
    .command('add')
    .description('refuse a courier entry until an end; a block that is there is replaced')
    .addArgument(COMMUNITY)
    .addArgument(COURIER)
    .addOption(until)
    .requiredOption('--reason <text>', 'why')
    .addHelpText(
      'after',
      '\nExample:\n  npm run cli -- block add com_0123456789abc cou_0123456789abc --until 7d --reason 逆行',
    )
    .action(withSession(io, add));
  block
    .command('remove')
    .description('end a block before its time')
    .addArgument(COMMUNITY)
    .addArgument(COURIER)
    .action(withSession(io, remove));
  withListOptions(block.command('list').description('list the blocks in force'))
    .addArgument(COMMUNITY)
    .action(withSession(io, list));
}

async function add(
  session: Session,
  community: string,
  courier: string,
  { until, reason }: { readonly until: string; readonly reason: string },
): Promise<void> {
  const call = path`/v1/communities/${community}/blocks/${courier}`;
  const { body } = await session.client.ask({ method: 'PUT', path: call, body: { until, reason } });
  show(session, body, () => renderItem(COLUMNS, body));
}

async function remove(session: Session, community: string, courier: string): Promise<void> {
  const call = path`/v1/communities/${community}/blocks/${courier}`;
  await session.client.ask({ method: 'DELETE', path: call });
  showDone(session, `${courier} is blocked no more.`);
}

async function list(session: Session, community: string, options: ListOptions): Promise<void> {
  await showList(session, { path: path`/v1/communities/${community}/blocks` }, COLUMNS, options);
}
