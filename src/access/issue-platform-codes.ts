import type { Millis } from '../domain/clock.ts';
import type { CommunityId } from '../domain/identifier.ts';
import { type CodeRange, firstWindow, type IssuingDeps, issueCodes } from './issue-codes.ts';
import type { PassWithCodes } from './list-rider-passes.ts';

export type PlatformCodesOutcome =
  | ({ readonly kind: 'ok'; readonly now: Millis } & PassWithCodes)
  /** The platform's rider has no live pass there, or is not the platform's. */
  | { readonly kind: 'not_found' }
  /** The range reaches further ahead than codes are issued. */
  | { readonly kind: 'too_far_ahead' };

/** Codes that a platform shows in its own app to its own rider. */
export async function issuePlatformCodes(
  deps: IssuingDeps,
  input: { platform: string; riderId: string; communityId: CommunityId; range: CodeRange },
): Promise<PlatformCodesOutcome> {
  const { range, ...rider } = input;
  const now = deps.now();
  const first = firstWindow(range, deps.config.limits, now);
  if (first === null) return { kind: 'too_far_ahead' };
  const pass = await deps.store.findRiderPass({ ...rider, now });
  if (pass === null) return { kind: 'not_found' };
  return {
    kind: 'ok',
    pass,
    codes: await issueCodes(deps, { pass, first, count: range.count, now }),
    now,
  };
}
