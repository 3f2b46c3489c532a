import { setImmediate } from 'node:timers/promises';
import type { Deps } from './deps.ts';

/** Steps of one run: what is left after them waits for the next. */
const MAX_STEPS = 2_000;

/**
 * Lets go of entries of the audit log whose time is over. A drop is announced by an entry, and happens when a signed
 * checkpoint covers that entry: the log itself says what is no longer in it.
 */
export async function pruneLog({ audit, store, config, now, log }: Deps): Promise<void> {
  let entries = 0;
  for (let step = 0; step < MAX_STEPS; step++) {
    const at = now();
    const before = at - config.auditRetentionMs;
    const outcome = await store.pruneLog({ before, limit: config.limits.forgetItems, now: at });
    if (outcome.kind === 'nothing') break;
    if (outcome.kind === 'announced') await audit.run();
    else entries += outcome.entries;
    await setImmediate(); // what gates ask goes first
  }
  if (entries > 0) log.info({ entries }, 'dropped old audit entries');
}
