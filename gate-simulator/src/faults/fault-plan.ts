/** What goes wrong, and how much of it. All off: nothing does. */
export interface FaultPlan {
  /** No network: from the `boot` on, or once the gate is `ready`. */
  readonly offline?: 'boot' | 'ready';
  /** The network comes and goes, once the gate is ready. */
  readonly flap?: { readonly upMs: number; readonly downMs: number };
  /** Half of it on the way there, half on the way back. */
  readonly latencyMs?: number;
  /** Of all exchanges, 0 to 1: one half never arrives, the other half arrives and its answer is lost. */
  readonly loss?: number;
  /** Of all requests, 0 to 1, arrive twice once the gate is ready, as by a proxy that tries again; the second answer counts. */
  readonly duplicate?: number;
  /** Answers come back so much later. */
  readonly delayAnswersMs?: number;
  /** The device's oscillator is so fast (or, below 0, slow), in parts per million. */
  readonly clockDriftPpm?: number;
  /** The time of day is set forward (or back), once the gate is ready. */
  readonly clockJumpMs?: number;
  /** Kills the device at a step of the exchange. */
  readonly powerCut?: { readonly step: PowerCutStep; readonly occurrence: number };
}

/**
 * Where the power can fail. `…-sent`: the request is on its way; `…-answered`: the answer is there, nothing was done
 * with it; `…-torn`: half of what was to be written is on disk; `…-written`: all of it is, nothing was done since.
 */
export const POWER_CUT_STEPS = [
  'verify-sent',
  'verify-answered',
  'memory-torn',
  'memory-written',
  'record-torn',
  'record-written',
  'opening',
  'opened',
  'events-sent',
  'events-answered',
  'log-torn',
  'log-written',
  'log-rewritten',
  'bundle-answered',
  'bundle-written',
  'claim-sent',
  'claim-answered',
] as const;
export type PowerCutStep = (typeof POWER_CUT_STEPS)[number];

export function isPowerCutStep(text: string): text is PowerCutStep {
  return POWER_CUT_STEPS.some((step) => step === text);
}
