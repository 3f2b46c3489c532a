import type { Command } from 'commander';
import { path } from '../api-client.ts';
import { COMMUNITY } from '../arguments.ts';
import { type Column, column, timeColumn } from '../columns.ts';
import { follow } from '../follow.ts';
import type { Io } from '../io.ts';
import { isObject, parseJson } from '../json.ts';
import { type ListOptions, showList, withListOptions } from '../list.ts';
import { type Session, withSession } from '../session.ts';
import { renderLine } from '../table.ts';

const COLUMNS: readonly Column[] = [
  timeColumn('AT', 'at'),
  column('GATE', 'gateId'),
  column('WAY', 'direction'),
  column('DECISION', 'decision'),
  column('REASON', 'reason'),
  column('PASS', 'passId'),
  column('SOURCE', 'source'),
  column('FLAGS', 'flags'),
];
/** A list also tells why a guard let somebody in. */
const LIST_COLUMNS = [...COLUMNS, column('GUARD’S REASON', 'guardReason')];
/** Columns of a live table cannot wait for the widest cell. */
const LIVE_WIDTHS = [25, 17, 3, 8, 27, 17, 7, 5];

/** `decisions`: what was decided at the gates. */
export function addDecisions(program: Command, io: Io): void {
  const decisions = program.command('decisions').description('what was decided at the gates');
  decisions
    .command('follow')
    .description('show decisions as they happen, until interrupted; with --json one on each line')
    .addArgument(COMMUNITY)
    .addHelpText(
      'after',
      `
A connection that is lost is opened again. What was decided in between is in \`decisions list\`.

Example:
  npm run -s cli -- decisions follow com_0123456789abc --json | jq -c 'select(.decision == "denied")'`,
    )
    .action(withSession(io, followDecisions));
  withListOptions(decisions.command('list').description('list decisions, newest first'))
    .addArgument(COMMUNITY)
    .action(withSession(io, list));
}

async function list(session: Session, community: string, options: ListOptions): Promise<void> {
  await showList(
    session,
    { path: path`/v1/communities/${community}/decisions` },
    LIST_COLUMNS,
    options,
  );
}

async function followDecisions({ client, io, format }: Session, community: string): Promise<void> {
  const call = path`/v1/communities/${community}/events`;
  let shown = 0;
  const follower = {
    event(type: string, data: string) {
      const decision = type === 'decision' ? parseJson(data) : undefined;
      if (!isObject(decision)) return;
      if (format === 'text' && shown++ === 0) io.out(liveLine(([heading]) => heading));
      io.out(
        format === 'json'
          ? `${JSON.stringify(decision)}\n`
          : liveLine(([, cell]) => cell(decision)),
      );
    },
    say: (text: string) => io.err(`${text}\n`),
  };
  await follow(client, call, follower, io.stopSignal());
}

function liveLine(cell: (column: Column) => string): string {
  return renderLine(COLUMNS.map(cell), LIVE_WIDTHS);
}
