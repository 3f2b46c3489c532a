/** What another limit would have done to rides of the past, told by the function that finds episodes. */
import type { EntryRules } from '../entry-rules.ts';
import type { PassId, VisitId } from '../identifier.ts';
import { findEpisodes, MOUNTED_METHOD } from './episode.ts';
import { baseLevelOf } from './level.ts';
import { leastOf, type SpeedReading, termsOf } from './reading.ts';

/** A visit with what mounted devices measured of it. */
export interface PastRide {
  readonly visitId: VisitId;
  readonly passId: PassId;
  readonly readings: readonly SpeedReading[];
}

export interface SpeedOutcome {
  readonly alerts: number;
  /** Those that are serious by their own speed. */
  readonly serious: number;
  /** Visits with an alert. */
  readonly visits: number;
}

export interface SpeedBacktestReport {
  /** Visits of which some speed is known. */
  readonly measured: number;
  /** By the limits of their time, and by the draft. */
  readonly before: SpeedOutcome;
  readonly after: SpeedOutcome;
  /** Visits with more alerts by the draft than before, and with fewer. */
  readonly stricter: readonly SpeedExample[];
  readonly milder: readonly SpeedExample[];
}

export interface SpeedExample {
  readonly visitId: VisitId;
  readonly passId: PassId;
  readonly peakKmh: number;
}

/** The members of the rules that decide what is over. */
export type SpeedDraft = Pick<EntryRules, 'speedLimitKmh' | 'speedMargin' | 'zoneSpeedLimits'>;

/** @param examples shown of each kind, those of the highest speed */
export function backtestSpeed(
  rides: readonly PastRide[],
  draft: SpeedDraft,
  examples: number,
): SpeedBacktestReport {
  const measured = rides.filter(({ readings }) => readings.length > 0);
  const judged = measured.map((ride) => ({
    ride,
    before: outcomeOf(ride.readings),
    after: outcomeOf(ride.readings.map((reading) => underDraft(reading, draft))),
  }));
  const shown = (kept: (change: number) => boolean) =>
    judged
      .filter(({ before, after }) => kept(after.alerts - before.alerts))
      .map(({ ride }) => exampleOf(ride))
      .sort((a, b) => b.peakKmh - a.peakKmh)
      .slice(0, examples);
  return {
    measured: measured.length,
    before: total(judged.map(({ before }) => before)),
    after: total(judged.map(({ after }) => after)),
    stricter: shown((change) => change > 0),
    milder: shown((change) => change < 0),
  };
}

/** The same measurement held against the draft. What a section proves does not depend on the rules. */
function underDraft(reading: SpeedReading, draft: SpeedDraft): SpeedReading {
  const { source, speedKmh, accuracyKmh, terms } = reading;
  const least = source === 'section' ? reading.leastKmh : leastOf(draft, speedKmh, accuracyKmh);
  const drafted = termsOf(draft, terms.rulesVersion, [terms.zoneId]);
  return { ...reading, leastKmh: least, terms: drafted };
}

function outcomeOf(readings: readonly SpeedReading[]): SpeedOutcome {
  const episodes = findEpisodes(readings, MOUNTED_METHOD);
  const serious = episodes.filter((episode) => baseLevelOf(episode, 'mounted') === 'serious');
  const alerts = episodes.length;
  return { alerts, serious: serious.length, visits: alerts > 0 ? 1 : 0 };
}

function total(outcomes: readonly SpeedOutcome[]): SpeedOutcome {
  return outcomes.reduce(
    (sum, { alerts, serious, visits }) => ({
      alerts: sum.alerts + alerts,
      serious: sum.serious + serious,
      visits: sum.visits + visits,
    }),
    { alerts: 0, serious: 0, visits: 0 },
  );
}

function exampleOf({ visitId, passId, readings }: PastRide): SpeedExample {
  return { visitId, passId, peakKmh: Math.max(...readings.map(({ speedKmh }) => speedKmh)) };
}
