import { Argument, type Command, InvalidArgumentError, Option } from 'commander';
import { isIdentifier } from '../../domain/identifier.ts';
import { path } from '../api-client.ts';
import { identifierArgument } from '../arguments.ts';
import { type Column, column, timeColumn } from '../columns.ts';
import type { Io } from '../io.ts';
import { textOf } from '../json.ts';
import { type ListOptions, showList, withListOptions } from '../list.ts';
import { showSecrets } from '../secrets.ts';
import { type Session, showDone, withSession } from '../session.ts';

const COLUMNS: readonly Column[] = [
  column('ID', 'id'),
  column('NAME', 'name'),
  ['SCOPE', showScope],
  timeColumn('CREATED', 'createdAt'),
];

/** What names the thing that a scope of a kind reaches. */
const SCOPE_MEMBERS = {
  district: 'district',
  community: 'communityId',
  platform: 'slug',
} as const;

/** `api-keys`: a key makes, sees and ends keys inside its own scope only. */
export function addApiKeys(program: Command, io: Io): void {
  const keys = program.command('api-keys').description('keys of people and programs');
  keys
    .command('create')
    .description('make a key; shows it once')
    .addArgument(new Argument('<name>', 'what it is for'))
    .addOption(
      new Option('--scope <scope>', 'all, district:NAME, community:com_…, platform:SLUG or audit')
        .argParser(parseScope)
        .makeOptionMandatory(),
    )
    .addHelpText(
      'after',
      '\nExample:\n  npm run cli -- api-keys create "物业 东湖花园" --scope community:com_0123456789abc',
    )
    .action(withSession(io, create));
  withListOptions(
    keys.command('list').description('list the keys within the scope of your own'),
  ).action(
    withSession(io, (session, options: ListOptions) =>
      showList(session, { path: '/v1/api-keys' }, COLUMNS, options),
    ),
  );
  keys
    .command('revoke')
    .description('end a key at once')
    .addArgument(identifierArgument('key', 'key', 'the key, by its identifier'))
    .action(withSession(io, revoke));
}

/** A scope as requests carry it. @throws InvalidArgumentError */
export function parseScope(text: string): Readonly<Record<string, string>> {
  if (text === 'all' || text === 'audit') return { kind: text };
  const [, kind, value] = /^(district|community|platform):(.+)$/u.exec(text) ?? [];
  if (kind === undefined || value === undefined) {
    throw new InvalidArgumentError(
      'Give all, district:NAME, community:com_…, platform:SLUG or audit.',
    );
  }
  if (kind === 'community' && !isIdentifier('com', value)) {
    throw new InvalidArgumentError('Give a community such as community:com_0123456789abc.');
  }
  return { kind, [SCOPE_MEMBERS[kind as keyof typeof SCOPE_MEMBERS]]: value };
}

/** The scope of a key, as {@link parseScope} reads it. */
export function showScope(key: unknown): string {
  const kind = textOf(key, 'scope.kind');
  if (!Object.hasOwn(SCOPE_MEMBERS, kind)) return kind;
  return `${kind}:${textOf(key, `scope.${SCOPE_MEMBERS[kind as keyof typeof SCOPE_MEMBERS]}`)}`;
}

async function create(
  session: Session,
  name: string,
  { scope }: { readonly scope: Readonly<Record<string, string>> },
): Promise<void> {
  const body = { name, scope };
  const created = await session.client.ask({ method: 'POST', path: '/v1/api-keys', body });
  showSecrets(session, created.body, [...COLUMNS, column('KEY', 'key')]);
}

async function revoke(session: Session, key: string): Promise<void> {
  await session.client.ask({ method: 'DELETE', path: path`/v1/api-keys/${key}` });
  showDone(session, `${key} is revoked.`);
}
