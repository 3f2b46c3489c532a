import type { Deps } from './deps.ts';
import { publishAlerts, publishConductChange, publishTouched } from './publish.ts';

/** Rounds of one sweep: what is left after them waits for the next. */
const MAX_ROUNDS = 20;

/** Ends what has lapsed, in rounds short enough for gates not to notice. Live views hear of it. */
export async function sweep({ store, bus, config, now }: Deps): Promise<void> {
  const { sweepItems: limit, gateSilentMs } = config.limits;
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const swept = await store.sweep({ now: now(), limit, gateSilentMs });
    publishTouched(bus, swept);
    publishAlerts(bus, swept.alerts ?? []);
    for (const change of swept.riderAlerts ?? []) publishConductChange(bus, change);
    if (swept.passesEnded < limit && swept.visitsClosed < limit) return;
  }
}
