/** What the operations on alerts, points, receivers, positions, plans and reports need, for the test of coverage. */
import { randomBytes, randomUUID } from 'node:crypto';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../../src/domain/clock.ts';
import type { AccountId, AlertId, CommunityId, CourierId } from '../../../src/domain/identifier.ts';
import { formatIdentifier } from '../../../src/domain/identifier.ts';
import type { Store } from '../../../src/store/store.ts';
import type { StoreUnderTest } from '../../support/store-under-test.ts';
import { ACTOR, NOON, unique, type World } from '../../support/store-world.ts';

export interface Given {
  readonly under: StoreUnderTest;
  readonly store: Store;
  readonly world: World;
}
/** Prepares what an operation needs. @returns the operation, ready to run */
export type Scene = (given: Given) => Promise<() => Promise<unknown>>;
/** Why an operation that writes appends nothing. */
export interface Silent {
  readonly reason: string;
  readonly run?: Scene;
}

const by = { actor: ACTOR, now: NOON } as const;
const LATER = NOON + 31 * MINUTE_MS;
const PAGE = { limit: 10, after: null };

interface Rider {
  readonly communityId: CommunityId;
  readonly courierId: CourierId;
}

async function inside({ store, world }: Given) {
  const pass = await world.rider('r-1');
  await world.scan({ pass, at: NOON });
  const courierId = await world.courier('r-1');
  await store.givePositionConsent({ courierId, now: NOON });
  return { communityId: world.community.id, courierId, passId: pass.id };
}

/** Somebody stayed too long. */
async function alerted(given: Given): Promise<Rider & { readonly alertId: AlertId }> {
  const rider = await inside(given);
  await given.store.sweep({ now: LATER, limit: 10 });
  const { communityId } = rider;
  const { items } = await given.store.listAlerts({ communityId, open: null, page: PAGE });
  const alert = items.find(({ kind }) => kind === 'overstay');
  if (alert === undefined) throw new Error('staying too long raises an alert');
  return { ...rider, alertId: alert.id };
}

async function appealed(given: Given) {
  const { communityId, courierId, alertId } = await alerted(given);
  const filed = { courierId, alertId, communityId, text: 'x', now: LATER };
  const outcome = await given.store.fileAppeal(filed);
  if (outcome.kind !== 'filed') throw new Error(`expected an appeal, got ${outcome.kind}`);
  return { communityId, alertId, appealId: outcome.appeal.id };
}

async function receiver({ store, world }: Given) {
  const owner = { kind: 'community', communityId: world.community.id } as const;
  const made = await store.createNotifyEndpoint({ ...endpoint(), owner });
  if (typeof made === 'string') throw new Error(made);
  return { owner, id: made.id };
}
const endpoint = () =>
  ({
    id: formatIdentifier('ntf', randomBytes(8)),
    kind: 'webhook',
    name: 'x',
    shown: 'https://example.com',
    sealed: 's',
    events: ['alert.raised'],
    leastLevel: 'notice',
    most: 5,
    ...by,
  }) as const;

async function reported({ store, world }: Given) {
  await world.rider('r-1');
  const made = await store.makeReport(report(world, await world.courier('r-1')));
  if (made.kind !== 'ok') throw new Error(`expected a report, got ${made.kind}`);
  return made.report.id;
}
const report = (world: World, courierId: CourierId) => ({
  courierId,
  communityId: world.community.id,
  requestId: randomUUID(),
  place: 'x',
  text: 'x',
  photo: 'eA==',
  passSince: NOON - DAY_MS,
  mostInDay: 5,
  now: NOON,
});

const speed = (second: number, speedKmh: number) => ({
  at: NOON + MINUTE_MS + second * 1_000,
  lon: 119.46,
  lat: 35.42,
  accuracyM: 5,
  speedKmh,
  accuracyKmh: 1,
});

async function rode(given: Given) {
  const { courierId, passId } = await inside(given);
  const positions = Array.from({ length: 20 }, (_, second) => speed(second, 40));
  const now = NOON + 2 * MINUTE_MS;
  return { courierId, passId, sentAt: null, positions, now };
}

export const RIDER_SCENES: Readonly<Record<string, Scene>> = {
  acknowledgeAlert: async (given) => {
    const { communityId, alertId } = await alerted(given);
    return () => given.store.acknowledgeAlert({ communityId, alertId, ...by });
  },
  fileAppeal: async (given) => {
    const { communityId, courierId, alertId } = await alerted(given);
    const filed = { courierId, alertId, communityId, text: 'x', now: LATER };
    return () => given.store.fileAppeal(filed);
  },
  decideAppeal: async (given) => {
    const appeal = await appealed(given);
    const decided = { ...appeal, decision: 'upheld', reason: 'x', ...by } as const;
    return () => given.store.decideAppeal(decided);
  },
  setSanction: async (given) => {
    const { communityId, alertId } = await alerted(given);
    const sanction = { communityId, alertId, kind: 'suspension', ...by } as const;
    return () => given.store.setSanction({ ...sanction, until: NOON + DAY_MS });
  },
  liftSanction: async (given) => {
    const { communityId, alertId } = await alerted(given);
    const set = { communityId, alertId, kind: 'suspension', until: NOON + DAY_MS, ...by } as const;
    const made = await given.store.setSanction(set);
    if (typeof made === 'string') throw new Error(made);
    const { id: sanctionId } = made.sanction;
    return () => given.store.liftSanction({ communityId, sanctionId, ...by });
  },
  contribute: async (given) => {
    const { communityId, courierId } = await inside(given);
    const deed = { communityId, courierId, points: 1, reference: unique('deed'), ...by };
    return () => given.store.contribute(deed);
  },
  createNotifyEndpoint: async ({ store, world }) => {
    const owner = { kind: 'community', communityId: world.community.id } as const;
    const made = { ...endpoint(), owner };
    return () => store.createNotifyEndpoint(made);
  },
  removeNotifyEndpoint: async (given) => {
    const made = await receiver(given);
    return () => given.store.removeNotifyEndpoint({ ...made, ...by });
  },
  replayNotifications: async (given) => {
    const made = await receiver(given);
    await alerted(given);
    const [due] = await given.store.takeNotifications({
      now: LATER,
      limit: 1,
      lentUntil: LATER + 1,
    });
    if (due === undefined) throw new Error('an alert is told');
    const outcome = { kind: 'refused', failure: 'x' } as const;
    await given.store.settleNotification({ id: due.id, outcome, pauseMs: 0, now: LATER });
    return () => given.store.replayNotifications({ ...made, notificationId: null, ...by });
  },
  putPlaces: async ({ store, world }) => {
    const zones = [{ id: 'park', name: 'x', polygons: [] }];
    const put = { communityId: world.community.id, kind: 'zones', document: zones } as const;
    return () => store.putPlaces({ ...put, ifVersion: null, ...by });
  },
  givePositionConsent: async ({ store, world }) => {
    await world.rider('r-1');
    const courierId = await world.courier('r-1');
    return () => store.givePositionConsent({ courierId, now: NOON });
  },
  withdrawPositionConsent: async (given) => {
    const { courierId } = await inside(given);
    return () => given.store.withdrawPositionConsent({ courierId, now: NOON });
  },
  judgeSpeeds: async (given) => {
    await given.store.recordPositions(await rode(given));
    return () => given.store.judgeSpeeds({ now: NOON + HOUR_MS, limit: 100 });
  },
  makeReport: async ({ store, world }) => {
    await world.rider('r-1');
    const made = report(world, await world.courier('r-1'));
    return () => store.makeReport(made);
  },
  answerReport: async (given) => {
    const id = await reported(given);
    return () => given.store.answerReport({ id, text: 'x', contributionPoints: 1, ...by });
  },
  eraseReportPhotos: async (given) => {
    await reported(given);
    return () => given.store.eraseReportPhotos({ before: LATER, limit: 10, now: LATER });
  },
  putPlan: async ({ store, world }) => {
    const plan = { type: 'FeatureCollection', features: [] } as const;
    return () => store.putPlan({ communityId: world.community.id, plan, ...by });
  },
  recordAccountEvents: async ({ store }) => {
    const account = 'acc_0000000000000' as AccountId;
    const events = [{ type: 'account.signed_out', account }] as const;
    return () => store.recordAccountEvents({ events, now: NOON });
  },
};

const SHOWN =
  'what a rider has looked at is no decision; the alert and what follows from it are entries';
const TOLD = 'a queue of what is already on the log: the alert or appeal that it tells of';

export const RIDERS_WITHOUT_ENTRY: Readonly<Record<string, Silent>> = {
  listRiderAlerts: {
    reason: SHOWN,
    run: async (given) => {
      const { courierId } = await alerted(given);
      return () => given.store.listRiderAlerts({ courierId, page: PAGE, now: LATER });
    },
  },
  findRiderAlert: {
    reason: SHOWN,
    run: async (given) => {
      const { courierId, alertId } = await alerted(given);
      const shown = { courierId, alertId, as: 'shown', now: LATER } as const;
      return () => given.store.findRiderAlert(shown);
    },
  },
  takeNotifications: {
    reason: TOLD,
    run: async (given) => {
      await receiver(given);
      await alerted(given);
      return () => given.store.takeNotifications({ now: LATER, limit: 1, lentUntil: LATER + 1 });
    },
  },
  settleNotification: {
    reason: TOLD,
    run: async (given) => {
      await receiver(given);
      await alerted(given);
      const [due] = await given.store.takeNotifications({
        now: LATER,
        limit: 1,
        lentUntil: LATER + 1,
      });
      if (due === undefined) throw new Error('an alert is told');
      const outcome = { kind: 'sent' } as const;
      return () => given.store.settleNotification({ id: due.id, outcome, pauseMs: 0, now: LATER });
    },
  },
  recordPositions: {
    reason:
      'what a phone measured decides nothing by itself and is forgotten; an alert made of it is an entry',
    run: async (given) => {
      const batch = await rode(given);
      return () => given.store.recordPositions(batch);
    },
  },
  forgetPositions: {
    reason:
      'what a phone measured goes after a day by a stated rule; an alert keeps its own evidence',
    run: async (given) => {
      await given.store.recordPositions(await rode(given));
      return () => given.store.forgetPositions({ now: NOON + 3 * DAY_MS, limit: 100 });
    },
  },
};
