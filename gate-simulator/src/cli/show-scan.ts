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
  const answer = judgement.kind === 'answered' ? judgement.answer : undefined;
  const failure = judgement.kind === 'answered' ? undefined : judgement;
  return JSON.stringify({
    ...rest,
    decision: answer?.decision ?? 'none',
    reason: answer?.reason,
    answer,
    failure,
    tookMs: Math.round(tookMs),
  });
}

export function exitCodeOf({ judgement }: ScanResult): number {
  if (judgement.kind !== 'answered') return EXIT.unknown;
  return judgement.answer.decision === 'granted' ? EXIT.ok : EXIT.no;
}

function outcome({ judgement }: ScanResult): string {
  if (judgement.kind === 'answered') return judgement.answer.reason;
  return `${judgement.why}: ${judgement.detail}`;
}
