import { type Millis, SECOND_MS } from '../domain/clock.ts';
import { windowStart } from '../domain/courier-code.ts';
import type { CommunityId, CourierId } from '../domain/identifier.ts';
import { type IssuingDeps, issueCodes } from './issue-codes.ts';
import type { PassWithCodes } from './list-rider-passes.ts';
import { publishTouched } from './publish.ts';

export type StationPassOutcome =
  | ({ readonly kind: 'ok'; readonly now: Millis } & PassWithCodes)
  | { readonly kind: 'not_found' }
  | { readonly kind: 'not_a_station' }
  /** No platform has vouched for the courier lately. */
  | { readonly kind: 'not_vouched' };

/** A station's pass for a courier, with its first codes; a live one is prolonged. */
export async function requestStationPass(
  deps: IssuingDeps,
  input: { courierId: CourierId; communityId: CommunityId },
): Promise<StationPassOutcome> {
  const { limits } = deps.config;
  const now = deps.now();
  const outcome = await deps.store.requestStationPass({
    ...input,
    vouchedSince: now - limits.vouchedMs,
    expiresAt: now + limits.stationPassMs,
    now,
  });
  if (outcome.kind !== 'ok') return outcome;
  publishTouched(deps.bus, { couriers: [input.courierId], communities: [input.communityId] });
  const pass = outcome.value;
  const first = windowStart(now / SECOND_MS, limits.codeLifetimeSeconds);
  const codes = await issueCodes(deps, { pass, first, count: limits.codesPerRequestDefault, now });
  return { kind: 'ok', pass, codes, now };
}
