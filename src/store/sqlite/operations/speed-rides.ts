/** Visits of which some speed is known. */
import type { Statement } from 'better-sqlite3';
import { DAY_MS, type Millis, SECOND_MS } from '../../../domain/clock.ts';
import type { VisitId } from '../../../domain/identifier.ts';
import type { EpisodeState } from '../../../domain/speed/episode.ts';
import { REORDER_MS } from '../../../domain/speed/level.ts';
import type { Context } from '../database.ts';

/** A visit as far as its speeds are concerned. */
export interface RideVisit {
  readonly id: VisitId;
  readonly communityNo: number;
  readonly passNo: number;
  readonly openedAt: Millis;
  readonly entryGateNo: number;
  readonly closedAt: Millis | null;
  readonly exitGateNo: number | null;
}

export interface RideRow {
  readonly no: number;
  readonly visitId: VisitId;
  readonly communityNo: number;
  readonly passNo: number;
  readonly baseAt: Millis;
  readonly phoneOffsetMs: number | null;
  readonly phoneState: EpisodeState | null;
  readonly phoneThrough: Millis | null;
  readonly phoneFreshFrom: Millis | null;
}

type RideColumns = Omit<RideRow, 'phoneState'> & { readonly phoneState: string | null };

/** Where judging a ride has come to. */
export interface RideProgress {
  readonly phoneState: EpisodeState | null;
  readonly phoneThrough: Millis | null;
  readonly phoneFreshFrom: Millis | null;
  readonly dueAt: Millis | null;
}

const COLUMNS = `no, visit_id AS visitId, community_no AS communityNo, pass_no AS passNo, base_at AS baseAt,
  phone_offset_ms AS phoneOffsetMs, phone_state AS phoneState, phone_through AS phoneThrough,
  phone_fresh_from AS phoneFreshFrom`;
const VISIT_COLUMNS = `id, community_no AS communityNo, pass_no AS passNo, opened_at AS openedAt,
  entry_gate_no AS entryGateNo, closed_at AS closedAt, exit_gate_no AS exitGateNo`;

/** Seconds of one ride that have keys of their own: three days, and no visit lasts longer than two. */
export const RIDE_SECONDS = 2 ** 18;

/** The key of a reading: see {@link phoneReadings}. */
export function readingKey({ no, baseAt }: Pick<RideRow, 'no' | 'baseAt'>, at: Millis): number {
  const second = Math.floor(at / SECOND_MS) - Math.floor(baseAt / SECOND_MS);
  return no * RIDE_SECONDS + Math.min(RIDE_SECONDS - 1, Math.max(0, second));
}

/** The keys of a ride, both ends included. */
export function keysOf({ no }: Pick<RideRow, 'no'>): [number, number] {
  return [no * RIDE_SECONDS, (no + 1) * RIDE_SECONDS - 1];
}

/** Those of the readings between two instants, both ends included. */
export function keysBetween(
  ride: Pick<RideRow, 'no' | 'baseAt'>,
  from: Millis,
  through: Millis,
): [number, number] {
  return [readingKey(ride, from), readingKey(ride, through)];
}

/** Statements on rides. Prepared once: every batch of positions asks them. */
export class Rides {
  readonly #find: Statement<[VisitId], RideColumns>;
  readonly #add: Statement<[VisitId, number, number, Millis], RideColumns>;
  readonly #due: Statement<[Millis, number], { visitId: VisitId }>;
  readonly #postpone: Statement<[Millis, VisitId]>;
  readonly #wake: Statement<[Millis, number]>;
  readonly #progress: Statement;
  readonly #visits: Statement<[number, number], RideVisit>;

  constructor({ sqlite }: Context) {
    this.#find = sqlite.prepare(`SELECT ${COLUMNS} FROM speed_rides WHERE visit_id = ?`);
    this.#add = sqlite.prepare(
      `INSERT INTO speed_rides (visit_id, community_no, pass_no, base_at) VALUES (?, ?, ?, ?)
       RETURNING ${COLUMNS}`,
    );
    this.#due = sqlite.prepare(
      'SELECT visit_id AS visitId FROM speed_rides WHERE due_at <= ? ORDER BY due_at LIMIT ?',
    );
    this.#postpone = sqlite.prepare('UPDATE speed_rides SET due_at = ? WHERE visit_id = ?');
    this.#wake = sqlite.prepare(
      'UPDATE speed_rides SET due_at = min(coalesce(due_at, 1e15), ?) WHERE no = ?',
    );
    this.#progress = sqlite.prepare(
      `UPDATE speed_rides SET phone_state = ?, phone_through = ?, phone_fresh_from = ?, due_at = ? WHERE no = ?`,
    );
    this.#visits = sqlite.prepare(
      `SELECT ${VISIT_COLUMNS} FROM visits WHERE no IN (
         SELECT visit_no FROM attempts WHERE pass_no = ? AND entry_key IS NOT NULL
         UNION SELECT carried_visit_no FROM passes WHERE no = ?) ORDER BY opened_at DESC`,
    );
  }

  /** The ride of a visit, made when there is none. Its keys begin a day before it, should it have begun earlier. */
  of(visit: Pick<RideVisit, 'id' | 'communityNo' | 'passNo' | 'openedAt'>): RideRow {
    const { id, communityNo, passNo, openedAt } = visit;
    const row = this.#find.get(id) ?? this.#add.get(id, communityNo, passNo, openedAt - DAY_MS);
    if (row === undefined) throw new RangeError('the ride was made');
    return rideOf(row);
  }

  /** Visits whose time has come, the longest due first. */
  due(now: Millis, limit: number): VisitId[] {
    return this.#due.all(now, limit).map(({ visitId }) => visitId);
  }

  /** @throws RangeError when the visit has none, or it cannot be read */
  get(visitId: VisitId): RideRow {
    const row = this.#find.get(visitId);
    if (row === undefined) throw new RangeError('there is no such ride');
    return rideOf(row);
  }

  /** Has a ride wait that cannot be judged now. */
  postpone(visitId: VisitId, until: Millis): void {
    this.#postpone.run(until, visitId);
  }

  /** Has a ride judged as soon as what was read at an instant has waited for what came before it. */
  wake(ride: Pick<RideRow, 'no'>, at: Millis): void {
    this.#wake.run(at + REORDER_MS, ride.no);
  }

  write(ride: Pick<RideRow, 'no'>, progress: RideProgress): void {
    const { phoneState, phoneThrough, phoneFreshFrom, dueAt } = progress;
    const state = phoneState === null ? null : JSON.stringify(phoneState);
    this.#progress.run(state, phoneThrough, phoneFreshFrom, dueAt, ride.no);
  }

  /** The visits of a pass, the newest first. */
  visitsOf(passNo: number): RideVisit[] {
    return this.#visits.all(passNo, passNo);
  }

  /** The visit of a ride as it is now. Null: what became known late has made it part of another. */
  visitOf({ passNo, visitId }: RideRow): RideVisit | null {
    return this.visitsOf(passNo).find(({ id }) => id === visitId) ?? null;
  }
}

function rideOf({ phoneState, ...row }: RideColumns): RideRow {
  return {
    ...row,
    phoneState: phoneState === null ? null : (JSON.parse(phoneState) as EpisodeState),
  };
}
