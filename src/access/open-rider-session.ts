import type { Millis } from '../domain/clock.ts';
import type { CourierId } from '../domain/identifier.ts';
import type { Deps } from './deps.ts';
import { publishTouched } from './publish.ts';
import { hashSecret, newSessionToken } from './secrets.ts';

export interface OpenedSession {
  /** 256 bits; only its hash is stored. */
  readonly accessToken: string;
  /** Slides ahead while the session is used. */
  readonly expiresAt: Millis;
}

/**
 * Uses a rider link up and opens a session. With `join`, the link's courier and that courier become one: the
 * elder stays, and sessions of either go on as sessions of it.
 * @returns null when the link is unknown, used or too old
 */
export async function openRiderSession(
  deps: Deps,
  input: { linkToken: string; join: CourierId | null },
): Promise<OpenedSession | null> {
  const accessToken = newSessionToken(deps);
  const now = deps.now();
  const session = await deps.store.openRiderSession({
    linkHash: hashSecret(input.linkToken),
    sessionHash: hashSecret(accessToken),
    sessionExpiresAt: now + deps.config.limits.riderSessionMs,
    join: input.join,
    now,
  });
  if (session === null) return null;
  publishTouched(deps.bus, session);
  return { accessToken, expiresAt: session.expiresAt };
}
