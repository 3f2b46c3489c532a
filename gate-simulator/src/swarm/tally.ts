import type { Judgement } from '../firmware/verify-client.ts';
import { Latencies } from './latency.ts';

/** Different texts of errors and unexpected answers that are kept; more are counted together. */
const MAX_KINDS = 20;

/** What the swarm has seen so far. Its size does not depend on how much that is. */
export class Tally {
  readonly verifies = new Latencies();
  readonly callbacks = new Latencies();
  readonly codeFetches = new Latencies();
  readonly granted = new Map<string, number>();
  readonly denied = new Map<string, number>();
  /** Answers other than the contract lets expect: `expected … , got …`. */
  readonly unexpected = new Map<string, number>();
  readonly errors = new Map<string, number>();
  orders = 0;
  /** Tries after the first for one scan. */
  retries = 0;

  /** @param expected the reason that the contract promises for this attempt */
  judged(judgement: Judgement, expected: string, tookMs: number): void {
    this.retries += Math.max(0, judgement.tries - 1);
    if (judgement.kind === 'unanswered') {
      this.failed(`verify: ${judgement.why}: ${judgement.detail}`);
      return;
    }
    this.verifies.add(tookMs);
    const { decision, reason } = judgement.answer;
    count(decision === 'granted' ? this.granted : this.denied, reason);
    if (reason !== expected) count(this.unexpected, `expected ${expected}, got ${reason}`);
  }

  failed(what: string): void {
    count(this.errors, what);
  }

  get errorCount(): number {
    return total(this.errors);
  }

  /** Neither an error nor an answer that the contract does not let expect. */
  get clean(): boolean {
    return this.errors.size === 0 && this.unexpected.size === 0;
  }
}

export function total(counts: ReadonlyMap<string, number>): number {
  let sum = 0;
  for (const each of counts.values()) sum += each;
  return sum;
}

function count(counts: Map<string, number>, key: string): void {
  const kept = counts.has(key) || counts.size < MAX_KINDS ? key : 'others';
  counts.set(kept, (counts.get(kept) ?? 0) + 1);
}
