import type { Statement } from 'better-sqlite3';
import type { Millis } from '../../../domain/clock.ts';
import type { DeliveryFacts, Facts, LastEntry, PassFacts } from '../../../domain/decision.ts';
import type { DeliveryStatus, Leg, Vehicle } from '../../../domain/delivery.ts';
import type { CourierId, PassId, VisitId } from '../../../domain/identifier.ts';
import type { Context } from '../database.ts';
import type { CommunityRow, GateRow } from '../reference-data.ts';
import { OPEN_SLOT } from '../schema.ts';
import { postureOf } from './operation.ts';
import { isAdmitted, legCommunity, livePass } from './pass-lifecycle.ts';

/** A pass joined with its courier and the courier's newest visit here. */
export interface PassAndVisit {
  readonly no: number;
  readonly courierNo: number | null;
  readonly courierId: CourierId | null;
  readonly status: 'active' | 'leaving' | 'ended';
  readonly expiresAt: Millis | null;
  readonly carriedVisitNo: number | null;
  readonly visitNo: number | null;
  /** The pass that the visit belongs to: after a join not always this one. */
  readonly visitPassNo: number | null;
  readonly visitId: VisitId | null;
  readonly slot: number | null;
  readonly openedAt: Millis | null;
  readonly lastEntryAt: Millis | null;
  readonly lastEntryGateNo: number | null;
  readonly rescans: number | null;
  readonly passageAt: Millis | null;
  readonly closedBy: string | null;
  /** Entries of the pass that consumed a code, and whether the code at hand is among the consumed. */
  readonly entries: number;
  readonly codeUsed: boolean;
  /** Whether the courier is bound by anything here: seldom, and then read on its own. */
  readonly restricted: boolean;
}

/** The columns of {@link PassAndVisit} in their order; rows are read as arrays, which costs a third of objects. */
type PassColumns = [
  no: number,
  courierNo: number | null,
  courierId: CourierId | null,
  status: PassAndVisit['status'],
  expiresAt: Millis | null,
  carriedVisitNo: number | null,
  visitNo: number | null,
  visitPassNo: number | null,
  visitId: VisitId | null,
  slot: number | null,
  openedAt: Millis | null,
  lastEntryAt: Millis | null,
  lastEntryGateNo: number | null,
  rescans: number | null,
  passageAt: Millis | null,
  closedBy: string | null,
  entries: number,
  codeUsed: 0 | 1,
  restricted: 0 | 1,
];

type LegColumns = [
  deliveryNo: number,
  leg: Leg,
  platformNo: number,
  courierNo: number | null,
  pickupNo: number | null,
  dropoffNo: number | null,
  status: DeliveryStatus,
  newestAt: Millis,
  vehicle: Vehicle | null,
  building: string | null,
  deadlineAt: Millis | null,
];

/** Reads what a decision depends on, with statements prepared once: every attempt goes through here. */
export class FactsReader {
  readonly #context: Context;
  readonly #pass: Statement<[number | null, PassId, number], PassColumns>;
  readonly #legs: Statement<[number], LegColumns>;
  readonly #restrictions: Statement<[number | null, number], { kind: string; until: Millis }>;
  readonly #inside: Statement<[number], { inside: number }>;

  constructor(context: Context) {
    const { sqlite } = context;
    this.#context = context;
    this.#pass = sqlite
      .prepare<[number | null, PassId, number], PassColumns>(
        `SELECT p.no, p.courier_no, c.id, p.status, p.expires_at, p.carried_visit_no, v.no, v.pass_no, v.id, v.slot, v.opened_at, v.last_entry_at,
                v.last_entry_gate_no, v.rescans, v.passage_at, v.closed_by,
                (SELECT count(*) FROM attempts WHERE pass_no = p.no AND entry_key > 0),
                EXISTS (SELECT 1 FROM attempts WHERE pass_no = p.no AND entry_key = ?),
                EXISTS (SELECT 1 FROM restrictions WHERE courier_no = p.courier_no AND community_no = p.community_no)
         FROM passes p
         LEFT JOIN couriers c ON c.no = p.courier_no
         LEFT JOIN visits v ON v.no = coalesce(p.carried_visit_no, (SELECT max(visit_no) FROM attempts
                                                                    WHERE pass_no = p.no AND entry_key IS NOT NULL))
         WHERE p.id = ? AND p.community_no = ?`,
      )
      .raw();
    this.#legs = sqlite
      .prepare<[number], LegColumns>(
        `SELECT d.no, l.leg, d.platform_no, d.courier_no, d.pickup_no, d.dropoff_no, d.status, d.newest_at, d.vehicle,
                d.building, d.deadline_at
         FROM pass_deliveries l JOIN deliveries d ON d.no = l.delivery_no WHERE l.pass_no = ?`,
      )
      .raw();
    this.#restrictions = sqlite.prepare(
      'SELECT kind, until FROM restrictions WHERE courier_no = ? AND community_no = ?',
    );
    this.#inside = sqlite.prepare(
      `SELECT count(*) AS inside FROM visits WHERE community_no = ? AND slot = ${OPEN_SLOT}`,
    );
  }

  /**
   * The pass that a code names. A visit is the courier's: an ended pass stands for the live one that the courier holds
   * here, so that its codes still close the visit, though they open nothing.
   * @param window start of the presented code's window, Unix seconds
   */
  pass(id: PassId, communityNo: number, window: number | null): PassAndVisit | null {
    const row = this.#pass.get(window, id, communityNo);
    if (row === undefined) return null;
    const found = passAndVisit(row);
    if (found.status !== 'ended' || found.courierNo === null) return found;
    const live = livePass(this.#context, found.courierNo, communityNo);
    const standIn = live === null ? undefined : this.#pass.get(window, live.id, communityNo);
    return standIn === undefined ? found : { ...passAndVisit(standIn), status: 'ended' };
  }

  facts(
    community: CommunityRow,
    gate: GateRow,
    found: PassAndVisit | null,
    passId: PassId | null,
    now: Millis,
  ): Facts {
    const { version, rules } = this.#context.reference.rules(community.no, now);
    return {
      community,
      gate: this.#context.reference.gateFacts(gate),
      communityPosture: postureOf(community),
      gatePosture: postureOf(gate),
      rules,
      rulesVersion: version,
      pass: found === null || passId === null ? null : this.#passFacts(community, found, passId),
      occupancy: rules.capacity === null ? null : (this.#inside.get(community.no)?.inside ?? 0),
    };
  }

  #passFacts(community: CommunityRow, found: PassAndVisit, id: PassId): PassFacts {
    const legs = this.#legs.all(found.no);
    const restrictions = found.restricted
      ? this.#restrictions.all(found.courierNo, community.no)
      : [];
    const until = (kind: string) => restrictions.find((row) => row.kind === kind)?.until ?? null;
    return {
      id,
      status: found.status,
      expiresAt: found.expiresAt,
      deliveries: this.#deliveryFacts(community, legs, found.courierNo),
      deliveriesCounted:
        legs.length < 2 ? legs.length : new Set(legs.map(([deliveryNo]) => deliveryNo)).size,
      entries: found.entries,
      lastEntry: this.#lastEntry(found),
      openVisit: openVisitOf(found),
      codeUsed: found.codeUsed,
      blockedUntil: until('block'),
      suspendedUntil: until('suspension'),
      confirmationUntil: until('confirmation'),
      conductPoints: 0,
    };
  }

  /** The legs that belong to the pass's present holder and still lead here. */
  #deliveryFacts(
    community: CommunityRow,
    legs: readonly LegColumns[],
    courierNo: number | null,
  ): DeliveryFacts[] {
    const facts: DeliveryFacts[] = [];
    for (const [
      ,
      leg,
      platformNo,
      holderNo,
      pickupNo,
      dropoffNo,
      status,
      newestAt,
      vehicle,
      building,
      deadlineAt,
    ] of legs) {
      if (holderNo !== courierNo || legCommunity({ pickupNo, dropoffNo }, leg) !== community.no)
        continue;
      const { slug, districts } = this.#context.reference.platform(platformNo);
      const platformAdmitted = isAdmitted(districts, community.district);
      const shown = leg === 'dropoff' ? building : null;
      facts.push({
        platform: slug,
        platformAdmitted,
        leg,
        status,
        newestAt,
        vehicle,
        building: shown,
        deadlineAt,
      });
    }
    return facts;
  }

  #lastEntry(found: PassAndVisit): LastEntry | null {
    if (found.lastEntryAt === null || found.lastEntryGateNo === null) return null;
    return {
      at: found.lastEntryAt,
      gateId: this.#context.reference.gateId(found.lastEntryGateNo),
      passageReported: found.passageAt !== null,
      rescans: found.rescans ?? 0,
      exited: found.closedBy === 'exit',
    };
  }
}

function passAndVisit(row: PassColumns): PassAndVisit {
  const [no, courierNo, courierId, status, expiresAt, carriedVisitNo] = row;
  const [, , , , , , visitNo, visitPassNo, visitId, slot, openedAt, lastEntryAt] = row;
  const [, , , , , , , , , , , , lastEntryGateNo, rescans, passageAt, closedBy] = row;
  const [, , , , , , , , , , , , , , , , entries, codeUsed, restricted] = row;
  return {
    no,
    courierNo,
    courierId,
    status,
    expiresAt,
    carriedVisitNo,
    visitNo,
    visitPassNo,
    visitId,
    slot,
    openedAt,
    lastEntryAt,
    lastEntryGateNo,
    rescans,
    passageAt,
    closedBy,
    entries,
    codeUsed: codeUsed === 1,
    restricted: restricted === 1,
  };
}

function openVisitOf({ slot, visitId, openedAt }: PassAndVisit): PassFacts['openVisit'] {
  return slot === OPEN_SLOT && visitId !== null && openedAt !== null
    ? { id: visitId, openedAt }
    : null;
}
