import type { Statement } from 'better-sqlite3';
import type { Millis } from '../../../domain/clock.ts';
import type { PassId, VisitId } from '../../../domain/identifier.ts';
import { LAST_DELIVERY_GRACE_MS, visitTimeoutAt } from '../../../domain/pass.ts';
import {
  type FoldedVisit,
  foldVisits,
  type Passage,
  type VisitDue,
} from '../../../domain/visit-history.ts';
import type { Context } from '../database.ts';
import { newIdentifier } from '../random.ts';
import { OPEN_SLOT } from '../schema.ts';
import type { DeliveriesThen } from './deliveries-then.ts';
import { refreshPass, type VisitRow } from './pass-lifecycle.ts';

/** A pass of the courier, as far as its visits are concerned. */
export interface HeldPass {
  readonly no: number;
  readonly id: PassId;
  readonly communityNo: number;
  readonly courierNo: number | null;
  readonly status: 'active' | 'leaving' | 'ended';
  readonly expiresAt: Millis | null;
  readonly createdAt: Millis;
  readonly endedAt: Millis | null;
  readonly carriedVisitNo: number | null;
}

/** An entry or exit that is on record, or about to be. */
export interface RecordedPassage extends Passage {
  /** Of its attempt; 0: it is about to be recorded. */
  readonly seq: number;
  readonly passNo: number;
  readonly visitNo: number | null;
  /** Of an entry: the window that it consumed, or less than 0. */
  readonly entryKey: number | null;
}

/** What a courier did in a community lately: its passes, entries, exits and visits. */
export interface History {
  readonly communityNo: number;
  readonly passes: readonly HeldPass[];
  readonly passages: readonly RecordedPassage[];
  readonly rows: readonly VisitRow[];
}

type PassageColumns = Omit<RecordedPassage, 'kind' | 'key' | 'live'> & {
  readonly requestId: string;
  readonly source: string;
};

/** Passes looked back at, of any community: some days of a busy courier. */
const PASSES_BACK = 64;
/** A pass that ended this long before an event, beyond the longest visit, has nothing to do with it. */
const BEYOND_MS = 3_600_000;

const PASS_COLUMNS = `no, id, community_no AS communityNo, courier_no AS courierNo, status, expires_at AS expiresAt,
  created_at AS createdAt, ended_at AS endedAt, carried_visit_no AS carriedVisitNo`;
const PASSAGE_COLUMNS = `seq, at, gate_no AS gateNo, request_id AS requestId, pass_no AS passNo, visit_no AS visitNo,
  visit_id AS visitId, entry_key AS entryKey, source`;

/** Reads and corrects visits when something becomes known late. Prepared once: a backlog asks it ten thousand times. */
export class VisitHistory {
  readonly #context: Context;
  readonly #deliveries: DeliveriesThen;
  readonly #pass: Statement<[PassId, number], HeldPass>;
  readonly #passes: Statement<[number], HeldPass>;
  readonly #entries: Statement<[number], PassageColumns>;
  readonly #exits: Statement<[number], PassageColumns>;
  readonly #visit: Statement<[number], VisitRow>;
  readonly #insert: Statement;
  readonly #update: Statement;
  readonly #delete: Statement<[number]>;
  readonly #assign: Statement<[number, number]>;
  readonly #carry: Statement<[number | null, number]>;
  readonly #passage: Statement<[string, number], { at: Millis }>;
  readonly #exitReader: Statement<[number]>;

  constructor(context: Context, deliveries: DeliveriesThen) {
    this.#context = context;
    this.#deliveries = deliveries;
    const { sqlite } = context;
    this.#pass = sqlite.prepare(
      `SELECT ${PASS_COLUMNS} FROM passes WHERE id = ? AND community_no = ?`,
    );
    this.#passes = sqlite.prepare(
      `SELECT ${PASS_COLUMNS} FROM passes WHERE courier_no = ? ORDER BY no DESC LIMIT ${PASSES_BACK}`,
    );
    this.#entries = sqlite.prepare(
      `SELECT ${PASSAGE_COLUMNS} FROM attempts WHERE pass_no = ? AND entry_key IS NOT NULL`,
    );
    this.#exits = sqlite.prepare(
      `SELECT ${PASSAGE_COLUMNS} FROM attempts WHERE pass_no = ? AND direction = 'out'`,
    );
    this.#visit = sqlite.prepare(
      `SELECT no, id, community_no AS communityNo, pass_no AS passNo, slot, opened_at AS openedAt,
         entry_gate_no AS entryGateNo, last_entry_at AS lastEntryAt, last_entry_gate_no AS lastEntryGateNo, rescans,
         passage_at AS passageAt, due_at AS dueAt, due_by AS dueBy, closed_at AS closedAt,
         exit_gate_no AS exitGateNo, closed_by AS closedBy FROM visits WHERE no = ?`,
    );
    this.#insert = sqlite.prepare(
      `INSERT INTO visits (id, community_no, pass_no, slot, opened_at, entry_gate_no, last_entry_at,
         last_entry_gate_no, due_at, due_by) VALUES ('', ?, 0, 0, 0, 0, 0, 0, 0, 'timeout')`,
    );
    this.#update = sqlite.prepare(
      `UPDATE visits SET id = @id, pass_no = @passNo, slot = @slot, opened_at = @openedAt,
         entry_gate_no = @entryGateNo, last_entry_at = @lastEntryAt, last_entry_gate_no = @lastEntryGateNo,
         rescans = @rescans, passage_at = @passageAt, due_at = @dueAt, due_by = @dueBy, closed_at = @closedAt,
         exit_gate_no = @exitGateNo, closed_by = @closedBy WHERE no = @no`,
    );
    this.#delete = sqlite.prepare('DELETE FROM visits WHERE no = ?');
    this.#assign = sqlite.prepare('UPDATE attempts SET visit_no = ? WHERE seq = ?');
    this.#carry = sqlite.prepare('UPDATE passes SET carried_visit_no = ? WHERE no = ?');
    this.#exitReader = sqlite.prepare(
      `SELECT 1 FROM gates WHERE community_no = ? AND revoked_at IS NULL AND directions LIKE '%"out"%' LIMIT 1`,
    );
    this.#passage = sqlite.prepare(
      `SELECT coalesce(e.device_time - e.clock_offset_ms, e.received_at) AS at FROM gate_events e JOIN gate_logs l ON l.no = e.log_no
       WHERE e.request_id = ? AND l.gate_no = ? AND e.type = 'passage' AND e.rejected IS NULL AND e.variant = 0
         AND json_extract(e.data, '$.passed') = 1`,
    );
  }

  findPass(id: PassId, communityNo: number): HeldPass | null {
    return this.#pass.get(id, communityNo) ?? null;
  }

  /** What the holder of a pass did around and after an instant. */
  read(pass: HeldPass, at: Millis): History {
    const { communityNo } = pass;
    const { rules } = this.#context.reference.rules(communityNo, at);
    const since = visitTimeoutAt(at, -rules.maxDwellMinutes) - BEYOND_MS;
    const held = pass.courierNo === null ? [] : this.#passes.all(pass.courierNo);
    const passes = [pass, ...held.filter(({ no }) => no !== pass.no)].filter(
      (each) =>
        each.no === pass.no ||
        (each.communityNo === communityNo && (each.endedAt === null || each.endedAt >= since)),
    );
    const rows = new Map<number, VisitRow>();
    const passages: RecordedPassage[] = [];
    for (const { no } of passes) {
      for (const entry of this.#entries.all(no)) {
        const row = entry.visitNo === null ? undefined : this.#visit.get(entry.visitNo);
        if (row?.closedBy === 'join') continue; // the visits of two couriers who became one stay as they were
        if (row !== undefined) rows.set(row.no, row);
        passages.push(passageOf('entry', entry));
      }
      for (const exit of this.#exits.all(no)) passages.push(passageOf('exit', exit));
    }
    return { communityNo, passes, passages, rows: [...rows.values()].sort((a, b) => a.no - b.no) };
  }

  /** The visits that follow from a history, and perhaps one passage more. */
  fold(history: History, now: Millis): FoldedVisit<RecordedPassage>[] {
    const { communityNo, passages } = history;
    const passOf = (no: number) => history.passes.find((pass) => pass.no === no);
    const dueOf = ({ passNo, at }: RecordedPassage) => this.#due(communityNo, passOf(passNo), at);
    return foldVisits(passages, dueOf, now);
  }

  /** As it would have been set while the visit was open: its time-out, or without exit readers its last delivery's end. */
  #due(communityNo: number, pass: HeldPass | undefined, openedAt: Millis): VisitDue {
    const { rules } = this.#context.reference.rules(communityNo, openedAt);
    const timeout: VisitDue = {
      at: visitTimeoutAt(openedAt, rules.maxDwellMinutes),
      by: 'timeout',
    };
    if (pass === undefined || this.#exitReader.get(communityNo) !== undefined) return timeout;
    const ends = this.#deliveries.rightEndsAt(pass, rules, openedAt);
    const at = Math.max(ends, openedAt) + LAST_DELIVERY_GRACE_MS;
    return at < timeout.at ? { at, by: 'delivery_end' } : timeout;
  }

  /**
   * Brings the stored visits in line with what follows from the history: rows in the order of time, each visit with
   * the identifier that it has been told by. Returns the identifiers of those that are new, changed or gone.
   */
  write(history: History, visits: readonly FoldedVisit<RecordedPassage>[], now: Millis): VisitId[] {
    const nos = history.rows.map(({ no }) => no);
    while (nos.length < visits.length)
      nos.push(Number(this.#insert.run(history.communityNo).lastInsertRowid));
    const kept = new Set(visits.map(({ id }) => id));
    const free = history.rows.map(({ id }) => id).filter((id) => !kept.has(id));
    const changed = new Set(history.rows.map(({ id }) => id));
    let openChanged = history.rows.length > visits.length;
    for (const [index, visit] of visits.entries()) {
      const no = nos[index];
      if (no === undefined) throw new RangeError('every visit has a row');
      const id = visit.id ?? free.shift() ?? newIdentifier('vis');
      const before = history.rows.find((row) => row.id === id);
      const row = this.#rowOf(history, { ...visit, id }, no, before);
      if (before === undefined || !isSame(before, row)) {
        this.#update.run(row);
        changed.add(id);
        openChanged ||= (before?.slot === OPEN_SLOT) !== (row.slot === OPEN_SLOT);
      } else changed.delete(id);
      for (const entry of visit.entries) if (entry.visitNo !== no) this.#assign.run(no, entry.seq);
    }
    for (const no of nos.slice(visits.length)) this.#delete.run(no);
    this.#carryOn(history, visits, nos);
    const live = history.passes.find(({ status }) => status !== 'ended');
    if (openChanged && live !== undefined) refreshPass(this.#context, live.no, now);
    return [...changed];
  }

  #rowOf(
    history: History,
    visit: FoldedVisit<RecordedPassage> & { readonly id: VisitId },
    no: number,
    before: VisitRow | undefined,
  ): VisitRow {
    const [opening] = visit.entries;
    const last = visit.entries.at(-1) ?? opening;
    const sameEntry = before?.lastEntryAt === last.at && before.lastEntryGateNo === last.gateNo;
    const { end, due } = visit;
    const live = history.passes.find(({ status }) => status !== 'ended');
    return {
      no,
      id: visit.id,
      communityNo: history.communityNo,
      passNo: end === null && live !== undefined ? live.no : opening.passNo,
      slot: end === null ? OPEN_SLOT : no,
      openedAt: opening.at,
      entryGateNo: opening.gateNo,
      lastEntryAt: last.at,
      lastEntryGateNo: last.gateNo,
      rescans: sameEntry ? before.rescans : 0,
      passageAt: sameEntry ? before.passageAt : this.#passageOf(last),
      dueAt: due.at,
      dueBy: due.by,
      closedAt: end?.at ?? null,
      exitGateNo: end?.gateNo ?? null,
      closedBy: end?.by ?? null,
    };
  }

  /** A passage that was reported before its entry. */
  #passageOf({ key, gateNo }: RecordedPassage): Millis | null {
    return this.#passage.get(key.slice(key.indexOf(' ') + 1), gateNo)?.at ?? null;
  }

  /** The live pass leads to the newest visit, also where an earlier pass of its courier has opened it. */
  #carryOn(
    { passes }: History,
    visits: readonly FoldedVisit<RecordedPassage>[],
    nos: readonly number[],
  ): void {
    const live = passes.find(({ status }) => status !== 'ended');
    const newest = visits.at(-1);
    const newestNo = nos[visits.length - 1];
    if (live === undefined || newest === undefined || newestNo === undefined) return;
    const own = newest.entries.some(({ passNo }) => passNo === live.no);
    const carries = !own && (newest.end === null || live.carriedVisitNo !== null);
    const carried = carries ? newestNo : null;
    if (carried !== live.carriedVisitNo) this.#carry.run(carried, live.no);
  }
}

function passageOf(
  kind: 'entry' | 'exit',
  { requestId, source, ...columns }: PassageColumns,
): RecordedPassage {
  const key = passageKey(columns.gateNo, requestId);
  return { ...columns, kind, key, live: source !== 'offline' };
}

/** Names an attempt by what the gate named it. */
export function passageKey(gateNo: number, requestId: string): string {
  return `${gateNo} ${requestId}`;
}

const SHOWN = [
  'no',
  'passNo',
  'slot',
  'openedAt',
  'entryGateNo',
  'lastEntryAt',
  'lastEntryGateNo',
  'rescans',
  'passageAt',
  'dueAt',
  'dueBy',
  'closedAt',
  'exitGateNo',
  'closedBy',
] as const satisfies readonly (keyof VisitRow)[];

function isSame(a: VisitRow, b: VisitRow): boolean {
  return SHOWN.every((member) => a[member] === b[member]);
}
