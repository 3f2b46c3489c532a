import { Argument, type Command, InvalidArgumentError } from 'commander';
import { path } from '../api-client.ts';
import { column, renderItems, timeColumn } from '../columns.ts';
import type { Io } from '../io.ts';
import { listOf } from '../json.ts';
import { type Session, show, showDone, withSession } from '../session.ts';

const PURPOSES = ['courier-code', 'token', 'tag', 'status-list', 'checkpoint'];

const COLUMNS = [
  column('PURPOSE', 'purpose'),
  column('KID', 'kid'),
  column('STATE', 'state'),
  timeColumn('SINCE', 'stateSince'),
  timeColumn('CREATED', 'createdAt'),
];

/** `keys`: the signing keys of the service and their succession. */
export function addKeys(program: Command, io: Io): void {
  const keys = program.command('keys').description('signing keys of the service');
  const purpose = () => new Argument('<purpose>', 'what the key signs').choices(PURPOSES);
  keys.command('list').description('list the keys in force').action(withSession(io, list));
  keys
    .command('rotate')
    .description(
      'let the next key sign; the active one is retired, and a new next one is published',
    )
    .addArgument(purpose())
    .action(withSession(io, rotate));
  keys
    .command('revoke')
    .description('remove a key at once: what it signed counts no more')
    .addArgument(purpose())
    .argument('<kid>', 'the key, as `keys list` names it', keyId)
    .addHelpText(
      'after',
      '\nRiders fetch new codes, or gates new tokens; until then those that the key signed are refused.',
    )
    .action(withSession(io, revoke));
}

/** @throws InvalidArgumentError */
function keyId(text: string): string {
  if (/^[A-Za-z0-9_-]{1,64}$/.test(text)) return text;
  throw new InvalidArgumentError('Give the KID that `keys list` shows.');
}

async function list(session: Session): Promise<void> {
  const { body } = await session.client.ask({ method: 'GET', path: '/v1/keys' });
  showKeys(session, body);
}

async function rotate(session: Session, purpose: string): Promise<void> {
  const { body } = await session.client.ask({
    method: 'POST',
    path: path`/v1/keys/${purpose}/rotate`,
  });
  showKeys(session, body);
}

function showKeys(session: Session, body: unknown): void {
  show(session, body, () => renderItems(COLUMNS, listOf(body, 'items')));
}

async function revoke(session: Session, purpose: string, kid: string): Promise<void> {
  await session.client.ask({ method: 'DELETE', path: path`/v1/keys/${purpose}/${kid}` });
  showDone(session, `The ${purpose} key ${kid} is revoked.`);
}
