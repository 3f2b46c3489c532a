import type { Statement } from 'better-sqlite3';
import type { Millis } from '../../../domain/clock.ts';
import type { Context } from '../database.ts';
import type { AttemptRow } from './attempt-record.ts';
import { DeliveriesThen } from './deliveries-then.ts';
import { VisitHistory } from './visit-history.ts';

/** Takes back entries that were granted and did not happen: the gate stayed shut. */
export class NotEntered {
  readonly #context: Context;
  readonly #visits: VisitHistory;
  readonly #leave: Statement<[number]>;
  readonly #openedAgain: Statement<[number], unknown>;

  constructor(context: Context, visits = new VisitHistory(context, new DeliveriesThen(context))) {
    this.#context = context;
    this.#visits = visits;
    this.#leave = context.sqlite.prepare(
      'UPDATE attempts SET entry_key = NULL, visit_no = NULL WHERE seq = ?',
    );
    this.#openedAgain = context.sqlite.prepare(
      `SELECT 1 FROM attempts a JOIN visits v ON v.no = a.visit_no
       WHERE a.seq = ? AND v.last_entry_at = a.at AND (v.rescans > 0 OR v.passage_at IS NOT NULL)`,
    );
  }

  /**
   * Nobody came in by this attempt, and what it used is unused. Where the gate opened for that entry again, or somebody
   * passed, the entry stands.
   * @returns whose visits have changed; null: nobody's
   */
  takeBack(known: AttemptRow, now: Millis): number | null {
    const { entryKey, passId, communityNo, direction, gateNo } = known;
    if (direction === 'out' || entryKey === null || passId === null) return null;
    if (known.source === 'offline' || this.#openedAgain.get(known.seq) !== undefined) return null;
    const pass = this.#visits.findPass(passId, communityNo);
    if (pass === null) return null;
    const before = this.#visits.read(pass, known.at);
    const passages = before.passages.filter(({ seq }) => seq !== known.seq);
    if (passages.length === before.passages.length) return null;
    this.#leave.run(known.seq);
    const { audit, reference } = this.#context;
    const community = reference.community(communityNo).id;
    const gate = reference.gateId(gateNo);
    audit.append('attempt.not_entered', now, community, { gate, decision: known.auditId });
    const after = { ...before, passages };
    for (const visit of this.#visits.write(after, this.#visits.fold(after, now), now))
      audit.append('visit.corrected', now, community, { visit });
    return pass.courierNo;
  }
}
