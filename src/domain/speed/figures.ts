/** How fast riders ride somewhere, in numbers for those who set the limits. */
import type { Millis } from '../clock.ts';
import type { GateId, VisitId } from '../identifier.ts';
import type { SpeedReading } from './reading.ts';

/** A visit, with what mounted devices measured of it. A phone's readings are its rider's own, and count nowhere. */
export interface MeasuredVisit {
  readonly id: VisitId;
  readonly openedAt: Millis;
  readonly entryGateId: GateId;
  readonly readings: readonly SpeedReading[];
  /** Speed alerts that count: not withdrawn, not taken back after an appeal. */
  readonly alerts: number;
}

export interface SpeedFigures {
  readonly visits: number;
  /** Of which some speed is known. */
  readonly measured: number;
  /** Of those measured, the part in which some reading proves more than the limit, 0–1; null: none was measured. */
  readonly overShare: number | null;
  /** So fast or slower were 85 % of the readings; null: there is none. */
  readonly p85Kmh: number | null;
  readonly alerts: number;
  /** Null: there were no visits. */
  readonly alertsPerThousandVisits: number | null;
}

export interface GroupedFigures {
  readonly all: SpeedFigures;
  /** By the hour at which a visit began, in the community's time zone; hours without a visit are left out. */
  readonly byHour: readonly (SpeedFigures & { readonly hour: number })[];
  /** By the gate of its entry. */
  readonly byGate: readonly (SpeedFigures & { readonly gateId: GateId })[];
  /** By where it was measured: a visit counts in each zone in which it was. Null: in no zone. */
  readonly byZone: readonly (SpeedFigures & { readonly zone: string | null })[];
}

export function figuresOf(visits: readonly MeasuredVisit[], timezone: string): GroupedFigures {
  const hourOf = hourIn(timezone);
  const byHour = groups(visits, ({ openedAt }) => hourOf(openedAt));
  const byGate = groups(visits, ({ entryGateId }) => entryGateId);
  return {
    all: sum(visits),
    byHour: [...byHour].sort(([a], [b]) => a - b).map(([hour, own]) => ({ hour, ...sum(own) })),
    byGate: [...byGate].map(([gateId, own]) => ({ gateId, ...sum(own) })),
    byZone: [...byZone(visits)].map(([zone, own]) => ({ zone, ...sum(own) })),
  };
}

function groups<Key>(
  visits: readonly MeasuredVisit[],
  keyOf: (visit: MeasuredVisit) => Key,
): Map<Key, MeasuredVisit[]> {
  const found = new Map<Key, MeasuredVisit[]>();
  for (const visit of visits) {
    const key = keyOf(visit);
    const own = found.get(key);
    if (own === undefined) found.set(key, [visit]);
    else own.push(visit);
  }
  return found;
}

/** Each visit with its readings of one zone. */
function byZone(visits: readonly MeasuredVisit[]): Map<string | null, MeasuredVisit[]> {
  const found = new Map<string | null, MeasuredVisit[]>();
  for (const visit of visits) {
    for (const zone of new Set(visit.readings.map(({ terms }) => terms.zoneId))) {
      const readings = visit.readings.filter(({ terms }) => terms.zoneId === zone);
      found.set(zone, [...(found.get(zone) ?? []), { ...visit, readings }]);
    }
  }
  return found;
}

function sum(visits: readonly MeasuredVisit[]): SpeedFigures {
  const measured = visits.filter(({ readings }) => readings.length > 0);
  const over = measured.filter(({ readings }) =>
    readings.some(({ leastKmh, terms }) => leastKmh > terms.limitKmh),
  );
  const speeds = measured.flatMap(({ readings }) => readings.map(({ speedKmh }) => speedKmh));
  const alerts = visits.reduce((total, visit) => total + visit.alerts, 0);
  return {
    visits: visits.length,
    measured: measured.length,
    overShare: measured.length === 0 ? null : over.length / measured.length,
    p85Kmh: percentile(speeds, 0.85),
    alerts,
    alertsPerThousandVisits: visits.length === 0 ? null : (1_000 * alerts) / visits.length,
  };
}

/** The nearest rank: the least value that this part of all does not exceed. Null: there is none. */
export function percentile(values: readonly number[], part: number): number | null {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(part * sorted.length) - 1)] ?? null;
}

function hourIn(timezone: string): (at: Millis) => number {
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone: timezone,
    hour: '2-digit',
    hourCycle: 'h23',
  });
  return (at) => Number(format.format(at));
}
