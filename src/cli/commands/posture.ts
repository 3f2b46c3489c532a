import { Argument, type Command, Option } from 'commander';
import { POSTURES } from '../../domain/community.ts';
import { path } from '../api-client.ts';
import { COMMUNITY, GATE } from '../arguments.ts';
import { showPosture } from '../columns.ts';
import type { Io } from '../io.ts';
import { type Session, show, withSession } from '../session.ts';
import { parseWhen } from '../when.ts';

const COMMUNITY_POSTURES = POSTURES.filter((posture) => posture !== 'closed');

/** `posture`: state set by command, with an end. */
export function addPosture(program: Command, io: Io): void {
  const posture = program
    .command('posture')
    .description('lock down, open or close for a time, or return to normal')
    .addHelpText(
      'after',
      `
Exits are never refused, whatever the posture.

Examples:
  npm run cli -- posture community com_0123456789abc lockdown --until 2h --reason 搜救演练
  npm run cli -- posture gate gat_0123456789abc closed --until 2026-11-22T06:00+08:00 --reason 维修
  npm run cli -- posture gate gat_0123456789abc normal`,
    );
  withTerms(
    posture
      .command('community')
      .description('set the posture of all gates of a community')
      .addArgument(COMMUNITY)
      .addArgument(new Argument('<posture>', 'from now on').choices(COMMUNITY_POSTURES)),
    io,
  ).action(
    withSession(io, (session, community: string, posture: string, terms: Terms) =>
      set(session, path`/v1/communities/${community}/posture`, { posture, ...terms }),
    ),
  );
  withTerms(
    posture
      .command('gate')
      .description('set the posture of one gate')
      .addArgument(GATE)
      .addArgument(new Argument('<posture>', 'from now on').choices(POSTURES)),
    io,
  ).action(
    withSession(io, (session, gate: string, posture: string, terms: Terms) =>
      set(session, path`/v1/gates/${gate}/posture`, { posture, ...terms }),
    ),
  );
}

interface Terms {
  readonly until?: string;
  readonly reason?: string;
}

function withTerms(command: Command, io: Io): Command {
  return command
    .addOption(
      new Option(
        '--until <when>',
        'falls back to normal then: 30m, 2h, 7d or an instant; required unless normal',
      ).argParser((text) => parseWhen(text, io.now())),
    )
    .option('--reason <text>', 'why; required unless normal');
}

interface PostureCommand extends Terms {
  readonly posture: string;
}

async function set(session: Session, call: string, command: PostureCommand): Promise<void> {
  const { body } = await session.client.ask({ method: 'PUT', path: call, body: command });
  show(session, body, () => `${showPosture(body, '')}\n`);
}
