import { z } from '@hono/zod-openapi';
import type { Deps } from '../../access/deps.ts';
import { listGateStates } from '../../access/gate-states.ts';
import { listAll } from '../../access/list-all.ts';
import { readFigures } from '../../access/read-figures.ts';
import { setCommunityPosture } from '../../access/set-posture.ts';
import { HOUR_MS } from '../../domain/clock.ts';
import { COMMUNITY_KINDS } from '../../domain/community.ts';
import { templateFor } from '../../domain/entry-rules.ts';
import type { CommunityId } from '../../domain/identifier.ts';
import { hasRight } from '../../domain/role.ts';
import { manageText } from '../../web/manager/words.ts';
import { CommunitiesPage } from '../../web/pages/communities-page.tsx';
import { DecisionsPage, VisitsPage } from '../../web/pages/list-pages.tsx';
import { OverviewPage } from '../../web/pages/overview-page.tsx';
import type { View } from '../../web/view.ts';
import { type AccountCaller, actorOf } from '../auth.ts';
import { lineFault, oneOf, periodOf } from '../manager/form-values.ts';
import { pageOf, placed } from '../manager/placed.ts';
import { readerOf } from '../manager/reader.ts';
import { signedIn } from '../manager/signed-in.ts';
import { form, page, seeOther, type Web } from '../page.tsx';
import { notFound } from '../problem.ts';

const ROWS = 50;
/** Communities beside each other: each costs a question to the store. */
const COMMUNITY_ROWS = 100;
const LIVE_ROWS = 15;

const listQuery = z.object({
  after: z.string().max(100).optional(),
  message: z.string().optional(),
});

/** `/m`: the communities, and of each what goes on. */
export function registerOverview(web: Web, deps: Deps): void {
  registerCommunityList(web, deps);
  registerLists(web, deps);
  const who = placed(deps, 'read');
  const query = listQuery.extend({ period: z.string().optional() });

  page(
    web,
    { path: '/m/:id', who, query },
    async ({ view, who: { caller, reader, community }, query }) => {
      const period = query.period === 'week' ? 'week' : 'day';
      const { store } = deps;
      const { id } = community;
      const [figures, decisions, alerts, gates] = await Promise.all([
        readFigures(deps, id, period),
        store.listDecisions(id, { limit: LIVE_ROWS, after: null }),
        store.listAlerts({ communityId: id, open: true, page: { limit: 20, after: null } }),
        listGateStates(deps, id),
      ]);
      return (
        <OverviewPage
          {...{ view, reader, community, period, figures, gates }}
          decisions={decisions.items}
          alerts={alerts.items}
          mayCommand={hasRight(caller.role, 'guard')}
          now={deps.now()}
          message={messageOf(view, query.message)}
        />
      );
    },
  );

  const guard = placed(deps, 'guard');
  form(
    web,
    { path: '/m/:id/posture', who: guard },
    async ({ view, who: { caller, community }, form: members }) => {
      const t = manageText(view);
      const reason = (members['reason'] ?? '').trim();
      const posture = oneOf(['normal', 'lockdown', 'open'] as const, members['posture']);
      const hours = periodOf(members['hours']);
      if (posture === null || hours === null || lineFault(t, reason, 200) !== undefined)
        return seeOther(`/m/${community.id}`);
      const outcome = await setCommunityPosture(deps, {
        communityId: community.id,
        posture,
        until: posture === 'normal' ? null : deps.now() + hours * HOUR_MS,
        reason,
        actor: actorOf(caller),
      });
      if (outcome === 'not_found') throw notFound();
      return seeOther(`/m/${community.id}?message=${outcome === 'set' ? 'posture' : 'restored'}`);
    },
  );
}

function messageOf(view: View, message: string | undefined): string | undefined {
  const t = manageText(view);
  if (message === 'posture') return t('postureSet');
  return message === 'restored' ? t('postureRestored') : undefined;
}

function registerCommunityList(web: Web, deps: Deps): void {
  const who = signedIn(deps, 'read');

  async function show(
    view: View,
    caller: AccountCaller,
    after: string | undefined,
    more: {
      readonly errors: Record<string, string | undefined>;
      readonly message?: string | undefined;
    },
  ) {
    const listed = await deps.store.listCommunities(
      caller.scope,
      pageOf({ after }, COMMUNITY_ROWS),
    );
    const rows = [];
    // One after the other: what gates ask for goes between.
    for (const community of listed.items) {
      const figures = await readFigures(deps, community.id, 'day');
      const gates = await listGateStates(deps, community.id);
      const gatesWell = gates.filter(({ state }) => state === 'well').length;
      rows.push({ community, figures, gates: gates.length, gatesWell });
    }
    return (
      <CommunitiesPage
        view={view}
        reader={readerOf(caller)}
        rows={rows}
        next={listed.next}
        mayAdd={hasRight(caller.role, 'operate')}
        {...more}
      />
    );
  }

  page(web, { path: '/m', who, query: listQuery }, ({ view, who: caller, query }) => {
    if (caller.scope.kind === 'community') return seeOther(`/m/${caller.scope.communityId}`);
    const message = query.message === 'added' ? manageText(view)('communityAdded') : undefined;
    return show(view, caller, query.after, { errors: {}, message });
  });

  const operator = signedIn(deps, 'operate');
  form(web, { path: '/m', who: operator }, async ({ view, who: caller, form: members }) => {
    const t = manageText(view);
    const name = (members['name'] ?? '').trim();
    const district = (members['district'] ?? '').trim();
    const kind = oneOf(COMMUNITY_KINDS, members['kind']) ?? 'standard';
    const errors = {
      name: lineFault(t, name, 200),
      district: district === '' ? undefined : lineFault(t, district, 64),
    };
    if (errors.name !== undefined || errors.district !== undefined)
      return show(view, caller, undefined, { errors });
    await deps.store.createCommunity({
      name,
      kind,
      timezone: 'Asia/Shanghai',
      district: district === '' ? null : district,
      rules: templateFor(kind),
      actor: actorOf(caller),
      now: deps.now(),
    });
    return seeOther('/m?message=added');
  });
}

function registerLists(web: Web, deps: Deps): void {
  const who = placed(deps, 'read');
  const { store } = deps;

  async function gateNames(id: CommunityId): Promise<ReadonlyMap<string, string>> {
    const gates = await listAll((page) => store.listGates(id, page));
    return new Map(gates.map((gate) => [gate.id, gate.name]));
  }

  page(
    web,
    { path: '/m/:id/decisions', who, query: listQuery },
    async ({ view, who: { reader, community }, query }) => {
      const listed = await store.listDecisions(community.id, pageOf(query, ROWS));
      const props = { view, reader, community, rows: listed.items, next: listed.next };
      return <DecisionsPage {...props} gateNames={await gateNames(community.id)} />;
    },
  );

  const visitQuery = listQuery.extend({ open: z.enum(['true', 'false']).optional() });
  page(
    web,
    { path: '/m/:id/visits', who, query: visitQuery },
    async ({ view, who: { reader, community }, query }) => {
      const open = query.open === undefined ? null : query.open === 'true';
      const page = pageOf(query, ROWS);
      const listed = await store.listVisits({ communityId: community.id, open, page });
      const props = { view, reader, community, rows: listed.items, next: listed.next };
      return (
        <VisitsPage
          {...props}
          open={open}
          now={deps.now()}
          gateNames={await gateNames(community.id)}
        />
      );
    },
  );
}
