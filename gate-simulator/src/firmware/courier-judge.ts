import {
  createGateMemory,
  type GateMemory,
  isForgettable,
  judgeOffline,
  loadBundle,
  MalformedBundle,
  type OfflineCache,
  parseBundle,
} from 'courier-pass/gate';
import type {
  AloneOutcome,
  BundleOutcome,
  GateTime,
  OfflineJudge,
  OfflineJudgeKit,
} from './offline-judge.ts';

/** Judges by the same functions as the service. */
class CourierJudge implements OfflineJudge {
  readonly #memory: GateMemory;
  #cache: OfflineCache | null = null;

  constructor(memory: GateMemory) {
    this.#memory = memory;
  }

  async load(
    text: string,
    demands: { readonly minVersion: number; readonly now: number },
  ): Promise<BundleOutcome> {
    try {
      const bundle = parseBundle(text);
      const outcome = await loadBundle(bundle, demands);
      if (outcome.kind === 'refused') return outcome;
      this.#cache = outcome.cache;
      const { version, ttlSeconds } = outcome.cache.statusList;
      const { maxStaleMinutes } = bundle;
      return {
        kind: 'loaded',
        version: bundle.version,
        statusVersion: version,
        ttlSeconds,
        maxStaleMinutes,
      };
    } catch (error) {
      if (error instanceof MalformedBundle) return { kind: 'refused', why: error.message };
      throw error;
    }
  }

  judge(attempt: Parameters<OfflineJudge['judge']>[0], time: GateTime): Promise<AloneOutcome> {
    return judgeOffline(attempt, this.#cache, this.#memory, time);
  }

  async remember(event: Parameters<OfflineJudge['remember']>[0]): Promise<void> {
    await this.#memory.remember(event);
  }
}

/** The judge that every gate may use: what `courier-pass/gate` exports. */
export const courierJudge: OfflineJudgeKit = {
  makeJudge: (journal, past) => new CourierJudge(createGateMemory(journal, past)),
  isForgettable,
};
