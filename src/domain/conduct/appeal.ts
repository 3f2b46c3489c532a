/** When a rider may object to an alert, who decides, and what a platform may be told. */
import { DAY_MS, HOUR_MS, type Millis } from '../clock.ts';
import type { SpeedLevel } from '../entry-rules.ts';

export const APPEAL_STATES = ['open', 'upheld', 'rejected'] as const;
export type AppealState = (typeof APPEAL_STATES)[number];

/** An alert may be objected to for this long after it was shown to the rider, and before it was shown. */
export const APPEAL_WINDOW_MS = 30 * DAY_MS;
/** A platform is told of nothing that a rider may still object to within this time of having seen it. */
export const PLATFORM_WAIT_MS = 72 * HOUR_MS;

/** Why a rider may not object: there is an appeal already, or it is too late. Null: the rider may. */
export function refuseAppeal(
  alert: { readonly appeal: AppealState | null; readonly shownAt: Millis | null },
  now: Millis,
): 'appealed_before' | 'too_late' | null {
  if (alert.appeal !== null) return 'appealed_before';
  return alert.shownAt !== null && now >= alert.shownAt + APPEAL_WINDOW_MS ? 'too_late' : null;
}

/** Why somebody may not decide an appeal. Null: they may. @param setBy who set sanctions by hand on its ground */
export function refuseDecision(
  appeal: { readonly state: AppealState; readonly setBy: readonly string[] },
  actor: string,
): 'decided_before' | 'own_sanction' | null {
  if (appeal.state !== 'open') return 'decided_before';
  return appeal.setBy.includes(actor) ? 'own_sanction' : null;
}

/**
 * Whether a platform may be told of a speed alert: serious, shown to the rider first, and either its appeal was rejected
 * or the rider has let {@link PLATFORM_WAIT_MS} pass since seeing it.
 */
export function mayTellPlatform(
  alert: {
    readonly level: SpeedLevel;
    readonly shownAt: Millis | null;
    readonly appeal: AppealState | null;
  },
  now: Millis,
): boolean {
  if (alert.level !== 'serious' || alert.shownAt === null) return false;
  if (alert.appeal !== null) return alert.appeal === 'rejected';
  return now >= alert.shownAt + PLATFORM_WAIT_MS;
}
