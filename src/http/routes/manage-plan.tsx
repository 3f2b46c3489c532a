import { z } from '@hono/zod-openapi';
import type { Deps } from '../../access/deps.ts';
import { findCoveredCommunity } from '../../access/find-covered.ts';
import { putPlan } from '../../access/put-plan.ts';
import { hasRight } from '../../domain/role.ts';
import type { PlanRecord } from '../../store/manager-store.ts';
import { manageText } from '../../web/manager/words.ts';
import { PlanPage } from '../../web/pages/plan-page.tsx';
import type { View } from '../../web/view.ts';
import { formatTime } from '../answer.ts';
import { actorOf } from '../auth.ts';
import { type Api, endpoint } from '../endpoint.ts';
import { type Placed, placed } from '../manager/placed.ts';
import { form, page, seeOther, type Web } from '../page.tsx';
import { formatPath, notFound } from '../problem.ts';
import { PLAN_FEATURES, planSchema } from '../schemas/plan.ts';
import { identifier, instantText } from '../schemas/values.ts';

/** A plan of a large compound with all its corners, in a form. */
const PLAN_BYTES = 1024 * 1024;

const messageQuery = z.object({ message: z.string().optional() });

/** `/m/:id/plan`: the plan, imported as GeoJSON. */
export function registerManagePlan(web: Web, deps: Deps): void {
  const path = '/m/:id/plan';

  async function show(
    view: View,
    { caller, reader, community }: Placed,
    more: { text: string | null; error?: string; message?: string | undefined },
  ) {
    const record = await deps.store.readPlan(community.id);
    const mayManage = hasRight(caller.role, 'manage');
    return (
      <PlanPage
        {...{ view, reader, community, record, mayManage }}
        most={PLAN_FEATURES}
        {...more}
      />
    );
  }

  page(web, { path, who: placed(deps, 'read'), query: messageQuery }, ({ view, who, query }) => {
    const message = query.message === 'saved' ? manageText(view)('planSaved') : undefined;
    return show(view, who, { text: null, message });
  });

  form(
    web,
    { path, who: placed(deps, 'manage'), maxBytes: PLAN_BYTES },
    async ({ view, who, form: members }) => {
      const t = manageText(view);
      const text = members['geojson'] ?? '';
      const value = parseJson(text);
      if (value === undefined) return show(view, who, { text, error: t('planNotJson') });
      const parsed = planSchema.safeParse(value);
      if (!parsed.success) {
        const [issue] = parsed.error.issues;
        const place = formatPath(issue?.path ?? []) || 'type';
        return show(view, who, {
          text,
          error: t('planWrong', { place, what: issue?.message ?? '' }),
        });
      }
      const { id } = who.community;
      await putPlan(deps, { communityId: id, plan: parsed.data, actor: actorOf(who.caller) });
      return seeOther(`/m/${id}/plan?message=saved`);
    },
  );
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const planRecordSchema = z
  .object({ version: z.int(), author: z.string(), updatedAt: instantText, plan: planSchema })
  .openapi('PlanRecord');
const params = z.object({ id: identifier('com') });

/** `/v1/communities/{id}/plan`. */
export function registerPlan(api: Api, deps: Deps): void {
  endpoint(
    api,
    {
      method: 'put',
      path: '/v1/communities/{id}/plan',
      auth: ['manager'],
      tag: 'Communities',
      summary: 'Replace the plan',
      description: `Buildings, gates, checkpoints, zones and parking as GeoJSON; at most ${PLAN_FEATURES} of them. Coordinates are WGS-84.`,
      params,
      body: { json: planSchema, maxBytes: PLAN_BYTES },
      answer: { description: 'The plan as it is now.', schema: planRecordSchema },
    },
    async ({ caller, params: { id }, body }) => {
      const community = await findCoveredCommunity(deps, caller.scope, id);
      const record =
        community && (await putPlan(deps, { communityId: id, plan: body, actor: actorOf(caller) }));
      if (record === null) throw notFound();
      return planItem(record);
    },
  );
  endpoint(
    api,
    {
      method: 'get',
      path: '/v1/communities/{id}/plan',
      auth: ['manager'],
      tag: 'Communities',
      summary: 'Read the plan',
      params,
      answer: { description: 'The plan.', schema: planRecordSchema },
    },
    async ({ caller, params: { id } }) => {
      const community = await findCoveredCommunity(deps, caller.scope, id);
      const record = community && (await deps.store.readPlan(id));
      if (record === null) throw notFound();
      return planItem(record);
    },
  );
}

function planItem({
  plan,
  version,
  author,
  updatedAt,
}: PlanRecord): z.input<typeof planRecordSchema> {
  return {
    version,
    author,
    updatedAt: formatTime(updatedAt),
    plan: JSON.parse(JSON.stringify(plan)) as z.input<typeof planSchema>,
  };
}
