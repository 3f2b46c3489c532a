/** Keys of gates that see the service seldom: nobody is refused because a key was rotated. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { parseCourierCode } from '../../src/domain/courier-code.ts';
import { importJwks } from '../../src/gate/key-set.ts';
import { verifySignature } from '../../src/gate/verify-signature.ts';
import { type Service, startService } from '../support/service.ts';
import { readStatusList } from '../support/status-list.ts';
import {
  expectStatus,
  type GateHandle,
  makeCommunity,
  makeDelivery,
  makeGate,
  makePlatform,
  nextHour,
  type PlatformHandle,
  presentCode,
  type RiderHandle,
  signIn,
  verify,
} from '../support/world.ts';

const HOUR = 3_600_000;

let service: Service;
let platform: PlatformHandle;
let communityId: string;
let gate: GateHandle;
let rider: RiderHandle;
let count = 0;

beforeAll(async () => {
  service = await startService();
  platform = await makePlatform(service, 'kuaisong');
});
afterAll(() => service.stop());
beforeEach(async () => {
  nextHour(service);
  count++;
  communityId = await makeCommunity(service);
  gate = await makeGate(service, communityId);
  rider = await signIn(service, platform, `r-${count}`);
  await deliver();
});

const deliver = () =>
  makeDelivery(service, platform, { communityId, deliveryId: `d-${count}`, riderId: `r-${count}` });
const operator = async (method: string, path: string, status = 200) =>
  expectStatus(await service.call(method, path, { token: service.operatorKey }), status).body;
const bundle = async (of = gate) =>
  expectStatus(await service.call('GET', '/v1/gate/bundle', { token: of.token }), 200).body;
const rotate = (purpose: string) => operator('POST', `/v1/keys/${purpose}/rotate`);
const kid = async (purpose: string, state: string): Promise<string> =>
  (await operator('GET', '/v1/keys')).items.find(
    (key: { purpose: string; state: string }) => key.purpose === purpose && key.state === state,
  ).kid;
/** What a gate with these keys says of a code. */
async function judge(code: string, jwks: Parameters<typeof importJwks>[0]): Promise<string> {
  const parsed = parseCourierCode(code);
  if (parsed === null) throw new Error('a code of ours is well-formed');
  return verifySignature(parsed, await importJwks(jwks));
}

describe('after a rotation of the courier-code keys', () => {
  test('a gate with yesterday’s keys knows the codes of today: the next key was among them', async () => {
    const yesterday = await bundle();
    const before = await presentCode(service, rider);
    await rotate('courier-code');
    service.clock.advance(30_000);
    const after = await presentCode(service, rider);
    expect(parseCourierCode(after)?.keyNumber).not.toBe(parseCourierCode(before)?.keyNumber);
    expect(await judge(before, yesterday.jwks)).toBe('authentic');
    expect(await judge(after, yesterday.jwks)).toBe('authentic');
  });

  test('a gate with today’s keys knows the codes that phones fetched before, as long as they last', async () => {
    const before = await presentCode(service, rider);
    await rotate('courier-code');
    expect(await judge(before, (await bundle()).jwks)).toBe('authentic');
    expect((await verify(service, gate, { code: before })).body.reason).toBe('granted');
    service.clock.advance(3 * HOUR + 5 * 60_000 + 1);
    await service.deps.keys.refresh(service.clock.now());
    const later = await makeGate(service, communityId);
    expect(await judge(before, (await bundle(later)).jwks)).toBe('unknown_key');
  });

  test('a second one before the gate has asked again is one too many: hence the pause', async () => {
    const yesterday = await bundle();
    await rotate('courier-code');
    await rotate('courier-code');
    expect(await judge(await presentCode(service, rider), yesterday.jwks)).toBe('unknown_key');
  });
});

describe('the status-list keys', () => {
  test('are published beside the courier-code keys, active and next, and sign nothing else', async () => {
    const { jwks } = await bundle();
    const kids = jwks.keys.map((key: { kid: string }) => key.kid);
    expect(kids).toContain(await kid('status-list', 'active'));
    expect(kids).toContain(await kid('status-list', 'next'));
    for (const key of jwks.keys) {
      expect(key).toMatchObject({ kty: 'EC', crv: 'P-256', alg: 'ES256', use: 'sig' });
      expect(key).not.toHaveProperty('d');
      expect(key.kid).toMatch(/^(\d{1,3}|sl-[\w-]+)$/);
    }
    const courierKids = [...(await importJwks(jwks)).keys()].map(String);
    expect(courierKids.some((name) => name.startsWith('sl-'))).toBe(false);
  });

  test('rotate without a gate that cannot read the next list', async () => {
    const yesterday = await bundle();
    const next = await kid('status-list', 'next');
    await rotate('status-list');
    const today = await bundle();
    const list = await readStatusList(today.statusList, yesterday.jwks, service.clock.now());
    expect(list.kid).toBe(next);
    // The list of before can be read with the keys of now, for as long as it may be judged by.
    await readStatusList(yesterday.statusList, today.jwks, service.clock.now());
  });

  test('are revoked at once: no list that such a key has signed is handed out again', async () => {
    const before = await bundle();
    const active = await kid('status-list', 'active');
    await operator('DELETE', `/v1/keys/status-list/${active}`, 204);
    const after = await bundle();
    expect(after.jwks.keys.map((key: { kid: string }) => key.kid)).not.toContain(active);
    const list = await readStatusList(after.statusList, after.jwks, service.clock.now());
    expect(list.kid).not.toBe(active);
    await expect(
      readStatusList(before.statusList, after.jwks, service.clock.now()),
    ).rejects.toThrow();
  });
});
