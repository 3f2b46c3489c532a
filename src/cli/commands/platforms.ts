import type { Command } from 'commander';
import { path } from '../api-client.ts';
import { collect, slug } from '../arguments.ts';
import { type Column, column, timeColumn } from '../columns.ts';
import type { Io } from '../io.ts';
import { textOf } from '../json.ts';
import { type ListOptions, showList, withListOptions } from '../list.ts';
import { showSecrets } from '../secrets.ts';
import { type Session, withSession } from '../session.ts';

const COLUMNS: readonly Column[] = [
  column('SLUG', 'slug'),
  column('NAME', 'name'),
  column('ADAPTER', 'adapter'),
  ['DISTRICTS', (platform) => textOf(platform, 'districts') || 'all'],
];

/** `platforms`: who may call us back, and with which secrets. */
export function addPlatforms(program: Command, io: Io): void {
  const platforms = program
    .command('platforms')
    .description('delivery platforms that call us back');
  platforms
    .command('create')
    .description('admit a platform; shows its webhook secret and its API key, once')
    .argument('<slug>', 'its short name, which stays for ever', slug)
    .argument('<name>', 'as people know it')
    .option('--adapter <shape>', 'the shape of its callbacks (default: standard)')
    .option(
      '--district <name>',
      'a district that it serves; may be repeated (default: all)',
      collect,
    )
    .addHelpText(
      'after',
      '\nExample:\n  npm run cli -- platforms create kuaisong 快送 --district 武昌 --district 洪山',
    )
    .action(withSession(io, create));
  withListOptions(platforms.command('list').description('list the platforms')).action(
    withSession(io, (session, options: ListOptions) =>
      showList(session, { path: '/v1/platforms' }, COLUMNS, options),
    ),
  );
  platforms
    .command('rotate-secret')
    .description('make a new webhook secret; the old one stays valid for 24 hours')
    .argument('<slug>', 'the platform', slug)
    .action(withSession(io, rotateSecret));
}

interface CreateOptions {
  readonly adapter?: string;
  readonly district?: readonly string[];
}

async function create(
  session: Session,
  slug: string,
  name: string,
  { adapter, district: districts }: CreateOptions,
): Promise<void> {
  const body = { slug, name, adapter, districts };
  const created = await session.client.ask({ method: 'POST', path: '/v1/platforms', body });
  showSecrets(session, created.body, [
    column('PLATFORM', 'slug'),
    column('WEBHOOK SECRET', 'webhookSecret'),
    column('API KEY', 'apiKey'),
  ]);
}

async function rotateSecret(session: Session, slug: string): Promise<void> {
  const call = path`/v1/platforms/${slug}/webhook-secrets`;
  const rotated = await session.client.ask({ method: 'POST', path: call });
  showSecrets(session, rotated.body, [
    column('WEBHOOK SECRET', 'webhookSecret'),
    timeColumn('OLD ONE VALID UNTIL', 'oldValidUntil'),
  ]);
}
