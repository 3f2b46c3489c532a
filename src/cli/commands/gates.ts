import { type Command, Option } from 'commander';
import { path } from '../api-client.ts';
import { COMMUNITY, GATE, listOfChoices } from '../arguments.ts';
import { column, POSTURE, timeColumn } from '../columns.ts';
import type { Io } from '../io.ts';
import { type ListOptions, showList, withListOptions } from '../list.ts';
import { showSecrets } from '../secrets.ts';
import { type Session, showDone, withSession } from '../session.ts';

const COLUMNS = [
  column('ID', 'id'),
  column('NAME', 'name'),
  column('KIND', 'kind'),
  column('READERS', 'directions'),
  column('MEDIA', 'media'),
  column('SENSOR', 'passageSensor'),
  POSTURE,
  timeColumn('ENROLLED', 'enrolledAt'),
];
const ENROLMENT = [
  column('GATE', 'id'),
  column('ENROLMENT CODE', 'enrollmentCode'),
  timeColumn('WORKS ONCE, UNTIL', 'expiresAt'),
];

/** `gates`: made here, enrolled by a device. */
export function addGates(program: Command, io: Io): void {
  const gates = program.command('gates').description('gates, and the phones of guards');
  addCreate(gates, io);
  withListOptions(gates.command('list').description('list the gates of a community'))
    .addArgument(COMMUNITY)
    .action(withSession(io, list));
  gates
    .command('revoke')
    .description('end a gate for ever: its tokens and streams end at once')
    .addArgument(GATE)
    .action(withSession(io, revoke));
  gates
    .command('re-enrol')
    .alias('re-enroll')
    .description('let another device become the gate; the old key works until the new one is used')
    .addArgument(GATE)
    .action(withSession(io, reEnrol));
}

function addCreate(gates: Command, io: Io): void {
  const directions = new Option('--directions <list>', 'the readers it has: in, out or in,out')
    .argParser(listOfChoices(['in', 'out']))
    .makeOptionMandatory();
  const media = new Option('--media <list>', 'what they read: qr, nfc or qr,nfc')
    .argParser(listOfChoices(['qr', 'nfc']))
    .default(['qr'], 'qr');
  gates
    .command('create')
    .description('make a gate; shows the code with which a device becomes it, once')
    .addArgument(COMMUNITY)
    .argument('<name>', 'as people know it')
    .addOption(directions)
    .addOption(media)
    .addOption(
      new Option('--kind <kind>', 'gate, or a phone of a guard').choices(['gate', 'guard']),
    )
    .option('--passage-sensor', 'the lane reports that somebody passed through')
    .addHelpText(
      'after',
      '\nExample:\n  npm run cli -- gates create com_0123456789abc 北门 --directions in,out --media qr,nfc',
    )
    .action(withSession(io, create));
}

interface CreateOptions {
  readonly directions: readonly string[];
  readonly media: readonly string[];
  readonly kind?: string;
  readonly passageSensor?: true;
}

async function create(
  session: Session,
  community: string,
  name: string,
  { directions, media, kind, passageSensor }: CreateOptions,
): Promise<void> {
  const created = await session.client.ask({
    method: 'POST',
    path: path`/v1/communities/${community}/gates`,
    body: { name, directions, media, kind, passageSensor },
  });
  showSecrets(session, created.body, ENROLMENT);
}

async function list(session: Session, community: string, options: ListOptions): Promise<void> {
  await showList(session, { path: path`/v1/communities/${community}/gates` }, COLUMNS, options);
}

async function revoke(session: Session, gate: string): Promise<void> {
  await session.client.ask({ method: 'DELETE', path: path`/v1/gates/${gate}` });
  showDone(session, `${gate} is revoked.`);
}

async function reEnrol(session: Session, gate: string): Promise<void> {
  const call = path`/v1/gates/${gate}/enrollment-codes`;
  const renewed = await session.client.ask({ method: 'POST', path: call });
  showSecrets(session, renewed.body, ENROLMENT);
}
