import { z } from '@hono/zod-openapi';
import type { Child } from 'hono/jsx';
import { backtestRules } from '../../access/backtest-rules.ts';
import type { Deps } from '../../access/deps.ts';
import { listAll } from '../../access/list-all.ts';
import { type PutRulesOutcome, putRules } from '../../access/put-rules.ts';
import { COMMUNITY_KINDS } from '../../domain/community.ts';
import { type EntryRules, templateFor } from '../../domain/entry-rules.ts';
import { hasRight } from '../../domain/role.ts';
import type { GateRecord, RulesVersion } from '../../store/store.ts';
import { Backtest } from '../../web/manager/backtest.tsx';
import {
  guideOf,
  problemText,
  type RuleField,
  ruleChanges,
  rulesTextOf,
} from '../../web/manager/rules-words.ts';
import { manageText } from '../../web/manager/words.ts';
import { PosterPage } from '../../web/pages/poster-page.tsx';
import { RulesFormPage, type RulesFormProps } from '../../web/pages/rules-form-page.tsx';
import { RulesPage } from '../../web/pages/rules-page.tsx';
import type { View } from '../../web/view.ts';
import { actorOf } from '../auth.ts';
import { oneOf } from '../manager/form-values.ts';
import { instantAt } from '../manager/local-time.ts';
import { type Placed, pageOf, placed } from '../manager/placed.ts';
import { qrSvg } from '../manager/qr-svg.ts';
import { hoursLines, membersOf, readAgreed, readRules } from '../manager/rules-form.ts';
import { type FormMembers, form, PageWith, page, seeOther, type Web } from '../page.tsx';
import { type InputError, notFound } from '../problem.ts';
import { printable } from '../schemas/values.ts';

const VERSIONS = 20;
const listQuery = z.object({
  after: z.string().max(100).optional(),
  message: z.string().optional(),
});
const editQuery = z.object({ template: z.string().optional() });

/** `/m/:id/rules`: what is in force, every version, and the form. */
export function registerManageRules(web: Web, deps: Deps): void {
  const { store, now } = deps;
  const who = placed(deps, 'read');
  const path = '/m/:id/rules';

  page(web, { path, who, query: listQuery }, async ({ view, who: at, query }) => {
    const { caller, reader, community } = at;
    const { current, gates } = await readNow(deps, at);
    const listed = await store.listRules(community.id, pageOf(query, VERSIONS));
    return (
      <RulesPage
        {...{ view, reader, community, gates, current }}
        versions={listed.items}
        next={listed.next}
        authors={await authorsOf(deps, listed.items)}
        mayManage={hasRight(caller.role, 'manage')}
        now={now()}
        message={query.message === 'saved' ? rulesTextOf(view)('saved') : undefined}
      />
    );
  });

  page(web, { path: `${path}/poster`, who }, async ({ view, who: at }) => {
    const { current, gates } = await readNow(deps, at);
    return (
      <PosterPage
        view={view}
        community={at.community}
        version={current.version}
        sections={guideOf(view, current.rules, at.community, gates)}
        qrSvg={await qrSvg(`${deps.config.publicUrl}/r`)}
      />
    );
  });

  registerEdit(web, deps);
}

interface Now {
  readonly current: RulesVersion;
  readonly gates: readonly GateRecord[];
  /** The newest version, announced ones included. */
  readonly newest: number;
}

async function readNow({ store, now }: Deps, { community: { id } }: Placed): Promise<Now> {
  const [current, gates, newest] = await Promise.all([
    store.currentRules(id, now()),
    listAll((page) => store.listGates(id, page)),
    store.listRules(id, { limit: 1, after: null }),
  ]);
  if (current === null) throw notFound();
  return { current, gates, newest: newest.items[0]?.version ?? current.version };
}

/** Names of the people who wrote versions; keys and people who left stay what the log calls them. */
async function authorsOf(
  { signIn }: Deps,
  versions: readonly RulesVersion[],
): Promise<ReadonlyMap<string, string>> {
  const actors = new Set(versions.map(({ author }) => author));
  const accounts = await signIn.listAccounts();
  return new Map(
    accounts
      .map(({ id, name }) => [`account:${id}`, name] as const)
      .filter(([actor]) => actors.has(actor)),
  );
}

function registerEdit(web: Web, deps: Deps): void {
  const path = '/m/:id/rules/edit';
  const who = placed(deps, 'manage');

  page(web, { path, who, query: editQuery }, async ({ view, who: at, query }) => {
    const now = await readNow(deps, at);
    const template = oneOf(COMMUNITY_KINDS, query.template);
    const rules = template === null ? now.current.rules : templateFor(template);
    const kind = template && manageText(view)(`kind_${template}`);
    return show(view, at, now, membersOf(rules), {
      rules,
      notice: kind === null ? undefined : rulesTextOf(view)('templateUsed', { kind }),
      version: now.newest,
      template,
    });
  });

  form(web, { path, who }, async ({ view, who: at, form: members }) => {
    const now = await readNow(deps, at);
    const version = Number(members['version']);
    const read = readRules(members, now.current.rules, now.gates);
    if (read.kind === 'errors')
      return show(view, at, now, members, { rules: null, version, errors: read.errors });
    const { rules } = read;
    const extras = readExtras(members, at.community.timezone);
    if (members['step'] !== 'save' || extras.errors.length > 0) {
      const { errors } = extras;
      const status = members['step'] === 'save' ? 422 : 200;
      const aside = members['step'] === 'check' ? await backtestOf(deps, view, at, rules) : null;
      const shown = show(view, at, now, members, { rules, version, errors, aside });
      return new PageWith(status, shown);
    }
    const outcome = await putRules(deps, {
      communityId: at.community.id,
      rules,
      agreedBy: readAgreed(members),
      reason: extras.reason,
      effectiveFrom: extras.effectiveFrom,
      ifVersions: [version],
      actor: actorOf(at.caller),
    });
    if (outcome.kind === 'ok') return seeOther(`/m/${at.community.id}/rules?message=saved`);
    return show(view, at, now, members, { rules, ...refused(view, outcome, now) });
  });
}

/** Why nothing was saved. Who has seen another's newer version may save over it. */
function refused(
  view: View,
  outcome: Exclude<PutRulesOutcome, { kind: 'ok' }>,
  { newest }: Now,
): Pick<Shown, 'errors' | 'notice' | 'version'> {
  const t = rulesTextOf(view);
  switch (outcome.kind) {
    case 'unsound':
      return { errors: outcome.problems, version: newest };
    case 'backdated':
      return { errors: [{ path: 'effectiveFrom', message: t('backdated') }], version: newest };
    case 'version_mismatch':
      return { notice: t('conflict'), version: newest };
    case 'not_found':
      throw notFound();
  }
}

/** Days that a draft is tried on. */
const BACKTEST_DAYS = 7;

/** What the draft would have changed; where it makes no sense, that is said elsewhere. */
async function backtestOf(deps: Deps, view: View, { community }: Placed, rules: EntryRules) {
  const days = BACKTEST_DAYS;
  const outcome = await backtestRules(deps, { communityId: community.id, rules, days });
  if (outcome.kind !== 'ok') return null;
  return <Backtest view={view} backtest={outcome.backtest} days={days} />;
}

interface Extras {
  readonly reason: string | null;
  readonly effectiveFrom: number | null;
  readonly errors: readonly InputError[];
}

/** What a version says beside the rules: why, and from when, in the community's own time. */
function readExtras(members: FormMembers, timezone: string): Extras {
  const reason = (members['reason'] ?? '').trim();
  const from = members['effectiveFrom'] ?? '';
  const effectiveFrom = from === '' ? null : instantAt(from, timezone);
  const errors = [
    ...(reason !== '' && !printable(1, 200).test(reason)
      ? [{ path: 'reason', message: 'must be from 1 to 200' }]
      : []),
    ...(from !== '' && effectiveFrom === null
      ? [{ path: 'effectiveFrom', message: 'must be HH:MM' }]
      : []),
  ];
  return { reason: reason === '' ? null : reason, effectiveFrom, errors };
}

interface Shown {
  /** Null: they could not be read. */
  readonly rules: EntryRules | null;
  readonly version: number;
  readonly errors?: readonly InputError[];
  readonly notice?: string | undefined;
  readonly template?: string | null;
  readonly aside?: Child;
}

function show(
  view: View,
  { reader, community }: Placed,
  { current, gates }: Now,
  members: FormMembers,
  { rules, version, errors = [], notice, template = null, aside = null }: Shown,
) {
  const t = rulesTextOf(view);
  const preview: RulesFormProps['preview'] = rules && {
    changes: ruleChanges(t, current.rules, rules, gates),
    guide: guideOf(view, rules, community, gates),
  };
  const problems = errors.map(({ path, message }) => ({
    label: labelOf(view, path),
    text: problemText(view.language, message),
  }));
  return (
    <RulesFormPage
      {...{ view, reader, community, gates, members, version, template }}
      {...{ preview, problems, notice, aside }}
      hoursLines={{
        hours: hoursLines(members, 'hours'),
        confirmHours: hoursLines(members, 'confirmHours'),
      }}
    />
  );
}

/** The field that a path such as `hours[0].from` lies in. */
function labelOf(view: View, path: string): string {
  const t = rulesTextOf(view);
  const field = path.split(/[.[]/)[0] as RuleField;
  const number = /\[(\d+)\]/.exec(path)?.[1];
  const label = t(`field_${field}`);
  return number === undefined ? label : `${label} ${Number(number) + 1}`;
}
