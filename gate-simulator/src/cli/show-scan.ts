import type { ScanResult } from '../firmware/gate.ts';
import { EXIT } from './exit-code.ts';

/** The screen in Chinese, then in English, then one line for the technician. */
export function screenText(result: ScanResult): string {
  const { screen, requestId, opened, tookMs } = result;
  const lane = opened ? 'gate open' : 'gate shut';
  const about = [screen.colour, outcome(result), lane, `${Math.round(tookMs)} ms`, requestId];
  return `${screen.zh}\n${screen.en}\n[${about.join(' · ')}]`;
}

/** One JSON document in one line; never holds the code. */
export function scanJson(result: ScanResult): string {
  const { judgement, tookMs, ...rest } = result;
  const { decision, reason } = decisionOf(judgement);
  const answer = judgement.kind === 'answered' ? judgement.answer : undefined;
  const alone = judgement.kind === 'alone' ? judgement.outcome : undefined;
  const failure = answer === undefined && alone === undefined ? judgement : undefined;
  return JSON.stringify({
    ...rest,
    decision,
    reason,
    answer,
    alone,
    failure,
    tookMs: Math.round(tookMs),
  });
}

export function exitCodeOf({ judgement }: ScanResult): number {
  const { decision } = decisionOf(judgement);
  if (decision === 'none') return EXIT.unknown;
  return decision === 'granted' ? EXIT.ok : EXIT.no;
}

function decisionOf(judgement: ScanResult['judgement']): { decision: string; reason?: string } {
  switch (judgement.kind) {
    case 'answered':
      return { decision: judgement.answer.decision, reason: judgement.answer.reason };
    case 'alone':
      return { decision: judgement.outcome.outcome, reason: judgement.outcome.reason };
    default:
      return { decision: 'none' };
  }
}

function outcome({ judgement }: ScanResult): string {
  if (judgement.kind === 'answered') return judgement.answer.reason;
  if (judgement.kind === 'alone') return `${judgement.outcome.reason} (alone)`;
  return `${judgement.why}: ${judgement.detail}`;
}
