import { randomUUID } from 'node:crypto';
import { OpenAPIHono } from '@hono/zod-openapi';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { hashSecret } from '../../src/access/secrets.ts';
import { LIMITS } from '../../src/config.ts';
import { type AuthRule, SESSION_COOKIE } from '../../src/http/auth.ts';
import { type Api, createApi, endpoint } from '../../src/http/endpoint.ts';
import { enrolledGate } from '../support/gate-key.ts';
import { PUBLIC_URL, type Service, startService } from '../support/service.ts';

let service: Service;
let api: Api;
let gateToken: string;
let guardToken: string;
let riderToken: string;
let managerKey: string;
let platformKey: string;

beforeAll(async () => {
  service = await startService();
  const made = async (path: string, body: object) =>
    (await service.call('POST', path, { token: service.operatorKey, body })).body;
  const { id } = await made('/v1/communities', { name: 'a', kind: 'standard' });
  gateToken = (await enrolledGate(service, id)).token;
  guardToken = (await enrolledGate(service, id, { kind: 'guard' })).token;
  const scope = { kind: 'community', communityId: id };
  managerKey = (await made('/v1/api-keys', { name: 'm', scope })).key;
  platformKey = (await made('/v1/platforms', { slug: 'p', name: 'p' })).apiKey;
  riderToken = await openSession();
});
afterAll(() => service.stop());

beforeEach(() => {
  api = createApi(new OpenAPIHono(), service.deps);
});

/** A rider's session, through the store. */
async function openSession(): Promise<string> {
  const { store } = service.deps;
  const [link, token] = [randomUUID(), randomUUID()];
  const now = service.clock.now();
  const expiresAt = now + 60_000;
  const linkHash = hashSecret(link);
  await store.createRiderLink({ platform: 'p', riderId: 'r', tokenHash: linkHash, expiresAt, now });
  const sessionHash = hashSecret(token);
  const opening = { linkHash, sessionHash, sessionExpiresAt: now + LIMITS.riderSessionMs };
  expect(await store.openRiderSession({ ...opening, join: null, now })).not.toBeNull();
  return token;
}

/** An endpoint under these rules, and how it answers to a request. */
function guarded(...auth: AuthRule[]) {
  const spec = { auth, tag: 't', summary: 's', answer: { description: 'd', status: 204 as const } };
  for (const method of ['get', 'post'] as const) {
    endpoint(api, { ...spec, method, path: '/guarded' }, () => undefined);
  }
  return async (headers: Record<string, string>, method = 'GET', address = '192.0.2.1') => {
    const env = { incoming: { socket: { remoteAddress: address } } };
    return (await api.hono.request('/guarded', { method, headers }, env)).status;
  };
}

const bearer = (token: string) => ({ authorization: `Bearer ${token}` });

describe('each rule lets in its callers', () => {
  const everyone = () => ({
    operator: service.operatorKey,
    manager: managerKey,
    platform: platformKey,
    gate: gateToken,
    guard: guardToken,
    rider: riderToken,
  });

  test.each<[AuthRule[], string[]]>([
    [['operator'], ['operator']],
    [['manager'], ['operator', 'manager']],
    [['platform'], ['platform']],
    [['gate'], ['gate', 'guard']],
    [['gate-token'], ['gate', 'guard']],
    [['guard'], ['guard']],
    [['rider'], ['rider']],
    [
      ['manager', 'guard'],
      ['operator', 'manager', 'guard'],
    ],
    [
      ['platform', 'operator'],
      ['operator', 'platform'],
    ],
    [['nobody'], ['operator', 'manager', 'platform', 'gate', 'guard', 'rider']],
  ])('%j', async (rules, expected) => {
    const call = guarded(...rules);
    const letIn: string[] = [];
    for (const [name, token] of Object.entries(everyone())) {
      const status = await call(bearer(token));
      expect([204, 401, 404]).toContain(status);
      if (status === 204) letIn.push(name);
    }
    expect(letIn).toEqual(expected);
  });

  test('a valid credential that is not enough finds nothing; one of another kind is refused', async () => {
    expect(await guarded('operator')(bearer(managerKey))).toBe(404);
    api = createApi(new OpenAPIHono(), service.deps);
    expect(await guarded('operator')(bearer(gateToken))).toBe(401);
  });
});

describe('the header', () => {
  test.each([
    ['bearer', 204],
    ['BEARER', 204],
    ['Basic', 401],
    ['', 401],
  ])('scheme %j is %i', async (scheme, status) => {
    expect(await guarded('manager')({ authorization: `${scheme} ${service.operatorKey}` })).toBe(
      status,
    );
  });

  test('a cookie is no credential but for riders', async () => {
    const cookie = `${SESSION_COOKIE}=${service.operatorKey}`;
    expect(await guarded('manager')({ cookie })).toBe(401);
  });
});

describe('a rider’s cookie', () => {
  const cookie = () => ({ cookie: `${SESSION_COOKIE}=${riderToken}` });

  test.each([
    ['reads without a word about its origin', 'GET', {}, 204],
    ['writes from our own page', 'POST', { 'sec-fetch-site': 'same-origin' }, 204],
    ['writes where only the origin is sent', 'POST', { origin: PUBLIC_URL }, 204],
    ['does not write from another site', 'POST', { 'sec-fetch-site': 'cross-site' }, 403],
    [
      'does not write from a sibling',
      'POST',
      { 'sec-fetch-site': 'same-site', origin: PUBLIC_URL },
      403,
    ],
    ['does not write from another origin', 'POST', { origin: 'https://evil.example' }, 403],
    ['does not write without a word about its origin', 'POST', {}, 403],
  ])('%s', async (_, method, headers, status) => {
    expect(await guarded('rider')({ ...cookie(), ...headers }, method)).toBe(status);
  });

  test('a bearer token may come from anywhere', async () => {
    const call = guarded('rider');
    expect(await call({ ...bearer(riderToken), origin: 'https://app.example' }, 'POST')).toBe(204);
  });
});

describe('wrong credentials', () => {
  const attempts = async (
    call: ReturnType<typeof guarded>,
    count: number,
    address = '192.0.2.1',
  ) => {
    for (let i = 0; i < count; i++) await call(bearer('wrong'), 'GET', address);
  };

  test('past the allowance are told to wait, until it has come back', async () => {
    const call = guarded('manager');
    await attempts(call, LIMITS.refusalsPerMinute);
    expect(await call(bearer('wrong'))).toBe(429);
    service.clock.advance(1_000);
    expect(await call(bearer('wrong'))).toBe(401);
    expect(await call(bearer('wrong'))).toBe(429);
  });

  test('never keep a valid one out, nor another address', async () => {
    const call = guarded('manager');
    await attempts(call, LIMITS.refusalsPerMinute + 1);
    expect(await call(bearer(service.operatorKey))).toBe(204);
    expect(await call(bearer('wrong'), 'GET', '192.0.2.2')).toBe(401);
  });

  test('are not counted where there is none', async () => {
    const call = guarded('manager');
    for (let i = 0; i <= LIMITS.refusalsPerMinute; i++) expect(await call({})).toBe(401);
    expect(await call(bearer('wrong'))).toBe(401);
  });
});
