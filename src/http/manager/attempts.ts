import type { Context } from 'hono';
import type { Deps } from '../../access/deps.ts';
import { hashSecret } from '../../access/secrets.ts';
import { MINUTE_MS } from '../../domain/clock.ts';
import { addressBucket, clientAddress } from '../address.ts';
import { createAllowances } from '../refusals.ts';

/** How often somebody may try to sign in, rightly or wrongly: what is not tried is not guessed. */
export interface Attempts {
  /** Counts an attempt for a name, which nobody need have. @returns null, or the seconds to wait */
  count(c: Context, name: string): number | null;
}

export function createAttempts({ config, now }: Pick<Deps, 'config' | 'now'>): Attempts {
  const { signInAttempts, signInIntervalMs, signInAttemptsPerMinute, refusalAddresses } =
    config.limits;
  const byName = createAllowances(
    { burst: signInAttempts, intervalMs: signInIntervalMs },
    refusalAddresses,
  );
  const byAddress = createAllowances(
    { burst: signInAttemptsPerMinute, intervalMs: Math.ceil(MINUTE_MS / signInAttemptsPerMinute) },
    refusalAddresses,
  );
  return {
    count(c, name) {
      const address = addressBucket(clientAddress(c, config.trustedProxies));
      return byAddress.count(address, now()) ?? byName.count(hashSecret(name), now());
    },
  };
}
