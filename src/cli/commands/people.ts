import { Argument, type Command, Option } from 'commander';
import { ROLES } from '../../domain/role.ts';
import { path } from '../api-client.ts';
import { identifierArgument } from '../arguments.ts';
import { type Column, column, timeColumn } from '../columns.ts';
import type { Io } from '../io.ts';
import { showList } from '../list.ts';
import { showSecrets } from '../secrets.ts';
import { type Session, showDone, withSession } from '../session.ts';
import { parseScope, showScope } from './api-keys.ts';

const SHARED: readonly Column[] = [
  column('ID', 'id'),
  column('ROLE', 'role'),
  ['SCOPE', showScope],
];
const ACCOUNTS: readonly Column[] = [
  ...SHARED,
  column('NAME', 'name'),
  timeColumn('CREATED', 'createdAt'),
];
const INVITATIONS: readonly Column[] = [...SHARED, timeColumn('EXPIRES', 'expiresAt')];

/** `people`: those who sign in to the pages. */
export function addPeople(program: Command, io: Io): void {
  const people = program.command('people').description('people who sign in to the pages');
  people
    .command('invite')
    .description('make an invitation; shows its link once')
    .addArgument(new Argument('<role>', 'what the person does').choices(ROLES))
    .addOption(
      new Option('--scope <scope>', 'all, district:NAME or community:com_…')
        .argParser(parseScope)
        .default({ kind: 'all' }, 'all'),
    )
    .addHelpText(
      'after',
      '\nExamples:\n  npm run cli -- people invite operator\n  npm run cli -- people invite manager --scope community:com_0123456789abc',
    )
    .action(withSession(io, invite));
  people
    .command('list')
    .description('list the people within your scope')
    .action(
      withSession(io, (session) => showList(session, { path: '/v1/accounts' }, ACCOUNTS, {})),
    );
  people
    .command('invitations')
    .description('list the invitations that can still be used')
    .action(
      withSession(io, (session) => showList(session, { path: '/v1/invitations' }, INVITATIONS, {})),
    );
  people
    .command('remove')
    .description('end an account with its sessions and passkeys, at once')
    .addArgument(identifierArgument('account', 'acc', 'the account, by its identifier'))
    .action(withSession(io, remove));
  people
    .command('revoke')
    .description('end an invitation that was not used')
    .addArgument(identifierArgument('invitation', 'inv', 'the invitation, by its identifier'))
    .action(withSession(io, revoke));
}

async function invite(
  session: Session,
  role: string,
  { scope }: { readonly scope: Readonly<Record<string, string>> },
): Promise<void> {
  const body = { role, scope };
  const made = await session.client.ask({ method: 'POST', path: '/v1/invitations', body });
  showSecrets(session, made.body, [...INVITATIONS, column('LINK', 'url')]);
}

async function remove(session: Session, account: string): Promise<void> {
  await session.client.ask({ method: 'DELETE', path: path`/v1/accounts/${account}` });
  showDone(session, `${account} is removed.`);
}

async function revoke(session: Session, invitation: string): Promise<void> {
  await session.client.ask({ method: 'DELETE', path: path`/v1/invitations/${invitation}` });
  showDone(session, `${invitation} is revoked.`);
}
