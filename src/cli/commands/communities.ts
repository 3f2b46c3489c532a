import { type Command, Option } from 'commander';
import { COMMUNITY_KINDS } from '../../domain/community.ts';
import { path } from '../api-client.ts';
import { COMMUNITY } from '../arguments.ts';
import { column, POSTURE, renderItem, timeColumn } from '../columns.ts';
import { UsageError } from '../exit.ts';
import type { Io } from '../io.ts';
import { type ListOptions, showList, withListOptions } from '../list.ts';
import { type Session, show, withSession } from '../session.ts';

const COLUMNS = [
  column('ID', 'id'),
  column('NAME', 'name'),
  column('KIND', 'kind'),
  column('DISTRICT', 'district'),
  column('TIME ZONE', 'timezone'),
  POSTURE,
];
const DETAILS = [...COLUMNS, timeColumn('CREATED', 'createdAt')];

/** `communities`: the places whose gates the service judges for. */
export function addCommunities(program: Command, io: Io): void {
  const communities = program
    .command('communities')
    .description('places whose gates are judged for');
  communities
    .command('create')
    .description('make a community; its first rules are the template of its kind')
    .argument('<name>', 'as people know it')
    .addOption(kindOption())
    .option('--timezone <name>', 'IANA time zone of its hours (default: Asia/Shanghai)')
    .option('--district <name>', 'the district that it lies in')
    .addHelpText(
      'after',
      '\nExample:\n  npm run cli -- communities create 东湖花园 --kind strict --district 武昌',
    )
    .action(withSession(io, create));
  withListOptions(
    communities.command('list').description('list the communities within the scope of the key'),
  ).action(
    withSession(io, (session, options: ListOptions) =>
      showList(session, { path: '/v1/communities' }, COLUMNS, options),
    ),
  );
  communities
    .command('show')
    .description('show a community')
    .addArgument(COMMUNITY)
    .action(withSession(io, showCommunity));
  communities
    .command('update')
    .description('change a community; what is left out stays as it is')
    .addArgument(COMMUNITY)
    .option('--name <name>', 'as people know it')
    .option('--timezone <name>', 'IANA time zone of its hours')
    .option('--district <name>', 'the district that it lies in')
    .option('--no-district', 'it lies in no district')
    .action(withSession(io, update));
}

function kindOption(): Option {
  return new Option('--kind <kind>', 'what sort of place it is, which stays for ever')
    .choices(COMMUNITY_KINDS)
    .default('standard');
}

interface CreateOptions {
  readonly kind: string;
  readonly timezone?: string;
  readonly district?: string;
}

async function create(session: Session, name: string, options: CreateOptions): Promise<void> {
  const { kind, timezone, district } = options;
  const body = { name, kind, timezone, district };
  const created = await session.client.ask({ method: 'POST', path: '/v1/communities', body });
  show(session, created.body, () => renderItem(DETAILS, created.body));
}

async function showCommunity(session: Session, community: string): Promise<void> {
  const call = path`/v1/communities/${community}`;
  const { body } = await session.client.ask({ method: 'GET', path: call });
  show(session, body, () => renderItem(DETAILS, body));
}

interface UpdateOptions {
  readonly name?: string;
  readonly timezone?: string;
  /** False: `--no-district`. */
  readonly district?: string | false;
}

async function update(session: Session, community: string, options: UpdateOptions): Promise<void> {
  const { name, timezone, district } = options;
  if (name === undefined && timezone === undefined && district === undefined) {
    throw new UsageError(
      'Nothing to change: give --name, --timezone, --district or --no-district.',
    );
  }
  const updated = await session.client.ask({
    method: 'PATCH',
    path: path`/v1/communities/${community}`,
    body: { name, timezone, district: district === false ? null : district },
  });
  show(session, updated.body, () => renderItem(DETAILS, updated.body));
}
