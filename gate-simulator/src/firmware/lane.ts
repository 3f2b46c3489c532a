import type { Direction } from '../wire/verify.ts';

/** A gate never opens for somebody outside more than this after the scan, by the monotonic clock. */
export const MAX_SCAN_TO_OPEN_MS = 5_000;

/** From the scan until the gate stops waiting for the server. */
export const JUDGING_BUDGET_MS = 1_500;

/** How long a gate opens when nobody told it. */
export const DEFAULT_OPEN_MS = 3_000;

/** However long the server says, the hardware stays open no longer. */
export const MAX_OPEN_MS = 10_000;

/** What the arm needs to fall; the reader is off meanwhile. */
export const CLOSING_MS = 500;

/**
 * Where a lane is. It serves one rider at a time:
 *
 * ```
 *          triggered          read            grant (at exit: anything, or nothing in time)
 *   idle ────────────▶ scanning ────▶ judging ────────▶ open ──────────────▶ closing ──▶ idle
 *     ▲                   │              │                    passed, or time is over
 *     └───────────────────┴──────────────┘
 *        nothing read        no grant, or too late
 * ```
 *
 * At exit the time is counted from `triggered`: a reader that hangs keeps nobody in. An `open` that the server commands
 * leads from anywhere to `open`; somebody who waits to leave meanwhile is let out after it, whatever was answered.
 *
 * Instants are milliseconds of the monotonic clock.
 */
export type Lane =
  | { readonly phase: 'idle' }
  | { readonly phase: 'scanning'; readonly direction: Direction; readonly scannedAtMs: number }
  | { readonly phase: 'judging'; readonly direction: Direction; readonly scannedAtMs: number }
  | ({
      readonly phase: 'open';
      readonly direction: Direction;
      readonly shutAtMs: number;
    } & Afterwards)
  | ({ readonly phase: 'closing'; readonly idleAtMs: number } & Afterwards);

interface Afterwards {
  /** Somebody waits to leave, and is let out next. */
  readonly exitWaits?: true;
}

/** What came of asking: `none` when nobody could judge. */
export type Verdict =
  | { readonly kind: 'grant'; readonly openForMs: number }
  | { readonly kind: 'deny' }
  | { readonly kind: 'none' };

export type LaneEvent =
  | { readonly type: 'triggered'; readonly direction: Direction; readonly atMs: number }
  | { readonly type: 'read'; readonly atMs: number }
  | { readonly type: 'nothing_read'; readonly atMs: number }
  | { readonly type: 'verdict'; readonly verdict: Verdict; readonly atMs: number }
  | { readonly type: 'passed'; readonly atMs: number }
  /** Somebody wants to leave and has waited long enough for the judgement of an entry, which is forgotten. */
  | { readonly type: 'preempted'; readonly atMs: number }
  /** The server orders the lane to open, whatever is going on. */
  | { readonly type: 'commanded'; readonly openForMs: number; readonly atMs: number }
  | { readonly type: 'tick'; readonly atMs: number };

/** The lane afterwards. The relay is energised in phase `open` and in no other. */
export function nextLane(lane: Lane, event: LaneEvent): Lane {
  if (event.type === 'commanded') return commanded(lane, event);
  if (event.type === 'preempted') return isEntering(lane) ? IDLE_LANE : lane;
  switch (lane.phase) {
    case 'idle':
      return event.type === 'triggered'
        ? { phase: 'scanning', direction: event.direction, scannedAtMs: event.atMs }
        : lane;
    case 'scanning':
      if (event.type === 'read') return { ...lane, phase: 'judging' };
      if (event.type === 'tick') return afterWaiting(lane, event.atMs);
      return event.type === 'nothing_read' ? IDLE_LANE : lane;
    case 'judging':
      if (event.type === 'verdict') return afterVerdict(lane, event.verdict, event.atMs);
      return event.type === 'tick' ? afterWaiting(lane, event.atMs) : lane;
    case 'open':
      if (event.type === 'passed') return closing(lane, event.atMs);
      return event.type === 'tick' && event.atMs >= lane.shutAtMs
        ? closing(lane, event.atMs)
        : lane;
    case 'closing':
      if (event.type !== 'tick' || event.atMs < lane.idleAtMs) return lane;
      return lane.exitWaits ? open('out', event.atMs, DEFAULT_OPEN_MS) : IDLE_LANE;
  }
}

/** When the lane next wants a `tick`, whatever else happens; undefined when it can wait for ever. */
export function nextTickMs(lane: Lane): number | undefined {
  switch (lane.phase) {
    case 'idle':
      return undefined;
    case 'scanning':
    case 'judging':
      return lane.scannedAtMs + patienceMs(lane.direction);
    case 'open':
      return lane.shutAtMs;
    case 'closing':
      return lane.idleAtMs;
  }
}

export const IDLE_LANE: Lane = { phase: 'idle' };

type Judging = Extract<Lane, { phase: 'judging' }>;
type Scanning = Extract<Lane, { phase: 'scanning' }>;
type Open = Extract<Lane, { phase: 'open' }>;

/** At entry a grant in time opens, and nothing else. At exit everything opens: a person can always leave. */
function afterVerdict(lane: Judging, verdict: Verdict, atMs: number): Lane {
  if (lane.direction === 'out') {
    const openForMs = verdict.kind === 'grant' ? verdict.openForMs : 0;
    return open('out', atMs, openForMs > 0 ? openForMs : DEFAULT_OPEN_MS);
  }
  const inTime = atMs - lane.scannedAtMs <= MAX_SCAN_TO_OPEN_MS;
  if (verdict.kind !== 'grant' || verdict.openForMs <= 0 || !inTime) return IDLE_LANE;
  return open('in', atMs, verdict.openForMs);
}

function afterWaiting(lane: Scanning | Judging, atMs: number): Lane {
  if (atMs - lane.scannedAtMs < patienceMs(lane.direction)) return lane;
  return lane.direction === 'out' ? open('out', atMs, DEFAULT_OPEN_MS) : IDLE_LANE;
}

/** At exit the lane opens by itself when the budget is over; at entry it forgets the scan when a grant would be too late. */
function patienceMs(direction: Direction): number {
  return direction === 'out' ? JUDGING_BUDGET_MS : MAX_SCAN_TO_OPEN_MS + 1;
}

/** Opens; a lane that is open stays so for as long as the longer of both. */
function commanded(lane: Lane, { openForMs, atMs }: { openForMs: number; atMs: number }): Lane {
  if (openForMs <= 0) return lane;
  const opened = open('in', atMs, openForMs);
  if (lane.phase === 'open') return { ...lane, shutAtMs: Math.max(lane.shutAtMs, opened.shutAtMs) };
  return isLeaving(lane) ? { ...opened, exitWaits: true } : opened;
}

function isEntering(lane: Lane): boolean {
  return (lane.phase === 'scanning' || lane.phase === 'judging') && lane.direction === 'in';
}

function isLeaving(lane: Lane): boolean {
  if (lane.phase === 'closing') return lane.exitWaits === true;
  return (lane.phase === 'scanning' || lane.phase === 'judging') && lane.direction === 'out';
}

function open(direction: Direction, atMs: number, openForMs: number): Open {
  return { phase: 'open', direction, shutAtMs: atMs + Math.min(openForMs, MAX_OPEN_MS) };
}

function closing({ exitWaits }: Open, atMs: number): Lane {
  return { phase: 'closing', idleAtMs: atMs + CLOSING_MS, ...(exitWaits ? { exitWaits } : {}) };
}
