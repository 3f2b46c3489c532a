import { z } from '@hono/zod-openapi';
import { blockCourier } from '../../access/block-courier.ts';
import type { Deps } from '../../access/deps.ts';
import { unblockCourier } from '../../access/unblock-courier.ts';
import { HOUR_MS } from '../../domain/clock.ts';
import { isIdentifier } from '../../domain/identifier.ts';
import { hasRight } from '../../domain/role.ts';
import { manageText } from '../../web/manager/words.ts';
import { CouriersPage, type CouriersProps } from '../../web/pages/couriers-page.tsx';
import type { View } from '../../web/view.ts';
import { actorOf } from '../auth.ts';
import { blockPeriodOf, lineFault } from '../manager/form-values.ts';
import { type Placed, placed } from '../manager/placed.ts';
import { form, page, seeOther, type Web } from '../page.tsx';
import { notFound } from '../problem.ts';

const FOUND = 50;
const BLOCKS = 200;
const MESSAGES = { blocked: 'blocked', unblocked: 'unblocked' } as const;

const findQuery = z.object({
  find: z.string().max(64).optional(),
  message: z.string().optional(),
});

/** `/m/:id/couriers`: who comes here, and who may not for a time. */
export function registerManageCouriers(web: Web, deps: Deps): void {
  const path = '/m/:id/couriers';
  const { store, now } = deps;

  async function show(
    view: View,
    { caller, reader, community }: Placed,
    find: string,
    more: Pick<CouriersProps, 'error' | 'message'>,
  ) {
    const ask = (text: string, limit: number) =>
      store.findCouriers({ communityId: community.id, text, limit, now: now() });
    const couriers = await ask(find, FOUND);
    const blocks = await store.listBlocks(community.id, { limit: BLOCKS, after: null }, now());
    const blocked = [];
    for (const { courierId } of blocks.items) blocked.push(...(await ask(courierId, 1)));
    const mayBlock = hasRight(caller.role, 'guard');
    return (
      <CouriersPage {...{ view, reader, community, find, couriers, blocked, mayBlock }} {...more} />
    );
  }

  page(web, { path, who: placed(deps, 'read'), query: findQuery }, ({ view, who, query }) => {
    const key = MESSAGES[query.message as keyof typeof MESSAGES];
    const message = key && manageText(view)(key);
    return show(view, who, (query.find ?? '').trim(), { message });
  });

  const who = placed(deps, 'guard');
  form(web, { path: `${path}/block`, who }, async ({ view, who: at, form: members }) => {
    const t = manageText(view);
    const courierId = members['courier'] ?? '';
    if (!isIdentifier('cou', courierId)) throw notFound();
    const reason = (members[`reason-${courierId}`] ?? '').trim();
    const hours = blockPeriodOf(members[`hours-${courierId}`]);
    const text = lineFault(t, reason, 200) ?? (hours === null ? t('invalid') : undefined);
    if (text !== undefined || hours === null) {
      const error = { courierId, text: text ?? t('invalid') };
      return show(view, at, members['find'] ?? '', { error });
    }
    const block = await blockCourier(deps, {
      communityId: at.community.id,
      courierId,
      reason,
      until: now() + hours * HOUR_MS,
      actor: actorOf(at.caller),
    });
    if (block === null) throw notFound();
    return seeOther(`/m/${at.community.id}/couriers?find=${courierId}&message=blocked`);
  });

  form(web, { path: `${path}/unblock`, who }, async ({ who: at, form: members }) => {
    const courierId = members['courier'] ?? '';
    if (!isIdentifier('cou', courierId)) throw notFound();
    const actor = actorOf(at.caller);
    await unblockCourier(deps, { communityId: at.community.id, courierId, actor });
    return seeOther(`/m/${at.community.id}/couriers?find=${courierId}&message=unblocked`);
  });
}
