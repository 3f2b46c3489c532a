import type { Direction, VerifyAnswer } from '../wire/verify.ts';
import type { JudgedAlone } from './offline-judge.ts';
import type { Judgement } from './verify-client.ts';

/** What the rider sees: a colour, and one sentence in each language. */
export interface Screen {
  readonly colour: 'green' | 'red' | 'amber';
  readonly zh: string;
  readonly en: string;
}

/** A picture or message without a code that could be read; at exit the lane asks and opens without one. */
export interface Unread {
  readonly kind: 'unread';
  readonly why: 'no_code' | 'broken_picture' | 'broken_message';
  readonly detail: string;
}

export function screenFor(
  judgement: Judgement | JudgedAlone | Unread,
  direction: Direction,
  opened: boolean,
): Screen {
  if (judgement.kind === 'answered') return answeredScreen(judgement.answer, opened);
  if (judgement.kind === 'alone') return answeredScreen(aloneAnswer(judgement.outcome), opened);
  if (direction === 'out') return { colour: 'green', zh: '请通行', en: 'Please go through' };
  if (judgement.kind === 'unread') {
    return {
      colour: 'amber',
      zh: '没读到码，请再扫一次',
      en: 'No code was read. Please scan again',
    };
  }
  return {
    colour: 'amber',
    zh: '暂时无法核验，请找保安',
    en: 'Cannot check now. Please ask the guard',
  };
}

function aloneAnswer({ outcome, message, speedLimitKmh }: JudgedAlone['outcome']): Told {
  const limit = typeof speedLimitKmh === 'number' ? { speedLimitKmh } : {};
  return { decision: outcome, message, ...limit };
}

type Told = Pick<VerifyAnswer, 'decision' | 'message' | 'building' | 'speedLimitKmh'>;

function answeredScreen(answer: Told, opened: boolean): Screen {
  if (answer.decision === 'granted' && !opened) {
    return {
      colour: 'amber',
      zh: '超时了，请再扫一次',
      en: 'That took too long. Please scan again',
    };
  }
  const { building, speedLimitKmh } = answer;
  const zh = [answer.message.zh];
  const en = [answer.message.en];
  if (building !== undefined) {
    zh.push(`前往 ${building} 号楼`);
    en.push(`building ${building}`);
  }
  if (speedLimitKmh !== undefined) {
    zh.push(`限速 ${speedLimitKmh} km/h`);
    en.push(`speed limit ${speedLimitKmh} km/h`);
  }
  return { colour: opened ? 'green' : 'red', zh: zh.join(' · '), en: en.join(' · ') };
}
