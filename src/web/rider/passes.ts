/** What the rider's page knows of passes and their codes, and what follows from it at an instant. Pure. */
import type { CodeWindow, Pass, Stop } from './wire.ts';

/** Windows kept ahead: two hours of 30 seconds, as many as one request gives. */
export const CODES_AHEAD = 240;
/** Fewer than this ahead, and more are fetched. */
export const CODES_ENOUGH = 200;

/** A window with its times as numbers: milliseconds of the server's clock. */
export interface Window {
  readonly code: string;
  readonly from: number;
  readonly to: number;
}

/** A pass with the windows that the phone holds. */
export interface HeldPass extends Omit<Pass, 'codes'> {
  /** In order of time, without gaps or repeats of a window. */
  readonly windows: readonly Window[];
}

function windowOf({ code, notBefore, notAfter }: CodeWindow): Window {
  return { code, from: Date.parse(notBefore), to: Date.parse(notAfter) };
}

/**
 * The passes as the server tells them now, with the windows that were held before and are as good still. What a code
 * may do changes with the pass: windows of another state are dropped, and a window that comes again replaces the held.
 * @param now the server's time: windows that ended before it are dropped
 */
export function mergePasses(
  held: readonly HeldPass[],
  told: readonly Pass[],
  now: number,
): readonly HeldPass[] {
  return told.map(({ codes, ...pass }) => {
    const before = held.find(({ id }) => id === pass.id);
    const kept = before !== undefined && sameRight(before, pass) ? before.windows : [];
    const fresh = codes.length === 0 ? [] : codes.map(windowOf);
    return { ...pass, windows: codes.length === 0 ? [] : joinWindows(kept, fresh, now) };
  });
}

/** Windows fetched ahead for passes that are held already. */
export function addWindows(
  held: readonly HeldPass[],
  told: readonly Pass[],
  now: number,
): readonly HeldPass[] {
  return held.map((pass) => {
    const more = told.find(({ id }) => id === pass.id);
    if (more === undefined || !sameRight(pass, more)) return pass;
    return { ...pass, windows: joinWindows(pass.windows, more.codes.map(windowOf), now) };
  });
}

/** Whether codes of the one may do what codes of the other may. */
function sameRight(a: Right, b: Right): boolean {
  return (
    a.status === b.status &&
    a.refusal?.reason === b.refusal?.reason &&
    (a.refusal === undefined || a.inside === b.inside)
  );
}
type Right = Pick<Pass, 'status' | 'refusal' | 'inside'>;

function joinWindows(
  kept: readonly Window[],
  fresh: readonly Window[],
  now: number,
): readonly Window[] {
  const windows = new Map([...kept, ...fresh].map((window) => [window.from, window]));
  return [...windows.values()].filter(({ to }) => to > now).sort((a, b) => a.from - b.from);
}

/** The window that holds an instant, and the one after it. */
export function windowsAt(
  { windows }: Pick<HeldPass, 'windows'>,
  now: number,
): { readonly current: Window | null; readonly next: Window | null } {
  const index = windows.findIndex(({ from, to }) => from <= now && now < to);
  if (index < 0) return { current: null, next: null };
  return { current: windows[index] ?? null, next: windows[index + 1] ?? null };
}

/** Until when the page shows codes without hearing from the server: the end of the windows that follow without a gap. */
export function worksUntil({ windows }: Pick<HeldPass, 'windows'>, now: number): number | null {
  let until: number | null = null;
  for (const { from, to } of windows) {
    if (to <= now) continue;
    if (from > (until ?? now)) break;
    until = to;
  }
  return until;
}

/** The `notBefore` after which windows are missing; null: enough are held. */
export function missingAfter(passes: readonly HeldPass[], now: number): number | null {
  const short = passes
    .filter(({ windows }) => windows.length > 0)
    .map(({ windows }) => windows.filter(({ to }) => to > now))
    .filter(({ length }) => length < CODES_ENOUGH);
  if (short.length === 0) return null;
  return Math.min(...short.map((windows) => windows.at(-1)?.from ?? now));
}

/** The deadline that presses most; null where no order names one. */
export function nearestDeadline(stops: readonly Stop[]): number | null {
  const deadlines = stops.flatMap(({ deadlineAt }) => (deadlineAt ? [Date.parse(deadlineAt)] : []));
  return deadlines.length === 0 ? null : Math.min(...deadlines);
}

/** The passes to show: those that open something or say why not, the nearest deadline first, those of leaving last. */
export function shownPasses(passes: readonly HeldPass[]): readonly HeldPass[] {
  const rank = (pass: HeldPass) => (pass.status === 'active' ? 0 : 1);
  return passes
    .filter(({ status }) => status !== 'ended')
    .sort(
      (a, b) =>
        rank(a) - rank(b) ||
        compare(nearestDeadline(a.stops), nearestDeadline(b.stops)) ||
        (a.id < b.id ? -1 : 1),
    );
}

/** The stops of a pass in the order in which they press. */
export function orderedStops(stops: readonly Stop[]): readonly Stop[] {
  return [...stops].sort((a, b) => compare(nearestDeadline([a]), nearestDeadline([b])));
}

/** Earlier first; what has no deadline comes last. */
function compare(a: number | null, b: number | null): number {
  if (a === b) return 0;
  if (a === null) return 1;
  return b === null ? -1 : a - b;
}
