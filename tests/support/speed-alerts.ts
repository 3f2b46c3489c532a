/** Speed alerts raised as the judge of speeds raises them, on a database in this thread. */
import type { Millis } from '../../src/domain/clock.ts';
import type { AlertId, VisitId } from '../../src/domain/identifier.ts';
import type { AlertCase, ConductChange } from '../../src/store/conduct-store.ts';
import {
  raiseSpeedAlert,
  type SpeedAlertInput,
  updateSpeedAlert,
  withdrawSpeedAlert,
} from '../../src/store/sqlite/operations/speed-cases.ts';
import type { PassRecord } from '../../src/store/store.ts';
import type { OpenDatabase } from './database.ts';
import type { World } from './store-world.ts';

export type Episode = Partial<Omit<SpeedAlertInput, 'communityNo' | 'pass'>> & {
  readonly visitId?: VisitId;
};

export interface SpeedAlerts {
  /** Inside a transaction that is under way. */
  raiseWithin(pass: PassRecord, now: Millis): ConductChange;
  raise(pass: PassRecord, now: Millis, episode?: Episode): ConductChange;
  update(alert: AlertId, pass: PassRecord, now: Millis, episode?: Episode): ConductChange;
  withdraw(alert: AlertId, now: Millis): ConductChange;
  find(alert: AlertId): Promise<AlertCase>;
}

export function speedAlerts(open: OpenDatabase, world: World): SpeedAlerts {
  const { context, store, inTransaction } = open;

  function input(pass: PassRecord, now: Millis, episode: Episode): SpeedAlertInput {
    const community = context.reference.communityById(world.community.id);
    const row = context.sqlite
      .prepare<[string], { no: number }>('SELECT no FROM passes WHERE id = ?')
      .get(pass.id);
    if (community === null || row === undefined) throw new Error('the world is there');
    const { version } = context.reference.rules(community.no, now);
    return {
      communityNo: community.no,
      gateNo: null,
      pass: { no: row.no, id: pass.id },
      visitId: 'vis_0000000000000' as VisitId,
      source: 'radar',
      baseLevel: 'warning',
      startAt: now,
      endAt: now,
      limitKmh: 15,
      marginKmh: 3,
      peakKmh: 21.5,
      zone: null,
      zoneName: null,
      rulesVersion: version,
      readings: [{ at: now, speedKmh: 21.5, accuracyKmh: 1, limitKmh: 15 }],
      bell: 'rings',
      ...episode,
    };
  }

  return {
    raiseWithin: (pass, now) => raiseSpeedAlert(context, input(pass, now, {}), now),
    raise: (pass, now, episode = {}) =>
      inTransaction(() => raiseSpeedAlert(context, input(pass, now, episode), now)),
    update: (alert, pass, now, episode = {}) =>
      inTransaction(() => updateSpeedAlert(context, alert, input(pass, now, episode), now)),
    withdraw: (alert, now) => inTransaction(() => withdrawSpeedAlert(context, alert, now)),
    async find(alertId) {
      const found = await store.findAlert({ communityId: world.community.id, alertId });
      if (found === null) throw new Error('there is such an alert');
      return found;
    },
  };
}
