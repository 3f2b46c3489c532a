import type { Deps } from './deps.ts';
import { publishConductChange } from './publish.ts';

/** Rounds of one call: what is left after them waits for the next. */
const MAX_ROUNDS = 50;

/** Judges what was measured lately, in rounds short enough for gates not to notice. Live views hear of it. */
export async function judgeSpeeds({ store, bus, config, log, now }: Deps): Promise<void> {
  const { speedItems: limit } = config.limits;
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const { changes, failed, more } = await store.judgeSpeeds({ now: now(), limit });
    for (const change of changes) publishConductChange(bus, change);
    if (failed.length > 0) log.error({ visits: failed }, 'speeds cannot be judged');
    if (!more) return;
  }
}

/** Forgets positions of riders' phones that are a day old. */
export async function forgetPositions({ store, config, now }: Deps): Promise<void> {
  const { forgetPositions: limit } = config.limits;
  for (let round = 0; round < MAX_ROUNDS; round++)
    if ((await store.forgetPositions({ now: now(), limit })) < limit) return;
}
