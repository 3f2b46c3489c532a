/** What the log is published by: to addresses that the operator has configured, so this machine may be one of them. */
import type { Millis } from '../domain/clock.ts';
import { createPost as createGuardedPost, refuseAddress } from '../outbound/post.ts';

export interface OutboundAnswer {
  readonly status: number;
  readonly body: string;
}

export interface OutboundLimits {
  readonly timeoutMs: Millis;
  readonly answerBytes: number;
}

/** @throws OutboundError */
export type Post = (url: URL, body: string, contentType: string) => Promise<OutboundAnswer>;

/** The address must not be spoken to, or has not answered as it should. */
export class OutboundError extends Error {
  override readonly name = 'OutboundError';
}

const NEVER = new AbortController().signal;

/** Whether an operator may configure it. */
export function isOutboundUrl(url: URL): boolean {
  return refuseAddress(url.href, { loopback: 'allowed' }) === null;
}

export function createPost(limits: OutboundLimits): Post {
  const post = createGuardedPost({ ...limits, loopback: 'allowed' });
  return async (url, body, contentType) => {
    const request = { url: url.href, headers: { 'content-type': contentType }, body };
    const answer = await post(request, NEVER);
    if (answer.kind === 'failure') throw new OutboundError(answer.failure);
    return answer;
  };
}
