/** What the page shows, and who is told when it changes. */
import type { Direction } from '../../../domain/gate.ts';
import type { Bilingual, Reason } from '../../../domain/reason.ts';
import type { Account, Alert, Gate, Order, SeenDecision, Visit } from '../../guard/wire.ts';
import type { Device } from './memory.ts';

/** What this phone is. An account alone supervises and scans nothing. */
export type Phase =
  | { readonly kind: 'starting' }
  | { readonly kind: 'unknown' }
  | { readonly kind: 'ready' };

/** Why this phone is no gate, where there is more to say than that it never was one. */
export type EnrolTrouble = 'refused' | 'unreachable' | 'revoked' | 'insecure';

/** What fills the screen after a scan, or when a rider waits elsewhere. */
export interface Answer {
  /** `wait`: the guard's own decision; `unknown`: nobody could judge. */
  readonly tone: 'good' | 'bad' | 'wait' | 'unknown';
  readonly direction: Direction;
  readonly reason: Reason | null;
  readonly message: Bilingual | null;
  readonly note:
    | 'judgedAlone'
    | 'unreachableIn'
    | 'unreachableOut'
    | 'admitKept'
    | 'admitted'
    | 'openAskedText'
    | 'confirmOver'
    | null;
  /** Of an answer that was no answer. */
  readonly status: number | null;
  readonly passId: string | null;
  readonly building: string | null;
  readonly speedLimitKmh: number | null;
  /** The gate where it happened, where it is not this phone. */
  readonly gateId: string | null;
  readonly auditId: string | null;
  /** Until when it may be confirmed, by the server's clock. */
  readonly confirmUntil: number | null;
}

/** What is not said otherwise. */
export const NO_ANSWER: Answer = {
  tone: 'unknown',
  direction: 'in',
  reason: null,
  message: null,
  note: null,
  status: null,
  passId: null,
  building: null,
  speedLimitKmh: null,
  gateId: null,
  auditId: null,
  confirmUntil: null,
};

export type CameraState = 'off' | 'starting' | 'on' | 'refused' | 'missing' | 'no-decoder';
export type Sheet = 'admit' | null;

export interface State {
  readonly phase: Phase;
  readonly account: Account | null;
  readonly device: Device | null;
  readonly communityId: string | null;
  /** A code that the page was opened with, or that was entered. */
  readonly enrolCode: string | null;
  readonly enrolTrouble: EnrolTrouble | null;
  readonly gates: readonly Gate[];
  readonly direction: Direction;
  readonly network: 'unknown' | 'online' | 'offline';
  readonly camera: CameraState;
  readonly light: 'none' | 'off' | 'on';
  /** Under the picture: what the last thing in the frame was, when it was no courier code. */
  readonly hint: 'notOurs' | null;
  readonly asking: 'no' | 'yes';
  readonly answer: Answer | null;
  readonly sheet: Sheet;
  /** Riders at other gates who wait for a guard. */
  readonly waiting: readonly SeenDecision[];
  readonly visits: readonly Visit[] | null;
  readonly alerts: readonly Alert[] | null;
  readonly newAlerts: number;
  readonly orders: Readonly<Record<string, readonly Order[]>>;
  /** Until when this phone can judge entries itself; null: it cannot. */
  readonly aloneUntil: number | null;
  /** What must still be reported. */
  readonly toReport: number;
}

const INITIAL: State = {
  phase: { kind: 'starting' },
  account: null,
  device: null,
  communityId: null,
  enrolCode: null,
  enrolTrouble: null,
  gates: [],
  direction: 'in',
  network: 'unknown',
  camera: 'off',
  light: 'none',
  hint: null,
  asking: 'no',
  answer: null,
  sheet: null,
  waiting: [],
  visits: null,
  alerts: null,
  newAlerts: 0,
  orders: {},
  aloneUntil: null,
  toReport: 0,
};

let state = INITIAL;
const listeners = new Set<() => void>();

export const read = (): State => state;

export function change(members: Partial<State>): void {
  state = { ...state, ...members };
  for (const listener of listeners) listener();
}

export function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** The gate that this phone is; null: none, or not known yet. */
export function ownGate({ gates, device }: State): Gate | null {
  return gates.find(({ id }) => id === device?.gateId) ?? null;
}
