import { Argument, type Command, Option } from 'commander';
import { SPEED_LEVELS } from '../../domain/entry-rules.ts';
import { NOTIFY_EVENTS, NOTIFY_KINDS } from '../../domain/notification.ts';
import { path } from '../api-client.ts';
import { COMMUNITY, identifierArgument, listOfChoices } from '../arguments.ts';
import { column, renderItem, timeColumn } from '../columns.ts';
import type { Io } from '../io.ts';
import { textOf } from '../json.ts';
import { type ListOptions, showList, withListOptions } from '../list.ts';
import { note, type Session, show, showDone, withSession } from '../session.ts';

const ENDPOINT = identifierArgument('receiver', 'ntf', 'the receiver');

const COLUMNS = [
  column('ID', 'id'),
  column('KIND', 'kind'),
  column('NAME', 'name'),
  column('ADDRESS', 'address'),
  column('EVENTS', 'events'),
  column('FROM', 'leastLevel'),
  column('WAITING', 'waiting'),
  column('DEAD', 'dead'),
];
const CREATED_COLUMNS = [...COLUMNS, column('WEBHOOK SECRET', 'webhookSecret')];
const NOTIFICATION_COLUMNS = [
  timeColumn('CREATED', 'createdAt'),
  column('ID', 'id'),
  column('EVENT', 'event'),
  column('STATE', 'state'),
  column('FAILED', 'attempts'),
  column('FAILURE', 'failure'),
  timeColumn('DUE', 'dueAt'),
  column('WHAT', 'message.zh'),
];

/** `notify`: who is told of alerts and appeals, and what could not be delivered. */
export function addNotify(program: Command, io: Io): void {
  const notify = program.command('notify').description('who is told of alerts and appeals');
  addCreate(notify, io);
  withListOptions(notify.command('list').description('list receivers'))
    .addArgument(COMMUNITY)
    .action(withSession(io, list));
  notify
    .command('remove')
    .description('tell a receiver nothing more')
    .addArgument(COMMUNITY)
    .addArgument(ENDPOINT)
    .action(withSession(io, remove));
  withListOptions(
    notify.command('history').description('what was and is to be sent to a receiver, newest first'),
  )
    .addArgument(COMMUNITY)
    .addArgument(ENDPOINT)
    .addOption(new Option('--state <state>', 'only these').choices(['waiting', 'sent', 'dead']))
    .action(withSession(io, history));
  notify
    .command('replay')
    .description('send again what was given up')
    .addArgument(COMMUNITY)
    .addArgument(ENDPOINT)
    .action(withSession(io, replay));
}

function addCreate(notify: Command, io: Io): void {
  notify
    .command('create')
    .description('have somebody told of alerts and appeals')
    .addArgument(COMMUNITY)
    .addArgument(new Argument('<kind>', 'how').choices(NOTIFY_KINDS))
    .argument('<url>', 'of the webhook, or of the robot in the group')
    .requiredOption('--name <text>', 'for people to know it by')
    .option('--secret <text>', 'of a robot of dingtalk that asks for signatures: SEC…')
    .addOption(
      new Option('--events <list>', `of ${NOTIFY_EVENTS.join(', ')} (default: all)`).argParser(
        listOfChoices(NOTIFY_EVENTS),
      ),
    )
    .addOption(
      new Option('--from <level>', 'of speed alerts, from this level on').choices(SPEED_LEVELS),
    )
    .addHelpText(
      'after',
      '\nExample:\n  npm run cli -- notify create com_0123456789abc wecom "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=…" --name 物业群',
    )
    .action(withSession(io, create));
}

interface CreateOptions {
  readonly name: string;
  readonly secret?: string;
  readonly events?: readonly string[];
  readonly from?: string;
}

async function create(
  session: Session,
  community: string,
  kind: string,
  url: string,
  { name, secret, events, from: leastLevel }: CreateOptions,
): Promise<void> {
  const call = path`/v1/communities/${community}/notify-endpoints`;
  const asked = { kind, url, name, secret, events, leastLevel };
  const { body } = await session.client.ask({ method: 'POST', path: call, body: asked });
  show(session, body, () => renderItem(CREATED_COLUMNS, body));
  if (kind === 'webhook') note(session, 'The secret is shown this once.');
}

async function list(session: Session, community: string, options: ListOptions): Promise<void> {
  const call = path`/v1/communities/${community}/notify-endpoints`;
  await showList(session, { path: call }, COLUMNS, options);
}

async function remove(session: Session, community: string, receiver: string): Promise<void> {
  const call = path`/v1/communities/${community}/notify-endpoints/${receiver}`;
  await session.client.ask({ method: 'DELETE', path: call });
  showDone(session, `${receiver} is told nothing more.`);
}

async function history(
  session: Session,
  community: string,
  receiver: string,
  options: ListOptions & { readonly state?: string },
): Promise<void> {
  const call = path`/v1/communities/${community}/notify-endpoints/${receiver}/notifications`;
  const query = { state: options.state };
  await showList(session, { path: call, query }, NOTIFICATION_COLUMNS, options);
}

async function replay(session: Session, community: string, receiver: string): Promise<void> {
  const call = path`/v1/communities/${community}/notify-endpoints/${receiver}/replay`;
  const { body } = await session.client.ask({ method: 'POST', path: call, body: {} });
  show(session, body, () => `${textOf(body, 'replayed')} wait again.\n`);
}
