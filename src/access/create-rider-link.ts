import type { Millis } from '../domain/clock.ts';
import type { Deps } from './deps.ts';
import { hashSecret, newLinkToken } from './secrets.ts';

/** A link that opens one session of a platform's rider. */
export interface RiderLink {
  /** 256 bits; only its hash is stored. */
  readonly token: string;
  readonly expiresAt: Millis;
}

/** Makes a link for a rider of a platform, who need not be known yet. The platform vouches for the rider by it. */
export async function createRiderLink(
  deps: Deps,
  input: { platform: string; riderId: string },
): Promise<RiderLink> {
  const token = newLinkToken(deps);
  const now = deps.now();
  const expiresAt = now + deps.config.limits.riderLinkMs;
  await deps.store.createRiderLink({ ...input, tokenHash: hashSecret(token), expiresAt, now });
  return { token, expiresAt };
}
