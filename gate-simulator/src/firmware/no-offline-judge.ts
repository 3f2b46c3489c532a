import type { Bilingual } from '../wire/verify.ts';
import type { OfflineJudge, OfflineJudgeKit } from './offline-judge.ts';

const ASK_THE_GUARD: Bilingual = {
  zh: '暂时无法核验，请找保安',
  en: 'Cannot check now. Please ask the guard',
};
const LEAVE: Bilingual = { zh: '请慢走', en: 'Goodbye, ride safely' };
const REMEMBERED_MS = 10 * 60_000;

const judge: OfflineJudge = {
  load: async () => ({ kind: 'refused', why: 'no_judge' }),
  judge: async ({ direction }) =>
    direction === 'out'
      ? {
          outcome: 'granted',
          reason: 'granted_exit',
          message: LEAVE,
          passId: null,
          rulesVersion: null,
        }
      : { outcome: 'cannot_judge', why: 'no_bundle', message: ASK_THE_GUARD },
  remember: async () => undefined,
};

/** A gate that judges nothing alone: without the service no entry opens, and every exit does. */
export const noOfflineJudge: OfflineJudgeKit = {
  makeJudge: () => judge,
  isForgettable: ({ at }, now) => now >= at + REMEMBERED_MS,
};
