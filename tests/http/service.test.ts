import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Service, startService } from '../support/service.ts';

let service: Service;

beforeAll(async () => {
  service = await startService();
});
afterAll(() => service.stop());

const call = (method: string, path: string, body?: unknown) =>
  service.call(method, path, { token: service.operatorKey, body });

test('an address that leads nowhere is 404, another method 405 with what is allowed', async () => {
  const nowhere = await service.call('GET', '/v2/nothing');
  expect(nowhere.status).toBe(404);
  expect(nowhere.body.code).toBe('not_found');
  expect(nowhere.headers.get('x-request-id')).toBeTruthy();
  const wrong = await service.call('PUT', '/v1/communities');
  expect(wrong.status).toBe(405);
  expect(wrong.headers.get('allow')).toBe('GET, HEAD, POST');
  expect(wrong.body.code).toBe('method_not_allowed');
});

test('every route is one that the fastest router takes', async () => {
  await service.call('GET', '/v1/gates/gat_0000000000000');
  expect(service.app.router.name).toBe('EndpointRouter + SmartRouter + RegExpRouter');
});

test('a HEAD request has the headers of GET and no body', async () => {
  const head = await service.call('HEAD', '/healthz');
  expect(head).toMatchObject({ status: 200, text: '' });
});

test('health and readiness answer anyone; figures the operator only', async () => {
  expect((await service.call('GET', '/healthz')).body).toEqual({ status: 'ok' });
  expect((await service.call('GET', '/readyz')).body).toEqual({ status: 'ready' });
  expect((await service.call('GET', '/metrics')).status).toBe(401);
  const metrics = await call('GET', '/metrics');
  expect(metrics.headers.get('content-type')).toMatch(/^text\/plain/);
  expect(metrics.text).toContain(
    'courier_pass_http_requests_total{method="GET",route="/readyz",status="200"} 1',
  );
  expect(metrics.text).toMatch(/courier_pass_verify_duration_seconds_count 0/);
});

test('a store that is gone makes the service unready and answers 503', async () => {
  const broken = await startService();
  await broken.deps.store.close();
  const ready = await broken.call('GET', '/readyz');
  expect(ready.status).toBe(503);
  expect(ready.body.code).toBe('store_unavailable');
  expect(ready.headers.get('retry-after')).toBe('1');
  await broken.stop();
});

interface Operation {
  readonly operationId: string;
  readonly summary: string;
  readonly description: string;
  readonly responses: Record<string, object>;
  readonly security: readonly object[];
  readonly parameters?: readonly { readonly name: string }[];
}
type Operations = Record<string, Operation>;

describe('the OpenAPI document', () => {
  test('is complete: every operation names its caller, its answer and its errors', async () => {
    const { body } = await service.call('GET', '/openapi.json');
    expect(body.openapi).toBe('3.1.0');
    expect(body.info.description).toContain('65,536 bytes');
    const schemes = Object.keys(body.components.securitySchemes);
    for (const [path, operations] of Object.entries<Operations>(body.paths)) {
      for (const [method, operation] of Object.entries(operations)) {
        const where = `${method} ${path}`;
        expect(operation.summary, where).toBeTruthy();
        expect(operation.description, where).toContain('Caller: ');
        expect(operation.responses['500'], where).toBeDefined();
        if (operation.security.length > 0) expect(operation.responses['401'], where).toBeDefined();
        for (const requirement of operation.security)
          expect(schemes).toContain(Object.keys(requirement)[0]);
        const declared = (operation.parameters ?? []).map(({ name }) => name);
        for (const [, name] of path.matchAll(/\{(\w+)\}/g)) expect(declared, where).toContain(name);
      }
    }
  });

  test('holds the whole contract', async () => {
    const { body } = await service.call('GET', '/openapi.json');
    const offered = Object.entries<object>(body.paths).flatMap(([path, operations]) =>
      Object.keys(operations).map(
        (method) => `${method.toUpperCase()} ${path.replaceAll(/\{\w+\}/g, '*')}`,
      ),
    );
    expect(offered).toEqual(
      expect.arrayContaining([
        'POST /v1/platforms',
        'POST /v1/platforms/*/webhook-secrets',
        'POST /v1/communities',
        'GET /v1/communities/*',
        'PATCH /v1/communities/*',
        'GET /v1/communities/*/rules',
        'PUT /v1/communities/*/rules',
        'POST /v1/communities/*/gates',
        'GET /v1/communities/*/gates',
        'DELETE /v1/gates/*',
        'POST /v1/gates/enroll',
        'POST /v1/oauth/token',
        'POST /v1/webhooks/*',
        'POST /v1/rider-links',
        'POST /v1/rider-sessions',
        'GET /v1/rider/passes',
        'POST /v1/codes',
        'POST /v1/verify',
        'POST /v1/api-keys',
        'GET /v1/api-keys',
        'DELETE /v1/api-keys/*',
        'GET /v1/audit/checkpoint',
        'GET /v1/audit/tile/*',
        'GET /v1/audit/tile/entries/*',
        'GET /v1/audit/receipts/*',
        'GET /.well-known/jwks.json',
      ]),
    );
  });

  test('every operation has an identifier of its own', async () => {
    const { body } = await service.call('GET', '/openapi.json');
    const ids = Object.values<Operations>(body.paths).flatMap((operations) =>
      Object.values(operations).map(({ operationId }) => operationId),
    );
    expect(new Set(ids).size).toBe(ids.length);
  });
});

test('the page to browse it loads from our own host only', async () => {
  const page = await service.call('GET', '/docs');
  expect(page.headers.get('content-security-policy')).toContain("default-src 'none'");
  const references = [...page.text.matchAll(/(?:src|href)="([^"]+)"/g)].map(
    ([, reference]) => reference ?? '',
  );
  expect(references.length).toBeGreaterThan(2);
  for (const reference of references) {
    expect(reference).toMatch(/^\/docs\//);
    expect((await service.call('GET', reference)).status).toBe(200);
  }
  expect((await service.call('GET', '/docs/package.json')).status).toBe(404);
  expect((await service.call('GET', '/docs/..%2fpackage.json')).status).toBe(404);
});

describe('signing keys', () => {
  const kidsOf = (items: { purpose: string; state: string; kid: string }[], state: string) =>
    items
      .filter((key) => key.purpose === 'courier-code' && key.state === state)
      .map(({ kid }) => kid);

  test('the key set holds public courier-code and status-list keys, told apart by kid, and nothing private', async () => {
    const { headers, body } = await service.call('GET', '/.well-known/jwks.json');
    expect(headers.get('cache-control')).toBe('public, max-age=60');
    const isNumber = ({ kid }: { kid: string }) => /^\d{1,3}$/.test(kid);
    expect(body.keys.filter(isNumber)).toHaveLength(2);
    expect(body.keys).toHaveLength(4);
    for (const key of body.keys) {
      expect(Object.keys(key).sort()).toEqual(['alg', 'crv', 'kid', 'kty', 'use', 'x', 'y']);
      expect(key).toMatchObject({
        kty: 'EC',
        crv: 'P-256',
        alg: 'ES256',
        use: 'sig',
        kid: expect.stringMatching(/^(\d{1,3}|sl-[\w-]+)$/),
      });
    }
  });

  test('the next key signs after a rotation; a revoked one is gone at once', async () => {
    const before = (await call('GET', '/v1/keys')).body.items;
    const rotated = (await call('POST', '/v1/keys/courier-code/rotate')).body.items;
    expect(kidsOf(rotated, 'active')).toEqual(kidsOf(before, 'next'));
    expect(kidsOf(rotated, 'retired')).toEqual(kidsOf(before, 'active'));
    const [active] = kidsOf(rotated, 'active');
    expect((await call('DELETE', `/v1/keys/courier-code/${active}`)).status).toBe(204);
    const { body } = await service.call('GET', '/.well-known/jwks.json');
    expect(body.keys.map(({ kid }: { kid: string }) => kid)).not.toContain(active);
    expect((await call('DELETE', `/v1/keys/courier-code/${active}`)).status).toBe(404);
    expect((await call('POST', '/v1/keys/wishful/rotate')).status).toBe(404);
  });

  test('a key whose revocation was answered is gone, though it was rotated at the same time', async () => {
    for (let round = 0; round < 5; round++) {
      const [active] = kidsOf((await call('GET', '/v1/keys')).body.items, 'active');
      const [rotated, revoked] = await Promise.all([
        call('POST', '/v1/keys/courier-code/rotate'),
        call('DELETE', `/v1/keys/courier-code/${active}`),
      ]);
      expect([rotated.status, revoked.status]).toEqual([200, 204]);
      const { items } = (await call('GET', '/v1/keys')).body;
      expect(items.map(({ kid }: { kid: string }) => kid)).not.toContain(active);
    }
  });

  test('without a free number there is no rotation, and a key can be revoked as long as one signs', async () => {
    const own = (await call('GET', '/v1/keys')).body.items.map(({ kid }: { kid: string }) => kid);
    const now = service.clock.now();
    const insert = Array.from({ length: 256 }, (_, number) => String(number))
      .filter((kid) => !own.includes(kid))
      .map((kid) => ({
        purpose: 'courier-code' as const,
        kid,
        state: 'revoked' as const,
        publicJwk: null,
        sealedPrivate: 'x',
        createdAt: now,
        stateSince: now,
      }));
    await service.deps.store.changeKeys({ insert, move: [], actor: 'test', now });
    expect((await call('POST', '/v1/keys/courier-code/rotate')).body.code).toBe('conflict');
    const revokeActive = async () => {
      const [active] = kidsOf((await call('GET', '/v1/keys')).body.items, 'active');
      return call('DELETE', `/v1/keys/courier-code/${active}`);
    };
    expect((await revokeActive()).status).toBe(204);
    expect((await revokeActive()).body).toMatchObject({ status: 409, code: 'conflict' });
    expect((await call('POST', '/v1/keys/courier-code/rotate')).body.code).toBe('conflict');
  });
});

test('no line of the log holds a credential, a body or a query', async () => {
  service.lines.length = 0;
  await service.call('GET', '/v1/communities?after=very-secret', { token: 'cpk_very-secret' });
  await call('POST', '/v1/communities', { name: 'very-secret' });
  const text = JSON.stringify(service.lines);
  expect(service.lines.length).toBe(2);
  expect(text).not.toContain('very-secret');
  expect(text).not.toContain(service.operatorKey);
});
