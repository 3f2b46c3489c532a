import { eq } from 'drizzle-orm';
import { type AlertRecord, isQueueHigh, isSkewed } from '../../../domain/alert.ts';
import type { Millis } from '../../../domain/clock.ts';
import type { GateEventContent } from '../../../domain/gate-event.ts';
import type { Context } from '../database.ts';
import type { GateRow } from '../reference-data.ts';
import { gateHealth } from '../schema.ts';
import { endAlert, raiseAlert } from './alerts.ts';
import { liveGate } from './gate-rows.ts';
import type { Operations } from './operation.ts';

export function gateHealthOperations(context: Context): Pick<Operations, 'findGateHealth'> {
  const { db } = context;
  return {
    findGateHealth(gateId) {
      const gate = liveGate(context, gateId);
      if (gate === null) return null;
      const row = db.select().from(gateHealth).where(eq(gateHealth.gateNo, gate.no)).get();
      if (row === undefined) return null;
      const { gateNo: _no, ...health } = row;
      return health;
    },
  };
}

type Change = Partial<Omit<typeof gateHealth.$inferInsert, 'gateNo'>>;

/** What the gate says of itself; with it the alerts that begin or end. */
export function noteHealth(
  context: Context,
  gate: GateRow,
  change: Change,
  now: Millis,
): AlertRecord[] {
  const values = { ...change, lastContactAt: now };
  context.db
    .insert(gateHealth)
    .values({ gateNo: gate.no, ...values })
    .onConflictDoUpdate({ target: gateHealth.gateNo, set: values })
    .run();
  return [endAlert(context, gate, 'gate_offline', now), ...clockAlerts(context, gate, change, now)]
    .concat(queueAlerts(context, gate, change, now))
    .filter((alert) => alert !== null);
}

function clockAlerts(
  context: Context,
  gate: GateRow,
  { clockOffsetMs }: Change,
  now: Millis,
): (AlertRecord | null)[] {
  if (clockOffsetMs === undefined || clockOffsetMs === null) return [];
  if (!isSkewed(clockOffsetMs)) return [endAlert(context, gate, 'gate_clock_skew', now)];
  const alert = { kind: 'gate_clock_skew', gate, at: now, details: { offsetMs: clockOffsetMs } };
  return [raiseAlert(context, { ...alert, kind: 'gate_clock_skew' }, now)];
}

function queueAlerts(
  context: Context,
  gate: GateRow,
  { queueDepth: depth, queueCapacity: capacity }: Change,
  now: Millis,
): (AlertRecord | null)[] {
  if (depth === undefined || depth === null || capacity === undefined || capacity === null)
    return [];
  if (!isQueueHigh(depth, capacity)) return [endAlert(context, gate, 'gate_queue_high', now)];
  return [
    raiseAlert(
      context,
      { kind: 'gate_queue_high', gate, at: now, details: { depth, capacity } },
      now,
    ),
  ];
}

/** What the newest of some events says of the gate's health. */
export function healthIn(contents: readonly (GateEventContent | null)[]): Change {
  let change: Change = {};
  for (const content of contents) {
    if (content?.type !== 'queue' && content?.type !== 'heartbeat') continue;
    const { depth, capacity, bundleVersion, statusVersion } = content;
    change = {
      ...change,
      ...(depth !== null && capacity !== null && { queueDepth: depth, queueCapacity: capacity }),
      ...(bundleVersion !== null && { bundleVersion }),
      ...(statusVersion !== null && { statusVersion }),
    };
  }
  return change;
}

/** Gates that have not spoken for a while, and gates whose alerts nobody will end. At most `limit` of each. */
export function sweepGateHealth(
  context: Context,
  { silentMs, limit, now }: { silentMs: Millis; limit: number; now: Millis },
): AlertRecord[] {
  const { sqlite, reference } = context;
  const changed: (AlertRecord | null)[] = [];
  const silent = sqlite
    .prepare<[Millis, number], { id: string; at: Millis; alert: number }>(
      `SELECT g.id, h.last_contact_at AS at, a.no IS NOT NULL AS alert FROM gate_health h JOIN gates g ON g.no = h.gate_no
         LEFT JOIN alerts a ON a.gate_no = g.no AND a.kind = 'gate_offline' AND a.ended_at IS NULL
       WHERE h.last_contact_at <= ? AND g.revoked_at IS NULL ORDER BY alert LIMIT ?`,
    )
    .all(now - silentMs, limit);
  for (const { id, at, alert } of silent) {
    const gate = reference.gate(id);
    if (gate === null || noteQuestion(context, gate, now - silentMs) || alert) continue;
    const details = { silentSince: new Date(at).toISOString() };
    changed.push(raiseAlert(context, { kind: 'gate_offline', gate, at: now, details }, now));
  }
  const over = sqlite
    .prepare<[Millis, number], { id: string; kind: AlertRecord['kind'] }>(
      `SELECT g.id, a.kind FROM alerts a JOIN gates g ON g.no = a.gate_no
         LEFT JOIN gate_health h ON h.gate_no = g.no
       WHERE a.ended_at IS NULL
         AND (g.revoked_at IS NOT NULL OR (a.kind = 'gate_offline' AND h.last_contact_at > ?)) LIMIT ?`,
    )
    .all(now - silentMs, limit);
  for (const { id, kind } of over) {
    const gate = reference.gate(id);
    if (gate !== null) changed.push(endAlert(context, gate, kind, now));
  }
  return changed.filter((alert) => alert !== null);
}

/** Newest attempts of a community among which a gate's own is looked for. */
const ATTEMPTS_BACK = 200;

/** A gate that asks is there: when it asked is noted now and then, since a verification has no time to lose. */
function noteQuestion({ db, sqlite }: Context, gate: GateRow, since: Millis): boolean {
  const asked = sqlite
    .prepare<[number, number, Millis], { at: Millis | null }>(
      `SELECT max(at) AS at FROM
         (SELECT gate_no, at, source FROM attempts WHERE community_no = ? ORDER BY seq DESC LIMIT ${ATTEMPTS_BACK})
       WHERE gate_no = ? AND source = 'online' AND at > ?`,
    )
    .get(gate.communityNo, gate.no, since);
  const at = asked?.at ?? null;
  if (at === null) return false;
  db.update(gateHealth).set({ lastContactAt: at }).where(eq(gateHealth.gateNo, gate.no)).run();
  return true;
}
