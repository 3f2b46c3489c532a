import { z } from '@hono/zod-openapi';
import type { Deps } from '../../access/deps.ts';
import { findCoveredCommunity } from '../../access/find-covered.ts';
import type { CommunityId } from '../../domain/identifier.ts';
import { decisionItem } from '../answer.ts';
import { actorOf, isSignedIn } from '../auth.ts';
import { type Api, endpoint } from '../endpoint.ts';
import type { EventFeed, EventStream, EventStreams } from '../event-stream.ts';
import { alertItem } from '../schemas/alert.ts';
import { identifier } from '../schemas/values.ts';
import { requireCommunity, SUPERVISORS, type Supervisor } from '../supervisor.ts';

/** `GET /v1/communities/{id}/events`: what happens at the gates, as it happens. */
export function registerEvents(api: Api, deps: Deps, streams: EventStreams): void {
  endpoint(
    api,
    {
      method: 'get',
      path: '/v1/communities/{id}/events',
      auth: SUPERVISORS,
      tag: 'Supervision',
      summary: 'Decisions, alerts and appeals as they happen',
      description:
        'Server-sent events: `decision` and `alert`, with an item of `GET /v1/communities/{id}/decisions` or `/alerts` as their data, `appeal` with `appealId`, `alertId` and `state` when one is filed or decided, and `changed` when visits, blocks, sanctions, passes or the posture have changed otherwise. A comment every 15 s. What was missed while away is in the list; a client that reads too slowly is cut off. Ends when the key or the device is revoked, or reaches the community no more.',
      params: z.object({ id: identifier('com') }),
      answer: { description: 'The stream.', contentType: 'text/event-stream' },
    },
    async ({ caller, params }) => {
      const communityId = params.id;
      await requireCommunity(deps, caller, communityId);
      const owner = `${actorOf(caller)} ${communityId}`;
      return streams.open(owner, (stream) => feedEvents(deps, caller, communityId, stream));
    },
  );
}

function feedEvents(
  deps: Deps,
  caller: Supervisor,
  communityId: CommunityId,
  stream: EventStream,
): EventFeed {
  const { gateOpenMs } = deps.config.limits;
  const mayGoOn = () => mayRead(deps, caller, communityId);
  /** Ends when all events until now are sent: none overtakes the question whether it may be read. */
  let sending = Promise.resolve();
  let changeWaits = false;
  const stop = deps.bus.subscribe(`community:${communityId}`, (event) => {
    if (event.type === 'decision') {
      const item = decisionItem(event.record, gateOpenMs);
      sending = sending.then(() => stream.send('decision', item));
    } else if (event.type === 'alert') {
      const item = alertItem(event.alert);
      sending = sending.then(() => stream.send('alert', item));
    } else if (event.type === 'appeal') {
      const { appealId, alertId, state } = event;
      sending = sending.then(() => stream.send('appeal', { appealId, alertId, state }));
    } else if (!changeWaits) {
      changeWaits = true;
      sending = sending.then(sendChange).catch(() => stream.end());
    }
  });
  /** What has changed may be that the device was revoked, or the community moved: the stream ends with it. */
  async function sendChange(): Promise<void> {
    changeWaits = false;
    if (await mayGoOn()) stream.send('changed', {});
    else stream.end();
  }
  return { mayGoOn, stop };
}

/** Whether the key or the device that opened the stream is in force and reaches the community still. */
async function mayRead(deps: Deps, caller: Supervisor, communityId: CommunityId): Promise<boolean> {
  const { store } = deps;
  if (caller.kind === 'gate') return (await store.findGate(caller.gateId))?.epoch === caller.epoch;
  if (caller.kind === 'key' && (await store.getApiKey(caller.id)) === null) return false;
  if (caller.kind === 'account' && !(await isSignedIn(deps, caller))) return false;
  return (await findCoveredCommunity(deps, caller.scope, communityId)) !== null;
}
