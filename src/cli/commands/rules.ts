import { Argument, type Command, Option } from 'commander';
import { AGREEING_SIDES } from '../../domain/entry-rules.ts';
import { path } from '../api-client.ts';
import { COMMUNITY, listOfChoices, wholeNumber } from '../arguments.ts';
import { type Column, column, renderItem, renderItems, timeColumn } from '../columns.ts';
import { renderGuide } from '../guide.ts';
import type { Io } from '../io.ts';
import { listOf, memberOf, textOf } from '../json.ts';
import { type ListOptions, showList, withListOptions } from '../list.ts';
import { Refused } from '../problem.ts';
import { readRulesFile } from '../rules-file.ts';
import { type Session, show, withSession } from '../session.ts';
import { parseWhen } from '../when.ts';
import { printable } from '../width.ts';

const COLUMNS = [
  column('VERSION', 'version'),
  timeColumn('EFFECTIVE FROM', 'effectiveFrom'),
  column('AGREED BY', 'agreedBy'),
  column('AUTHOR', 'author'),
  timeColumn('CREATED', 'createdAt'),
];

const PUT_HELP = `
FILE holds the rule document, or a whole version as \`rules show --json\` writes it. A member left out is as in
the template of the community's kind. Somebody else's change is never overwritten: the rules are written only if
the newest version, announced ones included, is still the one that FILE names, or, where it names none, the one
in force. Where another is announced to follow (\`rules history\`), say which you know of with --if-version.

Examples:
  npm run -s cli -- rules show com_0123456789abc --json > rules.json      then edit it
  npm run cli -- rules put com_0123456789abc rules.json --agreed-by residents,manager,riders
  echo '{"speedLimitKmh": 10}' | npm run cli -- rules put com_0123456789abc - --effective-from 2026-12-01T00:00+08:00`;

/** `rules`: the entry rules of a community, in versions that are never edited in place. */
export function addRules(program: Command, io: Io): void {
  const rules = program.command('rules').description('entry rules of a community, in versions');
  rules
    .command('show')
    .description('show the rules in force')
    .addArgument(COMMUNITY)
    .action(withSession(io, showRules));
  addPut(rules, io);
  withListOptions(rules.command('history').description('list the versions, newest first'))
    .addArgument(COMMUNITY)
    .action(withSession(io, history));
  rules
    .command('backtest')
    .description('run a draft over the entries of the last days; nothing is changed')
    .addArgument(COMMUNITY)
    .addArgument(new Argument('<file>', 'JSON; - is standard input'))
    .addOption(new Option('--days <n>', 'so far back (default: 7)').argParser(wholeNumber))
    .action(withSession(io, backtest));
  rules
    .command('guide')
    .description('show the rules in force as riders read them')
    .addArgument(COMMUNITY)
    .addOption(new Option('--language <code>', 'only this one').choices(['zh', 'en']))
    .action(withSession(io, guide));
}

function addPut(rules: Command, io: Io): void {
  rules
    .command('put')
    .description('write a new version of the rules')
    .addArgument(COMMUNITY)
    .addArgument(new Argument('<file>', 'JSON; - is standard input'))
    .addOption(
      new Option('--agreed-by <sides>', `who agreed: of ${AGREEING_SIDES.join(', ')}`).argParser(
        listOfChoices(AGREEING_SIDES),
      ),
    )
    .addOption(
      new Option(
        '--effective-from <when>',
        'in force from then: 30m, 2h, 7d or an instant (default: now)',
      ).argParser((text) => parseWhen(text, io.now())),
    )
    .addOption(
      new Option('--if-version <n>', 'only if this is the newest version').argParser(wholeNumber),
    )
    .addHelpText('after', PUT_HELP)
    .action(withSession(io, put));
}

async function showRules(session: Session, community: string): Promise<void> {
  const call = path`/v1/communities/${community}/rules`;
  const { body } = await session.client.ask({ method: 'GET', path: call });
  show(session, body, () => `${renderItem(COLUMNS, body)}\n${renderRules(body)}`);
}

/** The document as JSON, with lists of names on one line: no string of JSON holds a line break. */
function renderRules(version: unknown): string {
  const text = JSON.stringify(memberOf(version, 'rules') ?? {}, null, 2);
  const short = text.replace(/\[[^[\]{}]*\]/g, (list) => list.replace(/\s*\n\s*/g, ' '));
  return `${short.split('\n').map(printable).join('\n')}\n`;
}

interface PutOptions {
  readonly agreedBy?: readonly string[];
  readonly effectiveFrom?: string;
  readonly ifVersion?: string;
}

async function put(
  session: Session,
  community: string,
  file: string,
  options: PutOptions,
): Promise<void> {
  const { agreedBy, effectiveFrom } = options;
  const { rules, basedOn } = await readRulesFile(file, session.io);
  const call = path`/v1/communities/${community}/rules`;
  const version = options.ifVersion ?? basedOn;
  const tag = version === null ? await readTag(session, call) : `"${version}"`;
  const headers = tag === null ? {} : { 'if-match': tag };
  const body = { rules, agreedBy, effectiveFrom };
  const written = await session.client
    .ask({ method: 'PUT', path: call, body, headers })
    .catch((error: unknown) => Promise.reject(withVersionHint(error, tag)));
  show(session, written.body, () => renderItem(COLUMNS, written.body));
}

function withVersionHint(error: unknown, tag: string | null): unknown {
  if (!(error instanceof Refused) || error.status !== 412) return error;
  const hint = `The newest version is not ${tag}: see \`rules history\`; --if-version writes after another one.`;
  return new Refused(error.status, error.problem, null, hint);
}

/** The entity tag of the version in force. */
async function readTag({ client }: Session, call: string): Promise<string | null> {
  return (await client.ask({ method: 'GET', path: call })).etag;
}

async function history(session: Session, community: string, options: ListOptions): Promise<void> {
  const call = path`/v1/communities/${community}/rules/versions`;
  await showList(session, { path: call }, COLUMNS, options);
}

const CHANGE_COLUMNS: readonly Column[] = [
  column('COUNT', 'count'),
  column('FROM', 'from'),
  column('TO', 'to'),
  ['FOR EXAMPLE', (change) => textOf(listOf(change, 'examples')[0], 'auditId')],
];
const BACKTEST_COLUMNS = [
  column('ENTRIES', 'entries'),
  column('JUDGED', 'judged'),
  column('UNCHANGED', 'unchanged'),
  column('NOT REPRODUCED', 'notReproduced'),
  column('NEWLY GRANTED', 'newlyGranted'),
  column('NEWLY DENIED', 'newlyDenied'),
  column('EXTENT', 'extent'),
];

async function backtest(
  session: Session,
  community: string,
  file: string,
  options: { readonly days?: string },
): Promise<void> {
  const { rules } = await readRulesFile(file, session.io);
  const call = path`/v1/communities/${community}/rules/backtest`;
  const days = options.days === undefined ? undefined : Number(options.days);
  const asked = { method: 'POST', path: call, body: { rules, days } } as const;
  const { body } = await session.client.ask(asked);
  show(session, body, () => {
    const changes = listOf(body, 'changes');
    const table = changes.length === 0 ? 'No change.\n' : renderItems(CHANGE_COLUMNS, changes);
    return `${renderItem(BACKTEST_COLUMNS, body)}\n${table}`;
  });
}

async function guide(
  session: Session,
  community: string,
  { language }: { readonly language?: 'zh' | 'en' },
): Promise<void> {
  const call = path`/v1/communities/${community}/rules/guide`;
  const { body } = await session.client.ask({ method: 'GET', path: call });
  const languages = language === undefined ? (['zh', 'en'] as const) : [language];
  show(session, body, () => {
    const heading = printable(`${textOf(body, 'community.name')} (${textOf(body, 'version')})`);
    return `${heading}\n${languages.map((code) => renderGuide(body, code)).join('')}`;
  });
}
