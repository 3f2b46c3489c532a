import { systemClock } from '../hardware/clock.ts';
import { type Play, playOrder } from './order.ts';
import { Pace } from './pace.ts';
import type { Stage } from './stage.ts';
import type { Tally } from './tally.ts';

/** A service that is down is not asked half a million times. */
const MAX_ERRORS = 1_000;

export interface SwarmPlan {
  readonly riders: number;
  readonly ordersPerRider: number;
  /** Verifies a second; 0 for as fast as it can. */
  readonly rate: number;
  /** Orders under way at once, each of another rider. */
  readonly concurrency: number;
}

/**
 * Plays every order of every rider, round after round as a day goes, until all are done, `stop` is aborted
 * or 1,000 errors were met. A rider has one order at a time. Memory does not grow with the orders.
 */
export async function runSwarm(
  stage: Stage,
  plan: SwarmPlan,
  tally: Tally,
  stop: AbortSignal,
): Promise<void> {
  const play: Play = { stage, tally, pace: new Pace(systemClock, plan.rate) };
  const lanes = Math.min(plan.concurrency, plan.riders);
  const workers = Array.from({ length: lanes }, (_, first) =>
    playRiders(play, plan, { first, step: lanes }, stop),
  );
  await Promise.all(workers);
}

/** The riders `first`, `first + step`, … belong to this worker alone, so no rider is in two places. */
async function playRiders(
  play: Play,
  { riders, ordersPerRider }: SwarmPlan,
  { first, step }: { first: number; step: number },
  stop: AbortSignal,
): Promise<void> {
  for (let round = 0; round < ordersPerRider; round += 1) {
    for (let rider = first; rider < riders; rider += step) {
      if (stop.aborted || play.tally.errorCount >= MAX_ERRORS) return;
      const number = round * riders + rider;
      const riderId = `rider-${rider + 1}`;
      await playOrder(play, { number, deliveryId: `${riderId}-${round + 1}`, riderId });
    }
  }
}
