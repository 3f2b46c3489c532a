import { SECOND_MS } from '../domain/clock.ts';
import { windowStart } from '../domain/courier-code.ts';
import type { CourierId, PassId } from '../domain/identifier.ts';
import { type IssuingDeps, issueCodes } from './issue-codes.ts';

/** The code of the present window of a courier's pass; null when there is no such pass, or it has no code now. */
export async function findCurrentCode(
  deps: IssuingDeps,
  input: { courierId: CourierId; passId: PassId },
): Promise<string | null> {
  const now = deps.now();
  const pass = await deps.store.findCourierPass({ ...input, now });
  if (pass === null) return null;
  const first = windowStart(now / SECOND_MS, deps.config.limits.codeLifetimeSeconds);
  const [current] = await issueCodes(deps, { pass, first, count: 1, now });
  return current?.code ?? null;
}
