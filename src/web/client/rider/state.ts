/** What the page shows, and who is told when it changes. */
import type { HeldPass } from '../../rider/passes.ts';
import type { Alert, Decision, Guide, HeldPlan } from '../../rider/wire.ts';

export type Phase =
  | { readonly kind: 'starting' }
  | { readonly kind: 'signed-out'; readonly why: 'never' | 'link-unusable' | 'unreachable' }
  /** A link of another courier was opened in a session: whose it is must be said. */
  | { readonly kind: 'asked-to-join'; readonly token: string }
  | { readonly kind: 'ready' };

export interface State {
  readonly phase: Phase;
  readonly passes: readonly HeldPass[];
  readonly guides: Readonly<Record<string, Guide>>;
  readonly plans: Readonly<Record<string, HeldPlan>>;
  /** How far the server's clock is ahead of the phone's. */
  readonly offsetMs: number;
  readonly network: 'unknown' | 'online' | 'offline';
  /** What a gate has just said. */
  readonly decision: Decision | null;
  /** What gates have said lately, newest first. */
  readonly decisions: readonly Decision[];
  /** What was noticed about the rider just now. */
  readonly alert: Alert | null;
}

const INITIAL: State = {
  phase: { kind: 'starting' },
  passes: [],
  guides: {},
  plans: {},
  offsetMs: 0,
  network: 'unknown',
  decision: null,
  decisions: [],
  alert: null,
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

/** The server's time, by the phone's clock and what is known of its error. */
export const serverNow = (): number => Date.now() + state.offsetMs;
