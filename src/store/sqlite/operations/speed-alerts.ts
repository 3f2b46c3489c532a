/** Brings a visit's alerts in line with the episodes that its readings show. */
import type { Statement } from 'better-sqlite3';
import type { Millis } from '../../../domain/clock.ts';
import type { AlertId, PassId } from '../../../domain/identifier.ts';
import type { Episode } from '../../../domain/speed/episode.ts';
import { baseLevelOf, type EpisodeWitness, isLate } from '../../../domain/speed/level.ts';
import type { SpeedReading } from '../../../domain/speed/reading.ts';
import type { ConductChange } from '../../conduct-store.ts';
import type { Context } from '../database.ts';
import {
  raiseSpeedAlert,
  type SpeedAlertInput,
  updateSpeedAlert,
  withdrawSpeedAlert,
} from './speed-cases.ts';
import type { RideRow, RideVisit } from './speed-rides.ts';

/** Whose episodes they are. */
export interface Judged {
  readonly ride: RideRow;
  readonly visit: RideVisit | null;
  readonly witness: EpisodeWitness;
  readonly now: Millis;
}

export interface Findings {
  /** In order of time. */
  readonly episodes: readonly Episode[];
  /** Episodes that ended before this were not looked at again. */
  readonly seenFrom: Millis;
  /** The one that goes on; null: none does. */
  readonly goesOn: Episode | null;
  /** What an episode rests on, with some before and after. */
  readonly readingsOf: (episode: Episode) => readonly SpeedReading[];
  /** The gate at which its peak was measured; null: none. */
  readonly gateOf: (episode: Episode) => number | null;
}

interface StoredEpisode {
  readonly no: number;
  readonly alertId: AlertId;
  readonly startAt: Millis;
  readonly endAt: Millis;
  readonly told: string;
  readonly bell: 'rings' | 'silent';
  readonly withdrawnAt: Millis | null;
}

export class EpisodeAlerts {
  readonly #context: Context;
  readonly #stored: Statement<[number, EpisodeWitness, Millis], StoredEpisode>;
  readonly #insert: Statement;
  readonly #update: Statement<[Millis, Millis, string, number]>;
  readonly #withdraw: Statement<[Millis, number]>;
  readonly #pass: Statement<[number], { no: number; id: PassId }>;

  constructor(context: Context) {
    this.#context = context;
    const { sqlite } = context;
    this.#stored = sqlite.prepare(
      `SELECT no, alert_id AS alertId, start_at AS startAt, end_at AS endAt, told, bell,
         withdrawn_at AS withdrawnAt
       FROM speed_episodes WHERE ride_no = ? AND witness = ? AND end_at >= ?
       ORDER BY withdrawn_at IS NOT NULL, start_at, no`,
    );
    this.#insert = sqlite.prepare(
      `INSERT INTO speed_episodes (ride_no, witness, alert_id, start_at, end_at, told, bell) VALUES (?, ?, ?, ?, ?, ?, ?)`,
    );
    this.#update = sqlite.prepare(
      'UPDATE speed_episodes SET start_at = ?, end_at = ?, told = ?, withdrawn_at = NULL WHERE no = ?',
    );
    this.#pass = sqlite.prepare('SELECT no, id FROM passes WHERE no = ?');
    this.#withdraw = sqlite.prepare('UPDATE speed_episodes SET withdrawn_at = ? WHERE no = ?');
  }

  /** One episode, one alert: a new one is raised, one that has grown is revised, one that was none is withdrawn. */
  reconcile(judged: Judged, findings: Findings): ConductChange[] {
    const { ride, witness } = judged;
    const { episodes, seenFrom } = findings;
    const left = this.#stored.all(ride.no, witness, bounded(seenFrom));
    const changes: (ConductChange | null)[] = [];
    for (const episode of episodes) {
      const index = left.findIndex((stored) => overlap(stored, episode));
      const [stored] = index < 0 ? [] : left.splice(index, 1);
      changes.push(
        stored === undefined
          ? this.#raise(judged, findings, episode)
          : this.#revise(judged, findings, episode, stored),
      );
    }
    for (const stored of left)
      if (stored.withdrawnAt === null) changes.push(this.#takeBack(stored, judged.now));
    return changes.filter((change) => change !== null);
  }

  #raise(judged: Judged, findings: Findings, episode: Episode): ConductChange | null {
    const { ride, witness, now } = judged;
    const bell = isLate(episode, now) ? 'silent' : 'rings';
    const alert = this.#alertOf(judged, findings, episode, bell);
    if (alert === null) return null;
    const change = raiseSpeedAlert(this.#context, alert, now);
    const { startAt, endAt } = episode;
    this.#insert.run(ride.no, witness, change.alert.id, startAt, endAt, toldOf(alert), bell);
    return change;
  }

  #revise(
    judged: Judged,
    findings: Findings,
    episode: Episode,
    stored: StoredEpisode,
  ): ConductChange | null {
    const alert = this.#alertOf(judged, findings, episode, stored.bell);
    if (alert === null) return null;
    const told = toldOf(alert);
    const { startAt, endAt } = episode;
    this.#update.run(startAt, endAt, told, stored.no);
    if (told === stored.told && stored.withdrawnAt === null) return null;
    return updateSpeedAlert(this.#context, stored.alertId, alert, judged.now);
  }

  #takeBack({ no, alertId }: StoredEpisode, now: Millis): ConductChange {
    this.#withdraw.run(now, no);
    return withdrawSpeedAlert(this.#context, alertId, now);
  }

  /** Null: the pass is known no more. */
  #alertOf(
    { ride, visit, witness }: Judged,
    { goesOn, readingsOf, gateOf }: Findings,
    episode: Episode,
    bell: 'rings' | 'silent',
  ): SpeedAlertInput | null {
    const pass = this.#pass.get(visit?.passNo ?? ride.passNo);
    if (pass === undefined) return null;
    const { startAt, endAt, peak, terms } = episode;
    const { limitKmh, thresholdKmh, zoneId, rulesVersion } = terms;
    const { zoneNames } = this.#context.reference.places(ride.communityNo);
    return {
      communityNo: ride.communityNo,
      gateNo: gateOf(episode),
      pass,
      visitId: ride.visitId,
      source: peak.source,
      baseLevel: baseLevelOf(episode, witness),
      startAt,
      endAt: episode === goesOn ? null : endAt,
      limitKmh,
      marginKmh: thresholdKmh - limitKmh,
      peakKmh: peak.speedKmh,
      zone: zoneId,
      zoneName: zoneId === null ? null : (zoneNames.get(zoneId) ?? null),
      rulesVersion,
      readings: readingsOf(episode).map((reading) => ({
        at: reading.at,
        speedKmh: reading.speedKmh,
        accuracyKmh: reading.accuracyKmh,
        limitKmh: reading.terms.limitKmh,
      })),
      bell,
    };
  }
}

function overlap(a: { startAt: Millis; endAt: Millis }, b: { startAt: Millis; endAt: Millis }) {
  return a.startAt <= b.endAt && b.startAt <= a.endAt;
}

/** What people are told again only when it has changed. */
function toldOf({ readings, pass: _pass, bell: _bell, ...members }: SpeedAlertInput): string {
  return JSON.stringify([members, readings.length]);
}

/** As SQLite knows numbers. */
function bounded(at: Millis): Millis {
  return Math.min(Number.MAX_SAFE_INTEGER, Math.max(Number.MIN_SAFE_INTEGER, at));
}
