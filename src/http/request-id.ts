import { randomBytes } from 'node:crypto';

/** What a caller may choose; anything else is replaced. */
const ACCEPTABLE = /^[A-Za-z0-9._-]{1,64}$/;

const prefix = randomBytes(6).toString('base64url');
let counter = 0;

/** The identifier of a request: the caller's own `x-request-id` where it is usable, else a new one. */
export function requestIdOf(header: string | undefined): string {
  return header !== undefined && ACCEPTABLE.test(header) ? header : nextRequestId();
}

/** Unique in all processes: 48 random bits of this process and a count. */
export function nextRequestId(): string {
  counter += 1;
  return `${prefix}-${counter.toString(36)}`;
}
