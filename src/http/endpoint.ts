/**
 * An endpoint: one description from which both the OpenAPI document and the handler are made, so they cannot
 * disagree. Judged in this order: credentials, path, query, body, and only then the handler.
 */
import type { OpenAPIHono, z } from '@hono/zod-openapi';
import type { Context } from 'hono';
import type { Deps, Log } from '../access/deps.ts';
import type { Right } from '../domain/role.ts';
import {
  type Authentication,
  type AuthRule,
  type Caller,
  type CallerOf,
  createAuthentication,
} from './auth.ts';
import { readBytes, readForm, readJson, readJsonIfAny } from './body.ts';
import { headerOf } from './incoming.ts';
import { createMetrics, type Metrics } from './metrics.ts';
import { describeEndpoint } from './openapi.ts';
import {
  inputProblem,
  notFound,
  Problem,
  type ProblemCode,
  problemResponse,
  toProblem,
} from './problem.ts';
import { requestIdOf } from './request-id.ts';

/** What routes are registered on. */
export interface Api {
  readonly hono: OpenAPIHono;
  readonly auth: Authentication;
  readonly metrics: Metrics;
  readonly log: Log;
  /** The body limit of endpoints that name none, in bytes. */
  readonly bodyBytes: number;
}

export function createApi(hono: OpenAPIHono, deps: Deps): Api {
  return {
    hono,
    auth: createAuthentication(deps),
    metrics: createMetrics(),
    log: deps.log,
    bodyBytes: deps.config.limits.bodyBytes,
  };
}

/**
 * What a body is read as: JSON or a form checked by a schema, or the bytes as they came. `mayBeAbsent`: no body is as
 * good as an empty object.
 */
export type BodySpec = {
  readonly maxBytes?: number;
} & (
  | { readonly json: z.ZodType; readonly mayBeAbsent?: true }
  | { readonly form: z.ZodType }
  /** The content type and shape as documented; any is accepted, and judging it is the handler's. */
  | { readonly raw: string; readonly schema?: z.ZodType }
);

type BodyOf<Body extends BodySpec> = Body extends { json: infer Schema extends z.ZodType }
  ? z.output<Schema>
  : Body extends { form: infer Schema extends z.ZodType }
    ? z.output<Schema>
    : Body extends { raw: string }
      ? Uint8Array
      : undefined;

/** The answer when all goes well. */
export interface AnswerSpec<Schema extends z.ZodType> {
  /** 200 unless said otherwise. */
  readonly status?: 200 | 201 | 202 | 204;
  readonly description: string;
  /** The shape of the JSON. Left out: nothing, or what `contentType` says. */
  readonly schema?: Schema;
  /** For answers that the handler writes itself. */
  readonly contentType?: string;
  /** Of an answer that can also be written otherwise. */
  readonly orContentType?: string;
  /** Headers of the answer, by name: what they say. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Another status that is no error, and what it says. */
  readonly otherwise?: { readonly status: 202 | 304; readonly description: string };
}

export interface EndpointSpec<
  Rule extends AuthRule,
  Params extends z.ZodObject,
  Query extends z.ZodObject,
  Body extends BodySpec,
  Schema extends z.ZodType,
> {
  readonly method: 'get' | 'post' | 'put' | 'patch' | 'delete';
  /** As OpenAPI writes it: `/v1/gates/{gateId}`. */
  readonly path: string;
  /** Any one of the rules suffices. */
  readonly auth: readonly Rule[];
  /** What the role of a person who is signed in must include: `read` to read, `manage` to change, unless said otherwise. */
  readonly right?: Right;
  readonly tag: string;
  readonly summary: string;
  readonly description?: string;
  /** The last parameter, where it takes the rest of the path, slashes and all. */
  readonly rest?: string;
  /** What fails here is 404: an invalid identifier names nothing. */
  readonly params?: Params;
  readonly query?: Query;
  readonly body?: Body;
  readonly answer: AnswerSpec<Schema>;
  /** Problems that the handler may throw, beyond those that follow from the above. */
  readonly problems?: readonly ProblemCode[];
  /** Another shape of problems than problem+json. */
  readonly errors?: ErrorShape;
}

/** How an endpoint writes problems where a standard has its own way. */
export interface ErrorShape {
  readonly schema: z.ZodType;
  /** What a problem is called in that shape, and its status. */
  nameOf(code: ProblemCode): { readonly name: string; readonly status: number };
  write(problem: Problem, requestId: string): Response;
}

export interface EndpointInput<Rule extends AuthRule, Params, Query, Body> {
  readonly caller: CallerOf<Rule>;
  readonly params: Params;
  readonly query: Query;
  readonly body: Body;
  readonly c: Context;
  readonly requestId: string;
}

/** Registers an endpoint in the OpenAPI document and installs its handler. */
export function endpoint<
  const Rule extends AuthRule,
  Params extends z.ZodObject = z.ZodObject<Record<never, never>>,
  Query extends z.ZodObject = z.ZodObject<Record<never, never>>,
  Body extends BodySpec = never,
  Schema extends z.ZodType = z.ZodUndefined,
>(
  api: Api,
  spec: EndpointSpec<Rule, Params, Query, Body, Schema>,
  handler: (
    input: EndpointInput<
      Rule,
      z.output<Params>,
      z.output<Query>,
      [Body] extends [never] ? undefined : BodyOf<Body>
    >,
  ) => Response | z.input<Schema> | Promise<Response | z.input<Schema>>,
): void {
  api.hono.openAPIRegistry.registerPath(describeEndpoint(spec, api.bodyBytes));

  const authenticate = spec.auth.some((rule) => rule === 'nobody')
    ? null
    : api.auth.require(spec.auth, rightOf(spec));
  const readBody = bodyReader(spec.body, api.bodyBytes);
  const count = api.metrics.route(spec.method.toUpperCase(), spec.path);
  const status = spec.answer.status ?? 200;
  const writeProblem = spec.errors?.write ?? problemResponse;
  const verbose = api.log.isLevelEnabled('debug');
  const isRead = spec.method === 'get';

  async function judge(c: Context, requestId: string): Promise<Response> {
    const caller = authenticate === null ? NOBODY : await authenticate(c);
    const params = spec.params === undefined ? NONE : parseParams(spec.params, c.req.param());
    const query = spec.query === undefined ? NONE : parseInput(spec.query, c.req.query());
    const body = readBody === null ? undefined : await bodyOf(c, caller, readBody);
    // What the schemas returned has the types that the specification names: TypeScript cannot follow it here.
    const input = { caller, params, query, body, c, requestId } as never;
    const answer: unknown = await handler(input);
    return answer instanceof Response
      ? complete(answer, requestId)
      : jsonResponse(answer, status, requestId);
  }

  /** Where revocation is left to the transaction of the decision, a body that cannot be read must not hide it. */
  async function bodyOf(
    c: Context,
    caller: Caller,
    read: (c: Context) => Promise<unknown>,
  ): Promise<unknown> {
    try {
      return await read(c);
    } catch (error) {
      if (caller.kind === 'gate') await api.auth.requireLiveGate(caller);
      throw error;
    }
  }

  async function handle(c: Context): Promise<Response> {
    const startedAt = performance.now();
    const requestId = requestIdOf(headerOf(c, 'x-request-id'));
    let response: Response;
    let thrown: unknown;
    try {
      response = await judge(c, requestId);
    } catch (error) {
      thrown = error;
      response = writeProblem(toProblem(error), requestId);
    }
    // What nobody reads must not stay open: a live stream would wait for its reader.
    if (isRead && c.req.method === 'HEAD') void response.body?.cancel();
    count(response.status);
    if (verbose || response.status >= 400) {
      const durationMs = performance.now() - startedAt;
      logRequest(
        api.log,
        { requestId, method: spec.method, route: spec.path },
        response.status,
        durationMs,
        thrown,
      );
    }
    return response;
  }

  const route = spec.path.replaceAll(/\{(\w+)\}/g, (_, name) =>
    name === spec.rest ? `*${name}` : `:${name}`,
  );
  api.hono.on(spec.method.toUpperCase(), route, handle);
}

/** One line: at debug when it went well, a warning when it was refused, an error when the fault is ours. */
function logRequest(
  log: Log,
  request: { readonly requestId: string; readonly method: string; readonly route: string },
  status: number,
  durationMs: number,
  thrown: unknown,
): void {
  const members = { ...request, status, durationMs: Math.round(durationMs * 1_000) / 1_000 };
  if (status < 400) log.debug(members, 'answered');
  else if (status < 500)
    log.warn({ ...members, ...(thrown instanceof Problem && { code: thrown.code }) }, 'refused');
  else log.error({ ...members, err: thrown }, 'failed');
}

/** What a person's role must include. */
export function rightOf(spec: {
  readonly method: string;
  readonly right?: Right | undefined;
}): Right {
  return spec.right ?? (spec.method === 'get' ? 'read' : 'manage');
}

const NOBODY = { kind: 'nobody' } as const;
const NONE = {} as const;

function parseParams(schema: z.ZodObject, given: Record<string, string>): unknown {
  const parsed = schema.safeParse(given);
  if (!parsed.success) throw notFound();
  return parsed.data;
}

function parseInput(schema: z.ZodType, given: unknown): unknown {
  const parsed = schema.safeParse(given);
  if (!parsed.success) throw inputProblem(parsed.error);
  return parsed.data;
}

function bodyReader(
  body: BodySpec | undefined,
  defaultBytes: number,
): ((c: Context) => Promise<unknown>) | null {
  if (body === undefined) return null;
  const maxBytes = body.maxBytes ?? defaultBytes;
  if ('raw' in body) return (c) => readBytes(c, maxBytes);
  if ('form' in body) return async (c) => parseInput(body.form, await readForm(c, maxBytes));
  const read = body.mayBeAbsent ? readJsonIfAny : readJson;
  return async (c) => parseInput(body.json, await read(c, maxBytes));
}

/** A JSON answer with the headers that every answer of the API carries; nothing at 204. */
export function jsonResponse(
  value: unknown,
  status: number,
  requestId: string,
  headers?: Readonly<Record<string, string>>,
): Response {
  if (status === 204) return new Response(null, { status, headers: commonHeaders(requestId) });
  return new Response(JSON.stringify(value), {
    status,
    headers: {
      'content-type': 'application/json',
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      'x-request-id': requestId,
      ...headers,
    },
  });
}

function commonHeaders(requestId: string): Record<string, string> {
  return {
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    'x-request-id': requestId,
  };
}

/** Adds what a handler's own answer lacks. */
function complete(response: Response, requestId: string): Response {
  for (const [name, value] of Object.entries(commonHeaders(requestId))) {
    if (!response.headers.has(name)) response.headers.set(name, value);
  }
  return response;
}
