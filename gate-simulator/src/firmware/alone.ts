import type { Bilingual, VerifyRequest } from '../wire/verify.ts';
import type { BundleCache } from './bundle-cache.ts';
import type { EventLog } from './event-log.ts';
import type { AloneOutcome, GateTime, OfflineJudge } from './offline-judge.ts';
import type { Recorder } from './recorder.ts';
import { UnreportedEntries } from './unreported-entries.ts';
import type { Judgement } from './verify-client.ts';

const ASK_THE_GUARD: Bilingual = {
  zh: '暂时无法核验，请找保安',
  en: 'Cannot check now. Please ask the guard',
};
/** What the service takes of a code that somebody held before the reader; a real one has 144 characters. */
const MAX_REPORTED_CHARACTERS = 512;

type Unanswered = Extract<Judgement, { kind: 'unanswered' }>;

export interface AloneParts {
  readonly judge: OfflineJudge;
  readonly bundle: BundleCache;
  readonly log: EventLog;
  readonly recorder: Recorder;
}

/**
 * Whether the service could not be reached, or could not judge. Where it has refused to, the gate
 * has no business judging in its place.
 */
export function mayJudgeAlone({ why, status }: Unanswered): boolean {
  if (why === 'no_token') return status === undefined || status >= 500;
  return why === 'no_answer' || why === 'server_error';
}

/** The gate judges by itself. No record, no entry: what it decides is on its disk before it is told. */
export class Alone {
  readonly #parts: AloneParts;
  readonly #unreported: UnreportedEntries;

  constructor(parts: AloneParts) {
    this.#parts = parts;
    this.#unreported = new UnreportedEntries(parts.log);
  }

  /** Whether this gate has used the code up alone and the server has not heard of it: then only the gate can judge. */
  knowsBetter(request: VerifyRequest): boolean {
    return request.direction === 'in' && this.#unreported.has(request.code);
  }

  /**
   * Resolves when the code is in the memory of used codes and the decision in the log, both on disk. Never rejects.
   *
   * @param atScan the time that counts is that of the scan, not that of giving up on the server
   */
  async judgeEntry(request: VerifyRequest, atScan: GateTime): Promise<AloneOutcome> {
    const { log, bundle, judge } = this.#parts;
    if (log.isFull) return cannotJudge('log_full');
    try {
      await bundle.ready();
      const attempt = { direction: 'in', code: request.code ?? null } as const;
      const outcome = await judge.judge(attempt, atScan);
      if (!(await this.#record(request, outcome))) return cannotJudge('not_recorded');
      if (outcome.outcome === 'granted') this.#unreported.add(request.code);
      return outcome;
    } catch {
      return cannotJudge('not_recorded');
    }
  }

  /** After the exit has opened. Never rejects. */
  async noteExit(request: VerifyRequest, atScan: GateTime): Promise<void> {
    const { bundle, judge, recorder } = this.#parts;
    const data = { decision: 'granted', reason: 'granted_exit' } as const;
    recorder.note({ type: 'verification', data: { request: reportable(request), ...data } });
    try {
      await bundle.ready();
      await judge.judge({ direction: 'out', code: request.code ?? null }, atScan);
    } catch {
      // The exit is in the log; the pass is taken to be inside a while longer.
    }
  }

  async #record(request: VerifyRequest, outcome: AloneOutcome): Promise<boolean> {
    const { recorder, bundle } = this.#parts;
    const judged = outcome.outcome !== 'cannot_judge';
    const { version } = bundle;
    const data = {
      request: reportable(request),
      decision: judged ? outcome.outcome : ('denied' as const),
      reason: judged ? outcome.reason : outcome.why,
      ...(judged && outcome.rulesVersion !== null ? { rulesVersion: outcome.rulesVersion } : {}),
      ...(version === undefined ? {} : { bundleVersion: version }),
    };
    return (await recorder.record({ type: 'verification', data })) === 'recorded';
  }
}

function cannotJudge(why: string): AloneOutcome {
  return { outcome: 'cannot_judge', why, message: ASK_THE_GUARD };
}

/** The request as sent; of what is far too long to be a code, as much as the service takes. */
function reportable(request: VerifyRequest): VerifyRequest {
  if (request.code === undefined) return request;
  return { ...request, code: request.code.slice(0, MAX_REPORTED_CHARACTERS) };
}
