import { z } from '@hono/zod-openapi';
import { createNotifyEndpoint } from '../../access/create-notify-endpoint.ts';
import type { Deps } from '../../access/deps.ts';
import { listAll } from '../../access/list-all.ts';
import { SPEED_LEVELS } from '../../domain/entry-rules.ts';
import { isIdentifier } from '../../domain/identifier.ts';
import { NOTIFY_EVENTS, NOTIFY_KINDS } from '../../domain/notification.ts';
import type { NotifyOwner } from '../../store/notify-store.ts';
import { manageText } from '../../web/manager/words.ts';
import { casesText } from '../../web/messages/cases.ts';
import { NotifyPage, type NotifyProps } from '../../web/pages/notify-page.tsx';
import { SecretPage } from '../../web/pages/secret-page.tsx';
import { translator } from '../../web/translate.ts';
import type { View } from '../../web/view.ts';
import { actorOf } from '../auth.ts';
import { lineFault, oneOf } from '../manager/form-values.ts';
import { type Placed, placed } from '../manager/placed.ts';
import { form, PageWith, page, seeOther, type Web } from '../page.tsx';
import { notFound } from '../problem.ts';

const MESSAGES = { removed: 'removed', replayed: 'replayed', added: 'secretReady' } as const;
const messageQuery = z.object({ message: z.string().optional() });

const ownerOf = ({ community }: Placed): NotifyOwner => ({
  kind: 'community',
  communityId: community.id,
});

/** `/m/:id/notify`: who is told of alerts and appeals. */
export function registerManageNotify(web: Web, deps: Deps): void {
  const path = '/m/:id/notify';
  const who = placed(deps, 'manage');
  const { store } = deps;

  async function show(
    view: View,
    at: Placed,
    more: Pick<NotifyProps, 'values' | 'errors' | 'message'>,
  ) {
    const endpoints = await listAll((page) => store.listNotifyEndpoints(ownerOf(at), page));
    const { reader, community } = at;
    return <NotifyPage {...{ view, reader, community, endpoints }} {...more} />;
  }

  page(web, { path, who, query: messageQuery }, ({ view, who: at, query }) => {
    const key = MESSAGES[query.message as keyof typeof MESSAGES];
    const message = key && translator(casesText, view.language)(key);
    return show(view, at, { values: {}, errors: {}, message });
  });

  form(web, { path, who }, async ({ view, who: at, form: members }) => {
    const t = translator(casesText, view.language);
    const manage = manageText(view);
    const name = (members['name'] ?? '').trim();
    const url = (members['url'] ?? '').trim();
    const secret = (members['secret'] ?? '').trim();
    const again = (errors: NotifyProps['errors']) => show(view, at, { values: members, errors });
    const fault = lineFault(manage, name, 100);
    const kind = oneOf(NOTIFY_KINDS, members['kind']);
    const leastLevel = oneOf(SPEED_LEVELS, members['leastLevel']);
    if (fault !== undefined) return again({ name: fault });
    if (kind === null || leastLevel === null || !URL.canParse(url))
      return again({ url: manage('invalid') });
    const outcome = await createNotifyEndpoint(deps, {
      owner: ownerOf(at),
      kind,
      name,
      url,
      secret: secret === '' ? null : secret,
      events: NOTIFY_EVENTS,
      leastLevel,
      actor: actorOf(at.caller),
    });
    if (outcome.kind === 'unusable') return again({ url: t('urlWrong', { why: outcome.why }) });
    if (outcome.kind !== 'ok') {
      if (outcome.kind === 'not_found') throw notFound();
      return again({ url: t('tooMany') });
    }
    const back = `/m/${at.community.id}/notify`;
    if (outcome.webhookSecret === null) return seeOther(`${back}?message=added`);
    return new PageWith(
      200,
      <SecretPage
        view={view}
        reader={at.reader}
        place={at.community}
        title={t('secretReady')}
        lead={t('secretLead')}
        qrSvg={null}
        values={[{ name: outcome.endpoint.name, value: outcome.webhookSecret }]}
        back={back}
      />,
    );
  });

  form(web, { path: `${path}/remove`, who }, async ({ who: at, form: members }) => {
    const id = members['id'] ?? '';
    const done =
      isIdentifier('ntf', id) &&
      (await store.removeNotifyEndpoint({
        owner: ownerOf(at),
        id,
        actor: actorOf(at.caller),
        now: deps.now(),
      }));
    if (!done) throw notFound();
    return seeOther(`/m/${at.community.id}/notify?message=removed`);
  });

  form(web, { path: `${path}/replay`, who }, async ({ who: at, form: members }) => {
    const id = members['id'] ?? '';
    if (!isIdentifier('ntf', id)) throw notFound();
    await store.replayNotifications({
      owner: ownerOf(at),
      id,
      notificationId: null,
      actor: actorOf(at.caller),
      now: deps.now(),
    });
    return seeOther(`/m/${at.community.id}/notify?message=replayed`);
  });
}
