import { Argument, type Command, InvalidArgumentError } from 'commander';
import { path } from '../api-client.ts';
import { COMMUNITY, GATE, identifierArgument } from '../arguments.ts';
import { column, timeColumn } from '../columns.ts';
import type { Io } from '../io.ts';
import { type ListOptions, showList, withListOptions } from '../list.ts';
import { showSecrets } from '../secrets.ts';
import { type Session, showDone, withSession } from '../session.ts';

const COLUMNS = [
  column('ID', 'tagId'),
  column('GATE', 'gateId'),
  column('UID', 'uid'),
  column('LAST COUNTER', 'lastCounter'),
  timeColumn('CREATED', 'createdAt'),
  column('URL', 'url'),
];
const CREATED = [
  column('TAG', 'tagId'),
  column('URL, WRITTEN INTO IT', 'url'),
  column('MAIN KEY (0)', 'keys.mainKey'),
  column('META READ KEY', 'keys.metaKey'),
  column('FILE READ KEY', 'keys.fileKey'),
];
const TAG = identifierArgument('tag', 'tag', 'the tag');

/** `tags`: NTAG 424 DNA at gates, which a rider's phone taps. */
export function addTags(program: Command, io: Io): void {
  const tags = program.command('tags').description('NFC tags at gates (NTAG 424 DNA)');
  tags
    .command('create')
    .description('register a tag at the entry of a gate; shows the keys made for it, once')
    .addArgument(COMMUNITY)
    .addArgument(GATE)
    .addArgument(new Argument('<uid>', 'the 7 bytes of the tag, in hex').argParser(uid))
    .option('--mac-param <name>', 'the parameter of its URL that holds the MAC; else cmac')
    .addHelpText(
      'after',
      '\nExample:\n  npm run cli -- tags create com_0123456789abc gat_0123456789abc 04DE5F1EACC040',
    )
    .action(withSession(io, create));
  withListOptions(tags.command('list').description('list the tags in use in a community'))
    .addArgument(COMMUNITY)
    .action(withSession(io, list));
  tags
    .command('revoke')
    .description('take a tag out of use: its taps are refused from now on')
    .addArgument(TAG)
    .action(withSession(io, revoke));
}

/** @throws InvalidArgumentError */
function uid(text: string): string {
  if (/^[0-9A-Fa-f]{14}$/.test(text)) return text.toUpperCase();
  throw new InvalidArgumentError('Give 14 hexadecimal digits.');
}

async function create(
  session: Session,
  community: string,
  gateId: string,
  uidHex: string,
  { macParam }: { readonly macParam?: string },
): Promise<void> {
  const call = path`/v1/communities/${community}/tags`;
  const body = { gateId, uid: uidHex, macParam };
  const { body: created } = await session.client.ask({ method: 'POST', path: call, body });
  showSecrets(session, created, CREATED);
}

async function list(session: Session, community: string, options: ListOptions): Promise<void> {
  await showList(session, { path: path`/v1/communities/${community}/tags` }, COLUMNS, options);
}

async function revoke(session: Session, tag: string): Promise<void> {
  await session.client.ask({ method: 'DELETE', path: path`/v1/tags/${tag}` });
  showDone(session, `${tag} is out of use.`);
}
