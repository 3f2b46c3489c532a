/** The audit log as others see it: verified here with the published keys alone. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { openCheckpoint } from '../../src/audit/checkpoint.ts';
import { Prover, verifyConsistency } from '../../src/audit/proof.ts';
import { verifyReceipt } from '../../src/audit/receipt.ts';
import { parseVerifierKey, type VerifierKey } from '../../src/audit/signed-note.ts';
import { decodeBundle, tilePath, tileWidth } from '../../src/audit/tiles.ts';
import { hashLeaf, parseHash } from '../../src/audit/tree.ts';
import { DAY_MS } from '../../src/domain/clock.ts';
import { type Answer, NOON, type Service, startService } from '../support/service.ts';
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
  type RiderHandle,
  signIn,
  verify,
} from '../support/world.ts';

let service: Service;
let platform: PlatformHandle;
let communityId: string;
let gate: GateHandle;
let rider: RiderHandle;
/** Of a decision of `gate` about `rider`. */
let auditId: string;

beforeAll(async () => {
  service = await startService();
  platform = await makePlatform(service, 'kuaisong');
  communityId = await makeCommunity(service, { district: '东港区' });
  gate = await makeGate(service, communityId);
  await makeDelivery(service, platform, { communityId });
  rider = await signIn(service, platform);
});
afterAll(() => service.stop());

beforeEach(async () => {
  service.clock.set(NOON);
  const code = await presentCode(service, rider);
  const answer = await verify(service, gate, { code });
  auditId = expectStatus(answer, 200).body.auditId;
});

const get = (path: string, token?: string): Promise<Answer> =>
  service.call('GET', path, token === undefined ? {} : { token });
const receipt = (token: string, id = auditId) => get(`/v1/audit/receipts/${id}`, token);

async function keys(): Promise<VerifierKey[]> {
  const { body } = expectStatus(await get('/v1/audit/keys'), 200);
  return body.items.map(({ verifierKey }: { verifierKey: string }) =>
    parseVerifierKey(verifierKey),
  );
}

async function checkpoint() {
  const { text } = expectStatus(await get('/v1/audit/checkpoint'), 200);
  return openCheckpoint(text, await keys());
}

async function bytes(path: string, token?: string): Promise<Buffer> {
  const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
  const response = await service.app.request(path, { headers });
  expect(response.status, path).toBe(200);
  expect(response.headers.get('content-type')).toBe('application/octet-stream');
  return Buffer.from(await response.arrayBuffer());
}

describe('the checkpoint', () => {
  test('is a signed note of the log’s own name, and covers every entry once it is sequenced', async () => {
    await service.deps.audit.run();
    const answer = await get('/v1/audit/checkpoint');
    expect(answer.headers.get('content-type')).toBe('text/plain; charset=utf-8');
    expect(answer.headers.get('cache-control')).toBe('public, max-age=1');
    const opened = await checkpoint();
    expect(opened.origin).toBe('localhost/audit');
    const entries = await service.deps.store.listAuditEntries({ afterSeq: 0, limit: 10_000 });
    expect(opened.size).toBe(entries.length);
  });

  test('is not there before the first one was signed', async () => {
    const fresh = await startService();
    expect((await fresh.call('GET', '/v1/audit/checkpoint')).status).toBe(404);
    await fresh.deps.audit.run();
    expect((await fresh.call('GET', '/v1/audit/checkpoint')).status).toBe(200);
    await fresh.stop();
  });

  test('a new key signs beside the old one for 90 days, and what either signed stays verifiable', async () => {
    const other = await startService();
    const call = (path: string) => other.call('GET', path);
    const published = async () => (await call('/v1/audit/keys')).body.items;
    const keyOf = async (state: string) => {
      const item = (await published()).find((each: { state: string }) => each.state === state);
      return parseVerifierKey(item.verifierKey);
    };
    const [old, next] = [await keyOf('active'), await keyOf('next')];
    await other.deps.audit.run();
    const before = (await call('/v1/audit/checkpoint')).text;
    await other.deps.keys.rotate('checkpoint', 'test', NOON);
    await other.deps.audit.run();
    const both = (await call('/v1/audit/checkpoint')).text;
    expect(openCheckpoint(both, [old]).verified).toHaveLength(1);
    expect(openCheckpoint(both, [next]).verified).toHaveLength(1);
    other.clock.advance(90 * DAY_MS);
    const session = { token: other.operatorKey, body: { name: 'x', scope: { kind: 'all' } } };
    await other.call('POST', '/v1/api-keys', session);
    await other.deps.audit.run();
    expect(openCheckpoint((await call('/v1/audit/checkpoint')).text, [old]).size).toBeGreaterThan(
      0,
    );
    other.clock.advance(1);
    await other.call('POST', '/v1/api-keys', session);
    await other.deps.audit.run();
    const later = (await call('/v1/audit/checkpoint')).text;
    expect(() => openCheckpoint(later, [old])).toThrow(/known key/);
    expect(openCheckpoint(later, [next]).size).toBeGreaterThan(0);
    const all = (await published()).map(({ verifierKey }: { verifierKey: string }) =>
      parseVerifierKey(verifierKey),
    );
    expect(openCheckpoint(before, all).size).toBeGreaterThan(0);
    // The log names the key by its fingerprint, so its succession is itself proven.
    const entries = await other.deps.store.listAuditEntries({ afterSeq: 0, limit: 100 });
    const created = entries
      .map(({ entry }) => JSON.parse(entry))
      .filter(({ type, purpose }) => type === 'key.created' && purpose === 'checkpoint');
    expect(created).toHaveLength(3);
    for (const { publicKey } of created) expect(publicKey).toMatch(/^[\w-]{43}$/);
    await other.stop();
  });

  test('a revoked key is no more published and signs nothing', async () => {
    const other = await startService();
    await other.deps.audit.run();
    const active = other.deps.keys
      .list()
      .find(({ purpose, state }) => purpose === 'checkpoint' && state === 'active');
    const revoke = await other.call('DELETE', `/v1/keys/checkpoint/${active?.kid}`, {
      token: other.operatorKey,
    });
    expect(revoke.status).toBe(204);
    await other.deps.audit.run();
    const items = (await other.call('GET', '/v1/audit/keys')).body.items;
    expect(items.map(({ state }: { state: string }) => state).sort()).toEqual(['active', 'next']);
    const verifiers = items.map(({ verifierKey }: { verifierKey: string }) =>
      parseVerifierKey(verifierKey),
    );
    const note = (await other.call('GET', '/v1/audit/checkpoint')).text;
    expect(openCheckpoint(note, verifiers).verified).toHaveLength(1);
    await other.stop();
  });
});

describe('tiles', () => {
  const full = 300;
  beforeAll(async () => {
    const made = Array.from({ length: full }, () => makeKey(service, { kind: 'all' }));
    await Promise.all(made);
  });

  test('make the root of the checkpoint, and every proof, without anything else of ours', async () => {
    await service.deps.audit.run();
    const { size, root } = await checkpoint();
    const prover = new Prover((level, tile) => {
      const width = tileWidth(size, level, tile);
      return bytes(`/v1/audit/tile/${tilePath({ level, tile, width })}`);
    });
    expect(Buffer.from(await prover.root(size)).equals(root)).toBe(true);
  });

  test('are kept by caches for an hour, since a restored log has others; partial ones of every size too', async () => {
    await service.deps.audit.run();
    const answer = await service.app.request('/v1/audit/tile/0/000');
    expect(answer.headers.get('cache-control')).toBe('public, max-age=3600');
    const whole = await bytes('/v1/audit/tile/0/000');
    expect(whole).toHaveLength(256 * 32);
    for (const width of [1, 17, 255])
      expect(await bytes(`/v1/audit/tile/0/000.p/${width}`)).toEqual(whole.subarray(0, width * 32));
  });

  test.each([
    '/v1/audit/tile/0/999',
    '/v1/audit/tile/0/001.p/255',
    '/v1/audit/tile/0/0',
    '/v1/audit/tile/0/000.p/256',
    '/v1/audit/tile/7/000',
    '/v1/audit/tile/0/x000/000',
    '/v1/audit/tile/0/..%2f000',
    '/v1/audit/tile/',
    '/v1/audit/tile/0',
    '/v1/audit/tile/%E0%A4%A',
  ])('%s is not there', async (path) => {
    expect((await get(path)).status).toBe(404);
  });

  test('entries are for the operator, and hash to the leaves', async () => {
    await service.deps.audit.run();
    const path = '/v1/audit/tile/entries/000';
    expect((await get(path)).status).toBe(401);
    expect((await get(path, rider.token)).status).toBe(401);
    expect((await get(path, platform.apiKey)).status).toBe(404);
    const scope = { kind: 'community', communityId };
    expect((await get(path, await makeKey(service, scope))).status).toBe(404);
    const entries = decodeBundle(await bytes(path, service.operatorKey));
    expect(entries).toHaveLength(256);
    const leaves = Buffer.concat((entries ?? []).map((entry) => hashLeaf(entry)));
    expect(await bytes('/v1/audit/tile/0/000')).toEqual(leaves);
    const three = decodeBundle(await bytes(`${path}.p/3`, service.operatorKey));
    expect(three).toEqual(entries?.slice(0, 3));
    expect((await get('/v1/audit/tile/entries/900', service.operatorKey)).status).toBe(404);
    expect((await get('/v1/audit/tile/entries/0/000', service.operatorKey)).status).toBe(404);
  });
});

describe('consistency', () => {
  test('is proven between any two checkpoints', async () => {
    await service.deps.audit.run();
    const older = await checkpoint();
    await makeKey(service, { kind: 'all' });
    await service.deps.audit.run();
    const newer = await checkpoint();
    expect(newer.size).toBeGreaterThan(older.size);
    const path = `/v1/audit/consistency?from=${older.size}&to=${newer.size}`;
    const { body } = expectStatus(await get(path), 200);
    const proof = body.hashes.map((hash: string) => parseHash(hash) ?? new Uint8Array());
    const claim = { from: older.size, fromRoot: older.root, to: newer.size, toRoot: newer.root };
    expect(verifyConsistency({ ...claim, proof })).toBe(true);
  });

  test.each([
    ['?from=0', 422],
    ['?from=-1&to=2', 422],
    ['?from=01&to=2', 422],
    ['?from=x&to=2', 422],
    ['?from=2&to=1', 404],
    ['?from=1&to=9999999', 404],
    ['?from=1&to=9999999999999999', 404],
  ])('%s is %i', async (query, status) => {
    await service.deps.audit.run();
    expect((await get(`/v1/audit/consistency${query}`)).status).toBe(status);
  });
});

describe('a receipt', () => {
  test('is 202 until a checkpoint covers the entry, then proves it with the key alone', async () => {
    const waiting = await receipt(gate.token);
    expect(waiting.status).toBe(202);
    expect(waiting.headers.get('retry-after')).toBe('2');
    await service.deps.audit.run();
    const answer = expectStatus(await receipt(gate.token), 200);
    expect(answer.headers.get('content-type')).toBe('text/plain; charset=utf-8');
    expect(answer.headers.get('content-disposition')).toContain(`${auditId}.tlog-proof`);
    const verified = verifyReceipt(answer.text, await keys());
    expect(verified.auditId).toBe(auditId);
    expect(JSON.parse(verified.entry)).toMatchObject({ type: 'decision', gate: gate.id });
  });

  test('is for the gate, the rider and the managers whom the entry concerns', async () => {
    await service.deps.audit.run();
    for (const token of [
      gate.token,
      rider.token,
      service.operatorKey,
      await makeKey(service, { kind: 'community', communityId }),
      await makeKey(service, { kind: 'district', district: '东港区' }),
    ]) {
      const { text } = expectStatus(await receipt(token), 200);
      expect(verifyReceipt(text, await keys()).auditId).toBe(auditId);
    }
  });

  test('an auditor’s key reads the log, and nothing else', async () => {
    await service.deps.audit.run();
    const auditor = await makeKey(service, { kind: 'audit' });
    expect(verifyReceipt((await receipt(auditor)).text, await keys()).auditId).toBe(auditId);
    const path = '/v1/audit/tile/entries/000.p/1';
    expect(decodeBundle(await bytes(path, auditor))).toHaveLength(1);
    expect((await get('/v1/audit/export', auditor)).status).toBe(200);
    expect((await get(`/v1/audit/export?community=${communityId}`, auditor)).status).toBe(200);
    expect((await get('/v1/audit/export?community=com_0000000000000', auditor)).status).toBe(404);
    for (const other of [
      '/v1/communities',
      `/v1/communities/${communityId}`,
      `/v1/communities/${communityId}/decisions`,
      '/v1/api-keys',
      '/v1/keys',
      '/v1/platforms',
      '/metrics',
    ])
      expect((await get(other, auditor)).status, other).toBe(404);
    const body = { name: 'x', scope: { kind: 'audit' } };
    const make = (token: string) => service.call('POST', '/v1/api-keys', { token, body });
    expect((await make(auditor)).status).toBe(404);
    expect((await make(await makeKey(service, { kind: 'community', communityId }))).status).toBe(
      422,
    );
    expect((await make(service.operatorKey)).body.scope).toEqual({ kind: 'audit' });
  });

  test('does not exist for anybody else, sequenced or not', async () => {
    const elsewhere = await makeCommunity(service, { district: '岚山区' });
    const otherGate = await makeGate(service, elsewhere);
    const sameCommunity = await makeGate(service, communityId);
    await makeDelivery(service, platform, { communityId, riderId: 'r-99', deliveryId: 'd-99' });
    const otherRider = await signIn(service, platform, 'r-99');
    const strangers = [
      otherGate.token,
      sameCommunity.token,
      otherRider.token,
      platform.apiKey,
      await makeKey(service, { kind: 'community', communityId: elsewhere }),
      await makeKey(service, { kind: 'district', district: '岚山区' }),
    ];
    const statuses = async () =>
      Promise.all(strangers.map(async (token) => (await receipt(token)).status));
    expect(new Set(await statuses())).toEqual(new Set([404]));
    await service.deps.audit.run();
    expect(new Set(await statuses())).toEqual(new Set([404]));
    expect((await get(`/v1/audit/receipts/${auditId}`)).status).toBe(401);
  });

  test('does not exist of what is no entry', async () => {
    await service.deps.audit.run();
    for (const id of ['A'.repeat(43), 'x', `${auditId}A`, auditId.slice(1), `B${auditId.slice(1)}`])
      expect((await receipt(service.operatorKey, id)).status, id).toBe(404);
  });
});

test('the figures tell how far the log is, and that it goes on', async () => {
  await service.deps.audit.run();
  const { text } = expectStatus(await get('/metrics', service.operatorKey), 200);
  const figure = (name: string) => Number(new RegExp(`^${name} (\\d+)$`, 'm').exec(text)?.[1]);
  const { size } = await checkpoint();
  expect(figure('courier_pass_audit_log_halted')).toBe(0);
  expect(figure('courier_pass_audit_log_entries')).toBe(size);
  expect(figure('courier_pass_audit_checkpoint_entries')).toBe(size);
});
