import { setImmediate } from 'node:timers/promises';
import type { Forgotten } from '../store/privacy-store.ts';
import type { Deps } from './deps.ts';
import { publishTouched } from './publish.ts';

/** Rounds of one run: what is left after them waits for the next. */
const MAX_ROUNDS = 500;

/**
 * Forgets the rows that name people and are too old, and carries out the erasures that have waited, in rounds short
 * enough for gates not to notice. Says what it did in one line of the log; each round is an entry of the audit log.
 */
export async function forgetPersonal({ store, bus, config, now, log }: Deps): Promise<void> {
  const { forgetItems: limit } = config.limits;
  const total = { deliveries: 0, passes: 0, couriers: 0, restrictions: 0, erased: 0 };
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const at = now();
    const before = at - config.personalRetentionMs;
    const outcome = await store.forgetPersonal({ before, limit, now: at });
    publishTouched(bus, outcome);
    add(total, outcome.forgotten);
    total.erased += outcome.erased;
    if (outcome.done) break;
    await setImmediate(); // what gates ask goes first
  }
  if (Object.values(total).some((count) => count > 0))
    log.info(total, 'forgot rows that name people');
}

function add(total: { -readonly [Kind in keyof Forgotten]: number }, more: Forgotten): void {
  total.deliveries += more.deliveries;
  total.passes += more.passes;
  total.couriers += more.couriers;
  total.restrictions += more.restrictions;
}
