import type { Statement } from 'better-sqlite3';
import type { Millis } from '../../../domain/clock.ts';
import type { DeliveryFacts, Facts, LastEntry, PassFacts } from '../../../domain/decision.ts';
import type { DeliveryStatus, Leg, Vehicle } from '../../../domain/delivery.ts';
import type { EntryRules } from '../../../domain/entry-rules.ts';
import type { CourierId, PassId, VisitId } from '../../../domain/identifier.ts';
import type { Context } from '../database.ts';
import type { CommunityRow, GateRow } from '../reference-data.ts';
import { OPEN_SLOT } from '../schema.ts';
import { postureOf } from './operation.ts';
import { isAdmitted, legCommunity, livePass } from './pass-lifecycle.ts';

/** A pass with its holder, its entries and its newest visit. */
export interface PassAndVisit {
  readonly no: number;
  readonly courierNo: number | null;
  readonly courierId: CourierId | null;
  readonly status: 'active' | 'leaving' | 'ended';
  readonly expiresAt: Millis | null;
  readonly carriedVisitNo: number | null;
  /** Entries of the pass that consumed a code, and whether the code at hand is among the consumed. */
  readonly entries: number;
  readonly codeUsed: boolean;
  readonly visit: NewestVisit | null;
}

export interface NewestVisit {
  readonly no: number;
  /** The pass that the visit belongs to: after a join not always the one that was shown. */
  readonly passNo: number;
  readonly id: VisitId;
  readonly open: boolean;
  readonly openedAt: Millis;
  readonly lastEntryAt: Millis;
  readonly lastEntryGateNo: number;
  readonly rescans: number;
  readonly passageAt: Millis | null;
  readonly closedBy: string | null;
}

// Rows of these statements are read as arrays, which costs a third of objects.
type PassColumns = [
  no: number,
  courierNo: number | null,
  courierId: CourierId | null,
  status: PassAndVisit['status'],
  expiresAt: Millis | null,
  carriedVisitNo: number | null,
];

type EntryColumns = [entryKey: number, visitNo: number];

type VisitColumns = [
  passNo: number,
  id: VisitId,
  slot: number,
  openedAt: Millis,
  lastEntryAt: Millis,
  lastEntryGateNo: number,
  rescans: number,
  passageAt: Millis | null,
  closedBy: string | null,
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
  readonly #pass: Statement<[PassId, number], PassColumns>;
  readonly #entries: Statement<[number], EntryColumns>;
  readonly #visit: Statement<[number], VisitColumns>;
  readonly #legs: Statement<[number], LegColumns>;
  readonly #restrictions: Statement<[number | null, number], { kind: string; until: Millis }>;
  readonly #lost: Statement<[number | null, number], { lost: number }>;
  readonly #inside: Statement<[number], { inside: number }>;

  constructor(context: Context) {
    const { sqlite } = context;
    this.#context = context;
    this.#pass = sqlite
      .prepare<[PassId, number], PassColumns>(
        `SELECT p.no, p.courier_no, c.id, p.status, p.expires_at, p.carried_visit_no
         FROM passes p LEFT JOIN couriers c ON c.no = p.courier_no WHERE p.id = ? AND p.community_no = ?`,
      )
      .raw();
    this.#entries = sqlite
      .prepare<[number], EntryColumns>(
        'SELECT entry_key, visit_no FROM attempts WHERE pass_no = ? AND entry_key IS NOT NULL',
      )
      .raw();
    this.#visit = sqlite
      .prepare<[number], VisitColumns>(
        `SELECT pass_no, id, slot, opened_at, last_entry_at, last_entry_gate_no, rescans, passage_at, closed_by
         FROM visits WHERE no = ?`,
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
    this.#lost = sqlite.prepare(
      'SELECT lost FROM conduct_accounts WHERE courier_no = ? AND community_no = ?',
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
    const row = this.#pass.get(id, communityNo);
    if (row === undefined) return null;
    const found = this.#withVisit(row, window);
    if (found.status !== 'ended' || found.courierNo === null) return found;
    const live = livePass(this.#context, found.courierNo, communityNo);
    const standIn = live === null ? undefined : this.#pass.get(live.id, communityNo);
    return standIn === undefined ? found : { ...this.#withVisit(standIn, window), status: 'ended' };
  }

  #withVisit(row: PassColumns, window: number | null): PassAndVisit {
    const [no, courierNo, courierId, status, expiresAt, carriedVisitNo] = row;
    let entries = 0;
    let codeUsed = false;
    let visitNo = 0;
    for (const [entryKey, entryVisitNo] of this.#entries.all(no)) {
      if (entryKey > 0) entries += 1;
      if (entryKey === window) codeUsed = true;
      if (entryVisitNo > visitNo) visitNo = entryVisitNo;
    }
    const visit = this.#newestVisit(carriedVisitNo ?? visitNo);
    return {
      no,
      courierNo,
      courierId,
      status,
      expiresAt,
      carriedVisitNo,
      entries,
      codeUsed,
      visit,
    };
  }

  #newestVisit(no: number): NewestVisit | null {
    const row = no === 0 ? undefined : this.#visit.get(no);
    if (row === undefined) return null;
    const [passNo, id, slot, openedAt, lastEntryAt, lastEntryGateNo, rescans, passageAt, closedBy] =
      row;
    const open = slot === OPEN_SLOT;
    return {
      no,
      passNo,
      id,
      open,
      openedAt,
      lastEntryAt,
      lastEntryGateNo,
      rescans,
      passageAt,
      closedBy,
    };
  }

  facts(
    community: CommunityRow,
    gate: GateRow,
    found: PassAndVisit | null,
    passId: PassId | null,
    now: Millis,
  ): Facts {
    const { version, rules } = this.#context.reference.judgedRules(community.no, now);
    return {
      community,
      gate: this.#context.reference.gateFacts(gate),
      communityPosture: postureOf(community),
      gatePosture: postureOf(gate),
      rules,
      rulesVersion: version,
      pass:
        found === null || passId === null ? null : this.#passFacts(community, found, passId, rules),
      occupancy: rules.capacity === null ? null : (this.#inside.get(community.no)?.inside ?? 0),
    };
  }

  #passFacts(
    community: CommunityRow,
    found: PassAndVisit,
    id: PassId,
    rules: EntryRules,
  ): PassFacts {
    const legs = this.#legs.all(found.no);
    const restrictions = this.#restrictions.all(found.courierNo, community.no);
    const until = (kind: string) => restrictions.find((row) => row.kind === kind)?.until ?? null;
    return {
      id,
      status: found.status,
      expiresAt: found.expiresAt,
      deliveries: this.#deliveryFacts(community, legs, found.courierNo),
      deliveriesCounted:
        legs.length < 2 ? legs.length : new Set(legs.map(([deliveryNo]) => deliveryNo)).size,
      entries: found.entries,
      lastEntry: this.#lastEntry(found.visit),
      openVisit: found.visit?.open === true ? found.visit : null,
      codeUsed: found.codeUsed,
      blockedUntil: until('block'),
      suspendedUntil: until('suspension'),
      confirmationUntil: until('confirmation'),
      conductPoints: this.#conductPoints(community, found, rules),
    };
  }

  /** Looked up only where the rules ask for it. */
  #conductPoints({ no }: CommunityRow, { courierNo }: PassAndVisit, rules: EntryRules): number {
    if ((rules.guardConfirmation?.conductPoints ?? null) === null) return 0;
    return this.#lost.get(courierNo, no)?.lost ?? 0;
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

  #lastEntry(visit: NewestVisit | null): LastEntry | null {
    if (visit === null) return null;
    return {
      at: visit.lastEntryAt,
      gateId: this.#context.reference.gateId(visit.lastEntryGateNo),
      passageReported: visit.passageAt !== null,
      rescans: visit.rescans,
      exited: visit.closedBy === 'exit',
    };
  }
}
