import { and, eq, gte } from 'drizzle-orm';
import { HOUR_MS, type Millis } from '../../../domain/clock.ts';
import { passAuthorised, staticRefusal } from '../../../domain/decision.ts';
import { passStatus } from '../../../domain/pass.ts';
import type { PassRecord, Stop } from '../../store.ts';
import type { Context } from '../database.ts';
import { passes, riderAccounts } from '../schema.ts';
import { untilMember } from './communities.ts';
import { courierNo } from './couriers.ts';
import type { Operations } from './operation.ts';
import {
  createPass,
  deliveryFacts,
  isAdmitted,
  legCommunity,
  livePass,
  openVisit,
  type PassRow,
  refreshPass,
} from './pass-lifecycle.ts';

type PassOperations = Pick<
  Operations,
  'listCourierPasses' | 'findCourierPass' | 'findRiderPass' | 'requestStationPass'
>;

/** How long an ended pass is still shown. */
const SHOWN_AFTER_END_MS = 2 * HOUR_MS;

export function passOperations(context: Context): PassOperations {
  const { db, queries, audit, reference } = context;
  return {
    listCourierPasses(courier, now) {
      const no = courierNo(context, courier);
      if (no === null) return [];
      return queries.passesShown
        .all({ courierNo: no, endedSince: now - SHOWN_AFTER_END_MS })
        .map((row) => passRecord(context, row, now));
    },

    findCourierPass({ courierId, passId, now }) {
      const no = courierNo(context, courierId);
      if (no === null) return null;
      const row = queries.passOfCourier.get({ id: passId, courierNo: no });
      return row === undefined ? null : passRecord(context, row, now);
    },

    findRiderPass({ platform, riderId, communityId, now }) {
      const community = reference.communityById(communityId);
      const row = queries.platformBySlug.get({ slug: platform });
      if (community === null || row === undefined) return null;
      if (!isAdmitted(row.districts, community.district)) return null;
      const account = queries.account.get({ platformNo: row.no, riderId });
      if (account === undefined) return null;
      const live = livePass(context, account.courierNo, community.no);
      const record = live === null ? null : passRecord(context, live, now);
      return record === null || record.status === 'ended' ? null : record;
    },

    requestStationPass({ courierId, communityId, vouchedSince, expiresAt, now }) {
      const community = reference.communityById(communityId);
      const no = courierNo(context, courierId);
      if (community === null || no === null) return { kind: 'not_found' };
      if (community.kind !== 'station') return { kind: 'not_a_station' };
      const vouched = and(
        eq(riderAccounts.courierNo, no),
        gte(riderAccounts.vouchedAt, vouchedSince),
      );
      if (db.select().from(riderAccounts).where(vouched).get() === undefined)
        return { kind: 'not_vouched' };
      const held = livePass(context, no, community.no);
      if (held !== null) refreshPass(context, held.no, now); // one that has lapsed ends: it never revives
      const live = livePass(context, no, community.no);
      const pass =
        live ?? createPass(context, { courierNo: no, communityNo: community.no, expiresAt, now });
      if (live !== null) {
        db.update(passes).set({ expiresAt }).where(eq(passes.no, pass.no)).run();
        audit.append('pass.prolonged', now, communityId, {
          pass: pass.id,
          ...untilMember(expiresAt),
        });
      }
      refreshPass(context, pass.no, now);
      const row = db.select().from(passes).where(eq(passes.no, pass.no)).get();
      if (row === undefined) throw new RangeError(`no pass ${pass.no}`);
      return { kind: 'ok', value: passRecord(context, row, now) };
    },
  };
}

/** A pass as it is at `now`: a right that has lapsed is not shown as active, even before the sweep has ended it. */
function passRecord(context: Context, row: PassRow, now: Millis): PassRecord {
  const { reference } = context;
  const community = reference.community(row.communityNo);
  const { version, rules } = reference.rules(row.communityNo, now);
  const facts = deliveryFacts(context, row);
  const visitOpen = openVisit(context, row) !== null;
  const authorised = passAuthorised(facts, row.expiresAt, rules, now);
  const status = row.status === 'ended' ? 'ended' : passStatus({ authorised, visitOpen });
  const until = restrictionEnds(context, row);
  const pass = { ...until, expiresAt: row.expiresAt, deliveries: facts };
  return {
    id: row.id,
    community: {
      id: community.id,
      name: community.name,
      kind: community.kind,
      timezone: community.timezone,
      district: community.district,
    },
    status,
    statusIndex: row.statusIndex,
    expiresAt: row.expiresAt,
    createdAt: row.createdAt,
    endedAt: row.endedAt,
    visitOpen,
    stops: stopsOf(context, row),
    rules,
    rulesVersion: version,
    refusal: status === 'active' ? staticRefusal({ rules, pass }, now) : null,
  };
}

function restrictionEnds(
  { queries }: Context,
  row: PassRow,
): { blockedUntil: Millis | null; suspendedUntil: Millis | null } {
  if (row.courierNo === null) return { blockedUntil: null, suspendedUntil: null };
  const { courierNo: holder, communityNo } = row;
  const found = queries.restrictions.all({ courierNo: holder, communityNo });
  const until = (kind: string) =>
    found.find((restriction) => restriction.kind === kind)?.until ?? null;
  return { blockedUntil: until('block'), suspendedUntil: until('suspension') };
}

function stopsOf({ queries, reference }: Context, pass: PassRow): Stop[] {
  if (pass.courierNo === null) return [];
  return queries.legs
    .all({ passNo: pass.no, courierNo: pass.courierNo })
    .filter(({ leg, delivery }) => legCommunity(delivery, leg) === pass.communityNo)
    .map(({ leg, delivery }) => ({
      platform: reference.platform(delivery.platformNo).slug,
      deliveryId: delivery.deliveryId,
      leg,
      status: delivery.status,
      newestAt: delivery.newestAt,
      label: delivery.label,
      building: leg === 'dropoff' ? delivery.building : null,
      unit: leg === 'dropoff' ? delivery.unit : null,
      floor: leg === 'dropoff' ? delivery.floor : null,
      vehicle: delivery.vehicle,
      deadlineAt: delivery.deadlineAt,
    }));
}
