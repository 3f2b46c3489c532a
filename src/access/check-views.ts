import { setImmediate } from 'node:timers/promises';
import type { Deps } from './deps.ts';
import { publishAlerts } from './publish.ts';

/** Steps of one run: what is left after them waits for the next. */
const MAX_STEPS = 200;

/** Holds decisions and visits against the audit log, in steps short enough for gates not to notice. */
export async function checkViews({ store, bus, config, now, log }: Deps): Promise<void> {
  const limit = config.limits.viewCheckItems;
  for (let step = 0; step < MAX_STEPS; step++) {
    const { done, alerts } = await store.checkViews({ limit, now: now() });
    publishAlerts(bus, alerts);
    if (alerts.length > 0) log.error({ alerts: alerts.length }, 'tables differ from the audit log');
    if (done) return;
    await setImmediate(); // what gates ask goes first
  }
}
