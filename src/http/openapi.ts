/** How an endpoint appears in the OpenAPI document. */
import { type OpenAPIHono, type RouteConfig, z } from '@hono/zod-openapi';
import type { Config, Limits } from '../config.ts';
import { SECOND_MS } from '../domain/clock.ts';
import { hasRight, ROLES } from '../domain/role.ts';
import type { AuthRule } from './auth.ts';
import {
  type AnswerSpec,
  type BodySpec,
  type EndpointSpec,
  type ErrorShape,
  rightOf,
} from './endpoint.ts';
import { PROBLEMS, type ProblemCode } from './problem.ts';

/** The document that every error is. */
const problemSchema = z
  .object({
    type: z.string().openapi({ example: 'urn:courier-pass:problem:not_found' }),
    title: z.string(),
    status: z.int(),
    detail: z.string(),
    code: z.enum(Object.keys(PROBLEMS) as [ProblemCode, ...ProblemCode[]]),
    errors: z
      .array(z.object({ path: z.string(), message: z.string() }))
      .max(20)
      .optional()
      .openapi({ description: 'The invalid members, e.g. `rules.hours[0].from`.' }),
  })
  .openapi('Problem');

export const SECURITY_SCHEMES = {
  apiKey: {
    type: 'http',
    scheme: 'bearer',
    description:
      'An API key: scoped to all, a district, a community or a platform. Shown once when it is made.',
  },
  gateToken: {
    type: 'http',
    scheme: 'bearer',
    bearerFormat: 'JWT',
    description:
      'A gate’s access token of 15 minutes, from `POST /v1/oauth/token` (RFC 7523 private_key_jwt).',
  },
  accountCookie: {
    type: 'apiKey',
    in: 'cookie',
    name: 'cp_account',
    description:
      'The session of a person who is signed in (`__Secure-cp_account` under HTTPS). What changes something must come from our own pages (`Sec-Fetch-Site` or `Origin`).',
  },
  riderSession: {
    type: 'http',
    scheme: 'bearer',
    description: 'The access token of a rider’s session, from `POST /v1/rider-sessions`.',
  },
  riderCookie: {
    type: 'apiKey',
    in: 'cookie',
    name: 'cp_session',
    description: 'The same, on our own page.',
  },
} as const;

const SECURITY: Readonly<Record<AuthRule, readonly (keyof typeof SECURITY_SCHEMES)[]>> = {
  nobody: [],
  operator: ['apiKey', 'accountCookie'],
  platform: ['apiKey'],
  manager: ['apiKey', 'accountCookie'],
  auditor: ['apiKey', 'accountCookie'],
  gate: ['gateToken'],
  'gate-token': ['gateToken'],
  guard: ['gateToken'],
  rider: ['riderSession', 'riderCookie'],
};

const CALLERS: Readonly<Record<AuthRule, string>> = {
  nobody: 'anyone',
  operator: 'an API key of scope `all`',
  platform: 'an API key of the platform',
  manager: 'an API key whose scope covers the community',
  auditor: 'an API key of scope `all` or `audit`',
  gate: 'an enrolled gate',
  'gate-token': 'an enrolled gate',
  guard: 'a guard’s enrolled device',
  rider: 'a rider’s session',
};

type AnySpec = EndpointSpec<AuthRule, z.ZodObject, z.ZodObject, BodySpec, z.ZodType>;

/** The OpenAPI description of an endpoint, limits and errors included. */
export function describeEndpoint(spec: AnySpec, bodyBytes: number): RouteConfig {
  const maxBytes = spec.body?.maxBytes ?? bodyBytes;
  const callers = [...new Set([...spec.auth.map((rule) => CALLERS[rule]), ...peopleOf(spec)])].join(
    ', or ',
  );
  const lines = [
    spec.description,
    `Caller: ${callers}.`,
    spec.body && `Body: at most ${maxBytes.toLocaleString('en')} bytes.`,
  ];
  return {
    method: spec.method,
    path: spec.path,
    operationId: operationId(spec.method, spec.path),
    tags: [spec.tag],
    summary: spec.summary,
    description: lines.filter(Boolean).join('\n\n'),
    security: [...new Set(spec.auth.flatMap((rule) => SECURITY[rule]))].map((scheme) => ({
      [scheme]: [],
    })),
    request: {
      ...(spec.params && { params: spec.params }),
      ...(spec.query && { query: spec.query }),
      ...(spec.body && {
        body: { required: !mayBeAbsent(spec.body), content: bodyContent(spec.body) },
      }),
    },
    responses: {
      ...describeAnswer(spec.answer),
      ...describeProblems(problemsOf(spec), spec.errors),
    },
  };
}

/** The roles whose people may call, as a sentence names them. */
function peopleOf(spec: AnySpec): readonly string[] {
  const manager = spec.auth.includes('manager');
  if (!manager && !spec.auth.includes('operator')) return [];
  const right = manager ? rightOf(spec) : 'operate';
  const roles = ROLES.filter((role) => hasRight(role, right));
  return [`who is signed in as ${roles.join(', ')}`];
}

function operationId(method: string, path: string): string {
  const words = path.split(/[^A-Za-z0-9]+/).filter((word) => word !== '' && word !== 'v1');
  return method + words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join('');
}

const BINARY = { type: 'string' as const, format: 'binary' };

function mayBeAbsent(body: BodySpec): boolean {
  return 'json' in body && body.mayBeAbsent === true;
}

function bodyContent(body: BodySpec) {
  if ('raw' in body) return { [body.raw]: { schema: body.schema ?? BINARY } };
  if ('form' in body) return { 'application/x-www-form-urlencoded': { schema: body.form } };
  return { 'application/json': { schema: body.json } };
}

function describeAnswer(answer: AnswerSpec<z.ZodType>): RouteConfig['responses'] {
  const { contentType, orContentType, schema } = answer;
  const text = { schema: { type: 'string' as const } };
  const named = Object.entries({ 'x-request-id': 'The request’s identifier.', ...answer.headers });
  const headers = Object.fromEntries(
    named.map(([name, description]) => [
      name,
      { description, schema: { type: 'string' as const } },
    ]),
  );
  const content =
    schema !== undefined
      ? { [contentType ?? 'application/json']: { schema } }
      : contentType !== undefined && {
          [mediaType(contentType)]: text,
          ...(orContentType !== undefined && { [mediaType(orContentType)]: text }),
        };
  return {
    [answer.status ?? 200]: {
      description: answer.description,
      headers,
      ...(content && { content }),
    },
    ...(answer.otherwise && {
      [answer.otherwise.status]: { description: answer.otherwise.description, headers },
    }),
  };
}

/** A content type without its parameters. */
function mediaType(contentType: string): string {
  return contentType.replace(/;.*/, '');
}

/** The problems that follow from an endpoint's shape, and its own. */
function problemsOf(spec: AnySpec): readonly ProblemCode[] {
  const codes = new Set<ProblemCode>([
    'internal_error',
    'store_unavailable',
    ...(spec.problems ?? []),
  ]);
  if (!spec.auth.includes('nobody')) codes.add('credentials_required').add('too_many_refusals');
  if (spec.auth.some((rule) => ['operator', 'platform', 'manager', 'auditor'].includes(rule)))
    codes.add('not_found');
  if (spec.auth.includes('rider') && spec.method !== 'get') codes.add('cross_site_request');
  if (spec.params) codes.add('not_found');
  if (spec.query) codes.add('invalid_input');
  if (spec.body) codes.add('malformed_request').add('body_too_large');
  if (spec.body && !('raw' in spec.body)) codes.add('unsupported_media_type').add('invalid_input');
  return [...codes];
}

/** The shape of problems everywhere but where an endpoint has its own. */
const PROBLEM_SHAPE: Pick<ErrorShape, 'schema' | 'nameOf'> = {
  schema: problemSchema,
  nameOf: (code) => ({ name: code, status: PROBLEMS[code].status }),
};

function describeProblems(
  codes: readonly ProblemCode[],
  own: ErrorShape | undefined,
): RouteConfig['responses'] {
  const { schema, nameOf } = own ?? PROBLEM_SHAPE;
  const meanings = new Map<number, string[]>();
  for (const code of codes) {
    const { name, status } = nameOf(code);
    const meaning = `\`${name}\`: ${PROBLEMS[code].title}.`;
    meanings.set(status, [...(meanings.get(status) ?? []), meaning]);
  }
  const type = own === undefined ? 'application/problem+json' : 'application/json';
  const content = { [type]: { schema } };
  return Object.fromEntries(
    [...meanings]
      .sort(([a], [b]) => a - b)
      .map(([status, lines]) => [status, { description: lines.join(' '), content }]),
  );
}

const DESCRIPTION = `Lets a delivery rider with a live order pass a residential gate, and nobody else.

* JSON in \`camelCase\`; times are RFC 3339, UTC with milliseconds in answers, any offset in requests.
* A refusal at a gate is an answer: HTTP 200 with a reason from a closed list. 4xx and 5xx mean that the request could not be judged.
* Errors are \`application/problem+json\` (RFC 9457). What a caller may not see does not exist (404). Credentials are judged before the rest of a request.
* Lists are read page by page: \`?limit=&after=\` gives \`{items, next}\`.
* Every answer carries \`x-request-id\`; one of 1–64 characters \`A–Z a–z 0–9 . _ -\` that the caller sent comes back.
* Fields may be added; none is renamed or removed.`;

/** The whole document: OpenAPI 3.1, with the limits that apply everywhere. */
export function openApiDocument(hono: OpenAPIHono, version: string, config: Config): object {
  const { limits, publicUrl } = config;
  const { components = {}, ...document } = hono.getOpenAPI31Document({
    openapi: '3.1.0',
    info: {
      title: 'courier-pass',
      version,
      description: `${DESCRIPTION}\n\n${limitsText(limits)}`,
    },
    servers: [{ url: publicUrl }],
  });
  return { ...document, components: { ...components, securitySchemes: SECURITY_SCHEMES } };
}

function limitsText(limits: Limits): string {
  const lines = [
    `a body: ${limits.bodyBytes.toLocaleString('en')} bytes unless an operation says otherwise`,
    `a page: ${limits.pageItems} items, ${limits.pageItemsDefault} unless asked for`,
    `courier codes in one answer: ${limits.codesPerRequest}`,
    `a request must have arrived within ${limits.requestTimeoutMs / SECOND_MS} s`,
    `headers: ${limits.headerBytes.toLocaleString('en')} bytes`,
    `wrong credentials from one address: ${limits.refusalsPerMinute} a minute, then 429 with Retry-After`,
    `writes that wait for the disk: ${limits.storeQueueItems.toLocaleString('en')}, then 503 with Retry-After`,
    `live streams: ${limits.streams.toLocaleString('en')}, then 503 with Retry-After`,
  ];
  return `Limits:\n\n${lines.map((line) => `* ${line}`).join('\n')}`;
}
