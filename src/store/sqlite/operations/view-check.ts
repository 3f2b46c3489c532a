import type { AlertRecord } from '../../../domain/alert.ts';
import { leafHash } from '../../../domain/audit-entry.ts';
import type { Millis } from '../../../domain/clock.ts';
import type { GateId, VisitId } from '../../../domain/identifier.ts';
import {
  decisionDifferences,
  decisionOf,
  type ReplayEntry,
  type ShownDecision,
  type ShownVisit,
  VisitReplay,
  visitDifferences,
} from '../../../domain/visit-replay.ts';
import type { Context } from '../database.ts';
import { raiseAlert } from './alerts.ts';
import type { Operations } from './operation.ts';

/** Entries before the end of the log at which a first check begins. */
const BACK = 5_000;
/** Further behind than this it begins anew near the end: what it keeps of open visits is bounded. */
const MOST_BEHIND = 200_000;
/** Alerts of one step: a table that is all wrong need not be told row by row. */
const MOST_ALERTS = 20;

interface Progress {
  readonly replay: VisitReplay;
  nextSeq: number;
  /** Visits that were opened before are not told whole. */
  readonly since: Millis;
}

export function viewCheckOperations(context: Context): Pick<Operations, 'checkViews'> {
  const { sqlite } = context;
  const entries = sqlite.prepare<[number, number], { seq: number; entry: string }>(
    'SELECT seq, entry FROM audit_entries WHERE seq >= ? ORDER BY seq LIMIT ?',
  );
  const last = sqlite.prepare<[], { seq: number | null }>(
    'SELECT max(seq) AS seq FROM audit_entries',
  );
  const mark = sqlite.prepare<[], { nextSeq: number }>(
    'SELECT next_seq AS nextSeq FROM view_check WHERE one = 1',
  );
  const setMark = sqlite.prepare<[number]>(
    'INSERT INTO view_check (one, next_seq) VALUES (1, ?) ON CONFLICT (one) DO UPDATE SET next_seq = excluded.next_seq',
  );
  const decision = sqlite.prepare<[number], ShownDecision>(SHOWN_DECISION);
  const visit = sqlite.prepare<[number, VisitId], ShownVisit>(SHOWN_VISIT);
  let progress: Progress | null = null;

  /** The row of the mark is right also after a rollback; what is in memory may not be. */
  function resume(): Progress {
    const end = last.get()?.seq ?? 0;
    const marked = mark.get()?.nextSeq;
    const isNear = marked !== undefined && end - marked < MOST_BEHIND;
    const nextSeq = isNear ? marked : Math.max(1, end - BACK);
    if (isNear && progress?.nextSeq === nextSeq) return progress;
    const [first] = entries.all(nextSeq, 1);
    const since =
      first === undefined ? Number.NEGATIVE_INFINITY : Date.parse(entryOf(first.entry).at);
    const isWhole = nextSeq === 1;
    return {
      replay: new VisitReplay(),
      nextSeq,
      since: isWhole ? Number.NEGATIVE_INFINITY : since,
    };
  }

  return {
    checkViews({ limit, now }) {
      const current = resume();
      progress = null; // until it is whole again
      const raise = alarms(context, now);
      const page = entries.all(current.nextSeq, limit);
      for (const { seq, entry } of page) {
        const told = entryOf(entry);
        current.replay.apply(told, seq);
        if (told.type !== 'decision') continue;
        const wrong = decisionDifferences(decisionOf(told), decision.get(seq) ?? null);
        if (wrong.length === 0) continue;
        const { gate, visit: of } = told;
        raise(gate, { auditId: leafHash(entry), visitId: of ?? null, of: 'decision', wrong });
      }
      const done = page.length < limit;
      for (const told of done ? current.replay.takeTouched() : []) {
        const shown = visit.get(told.openedBy, told.id) ?? null;
        if ((shown?.openedAt ?? told.openedAt) < current.since) continue;
        const wrong = visitDifferences(told, shown);
        if (wrong.length > 0)
          raise(told.entryGate, { auditId: null, visitId: told.id, of: 'visit', wrong });
      }
      current.nextSeq = (page.at(-1)?.seq ?? current.nextSeq - 1) + 1;
      setMark.run(current.nextSeq);
      progress = current;
      return { checked: page.length, done, alerts: raise.raised };
    },
  };
}

const entryOf = (text: string) => JSON.parse(text) as ReplayEntry;

interface Mismatch {
  readonly auditId: string | null;
  readonly visitId: VisitId | null;
  readonly of: 'decision' | 'visit';
  readonly wrong: readonly string[];
}

/** Raises alerts, so many at most. */
function alarms(context: Context, now: Millis) {
  const raised: AlertRecord[] = [];
  function raise(gateId: GateId | undefined, { auditId, visitId, of, wrong }: Mismatch): void {
    const gate = gateId === undefined ? null : context.reference.gate(gateId);
    if (gate === null || raised.length >= MOST_ALERTS) return;
    const details = { of, members: [...wrong] };
    const alert = raiseAlert(
      context,
      { kind: 'audit_mismatch', gate, visitId, auditId, at: now, details },
      now,
    );
    if (alert !== null) raised.push(alert);
  }
  return Object.assign(raise, { raised });
}

const SHOWN_DECISION = `SELECT g.id AS gate, a.request_id AS requestId, a.direction, a.medium, a.at, a.source, a.decision,
    a.reason, a.pass_id AS pass, a.visit_id AS visit, a.code_window AS window, a.rules_version AS rulesVersion,
    coalesce((SELECT group_concat(value, ',') FROM json_each(a.flags)), '') AS flags
  FROM attempts a JOIN gates g ON g.no = a.gate_no WHERE a.seq = ?`;

const SHOWN_VISIT = `SELECT v.opened_at AS openedAt, e.id AS entryGate, v.last_entry_at AS lastEntryAt,
    l.id AS lastEntryGate, v.closed_at AS closedAt, x.id AS exitGate, v.closed_by AS closedBy
  FROM attempts a JOIN visits v ON v.no = a.visit_no LEFT JOIN gates e ON e.no = v.entry_gate_no LEFT JOIN gates l ON l.no = v.last_entry_gate_no
    LEFT JOIN gates x ON x.no = v.exit_gate_no WHERE a.seq = ? AND v.id = ?`;
