import { type Command, Option } from 'commander';
import { path } from '../api-client.ts';
import { COMMUNITY } from '../arguments.ts';
import { type Column, column, timeColumn } from '../columns.ts';
import type { Io } from '../io.ts';
import { textOf } from '../json.ts';
import { type ListOptions, showList, withListOptions } from '../list.ts';
import { type Session, withSession } from '../session.ts';
import { showInstant } from '../when.ts';

const COLUMNS: readonly Column[] = [
  timeColumn('OPENED', 'openedAt'),
  ['CLOSED', (visit) => showInstant(textOf(visit, 'closedAt')) || 'inside'],
  column('BY', 'closedBy'),
  column('VISIT', 'id'),
  column('COURIER', 'courierId'),
  column('PASS', 'passId'),
  column('IN BY', 'entryGateId'),
  column('OUT BY', 'exitGateId'),
];

/** `visits`: who is inside, and who was. */
export function addVisits(program: Command, io: Io): void {
  const visits = program.command('visits').description('who is inside, and who was');
  withListOptions(visits.command('list').description('list visits, newest first'))
    .addArgument(COMMUNITY)
    .addOption(new Option('--open', 'only those who are inside').conflicts('closed'))
    .addOption(new Option('--closed', 'only those who have left'))
    .action(withSession(io, list));
}

interface VisitOptions extends ListOptions {
  readonly open?: true;
  readonly closed?: true;
}

async function list(session: Session, community: string, options: VisitOptions): Promise<void> {
  const open = options.open ? 'true' : options.closed ? 'false' : undefined;
  const call = { path: path`/v1/communities/${community}/visits`, query: { open } };
  await showList(session, call, COLUMNS, options);
}
