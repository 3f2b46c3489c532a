import { type Command, InvalidArgumentError, Option } from 'commander';
import { path } from '../api-client.ts';
import { COMMUNITY, GATE, listOfChoices } from '../arguments.ts';
import { column, POSTURE, timeColumn } from '../columns.ts';
import type { Io } from '../io.ts';
import { textOf } from '../json.ts';
import { type ListOptions, showList, withListOptions } from '../list.ts';
import { showSecrets } from '../secrets.ts';
import { type Session, show, showDone, withSession } from '../session.ts';

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

const COMMANDS = [
  timeColumn('AT', 'createdAt'),
  column('CAUSE', 'cause'),
  column('OUTCOME', 'outcome'),
  timeColumn('CLAIMED', 'claimedAt'),
  column('REASON', 'reason'),
  column('ID', 'id'),
];

/** `gates`: made here, enrolled by a device. */
export function addGates(program: Command, io: Io): void {
  const gates = program.command('gates').description('gates, and the phones of guards');
  addCreate(gates, io);
  addOpen(gates, io);
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

function addOpen(gates: Command, io: Io): void {
  gates
    .command('open')
    .description('let a gate open once, now; it has 5 s to hear of it')
    .addArgument(GATE)
    .requiredOption('--reason <text>', 'why')
    .addOption(
      new Option('--open-for <seconds>', 'how long; else as usual').argParser(milliseconds),
    )
    .addHelpText(
      'after',
      '\nWhat became of it: gates orders.\n\nExample:\n  npm run cli -- gates open gat_0123456789abc --reason 搬家公司',
    )
    .action(withSession(io, open));
  withListOptions(
    gates.command('orders').description('list the orders to a gate to open, newest first'),
  )
    .addArgument(GATE)
    .action(withSession(io, orders));
}

/** @throws InvalidArgumentError */
function milliseconds(seconds: string): number {
  if (/^\d{1,3}(\.\d{1,3})?$/.test(seconds)) return Math.round(Number(seconds) * 1_000);
  throw new InvalidArgumentError('Give seconds, such as 5.');
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

interface OpenOptions {
  readonly reason: string;
  /** In milliseconds. */
  readonly openFor?: number;
}

async function open(
  session: Session,
  gate: string,
  { reason, openFor: openForMs }: OpenOptions,
): Promise<void> {
  const { body } = await session.client.ask({
    method: 'POST',
    path: path`/v1/gates/${gate}/open`,
    body: { reason, openForMs },
  });
  show(session, body, () => `${gate} was told (${textOf(body, 'commandId')}).\n`);
}

async function orders(session: Session, gate: string, options: ListOptions): Promise<void> {
  await showList(session, { path: path`/v1/gates/${gate}/commands` }, COMMANDS, options);
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
