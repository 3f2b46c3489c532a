import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { newAccount } from '../support/person.ts';
import { type Service, startService } from '../support/service.ts';
import {
  expectStatus,
  type GateHandle,
  makeCommunity,
  makeDelivery,
  makeGate,
  makeKey,
  makePlatform,
  type PlatformHandle,
  presentCode,
  signIn,
  verify,
} from '../support/world.ts';

let service: Service;
let platform: PlatformHandle;
let communityId: string;
let gate: GateHandle;
let guard: GateHandle;
let passId: string;

beforeAll(async () => {
  service = await startService();
  platform = await makePlatform(service, 'kuaisong');
  communityId = await makeCommunity(service);
  gate = await makeGate(service, communityId);
  guard = await makeGate(service, communityId, { kind: 'guard', name: '门岗' });
  const deadlineAt = new Date(service.clock.now() + 600_000).toISOString();
  await makeDelivery(service, platform, { communityId, label: '快送 #18', deadlineAt });
  const rider = await signIn(service, platform);
  const granted = await verify(service, gate, { code: await presentCode(service, rider) });
  passId = expectStatus(granted, 200).body.passId;
});
afterAll(() => service.stop());

const orders = (token: string, query = `?passes=${passId}`, id = communityId) =>
  service.call('GET', `/v1/communities/${id}/orders${query}`, { token });

describe('the orders behind passes', () => {
  test('a guard’s device learns the label and the building, and nothing of the flat', async () => {
    const answer = await orders(guard.token);
    expect(expectStatus(answer, 200).body).toEqual({
      items: [
        {
          passId,
          platform: 'kuaisong',
          label: '快送 #18',
          leg: 'dropoff',
          status: 'picked_up',
          building: '12',
          deadlineAt: new Date(service.clock.now() + 600_000).toISOString(),
        },
      ],
    });
  });

  test('are closed to gates, to platforms, to other communities and to an auditor', async () => {
    const elsewhere = await makeCommunity(service);
    const stranger = await makeGate(service, elsewhere, { kind: 'guard' });
    const manager = await makeKey(service, { kind: 'community', communityId: elsewhere });
    for (const token of [gate.token, platform.apiKey, stranger.token, manager])
      expectStatus(await orders(token), 404);
    expectStatus(await orders('nothing'), 401);
    // Asked for in the stranger's own community the pass is nobody's.
    expect(
      expectStatus(await orders(stranger.token, undefined, elsewhere), 200).body.items,
    ).toEqual([]);
    const scope = { kind: 'community', communityId };
    const path = `/v1/communities/${communityId}/orders?passes=${passId}`;
    const auditor = await newAccount(service, 'auditor', scope);
    expectStatus(await auditor.call('GET', path), 404);
    const person = await newAccount(service, 'guard', scope);
    expect(expectStatus(await person.call('GET', path), 200).body.items).toHaveLength(1);
  });

  test.each([
    ['', 200],
    ['?passes=', 422],
    ['?passes=pas_1', 422],
    [`?passes=${Array.from({ length: 51 }, () => 'pas_0123456789abc').join(',')}`, 422],
    [`?passes=${Array.from({ length: 50 }, () => 'pas_0123456789abc').join(',')}`, 200],
  ])('with the query %s is %i', async (query, status) => {
    expectStatus(await orders(guard.token, query), status);
  });
});

test('a guard’s device lists the gates that it can open, an ordinary gate does not', async () => {
  const list = (token: string) =>
    service.call('GET', `/v1/communities/${communityId}/gates`, { token });
  const names = expectStatus(await list(guard.token), 200).body.items.map(
    ({ name }: { name: string }) => name,
  );
  expect(names.sort()).toEqual(['南门', '门岗']);
  expectStatus(await list(gate.token), 404);
});

describe('the page', () => {
  test('is open to everybody, keeps its strict policy, and names its own files alone', async () => {
    const answer = expectStatus(await service.call('GET', '/g'), 200);
    const policy = answer.headers.get('content-security-policy') ?? '';
    expect(policy).toContain("script-src 'self';");
    expect(policy).not.toContain('unsafe');
    const files = [...answer.text.matchAll(/(?:src|href|data-decoder|data-wasm)="([^"]+)"/g)];
    expect(files.length).toBeGreaterThan(5);
    expect(files.filter(([, url]) => !url?.startsWith('/'))).toEqual([]);
    expect(answer.text).toContain('data-account="null"');
  });

  test('serves the decoder’s WASM compressed, to be kept for ever', async () => {
    const page = await service.call('GET', '/g');
    const url = /data-wasm="([^"]+)"/.exec(page.text)?.[1] ?? '';
    const headers = { 'accept-encoding': 'br' };
    const wasm = expectStatus(await service.call('GET', url, { headers }), 200);
    expect(wasm.headers.get('content-type')).toBe('application/wasm');
    expect(wasm.headers.get('content-encoding')).toBe('br');
    expect(wasm.headers.get('cache-control')).toContain('immutable');
  });

  test('tells who is signed in and where, with nothing but the name; a role without the right is nobody', async () => {
    const scope = { kind: 'community', communityId };
    const person = await newAccount(service, 'guard', scope);
    const page = expectStatus(await person.get('/g'), 200);
    expect(page.text).toContain(
      `data-account="${JSON.stringify({ name: '王师傅', communityId }).replaceAll('"', '&quot;')}"`,
    );
    expect(page.text).not.toContain(person.signInName);
    const auditor = await newAccount(service, 'auditor', scope);
    expect((await auditor.get('/g')).text).toContain('data-account="null"');
    const operator = await newAccount(service, 'operator', { kind: 'all' });
    expect((await operator.get('/g')).text).toContain('&quot;communityId&quot;:null');
  });

  test('can be installed', async () => {
    const manifest = expectStatus(await service.call('GET', '/g/manifest.webmanifest'), 200);
    expect(manifest.body).toMatchObject({ name: '门岗', start_url: '/g', scope: '/g' });
  });
});
