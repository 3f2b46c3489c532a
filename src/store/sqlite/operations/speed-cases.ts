/** What the judge of speeds tells: episodes that begin, grow, or turn out to be none. Points and sanctions follow here. */
import type { Millis } from '../../../domain/clock.ts';
import type { SpeedSource } from '../../../domain/conduct/conduct.ts';
import type { SpeedLevel } from '../../../domain/entry-rules.ts';
import type { AlertId, PassId, VisitId } from '../../../domain/identifier.ts';
import type { ConductChange, EvidenceReading } from '../../conduct-store.ts';
import type { Context } from '../database.ts';
import {
  raiseRiderAlert,
  reviseRiderAlert,
  type SpeedOfAlert,
  withdrawRiderAlert,
} from './rider-alerts.ts';

/** An episode, whole, as it is known now. */
export interface SpeedAlertInput {
  readonly communityNo: number;
  readonly gateNo: number | null;
  readonly pass: { readonly no: number; readonly id: PassId };
  readonly visitId: VisitId;
  readonly source: SpeedSource;
  /** By the episode's own speed: repetition may raise it, a phone's is always a notice. */
  readonly baseLevel: SpeedLevel;
  readonly startAt: Millis;
  /** Null: it goes on. */
  readonly endAt: Millis | null;
  readonly limitKmh: number;
  readonly marginKmh: number;
  readonly peakKmh: number;
  readonly zone: string | null;
  readonly zoneName: string | null;
  /** In force at its start. */
  readonly rulesVersion: number;
  readonly readings: readonly EvidenceReading[];
  /** `silent`: it became known more than two minutes late. */
  readonly bell: 'rings' | 'silent';
}

/** Raises an alert with its points and sanctions, in the transaction of the judgement. */
export function raiseSpeedAlert(
  context: Context,
  alert: SpeedAlertInput,
  now: Millis,
): ConductChange {
  const { queries, reference } = context;
  const { communityNo, gateNo, pass, visitId, startAt, endAt, bell } = alert;
  return raiseRiderAlert(
    context,
    {
      kind: 'speeding',
      communityNo,
      courierNo: queries.pass.get({ no: pass.no })?.courierNo ?? null,
      pass,
      visitId,
      gate: gateNo === null ? null : reference.gate(reference.gateId(gateNo)),
      auditId: null,
      at: startAt,
      endedAt: endAt,
      bell,
      speed: speedOf(alert),
    },
    now,
  );
}

/** The same episode as it is known now: it grew, ended, or a late reading changed it. @throws RangeError: unknown alert */
export function updateSpeedAlert(
  context: Context,
  alertId: AlertId,
  alert: SpeedAlertInput,
  now: Millis,
): ConductChange {
  const { startAt, endAt } = alert;
  const change = { at: startAt, endedAt: endAt, speed: speedOf(alert) };
  return known(reviseRiderAlert(context, alertId, change, now), alertId);
}

/** Late readings show that there was no episode: the points come back. @throws RangeError: unknown alert */
export function withdrawSpeedAlert(context: Context, alertId: AlertId, now: Millis): ConductChange {
  return known(withdrawRiderAlert(context, alertId, now), alertId);
}

function speedOf(alert: SpeedAlertInput): SpeedOfAlert {
  const { source, baseLevel, limitKmh, marginKmh, peakKmh, zone, zoneName } = alert;
  const { rulesVersion, readings } = alert;
  const measured = { source, baseLevel, limitKmh, marginKmh, peakKmh };
  return { ...measured, zone, zoneName, rulesVersion, readings };
}

function known(change: ConductChange | null, id: AlertId): ConductChange {
  if (change === null) throw new RangeError(`no alert ${id}`);
  return change;
}
