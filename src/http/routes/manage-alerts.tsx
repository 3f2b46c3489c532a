import { z } from '@hono/zod-openapi';
import type { Context } from 'hono';
import { acknowledgeAlert } from '../../access/acknowledge-alert.ts';
import { decideAppeal } from '../../access/decide-appeal.ts';
import type { Deps } from '../../access/deps.ts';
import { listAll } from '../../access/list-all.ts';
import { isIdentifier } from '../../domain/identifier.ts';
import { hasRight, type Right } from '../../domain/role.ts';
import type { AlertCase } from '../../store/conduct-store.ts';
import { manageText } from '../../web/manager/words.ts';
import { casesText } from '../../web/messages/cases.ts';
import { AlertPage, type AlertProps, AppealsPage } from '../../web/pages/alert-page.tsx';
import { AlertsPage } from '../../web/pages/alerts-page.tsx';
import { translator } from '../../web/translate.ts';
import type { View } from '../../web/view.ts';
import { actorOf } from '../auth.ts';
import { lineFault, oneOf } from '../manager/form-values.ts';
import { type Placed, pageOf, placed } from '../manager/placed.ts';
import { form, page, seeOther, type Web } from '../page.tsx';
import { notFound } from '../problem.ts';

const ROWS = 20;
const REASON_CHARACTERS = 500;

const listQuery = z.object({
  after: z.string().max(100).optional(),
  open: z.enum(['true', 'false']).optional(),
});

/** `/m/:id/alerts`: what a manager should look at, each with its evidence and the rider's appeal. */
export function registerManageAlerts(web: Web, deps: Deps): void {
  const who = placed(deps, 'read');
  const { store } = deps;
  page(
    web,
    { path: '/m/:id/alerts', who, query: listQuery },
    async ({ view, who: { reader, community }, query }) => {
      const open = query.open === undefined ? null : query.open === 'true';
      const communityId = community.id;
      const [listed, gates] = await Promise.all([
        store.listAlerts({ communityId, open, page: pageOf(query, ROWS) }),
        listAll((page) => store.listGates(communityId, page)),
      ]);
      return (
        <AlertsPage
          {...{ view, reader, community, open }}
          alerts={listed.items}
          next={listed.next}
          gateNames={new Map(gates.map(({ id, name }) => [id, name]))}
        />
      );
    },
  );
  page(
    web,
    { path: '/m/:id/appeals', who, query: listQuery },
    async ({ view, who: { reader, community }, query }) => {
      const page = pageOf(query, ROWS);
      const listed = await store.listAppeals({ communityId: community.id, state: null, page });
      return (
        <AppealsPage {...{ view, reader, community }} appeals={listed.items} next={listed.next} />
      );
    },
  );
  registerOne(web, deps);
}

interface AtAlert extends Placed {
  readonly found: AlertCase;
}

/** As {@link placed}, for an alert of the community that `:alertId` names. */
function atAlert(deps: Deps, right: Right) {
  const who = placed(deps, right);
  return async (c: Context, view: View): Promise<AtAlert> => {
    const at = await who(c, view);
    const alertId = c.req.param('alertId') ?? '';
    const found = isIdentifier('alr', alertId)
      ? await deps.store.findAlert({ communityId: at.community.id, alertId })
      : null;
    if (found === null) throw notFound();
    return { ...at, found };
  };
}

function registerOne(web: Web, deps: Deps): void {
  const path = '/m/:id/alerts/:alertId';
  const query = z.object({ message: z.string().optional() });

  async function show(
    view: View,
    { caller, reader, community, found }: AtAlert,
    more: Pick<AlertProps, 'error' | 'message'>,
  ) {
    const { gateId } = found.alert;
    const gate = gateId === null ? null : await deps.store.findGate(gateId);
    return (
      <AlertPage
        {...{ view, reader, community, found }}
        gateName={gateId && (gate?.name ?? gateId)}
        mayManage={hasRight(caller.role, 'manage')}
        mayNote={hasRight(caller.role, 'guard')}
        {...more}
      />
    );
  }

  page(web, { path, who: atAlert(deps, 'read'), query }, ({ view, who, query: { message } }) => {
    const t = translator(casesText, view.language);
    return show(view, who, { message: message === 'decided' ? t('decided') : undefined });
  });

  form(
    web,
    { path: `${path}/acknowledge`, who: atAlert(deps, 'guard') },
    async ({ who: { caller, community, found } }) => {
      const alertId = found.alert.id;
      await acknowledgeAlert(deps, { communityId: community.id, alertId, actor: actorOf(caller) });
      return seeOther(`/m/${community.id}/alerts/${alertId}`);
    },
  );

  form(
    web,
    { path: `${path}/appeal`, who: atAlert(deps, 'manage') },
    async ({ view, who: at, form: members }) => {
      const t = translator(casesText, view.language);
      const typed = (members['reason'] ?? '').trim();
      const again = (text: string) => show(view, at, { error: { text, typed } });
      const appealId = members['appeal'] ?? '';
      const decision = oneOf(['upheld', 'rejected'] as const, members['decision']);
      if (!isIdentifier('apl', appealId) || decision === null) throw notFound();
      const fault = lineFault(manageText(view), typed, REASON_CHARACTERS);
      if (fault !== undefined) return again(fault);
      const communityId = at.community.id;
      const alertId = at.found.alert.id;
      const actor = actorOf(at.caller);
      const outcome = await decideAppeal(deps, {
        communityId,
        alertId,
        appealId,
        decision,
        reason: typed,
        actor,
      });
      switch (outcome.kind) {
        case 'decided':
          return seeOther(`/m/${communityId}/alerts/${alertId}?message=decided`);
        case 'not_found':
          throw notFound();
        case 'decided_before':
          return again(t('decidedBefore'));
        case 'own_sanction':
          return again(t('ownSanction'));
      }
    },
  );
}
