import type { Millis } from '../domain/clock.ts';
import type { OutboundRequest } from '../outbound/post.ts';
import type { NotifyMessage, NotifyOutcome, NotifyTarget } from './notify.ts';

/** How one kind of receiver is spoken to. */
export interface Receiver {
  /** Why an address is not one of this kind; null: it is. */
  refuse(url: URL): string | null;
  request(target: NotifyTarget, message: NotifyMessage, now: Millis): OutboundRequest;
  /** What an answer says. */
  judge(status: number, body: string): NotifyOutcome;
}

export const JSON_HEADERS = {
  'content-type': 'application/json; charset=utf-8',
  'user-agent': 'courier-pass',
} as const;

/** A redirect is no answer: it would lead to an address that nobody has named. */
export function judgeStatus(status: number): NotifyOutcome {
  if (status >= 200 && status < 300) return { kind: 'sent' };
  if (status === 410) return { kind: 'refused', failure: 'http_410' };
  return { kind: 'failed', failure: `http_${status}` };
}

/** The `errcode` by which robots answer; null: it is no such answer. */
export function errorCode(body: string): number | null {
  try {
    const answer: unknown = JSON.parse(body);
    if (typeof answer !== 'object' || answer === null || !('errcode' in answer)) return null;
    const { errcode } = answer;
    return typeof errcode === 'number' || typeof errcode === 'string' ? Number(errcode) : null;
  } catch {
    return null;
  }
}

/** The longest prefix of a text that fits, in UTF-8 bytes, without half a character. */
export function fitting(text: string, bytes: number): string {
  const encoded = Buffer.from(text);
  if (encoded.length <= bytes) return text;
  let end = bytes;
  while (end > 0 && ((encoded[end] ?? 0) & 0xc0) === 0x80) end -= 1;
  return encoded.subarray(0, end).toString('utf8');
}
