/**
 * Visits and entries as the audit log alone tells them: what the tables show beside it must be the same. Entries go in
 * in the order of the log.
 */
import type { Millis } from './clock.ts';
import type { CommunityId, GateId, PassId, VisitId } from './identifier.ts';

/** How a visit ended. */
export interface ReplayedEnd {
  readonly by: 'exit' | 'delivery_end' | 'timeout' | 'join';
  /** Of an exit when it was; of what ended by itself the latest instant at which it can have been. */
  readonly at: Millis;
  readonly gate: GateId | null;
}

export interface ReplayedVisit {
  readonly id: VisitId;
  readonly community: CommunityId;
  /** The number of the entry that opened it. */
  readonly openedBy: number;
  readonly openedAt: Millis;
  readonly entryGate: GateId;
  readonly lastEntryAt: Millis;
  readonly lastEntryGate: GateId;
  /** Null while it is open. */
  readonly end: ReplayedEnd | null;
}

/** A visit as a table shows it. */
export interface ShownVisit {
  readonly openedAt: Millis;
  readonly entryGate: GateId | null;
  readonly lastEntryAt: Millis;
  readonly lastEntryGate: GateId | null;
  readonly closedAt: Millis | null;
  readonly exitGate: GateId | null;
  readonly closedBy: string | null;
}

/** A decision as a table shows it, and as its entry tells it. */
export interface ShownDecision {
  readonly gate: string;
  readonly requestId: string;
  readonly direction: string;
  readonly medium: string | null;
  readonly at: Millis;
  readonly source: string;
  readonly decision: string;
  readonly reason: string;
  readonly pass: string | null;
  readonly visit: string | null;
  readonly window: number | null;
  readonly rulesVersion: number;
  readonly flags: string;
}

/** What this reads of an entry. */
export interface ReplayEntry {
  readonly type: string;
  readonly at: string;
  readonly community?: CommunityId;
  readonly visit?: VisitId;
  readonly pass?: PassId;
  readonly gate?: GateId;
  readonly requestId?: string;
  readonly direction?: string;
  readonly medium?: string;
  readonly source?: string;
  readonly decision?: string;
  readonly reason?: string;
  readonly consumed?: true;
  readonly window?: number;
  readonly rulesVersion?: number;
  readonly flags?: readonly string[];
  readonly closedBy?: 'delivery_end' | 'timeout' | 'join';
  readonly olderThan?: string;
}

/** A rider may come back into a visit that a correction has opened again: it is not as its entries tell it still. */
const CORRECTED_KEPT = 10_000;

export class VisitReplay {
  readonly #visits = new Map<VisitId, ReplayedVisit>();
  /** Told or corrected by what came late: the log says that they are not as they were told, and not how they are. */
  readonly #corrected = new Set<VisitId>();
  /** Changed since it was asked last. */
  readonly #touched = new Set<VisitId>();
  #prunedBefore: Millis = Number.NEGATIVE_INFINITY;

  /** @param seq the entry’s number */
  apply(entry: ReplayEntry, seq: number): void {
    const { type, visit } = entry;
    if (type === 'audit.pruned' && entry.olderThan !== undefined)
      this.#prunedBefore = Math.max(this.#prunedBefore, Date.parse(entry.olderThan));
    if (visit === undefined) return;
    this.#touched.add(visit);
    if (type === 'visit.corrected' || entry.source === 'offline') this.#corrected.add(visit);
    if (type === 'visit.closed') this.#close(visit, entry);
    if (type === 'decision' && entry.decision === 'granted') this.#granted(visit, entry, seq);
  }

  #close(id: VisitId, { closedBy, at }: ReplayEntry): void {
    const known = this.#visits.get(id);
    if (known === undefined || closedBy === undefined) return;
    this.#visits.set(id, { ...known, end: { by: closedBy, at: Date.parse(at), gate: null } });
  }

  #granted(id: VisitId, entry: ReplayEntry, seq: number): void {
    const { community, gate } = entry;
    const at = Date.parse(entry.at);
    const known = this.#visits.get(id);
    if (community === undefined || gate === undefined) return;
    if (entry.direction === 'out') {
      if (known !== undefined) this.#visits.set(id, { ...known, end: { by: 'exit', at, gate } });
    } else if (known === undefined) {
      const opened = { openedAt: at, entryGate: gate, lastEntryAt: at, lastEntryGate: gate };
      this.#visits.set(id, { id, community, openedBy: seq, ...opened, end: null });
    } else if (entry.consumed === true) {
      this.#visits.set(id, { ...known, lastEntryAt: at, lastEntryGate: gate });
    }
  }

  /** Whether the log has named a visit, in whichever way. */
  knows(id: VisitId): boolean {
    return this.#visits.has(id) || this.#corrected.has(id);
  }

  /** Visits that the log tells whole and whose rows were not let go since. */
  *told(): Generator<ReplayedVisit, void> {
    for (const visit of this.#visits.values()) if (this.#isTold(visit)) yield visit;
  }

  #isTold({ id, end }: ReplayedVisit): boolean {
    return !this.#corrected.has(id) && (end === null || end.at >= this.#prunedBefore);
  }

  get corrected(): number {
    return this.#corrected.size;
  }

  /** Visits that changed since this was asked last; those that have ended are let go, but for the newest corrections. */
  takeTouched(): ReplayedVisit[] {
    const touched: ReplayedVisit[] = [];
    for (const id of this.#touched) {
      const visit = this.#visits.get(id);
      if (visit === undefined) continue;
      if (this.#isTold(visit)) touched.push(visit);
      if (visit.end !== null) this.#visits.delete(id);
    }
    this.#touched.clear();
    this.#forgetCorrected();
    return touched;
  }

  /** Lets the oldest corrections go of which the visit has been let go already. */
  #forgetCorrected(): void {
    for (const id of this.#corrected) {
      if (this.#corrected.size <= CORRECTED_KEPT) return;
      if (!this.#visits.has(id)) this.#corrected.delete(id);
    }
  }
}

/** The members in which a table's visit differs from that of the log. Null: the table has none. */
export function visitDifferences(told: ReplayedVisit, shown: ShownVisit | null): string[] {
  if (shown === null) return ['id'];
  const { end } = told;
  const wrong: string[] = [];
  const check = (member: string, isSame: boolean) => {
    if (!isSame) wrong.push(member);
  };
  check('openedAt', shown.openedAt === told.openedAt);
  check('entryGate', shown.entryGate === told.entryGate);
  check('lastEntryAt', shown.lastEntryAt === told.lastEntryAt);
  check('lastEntryGate', shown.lastEntryGate === told.lastEntryGate);
  check('closedBy', shown.closedBy === (end?.by ?? null));
  check('exitGate', shown.exitGate === (end?.gate ?? null));
  check('closedAt', isSameEnd(shown.closedAt, told));
  return wrong;
}

function isSameEnd(closedAt: Millis | null, { end, openedAt }: ReplayedVisit): boolean {
  if (end === null || closedAt === null) return end === null && closedAt === null;
  return end.by === 'exit' ? closedAt === end.at : closedAt <= end.at && closedAt >= openedAt;
}

/** A decision as its entry tells it. */
export function decisionOf(entry: ReplayEntry): ShownDecision {
  return {
    gate: entry.gate ?? '',
    requestId: entry.requestId ?? '',
    direction: entry.direction ?? '',
    medium: entry.medium ?? null,
    at: Date.parse(entry.at),
    source: entry.source ?? '',
    decision: entry.decision ?? '',
    reason: entry.reason ?? '',
    pass: entry.pass ?? null,
    visit: entry.visit ?? null,
    window: entry.window ?? null,
    rulesVersion: entry.rulesVersion ?? 0,
    flags: (entry.flags ?? []).join(),
  };
}

/** The members in which a table's decision differs from its entry. Null: the table has none. */
export function decisionDifferences(told: ShownDecision, shown: ShownDecision | null): string[] {
  if (shown === null) return ['requestId'];
  const members = Object.keys(told) as (keyof ShownDecision)[];
  return members.filter(
    (member) =>
      told[member] !== shown[member] &&
      // Of a tap the table has a key where a code has its window.
      !(member === 'window' && told.window === null),
  );
}
