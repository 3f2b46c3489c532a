import { describe, expect, it } from 'vitest';
import type { GateId, PassId, VisitId } from '../../src/domain/identifier.ts';
import { backtestSpeed, type PastRide } from '../../src/domain/speed/backtest.ts';
import { figuresOf, type MeasuredVisit, percentile } from '../../src/domain/speed/figures.ts';
import type { SpeedReading } from '../../src/domain/speed/reading.ts';

const NOON = Date.UTC(2026, 10, 21, 4);
const HOUR = 3_600_000;
let made = 0;

function reading(speedKmh: number, members: Partial<SpeedReading> = {}): SpeedReading {
  const terms = { limitKmh: 15, thresholdKmh: 18, zoneId: null, rulesVersion: 1 };
  const at = NOON + made++;
  const least = { leastKmh: speedKmh - 1 };
  return { source: 'radar', from: at, at, speedKmh, accuracyKmh: 1, ...least, terms, ...members };
}
function visit(speeds: readonly number[], members: Partial<MeasuredVisit> = {}): MeasuredVisit {
  made += 1;
  return {
    id: `vis_${made}` as VisitId,
    openedAt: NOON,
    entryGateId: 'gat_1' as GateId,
    readings: speeds.map((kmh) => reading(kmh)),
    alerts: 0,
    ...members,
  };
}

describe('figures', () => {
  it('the 85th percentile is a speed that was measured, and 85 % were no faster', () => {
    const values = Array.from({ length: 100 }, (_, index) => index + 1);
    expect(percentile(values, 0.85)).toBe(85);
    expect(percentile([7], 0.85)).toBe(7);
    expect(percentile([3, 1, 2], 1)).toBe(3);
    expect(percentile([], 0.85)).toBeNull();
  });

  it('a visit is over when some reading proves more than the limit, not when it shows more', () => {
    const { all } = figuresOf([visit([15.9]), visit([16.1]), visit([10, 30]), visit([])], 'UTC');
    expect(all).toMatchObject({ visits: 4, measured: 3, overShare: 2 / 3 });
  });

  it('alerts are counted for each thousand visits, measured or not', () => {
    const { all } = figuresOf([visit([30], { alerts: 1 }), visit([]), visit([]), visit([])], 'UTC');
    expect(all).toMatchObject({ alerts: 1, alertsPerThousandVisits: 250 });
  });

  it('without visits there is nothing to divide by', () => {
    expect(figuresOf([], 'UTC').all).toEqual({
      visits: 0,
      measured: 0,
      overShare: null,
      p85Kmh: null,
      alerts: 0,
      alertsPerThousandVisits: null,
    });
  });

  it('hours are the community’s, gates those of entry', () => {
    const other = { openedAt: NOON + 13 * HOUR, entryGateId: 'gat_2' as GateId };
    const { byHour, byGate } = figuresOf([visit([9]), visit([8], other)], 'Asia/Shanghai');
    expect(byHour.map(({ hour, p85Kmh }) => [hour, p85Kmh])).toEqual([
      [1, 8],
      [12, 9],
    ]);
    expect(byGate.map(({ gateId, visits }) => [gateId, visits])).toEqual([
      ['gat_1', 1],
      ['gat_2', 1],
    ]);
  });

  it('a visit counts in each zone where it was measured, with what was measured there', () => {
    const lane = { limitKmh: 10, thresholdKmh: 13, zoneId: 'lane', rulesVersion: 1 };
    const mixed = visit([], { readings: [reading(9), reading(20, { terms: lane })] });
    const { byZone } = figuresOf([mixed], 'UTC');
    expect(byZone.map(({ zone, overShare, p85Kmh }) => [zone, overShare, p85Kmh])).toEqual([
      [null, 0, 9],
      ['lane', 1, 20],
    ]);
  });
});

describe('a backtest of limits', () => {
  const ride = (...speeds: number[]): PastRide => ({
    visitId: `vis_${made++}` as VisitId,
    passId: 'pas_1' as PassId,
    readings: speeds.map((kmh) => reading(kmh)),
  });
  const draft = (
    speedLimitKmh: number,
    zoneSpeedLimits: { zoneId: string; speedLimitKmh: number }[] = [],
  ) => ({
    speedLimitKmh,
    speedMargin: { accuracyFactor: 1, absoluteKmh: 3, percent: 10 },
    zoneSpeedLimits,
  });

  it('says nothing would have changed under the limits in force', () => {
    const report = backtestSpeed([ride(21), ride(10), ride()], draft(15), 5);
    expect(report).toMatchObject({ measured: 2, stricter: [], milder: [] });
    expect(report.after).toEqual(report.before);
    expect(report.before).toEqual({ alerts: 1, serious: 0, visits: 1 });
  });

  it('counts whom a lower limit would have caught, and whom a higher one would not', () => {
    const rides = [ride(12), ride(16), ride(21), ride(40)];
    const lower = backtestSpeed(rides, draft(10), 5);
    expect(lower.before).toEqual({ alerts: 2, serious: 1, visits: 2 });
    expect(lower.after).toEqual({ alerts: 3, serious: 3, visits: 3 });
    expect(lower.stricter.map(({ peakKmh }) => peakKmh)).toEqual([16]);
    const higher = backtestSpeed(rides, draft(25), 5);
    expect(higher.after).toEqual({ alerts: 1, serious: 1, visits: 1 });
    expect(higher.milder.map(({ peakKmh }) => peakKmh)).toEqual([21]);
  });

  it('holds a reading against the limit of its own zone', () => {
    const lane = { limitKmh: 15, thresholdKmh: 18, zoneId: 'lane', rulesVersion: 1 };
    const measured = { ...ride(), readings: [reading(16, { terms: lane })] };
    const limits = draft(30, [{ zoneId: 'lane', speedLimitKmh: 8 }]);
    expect(backtestSpeed([measured], limits, 5).after).toEqual({
      alerts: 1,
      serious: 1,
      visits: 1,
    });
  });

  it('leaves what a section proves as it is, whatever the accuracy factor', () => {
    const section = reading(25, { source: 'section', leastKmh: 19, accuracyKmh: 6 });
    const doubtful = {
      ...draft(15),
      speedMargin: { accuracyFactor: 3, absoluteKmh: 3, percent: 10 },
    };
    const measured = { ...ride(), readings: [section] };
    expect(backtestSpeed([measured], doubtful, 5).after.alerts).toBe(1);
    const radar = { ...ride(), readings: [reading(20)] };
    expect(backtestSpeed([radar], doubtful, 5).after.alerts).toBe(0);
  });
});
