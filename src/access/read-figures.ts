import { DAY_MS, HOUR_MS, type Millis } from '../domain/clock.ts';
import { type Figures, summarise } from '../domain/figures.ts';
import type { CommunityId } from '../domain/identifier.ts';
import type { Deps } from './deps.ts';

/** What can be asked for: the last day by the hour, the last week by the day. */
export const PERIODS = {
  day: { parts: 24, partMs: HOUR_MS },
  week: { parts: 7, partMs: DAY_MS },
} as const;
export type Period = keyof typeof PERIODS;

export interface PeriodFigures extends Figures {
  readonly since: Millis;
  readonly partMs: Millis;
  /** Riders inside now. */
  readonly inside: number;
}

/** What the last day or week came to in a community. */
export async function readFigures(
  { store, now }: Pick<Deps, 'store' | 'now'>,
  communityId: CommunityId,
  period: Period,
): Promise<PeriodFigures> {
  const { parts, partMs } = PERIODS[period];
  const since = now() - parts * partMs;
  const { rows, inside } = await store.readFigures({ communityId, since, partMs });
  const within = rows.map((row) => ({ ...row, part: Math.min(row.part, parts - 1) }));
  return { ...summarise(within, parts), since, partMs, inside };
}
