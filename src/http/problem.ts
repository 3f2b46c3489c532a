/**
 * The one place where errors become HTTP: everything thrown behind a route leaves as `application/problem+json`.
 * An answer never holds a stack, a credential or a database message.
 * @see RFC 9457
 */
import type { z } from '@hono/zod-openapi';
import { StoreUnavailable } from '../store/store.ts';

/** What each code of a problem means on the wire. A code keeps its status for ever. */
export const PROBLEMS = {
  malformed_request: { status: 400, title: 'The request could not be parsed' },
  credentials_required: { status: 401, title: 'Valid credentials are required' },
  invalid_signature: { status: 401, title: 'The signature or its age is wrong' },
  own_sanction: { status: 403, title: 'Another manager has to decide' },
  wrong_signer: { status: 403, title: 'It is signed in another name' },
  cross_site_request: { status: 403, title: 'A page of another site may not do this' },
  consent_required: { status: 403, title: 'The rider has not consented' },
  not_found: { status: 404, title: 'There is no such thing here' },
  method_not_allowed: { status: 405, title: 'The method is not allowed here' },
  request_timeout: { status: 408, title: 'The request did not arrive in time' },
  conflict: { status: 409, title: 'It conflicts with what is there' },
  request_id_reused: { status: 409, title: 'The requestId belongs to another request' },
  not_confirmable: { status: 409, title: 'The decision does not wait for a confirmation' },
  no_open_visit: { status: 409, title: 'The pass has no visit that is open' },
  not_vouched: { status: 409, title: 'No platform has vouched for the rider lately' },
  appealed_before: { status: 409, title: 'There is an appeal already' },
  appeal_decided: { status: 409, title: 'The appeal is decided' },
  command_claimed: { status: 409, title: 'The command was claimed before' },
  not_a_station: { status: 409, title: 'Only a station gives passes on request' },
  appeal_too_late: { status: 410, title: 'It is too late for an appeal' },
  command_expired: { status: 410, title: 'The command is too old' },
  version_mismatch: { status: 412, title: 'Somebody else has changed it in the meantime' },
  body_too_large: { status: 413, title: 'The body is too large' },
  unsupported_media_type: { status: 415, title: 'The content type is not supported' },
  invalid_input: { status: 422, title: 'Some members are invalid' },
  too_many_reports: { status: 429, title: 'Too many reports in a day' },
  too_many_refusals: { status: 429, title: 'Too many wrong credentials' },
  headers_too_large: { status: 431, title: 'The headers are too large' },
  internal_error: { status: 500, title: 'Something is wrong on our side' },
  store_unavailable: { status: 503, title: 'It cannot be recorded now' },
} as const;

export type ProblemCode = keyof typeof PROBLEMS;

/** An invalid member of the input. `path` is written like `rules.hours[0].from`; empty: the whole input. */
export interface InputError {
  readonly path: string;
  readonly message: string;
}

interface ProblemExtras {
  readonly errors?: readonly InputError[];
  readonly headers?: Readonly<Record<string, string>>;
}

/** A request that cannot be judged or served, as the caller shall see it. `detail` is public. */
export class Problem extends Error {
  override readonly name = 'Problem';
  readonly code: ProblemCode;
  readonly detail: string;
  readonly errors: readonly InputError[] | undefined;
  readonly headers: Readonly<Record<string, string>> | undefined;

  constructor(code: ProblemCode, detail: string, extras: ProblemExtras = {}) {
    super(`${code}: ${detail}`);
    this.code = code;
    this.detail = detail;
    this.errors = extras.errors;
    this.headers = extras.headers;
  }

  get status(): number {
    return PROBLEMS[this.code].status;
  }
}

/** A single invalid member that no schema can see. */
export function invalidInput(path: string, message: string): Problem {
  return new Problem('invalid_input', 'See errors.', { errors: [{ path, message }] });
}

/** What does not exist, or what the caller may not see: the two look alike. */
export function notFound(detail = 'It does not exist, or it is not yours to see.'): Problem {
  return new Problem('not_found', detail);
}

/** The problem of an input that its schema refuses. At most 20 errors are named. */
export function inputProblem(error: z.ZodError): Problem {
  const errors = error.issues
    .slice(0, MAX_INPUT_ERRORS)
    .map(({ path, message }) => ({ path: formatPath(path), message }));
  return new Problem('invalid_input', 'See errors.', { errors });
}
const MAX_INPUT_ERRORS = 20;

/** Writes a path into a document: `['rules', 'hours', 0, 'from']` is `rules.hours[0].from`. */
export function formatPath(path: readonly PropertyKey[]): string {
  let written = '';
  for (const step of path) {
    if (typeof step === 'number') written += `[${step}]`;
    else written += written === '' ? String(step) : `.${String(step)}`;
  }
  return written;
}

/** Seconds after which a caller may try again when the store is unavailable. */
const STORE_RETRY_AFTER_SECONDS = 1;

/** The problem that stands for anything thrown. What is unknown tells nothing. */
export function toProblem(thrown: unknown): Problem {
  if (thrown instanceof Problem) return thrown;
  if (thrown instanceof StoreUnavailable) {
    return new Problem('store_unavailable', 'Nothing was answered; repeat the same request.', {
      headers: { 'retry-after': String(STORE_RETRY_AFTER_SECONDS) },
    });
  }
  return new Problem('internal_error', 'The request could not be served.');
}

/** The members of the problem document. */
export function problemDocument(problem: Problem): Record<string, unknown> {
  const { status, title } = PROBLEMS[problem.code];
  return {
    type: `urn:courier-pass:problem:${problem.code}`,
    title,
    status,
    detail: problem.detail,
    code: problem.code,
    ...(problem.errors && { errors: problem.errors }),
  };
}

/** Writes a problem as an HTTP answer. */
export function problemResponse(problem: Problem, requestId: string): Response {
  return new Response(JSON.stringify(problemDocument(problem)), {
    status: problem.status,
    headers: {
      'content-type': 'application/problem+json',
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      'x-request-id': requestId,
      ...(problem.status === 401 && { 'www-authenticate': 'Bearer' }),
      ...problem.headers,
    },
  });
}
