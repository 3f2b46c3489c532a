/** `audit check-views`: decisions, visits and counts, made anew from the log of a database file and compared. */
import Database from 'better-sqlite3';
import {
  decisionDifferences,
  decisionOf,
  type ReplayEntry,
  type ShownDecision,
  type ShownVisit,
  VisitReplay,
  visitDifferences,
} from '../../domain/visit-replay.ts';
import { UsageError } from '../exit.ts';
import type { Io } from '../io.ts';
import { showProgress } from './progress.ts';

export interface ViewReport {
  readonly same: boolean;
  readonly of: string;
  readonly decisions: number;
  readonly visits: number;
  /** Visits that were corrected by what came late: the log says so, and not how they are. */
  readonly corrected: number;
  /** Of all communities, by the log. */
  readonly inside: number;
  readonly findings: readonly string[];
}

interface ShownRow extends ShownVisit {
  readonly id: string;
}
type Shown = ShownDecision & { readonly seq: number };

const NAMED = 20;
const PROGRESS_EVERY = 4_096;

const DECISIONS = `SELECT a.seq, g.id AS gate, a.request_id AS requestId, a.direction, a.medium, a.at, a.source,
    a.decision, a.reason, a.pass_id AS pass, a.visit_id AS visit, a.code_window AS window,
    a.rules_version AS rulesVersion, coalesce((SELECT group_concat(value, ',') FROM json_each(a.flags)), '') AS flags
  FROM attempts a JOIN gates g ON g.no = a.gate_no ORDER BY a.seq`;
const VISITS = `SELECT v.id, v.opened_at AS openedAt, e.id AS entryGate, v.last_entry_at AS lastEntryAt,
    l.id AS lastEntryGate, v.closed_at AS closedAt, x.id AS exitGate, v.closed_by AS closedBy
  FROM visits v LEFT JOIN gates e ON e.no = v.entry_gate_no LEFT JOIN gates l ON l.no = v.last_entry_gate_no
    LEFT JOIN gates x ON x.no = v.exit_gate_no`;

/** Reads the file as it is at one moment; a service may go on with it. Nothing is written. */
export function checkViews(io: Io, path: string): ViewReport {
  const database = open(path);
  try {
    database.exec('BEGIN');
    return compare(io, path, database);
  } catch (error) {
    if (error instanceof Database.SqliteError)
      throw new UsageError(`${path} is no database of this version: ${error.message}.`);
    throw error;
  } finally {
    database.close();
  }
}

function compare(io: Io, path: string, database: Database.Database): ViewReport {
  const findings: string[] = [];
  const find = (text: string) => findings.push(text);
  const replay = new VisitReplay();
  const counts = new EntryCounts();
  const { decisions, since } = compareDecisions(io, database, replay, counts, find);
  const shown = new Map(
    database
      .prepare<[], ShownRow>(VISITS)
      .all()
      .map((row) => [row.id, row] as const),
  );
  let visits = 0;
  let inside = 0;
  for (const told of replay.told()) {
    visits += 1;
    if (told.end === null) inside += 1;
    const wrong = visitDifferences(told, shown.get(told.id) ?? null);
    if (wrong.length > 0) find(`Visit ${told.id}: the log tells another ${wrong.join(', ')}.`);
  }
  for (const { id, openedAt } of shown.values())
    if (openedAt >= since && !replay.knows(id as never)) find(`Visit ${id}: the log has none.`);
  for (const text of counts.compare(database)) find(text);
  const named = findings.slice(0, NAMED);
  const more = findings.length - named.length;
  return {
    same: findings.length === 0,
    of: path,
    decisions,
    visits,
    corrected: replay.corrected,
    inside,
    findings: more > 0 ? [...named, `${more} more rows differ.`] : named,
  };
}

/** Walks along the log and the table of decisions, side by side. */
function compareDecisions(
  io: Io,
  database: Database.Database,
  replay: VisitReplay,
  counts: EntryCounts,
  find: (text: string) => void,
): { decisions: number; since: number } {
  const total = database
    .prepare<[], { count: number }>('SELECT count(*) AS count FROM audit_entries')
    .get();
  const progress = showProgress(io, 'entries', total?.count ?? 0);
  const rows = database.prepare<[], Shown>(DECISIONS).iterate();
  let row = rows.next();
  let [decisions, read, since] = [0, 0, Number.NaN];
  const entries = database
    .prepare<[], { seq: number; entry: string }>(
      'SELECT seq, entry FROM audit_entries ORDER BY seq',
    )
    .iterate();
  for (const { seq, entry } of entries) {
    read += 1;
    if (read % PROGRESS_EVERY === 0) progress.at(read);
    const told = JSON.parse(entry) as ReplayEntry;
    if (Number.isNaN(since)) since = Date.parse(told.at);
    replay.apply(told, seq);
    counts.apply(told);
    while (row.done !== true && row.value.seq < seq) {
      find(`Decision ${row.value.seq}: the log has none.`);
      row = rows.next();
    }
    const isRow = row.done !== true && row.value.seq === seq;
    if (told.type === 'decision') {
      decisions += 1;
      const { seq: _seq, ...shown } = isRow ? (row.value as Shown) : { seq };
      const wrong = decisionDifferences(decisionOf(told), isRow ? (shown as ShownDecision) : null);
      if (wrong.length > 0) find(`Decision ${seq}: the log tells another ${wrong.join(', ')}.`);
    } else if (isRow) find(`Decision ${seq}: the entry there is none.`);
    if (isRow) row = rows.next();
  }
  for (; row.done !== true; row = rows.next()) find(`Decision ${row.value.seq}: the log has none.`);
  progress.end();
  return { decisions, since: Number.isNaN(since) ? Number.POSITIVE_INFINITY : since };
}

/** How often each pass went in, by the log and by the table. */
class EntryCounts {
  readonly #consumed = new Map<string, number>();
  /** Passes of which something came late. */
  readonly #late = new Set<string>();
  #anythingLate = false;

  apply({ type, pass, consumed, source }: ReplayEntry): void {
    if (type === 'attempt.entered') this.#anythingLate = true;
    if (type !== 'decision' || pass === undefined) return;
    if (source === 'offline') this.#late.add(pass);
    if (consumed === true) this.#consumed.set(pass, (this.#consumed.get(pass) ?? 0) + 1);
  }

  *compare(database: Database.Database): Generator<string, void> {
    if (this.#anythingLate) return;
    const rows = database
      .prepare<[], { pass: string; count: number }>(
        'SELECT pass_id AS pass, count(*) AS count FROM attempts WHERE entry_key > 0 GROUP BY pass_id',
      )
      .iterate();
    const seen = new Set<string>();
    for (const { pass, count } of rows) {
      seen.add(pass);
      const told = this.#consumed.get(pass) ?? 0;
      if (told !== count && !this.#late.has(pass))
        yield `Pass ${pass}: the log tells of ${told} entries, the table of ${count}.`;
    }
    for (const [pass, told] of this.#consumed)
      if (!seen.has(pass) && !this.#late.has(pass))
        yield `Pass ${pass}: the log tells of ${told} entries, the table of none.`;
  }
}

export function describeViews(report: ViewReport): string {
  const { of, decisions, visits, corrected, inside, findings } = report;
  const head = `${of}: ${decisions} decisions and ${visits} visits made anew from the log, ${inside} of them inside; ${corrected} more visits were corrected by what came late.\n`;
  return report.same
    ? `${head}The tables show the same.\n`
    : `${head}THE TABLES SHOW OTHERWISE:\n${findings.map((text) => `  ${text}\n`).join('')}`;
}

function open(path: string): Database.Database {
  try {
    return new Database(path, { readonly: true, fileMustExist: true });
  } catch (error) {
    throw new UsageError(`${path} cannot be opened: ${String(error)}.`);
  }
}
