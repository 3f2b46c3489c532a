import { isObject, listOf, parseJson, textOf } from './json.ts';
import { printable } from './width.ts';

/** The server answered, but not with success. */
export class Refused extends Error {
  override readonly name = 'Refused';
  readonly status: number;
  /** The problem document (RFC 9457); undefined where something that is not the service answered. */
  readonly problem: unknown;
  /** Seconds after which to come again, where the server names them. */
  readonly retryAfterSeconds: number | null;

  /** @param hint a line of ours on what to do about it */
  constructor(status: number, problem: unknown, retryAfterSeconds: number | null, hint?: string) {
    super(describeProblem(status, problem) + (hint === undefined ? '' : `\n${hint}`));
    this.status = status;
    this.problem = problem;
    this.retryAfterSeconds = retryAfterSeconds;
  }

  /** Whether the same request may succeed later. */
  get passing(): boolean {
    return this.status === 429 || this.status >= 500;
  }
}

/** Reads a refusal to its end. */
export async function readRefusal(response: Response): Promise<Refused> {
  const body = parseJson(await response.text().catch(() => ''));
  const retryAfter = /^\d{1,6}$/.exec(response.headers.get('retry-after') ?? '')?.[0];
  return new Refused(
    response.status,
    isObject(body) && textOf(body, 'title') !== '' ? body : undefined,
    retryAfter === undefined ? null : Number(retryAfter),
  );
}

/** Title and status, the detail, and each invalid member with its path, on lines of their own. */
function describeProblem(status: number, problem: unknown): string {
  if (problem === undefined) {
    return `The server answered ${status}, but not as courier-pass does.`;
  }
  const errors = listOf(problem, 'errors');
  const detail = textOf(problem, 'detail');
  return [
    `${textOf(problem, 'title')} (${status}${codeOf(problem)}).`,
    ...(detail === '' || (errors.length > 0 && detail === 'See errors.') ? [] : [detail]),
    ...errors.map(describeError),
  ]
    .map(printable)
    .join('\n');
}

function codeOf(problem: unknown): string {
  const code = textOf(problem, 'code');
  return code === '' ? '' : ` ${code}`;
}

function describeError(error: unknown): string {
  return `  ${textOf(error, 'path') || '(the whole input)'}: ${textOf(error, 'message')}`;
}
