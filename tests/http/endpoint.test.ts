import { OpenAPIHono, z } from '@hono/zod-openapi';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { LIMITS } from '../../src/config.ts';
import { type Api, createApi, endpoint } from '../../src/http/endpoint.ts';
import { Problem } from '../../src/http/problem.ts';
import { StoreUnavailable } from '../../src/store/store.ts';
import { type Service, startService } from '../support/service.ts';

const MAX_BYTES = 64;

let service: Service;
let api: Api;

beforeAll(async () => {
  service = await startService();
});
afterAll(() => service.stop());

beforeEach(() => {
  service.lines.length = 0;
  api = createApi(new OpenAPIHono(), service.deps);
  endpoint(
    api,
    {
      method: 'post',
      path: '/echo/{id}',
      auth: ['nobody'],
      tag: 'test',
      summary: 'Echo',
      params: z.object({ id: z.string().regex(/^a+$/) }),
      query: z.object({ n: z.coerce.number().int().max(9).optional() }),
      body: {
        json: z.object({ rules: z.object({ hours: z.array(z.object({ from: z.string() })) }) }),
        maxBytes: MAX_BYTES,
      },
      answer: { description: 'The input.', schema: z.unknown() },
    },
    ({ params, query, body }) => ({ params, query, body }),
  );
  endpoint(
    api,
    {
      method: 'post',
      path: '/locked',
      auth: ['manager'],
      tag: 'test',
      summary: 'Locked',
      body: { json: z.object({}) },
      answer: { description: 'Nothing.', status: 204 },
    },
    () => undefined,
  );
  for (const [path, thrown] of Object.entries({
    '/problem': new Problem('conflict', 'It exists.'),
    '/store': new StoreUnavailable('SQLITE_FULL: database or disk is full'),
    '/bug': new TypeError('secret token cpk_123'),
  })) {
    endpoint(
      api,
      {
        method: 'get',
        path,
        auth: ['nobody'],
        tag: 'test',
        summary: 'Throws',
        answer: { description: '' },
      },
      () => {
        throw thrown;
      },
    );
  }
});

const good = JSON.stringify({ rules: { hours: [{ from: '08:00' }] } });
const json = { 'content-type': 'application/json' };
const post = (
  path: string,
  body: string | Uint8Array | ReadableStream,
  headers: Record<string, string> = json,
) => api.hono.request(path, { method: 'POST', headers, body, duplex: 'half' } as RequestInit);

/** A body that is sent in chunks, so that no length is announced. */
const chunked = (...chunks: string[]) =>
  new ReadableStream({
    start(controller) {
      for (const chunk of chunks) controller.enqueue(new TextEncoder().encode(chunk));
      controller.close();
    },
  });

// biome-ignore lint/suspicious/noExplicitAny: the test looks into it
async function problemOf(response: Response): Promise<any> {
  expect(response.headers.get('content-type')).toBe('application/problem+json');
  const document = JSON.parse(await response.text());
  expect(document.type).toBe(`urn:courier-pass:problem:${document.code}`);
  expect(document.status).toBe(response.status);
  return document;
}

test('a good request reaches the handler with what its schemas made of it', async () => {
  const response = await post('/echo/aa?n=3', good);
  expect(response.status).toBe(200);
  expect(response.headers.get('cache-control')).toBe('no-store');
  expect(await response.json()).toEqual({
    params: { id: 'aa' },
    query: { n: 3 },
    body: JSON.parse(good),
  });
});

test('an invalid identifier in the path names nothing, whatever the body', async () => {
  expect((await problemOf(await post('/echo/b', '{'))).code).toBe('not_found');
});

test('an invalid query is 422 before the body is read', async () => {
  const document = await problemOf(await post('/echo/a?n=10', '{'));
  expect(document.status).toBe(422);
  expect(document.errors[0].path).toBe('n');
});

test.each(['text/plain', 'application/x-www-form-urlencoded', 'application/json; charset=gbk'])(
  'a body of type %s is 415',
  async (type) => {
    expect((await problemOf(await post('/echo/a', good, { 'content-type': type }))).status).toBe(
      415,
    );
  },
);

test.each([
  'application/json; charset=utf-8',
  'Application/JSON',
  'application/json;charset="UTF-8"',
])('a body of type %s is JSON', async (type) => {
  expect((await post('/echo/a', good, { 'content-type': type })).status).toBe(200);
});

test('a body without a content type is 415', async () => {
  expect((await post('/echo/a', new TextEncoder().encode(good), {})).status).toBe(415);
});

test.each([
  ['at the limit, announced', { ...json, 'content-length': String(MAX_BYTES) }, MAX_BYTES, 200],
  [
    'past the limit, announced',
    { ...json, 'content-length': String(MAX_BYTES + 1) },
    MAX_BYTES + 1,
    413,
  ],
  ['past the limit, announced falsely', { ...json, 'content-length': '1' }, MAX_BYTES + 1, 413],
])('a body %s', async (_, headers, length, status) => {
  expect((await post('/echo/a', good.padEnd(length), headers)).status).toBe(status);
});

test('a chunked body is measured while it is read', async () => {
  expect((await post('/echo/a', chunked(good, ' '.repeat(MAX_BYTES - good.length)))).status).toBe(
    200,
  );
  const refused = await post('/echo/a', chunked(good, ' '.repeat(MAX_BYTES - good.length + 1)));
  expect((await problemOf(refused)).code).toBe('body_too_large');
});

test.each([
  ['nothing', ''],
  ['cut JSON', '{"rules":'],
  ['broken UTF-8', new Uint8Array([0x22, 0xc3, 0x28, 0x22])],
])('%s is 400', async (_, body) => {
  expect((await problemOf(await post('/echo/a', body))).code).toBe('malformed_request');
});

test('invalid members are named by their path', async () => {
  const document = await problemOf(await post('/echo/a', '{"rules":{"hours":[{"from":8}]}}'));
  expect(document.status).toBe(422);
  expect(document.errors).toEqual([{ path: 'rules.hours[0].from', message: expect.any(String) }]);
});

test('credentials are judged before the body', async () => {
  for (const headers of [json, { ...json, authorization: 'Bearer cpk_wrong' }]) {
    const response = await post('/locked', '{', headers);
    expect(response.headers.get('www-authenticate')).toBe('Bearer');
    expect((await problemOf(response)).status).toBe(401);
  }
});

test('a caller’s request identifier comes back; an unusable one is replaced', async () => {
  const chosen = await post('/echo/a', good, { ...json, 'x-request-id': 'A.b_c-1' });
  expect(chosen.headers.get('x-request-id')).toBe('A.b_c-1');
  const long = await post('/echo/a', good, { ...json, 'x-request-id': 'x'.repeat(65) });
  expect(long.headers.get('x-request-id')).toMatch(/^[\w-]{8,32}$/);
  const refused = await post('/echo/b', good, { ...json, 'x-request-id': 'mine' });
  expect(refused.headers.get('x-request-id')).toBe('mine');
});

test('what is thrown is mapped in one place and tells nothing of the inside', async () => {
  expect(await problemOf(await api.hono.request('/problem'))).toMatchObject({
    code: 'conflict',
    detail: 'It exists.',
  });
  const unavailable = await api.hono.request('/store');
  expect(unavailable.headers.get('retry-after')).toBe('1');
  expect(await unavailable.text()).not.toContain('SQLITE');
  const bug = await api.hono.request('/bug');
  expect(bug.status).toBe(500);
  expect(await bug.text()).not.toMatch(/cpk_|TypeError| at /);
});

test('a refused request is one line of the log: a warning, or an error when the fault is ours', async () => {
  await api.hono.request('/problem');
  await api.hono.request('/bug');
  expect(service.lines).toMatchObject([
    { level: 'warn', members: { route: '/problem', status: 409, code: 'conflict' } },
    { level: 'error', members: { route: '/bug', status: 500, err: expect.any(TypeError) } },
  ]);
});

test('an address that presents too many wrong credentials is told to wait; others are not', async () => {
  const attempt = (address: string) =>
    api.hono.request(
      '/locked',
      { method: 'POST', headers: { authorization: 'Bearer wrong' } },
      { incoming: { socket: { remoteAddress: address } } },
    );
  for (let i = 0; i < LIMITS.refusalsPerMinute; i++)
    expect((await attempt('192.0.2.1')).status).toBe(401);
  const refused = await attempt('192.0.2.1');
  expect(refused.status).toBe(429);
  expect(Number(refused.headers.get('retry-after'))).toBe(1);
  expect((await attempt('192.0.2.2')).status).toBe(401);
});
