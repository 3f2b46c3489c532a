import type { Millis } from '../domain/clock.ts';
import type { CourierId, PassId } from '../domain/identifier.ts';
import { isPlausible } from '../domain/speed/reading.ts';
import type { RecordPositionsOutcome, RiderPosition } from '../store/speed-store.ts';
import type { Deps } from './deps.ts';

export interface PositionsInput {
  readonly courierId: CourierId;
  readonly passId: PassId;
  /** The phone's clock at the sending; null: not told. */
  readonly sentAt: Millis | null;
  readonly positions: readonly RiderPosition[];
}

/** How wrong a place may be: beyond it nothing is known of the zone, and little of the speed. */
const WORST_PLACE_M = 100;

export type PositionsOutcome =
  | Exclude<RecordPositionsOutcome, { readonly kind: 'recorded' }>
  | (Extract<RecordPositionsOutcome, { readonly kind: 'recorded' }> & {
      /** Faster than anything rides, or too vague to say anything. */
      readonly implausible: number;
    });

/** Takes over what a rider's phone measured during a visit; what cannot be is left out and counted. */
export async function recordPositions(
  { store, now }: Deps,
  { positions, ...input }: PositionsInput,
): Promise<PositionsOutcome> {
  const plausible = positions.filter(
    ({ speedKmh, accuracyKmh, accuracyM }) =>
      isPlausible(speedKmh, accuracyKmh) && accuracyM <= WORST_PLACE_M,
  );
  const outcome = await store.recordPositions({ ...input, positions: plausible, now: now() });
  if (outcome.kind !== 'recorded') return outcome;
  return { ...outcome, implausible: positions.length - plausible.length };
}
