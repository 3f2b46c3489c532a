import { createContext, runInContext } from 'node:vm';
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { tapUrl } from '../../gate-simulator/src/hardware/tag.ts';
import type { BusEvent } from '../../src/bus/bus.ts';
import type { CommunityId, GateId } from '../../src/domain/identifier.ts';
import { PUBLIC_URL, type Service, startService } from '../support/service.ts';
import { makeTag, newUid, type PiccWay, sendTap, type TagHandle, tapOf } from '../support/tag.ts';
import {
  changeRules,
  expectStatus,
  type GateHandle,
  makeCommunity,
  makeDelivery,
  makeGate,
  makeKey,
  makePlatform,
  nextHour,
  type PlatformHandle,
  presentCode,
  type RiderHandle,
  readPasses,
  sendCallback,
  signIn,
  verify,
} from '../support/world.ts';

const MINUTE = 60_000;

let service: Service;
let platform: PlatformHandle;
let communityId: string;
let gate: GateHandle;
let tag: TagHandle;
let rider: RiderHandle;
let count = 0;

beforeAll(async () => {
  service = await startService();
  platform = await makePlatform(service, 'kuaisong');
});
afterAll(() => service.stop());

beforeEach(async () => {
  nextHour(service);
  communityId = await makeCommunity(service);
  gate = await makeGate(service, communityId);
  tag = await makeTag(service, gate);
  rider = await courier();
});

/** A rider with a session and, unless said otherwise, a live delivery here. */
async function courier(to: string | null = communityId): Promise<RiderHandle> {
  count += 1;
  const riderId = `r-${count}`;
  if (to !== null)
    await makeDelivery(service, platform, { communityId: to, deliveryId: `d-${count}`, riderId });
  return signIn(service, platform, riderId);
}

const tap = (counter: number, by = rider, at = tag) => sendTap(service, by, tapOf(at, counter));
const reason = async (counter: number, by = rider, at = tag) =>
  expectStatus(await tap(counter, by, at), 200).body.reason;
const put = async (path: string, body: object) =>
  expectStatus(await service.call('PUT', path, { token: service.operatorKey, body }), 200);
const manage = (method: string, path: string, body?: object, token = service.operatorKey) =>
  service.call(method, path, { token, ...(body && { body }) });
const decisions = async () =>
  expectStatus(await manage('GET', `/v1/communities/${communityId}/decisions`), 200).body.items;
const commands = async () =>
  (await service.deps.store.listCommands(gate.id as GateId, { limit: 50, after: null })).items;
const openVisits = async () =>
  (
    await service.deps.store.listVisits({
      communityId: communityId as CommunityId,
      open: true,
      page: { limit: 50, after: null },
    })
  ).items;
const inAnHour = () => new Date(service.clock.now() + 60 * MINUTE).toISOString();

/** The newest entry of the audit log that is a decision. */
async function lastEntry(): Promise<Record<string, unknown>> {
  const entries = await service.deps.store.listAuditEntries({ afterSeq: 0, limit: 5_000 });
  const found = entries.map(({ entry }) => JSON.parse(entry)).filter((e) => e.type === 'decision');
  return found.at(-1);
}

describe('a tap', () => {
  test.each<PiccWay>(['encrypted', 'plain'])(
    'with its PICC data %s lets the rider in, with where to go, and the gate opens',
    async (way) => {
      const other = await makeTag(service, gate, { way });
      const heard: BusEvent[] = [];
      const stop = service.deps.bus.subscribe(`gate:${gate.id as GateId}`, (e) => heard.push(e));
      const { status, body } = await tap(7, rider, other);
      stop();
      expect(status).toBe(200);
      expect(body).toEqual({
        decision: 'granted',
        reason: 'granted',
        message: { zh: '请进', en: 'Welcome' },
        openForMs: 3_000,
        visitId: expect.stringMatching(/^vis_/),
        passId: (await readPasses(service, rider)).items[0].id,
        speedLimitKmh: 15,
        guidance: { building: '12' },
        auditId: expect.stringMatching(/^[\w-]{43}$/),
        serverTime: new Date(service.clock.now()).toISOString(),
      });
      const [command] = await commands();
      expect(command).toMatchObject({ cause: 'tap', auditId: body.auditId, openForMs: 3_000 });
      expect(heard).toMatchObject([{ type: 'open', commandId: command?.id }]);
    },
  );

  test('is carried out by its gate, which claims the order once', async () => {
    await tap(1);
    const [command] = await commands();
    const claim = (by: GateHandle) =>
      service.call('POST', `/v1/gate/commands/${command?.id}/claim`, { token: by.token });
    expect((await claim(await makeGate(service, communityId))).status).toBe(404);
    expect((await claim(gate)).body).toMatchObject({ commandId: command?.id, openForMs: 3_000 });
    expect((await claim(gate)).status).toBe(409);
  });

  test('tells its rider, and nobody else, when the gate has claimed the order', async () => {
    const { auditId } = (await tap(1)).body;
    const opening = (by: RiderHandle) =>
      service.call('GET', `/v1/rider/taps/${auditId}`, { token: by.token });
    expect((await opening(rider)).body).toEqual({ opening: 'waiting' });
    const [command] = await commands();
    await service.call('POST', `/v1/gate/commands/${command?.id}/claim`, { token: gate.token });
    expect((await opening(rider)).body).toEqual({ opening: 'opened' });
    expect((await opening(await courier())).status).toBe(404);
    expect((await service.call('GET', `/v1/rider/taps/${auditId}`, {})).status).toBe(401);
  });

  test('that the gate has not heard of says so when its five seconds are over', async () => {
    const { auditId } = (await tap(1)).body;
    service.clock.advance(5_000);
    const answer = await service.call('GET', `/v1/rider/taps/${auditId}`, { token: rider.token });
    expect(answer.body).toEqual({ opening: 'not_opened' });
  });

  test('is on record as one, with the tag and its counter and nothing of the rider', async () => {
    const { body } = await tap(7);
    expect(await decisions()).toMatchObject([
      { auditId: body.auditId, source: 'tap', medium: 'nfc', direction: 'in', gateId: gate.id },
    ]);
    const entry = await lastEntry();
    expect(entry).toMatchObject({ source: 'tap', tag: tag.tagId, counter: 7, consumed: true });
    expect(entry).not.toHaveProperty('window');
    expect(entry).not.toHaveProperty('code');
    const [visit] = await openVisits();
    expect(visit?.id).toBe(body.visitId);
    expect(JSON.stringify(entry)).not.toContain(visit?.courierId);
  });

  test('in lower case, and from a phone that sends encrypted file data too, is the same', async () => {
    const settings = { ...tag.settings, fileData: new Uint8Array(16).fill(0x78) };
    const { tagId, ...mirrors } = tapOf({ ...tag, settings }, 1);
    const lower = JSON.parse(
      JSON.stringify(mirrors).replaceAll(/"[0-9A-F]+"/g, (hex) => hex.toLowerCase()),
    );
    expect((await sendTap(service, rider, { tagId, ...lower })).body.reason).toBe('granted');
  });

  test('and a code of the same pass count together', async () => {
    await changeRules(service, communityId, { maxEntriesPerDelivery: 2, rescanGraceSeconds: 0 });
    expect(await reason(1)).toBe('granted');
    service.clock.advance(MINUTE - 1);
    expect(await reason(2)).toBe('already_inside');
    service.clock.advance(1);
    const code = await presentCode(service, rider);
    expect((await verify(service, gate, { code })).body.reason).toBe('granted');
    service.clock.advance(MINUTE);
    expect(await reason(3)).toBe('entries_exhausted');
    expect((await openVisits()).length).toBe(1);
  });

  test('again within the grace opens once more: the arm came down before the rider went in', async () => {
    expect(await reason(1)).toBe('granted');
    service.clock.advance(5_000);
    expect(await reason(2)).toBe('granted_rescan');
    expect(await commands()).toHaveLength(2);
  });

  test('at a station holds the station’s pass, without an order', async () => {
    communityId = await makeCommunity(service, { kind: 'station' });
    gate = await makeGate(service, communityId);
    tag = await makeTag(service, gate);
    expect(await reason(1, await courier(null))).toBe('granted_rider');
  });

  test('that waits for a guard is let in by the guard, and used up by it', async () => {
    const day = {
      days: ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'],
      from: '00:00',
      to: '24:00',
    };
    await changeRules(service, communityId, {
      guardConfirmation: { hours: [day], vehicles: [], conductPoints: null },
    });
    const { body } = await tap(1);
    expect(body.reason).toBe('guard_confirmation_required');
    expect(await commands()).toEqual([]);
    const path = `/v1/decisions/${body.auditId}/confirm`;
    const confirmed = expectStatus(await manage('POST', path), 200).body;
    expect(confirmed.reason).toBe('granted_by_guard');
    expect(await lastEntry()).toMatchObject({ consumed: true, confirms: body.auditId });
    expect(await commands()).toMatchObject([{ cause: 'confirmation' }]);
    expect((await manage('POST', path)).status).toBe(409);
  });
});

describe('one tap', () => {
  test('repeated by the same rider gets the first answer, and the gate is ordered once', async () => {
    const first = await tap(1);
    service.clock.advance(3_000);
    const again = await tap(1);
    expect(again.body).toEqual(first.body);
    expect(await commands()).toHaveLength(1);
    expect(await decisions()).toHaveLength(1);
  });

  test('that was refused gets the first answer too', async () => {
    const stranger = await courier(null);
    const first = await tap(1, stranger);
    expect(first.body.reason).toBe('unknown_pass');
    expect((await tap(1, stranger)).body).toEqual(first.body);
  });

  test('is won by one of many riders who race with its URL', async () => {
    const riders = await Promise.all(Array.from({ length: 6 }, () => courier()));
    const answers = await Promise.all(riders.map((by) => tap(1, by)));
    expect(answers.map(({ body }) => body.reason).sort()).toEqual([
      ...Array(5).fill('code_used'),
      'granted',
    ]);
    expect(await commands()).toHaveLength(1);
    expect(await openVisits()).toHaveLength(1);
  });

  test('is flagged where another rider replays it', async () => {
    await tap(1);
    expect(await reason(1, await courier())).toBe('code_used');
    expect((await decisions())[0].flags).toEqual(['code_replayed']);
    const page = { limit: 5, after: null };
    const of = { communityId: communityId as CommunityId, open: null, page };
    const alerts = (await service.deps.store.listAlerts(of)).items;
    expect(alerts).toMatchObject([{ kind: 'code_replayed', gateId: gate.id }]);
  });

  test('overtaken by a later one is used, and nobody is suspected', async () => {
    expect(await reason(5)).toBe('granted');
    const other = await courier();
    const late = (await tap(4, other)).body;
    expect(late).toMatchObject({ decision: 'denied', reason: 'code_used', openForMs: 0 });
    expect(late.message.zh).toContain('再碰一次');
    expect((await decisions())[0].flags).toEqual([]);
    expect(await reason(6, other)).toBe('granted');
  });

  test('seen in any decision is seen: a refused one cannot be kept for later', async () => {
    await put(`/v1/gates/${gate.id}/posture`, {
      posture: 'closed',
      until: inAnHour(),
      reason: '维修',
    });
    expect(await reason(3)).toBe('gate_closed');
    await put(`/v1/gates/${gate.id}/posture`, { posture: 'normal', until: null, reason: '恢复' });
    expect(await reason(3, await courier())).toBe('code_used');
  });

  test('stays used over everything: a posture “open”, a rescan within the grace', async () => {
    await tap(2);
    const other = await courier();
    expect(await reason(3, other)).toBe('granted');
    expect(await reason(2, other)).toBe('code_used');
    const until = inAnHour();
    await put(`/v1/communities/${communityId}/posture`, {
      posture: 'open',
      until,
      reason: '开放日',
    });
    expect(await reason(1, other)).toBe('code_used');
    expect(await reason(4, await courier(null))).toBe('granted_open');
  });

  test.each([
    [2 ** 24 - 1, 'granted'],
    [0, 'granted'],
  ])('may have any counter of the tag, %i too', async (counter, expected) => {
    expect(await reason(counter)).toBe(expected);
  });
});

describe('a tap is refused like a code', () => {
  test('bad_signature: any changed digit, another tag’s, another way’s; and it uses up nothing', async () => {
    const good = tapOf(tag, 9);
    const other = await makeTag(service, gate);
    const plain = tapOf(await makeTag(service, gate, { way: 'plain' }), 9);
    const flip = (hex: string) => (hex.startsWith('0') ? '1' : '0') + hex.slice(1);
    for (const forged of [
      { ...good, cmac: flip(good.cmac) },
      { ...good, piccData: flip(good.piccData ?? '') },
      { ...good, tagId: other.tagId },
      { ...plain, counter: '00FFFF' },
      { ...plain, uid: flip(plain.uid ?? '') },
    ]) {
      const { status, body } = await sendTap(service, rider, forged);
      expect([status, body.reason, body.decision]).toEqual([200, 'bad_signature', 'denied']);
    }
    expect(await commands()).toEqual([]);
    const entry = await lastEntry();
    expect(entry).toMatchObject({ reason: 'bad_signature', source: 'tap' });
    for (const member of ['counter', 'pass', 'code', 'window'])
      expect(entry).not.toHaveProperty(member);
    expect(await reason(9)).toBe('granted');
  });

  test.each([
    { cmac: '' },
    { cmac: 'ZZ' },
    { cmac: '94EED9EE6533708' },
    { piccData: 'EF96' },
    { encFileData: '00' },
  ])('malformed_code: %j', async (change) => {
    const { body } = await sendTap(service, rider, { ...tapOf(tag, 1), ...change });
    expect(body.reason).toBe('malformed_code');
  });

  test.each([
    ['no tag', { tagId: undefined }],
    ['what is no tag’s identifier', { tagId: 'gat_0123456789abc' }],
    ['no MAC', { cmac: undefined }],
    ['no PICC data', { piccData: undefined }],
    ['both ways at once', { uid: '04DE5F1EACC040', counter: '000001' }],
  ])('with %s it is no tap: 422', async (_what, change) => {
    expect((await sendTap(service, rider, { ...tapOf(tag, 1), ...change })).status).toBe(422);
  });

  test('an unknown tag is 404: there is no gate to decide about', async () => {
    const { status } = await sendTap(service, rider, {
      ...tapOf(tag, 1),
      tagId: 'tag_0000000000000',
    });
    expect(status).toBe(404);
    expect(await decisions()).toEqual([]);
  });

  test('unknown_key: the tag was taken out of use; the decision is on record', async () => {
    expectStatus(await manage('DELETE', `/v1/tags/${tag.tagId}`), 204);
    expect(await reason(1)).toBe('unknown_key');
    expect(await decisions()).toMatchObject([{ reason: 'unknown_key', source: 'tap' }]);
  });

  test('404: the gate was revoked, and decides nothing more', async () => {
    expectStatus(await manage('DELETE', `/v1/gates/${gate.id}`), 204);
    expect((await tap(1)).status).toBe(404);
    expect(await decisions()).toEqual([]);
  });

  test('unknown_pass: the rider’s pass is another community’s', async () => {
    expect(await reason(1, await courier(await makeCommunity(service)))).toBe('unknown_pass');
  });

  test('delivery_not_active: the order was delivered', async () => {
    await sendCallback(service, platform, { deliveryId: `d-${count}`, status: 'delivered' });
    expect(await reason(1)).toBe('delivery_not_active');
  });

  test('rider_blocked', async () => {
    await tap(1);
    const [visit] = await openVisits();
    const path = `/v1/communities/${communityId}/blocks/${visit?.courierId}`;
    await put(path, { reason: '逆行', until: inAnHour() });
    service.clock.advance(MINUTE);
    expect(await reason(2)).toBe('rider_blocked');
  });

  test('outside_hours', async () => {
    await changeRules(service, communityId, {
      hours: [{ days: ['mon'], from: '03:00', to: '03:01' }],
    });
    expect(await reason(1)).toBe('outside_hours');
  });

  test('community_lockdown', async () => {
    const until = inAnHour();
    await put(`/v1/communities/${communityId}/posture`, {
      posture: 'lockdown',
      until,
      reason: '演习',
    });
    expect(await reason(1)).toBe('community_lockdown');
    expect(await commands()).toEqual([]);
  });

  test('wrong_gate: riders do not use this gate', async () => {
    const elsewhere = await makeGate(service, communityId);
    await changeRules(service, communityId, { gates: [elsewhere.id] });
    expect(await reason(1)).toBe('wrong_gate');
  });
});

describe('who may tap', () => {
  test('a rider: 401 without a session, and for a key of anybody else', async () => {
    const body = tapOf(tag, 1);
    expect((await service.call('POST', '/v1/rider/taps', { body })).status).toBe(401);
    for (const token of [service.operatorKey, platform.apiKey, gate.token, 'cps_rubbish'])
      expect((await service.call('POST', '/v1/rider/taps', { body, token })).status).toBe(401);
    expect(await reason(1)).toBe('granted');
  });

  test.each([
    [{ 'sec-fetch-site': 'same-origin' }, 200],
    [{ origin: PUBLIC_URL }, 200],
    [{ 'sec-fetch-site': 'cross-site' }, 403],
    [{ 'sec-fetch-site': 'same-site' }, 403],
    [{ origin: 'https://evil.example' }, 403],
    [{}, 403],
  ])('by cookie only from our own page: %j is %i', async (headers, status) => {
    const cookie = `cp_session=${rider.token}`;
    const sent = { cookie, ...(headers as Record<string, string>) };
    const answer = await service.call('POST', '/v1/rider/taps', {
      headers: sent,
      body: tapOf(tag, 1),
    });
    expect(answer.status).toBe(status);
    if (status === 403) expect(await reason(1)).toBe('granted');
  });
});

describe('a code handed to the reader by NFC', () => {
  test('is judged like the same code shown as a QR', async () => {
    const code = await presentCode(service, rider);
    const { body } = await verify(service, gate, { code, medium: 'nfc' });
    expect(body.reason).toBe('granted');
    expect(await decisions()).toMatchObject([{ medium: 'nfc', source: 'online' }]);
    const other = await verify(service, await makeGate(service, communityId), { code });
    expect(other.body.reason).toBe('code_used');
  });
});

describe('tags', () => {
  const path = () => `/v1/communities/${communityId}/tags`;
  const KEY = '00112233445566778899AABBCCDDEEFF';

  test('are registered with keys made for each, shown once', async () => {
    const uid = newUid();
    const { status, body } = await manage('POST', path(), {
      gateId: gate.id,
      uid: uid.toLowerCase(),
    });
    expect(status).toBe(201);
    const key = expect.stringMatching(/^[0-9A-F]{32}$/);
    expect(body).toEqual({
      tagId: expect.stringMatching(/^tag_[0-9a-f][0-9a-hjkmnp-tv-z]{12}$/),
      url: `${PUBLIC_URL}/t#t=${body.tagId}`,
      keys: { mainKey: key, metaKey: key, fileKey: key },
    });
    expect(new Set(Object.values(body.keys)).size).toBe(3);
    const list = expectStatus(await manage('GET', path()), 200);
    expect(list.text).not.toContain(body.keys.fileKey);
    expect(list.body.items).toMatchObject([
      { tagId: tag.tagId, gateId: gate.id, lastCounter: null },
      { tagId: body.tagId, url: body.url, uid, macParam: 'cmac', gateId: gate.id },
    ]);
  });

  test('with the manager’s own keys keep them to themselves', async () => {
    const given = { metaKey: KEY, fileKey: KEY.toLowerCase() };
    const answer = await manage('POST', path(), { gateId: gate.id, uid: newUid(), ...given });
    expect(expectStatus(answer, 201).body.keys).toBeUndefined();
    const half = await manage('POST', path(), { gateId: gate.id, uid: newUid(), fileKey: KEY });
    expect(Object.keys(half.body.keys)).toEqual(['metaKey']);
  });

  test('registered anew have other keys: nothing that was signed before counts', async () => {
    const { uid } = tag.settings;
    expectStatus(await manage('DELETE', `/v1/tags/${tag.tagId}`), 204);
    const again = await makeTag(service, gate, { uid });
    expect(
      (await sendTap(service, rider, { ...tapOf(tag, 1), tagId: again.tagId })).body.reason,
    ).toBe('bad_signature');
    expect(await reason(0, rider, again)).toBe('granted');
  });

  test('registered anew with the keys they had keep the counters that were seen', async () => {
    const uid = newUid();
    const bytes = Uint8Array.from(Buffer.from(KEY, 'hex'));
    const register = async () => {
      const body = { gateId: gate.id, uid, metaKey: KEY, fileKey: KEY };
      const { tagId, url } = expectStatus(await manage('POST', path(), body), 201).body;
      return { tagId, settings: { url, uid, metaKey: bytes, fileKey: bytes } };
    };
    const before = await register();
    expect(await reason(8, rider, before)).toBe('granted');
    expectStatus(await manage('DELETE', `/v1/tags/${before.tagId}`), 204);
    const after = await register();
    const other = await courier();
    expect(await reason(7, other, after)).toBe('code_used');
    expect(await reason(9, other, after)).toBe('granted');
  });

  test('have a main key that their manager can have again, and no other manager', async () => {
    const mainKey = async (at: GateHandle, uid: string) => {
      const body = { gateId: at.id, uid };
      const made = await manage('POST', `/v1/communities/${at.communityId}/tags`, body);
      expectStatus(await manage('DELETE', `/v1/tags/${expectStatus(made, 201).body.tagId}`), 204);
      return made.body.keys.mainKey;
    };
    const uid = newUid();
    const first = await mainKey(gate, uid);
    expect(await mainKey(gate, uid)).toBe(first);
    expect(await mainKey(await makeGate(service, await makeCommunity(service)), uid)).not.toBe(
      first,
    );
  });

  test('outlive the master key that theirs came from', async () => {
    for (let turn = 0; turn < 2; turn++)
      expectStatus(await manage('POST', '/v1/keys/tag/rotate'), 200);
    expect(await reason(1)).toBe('granted');
  });

  test.each([
    [{ uid: '04DE5F1EACC0' }, 422],
    [{ uid: 'ZZDE5F1EACC040' }, 422],
    [{ metaKey: '00' }, 422],
    [{ macParam: 'uid' }, 422],
    [{ macParam: 'a b' }, 422],
    [{ gateId: 'gat_0000000000000' }, 404],
  ])('for %j: %i', async (change, status) => {
    const body = { gateId: gate.id, uid: newUid(), ...change };
    expect((await manage('POST', path(), body)).status).toBe(status);
  });

  test('of one UID are one in a community', async () => {
    const { uid } = tag.settings;
    expect((await manage('POST', path(), { gateId: gate.id, uid })).status).toBe(409);
    const elsewhere = await makeGate(service, await makeCommunity(service));
    await makeTag(service, elsewhere, { uid });
  });

  test('are for entries of gates', async () => {
    const exit = await makeGate(service, communityId, { directions: ['out'] });
    const phone = await makeGate(service, communityId, { kind: 'guard' });
    for (const { id } of [exit, phone]) {
      const { status, body } = await manage('POST', path(), { gateId: id, uid: newUid() });
      expect([status, body.errors[0].path]).toEqual([422, 'gateId']);
    }
    const foreign = await makeGate(service, await makeCommunity(service));
    expect((await manage('POST', path(), { gateId: foreign.id, uid: newUid() })).status).toBe(404);
  });

  test('are their manager’s: to nobody else do they exist', async () => {
    const own = await makeKey(service, { kind: 'community', communityId });
    const other = await makeKey(service, {
      kind: 'community',
      communityId: await makeCommunity(service),
    });
    const body = { gateId: gate.id, uid: newUid() };
    for (const token of [other, platform.apiKey]) {
      expect((await manage('POST', path(), body, token)).status).toBe(404);
      expect((await manage('GET', path(), undefined, token)).status).toBe(404);
      expect((await manage('DELETE', `/v1/tags/${tag.tagId}`, undefined, token)).status).toBe(404);
    }
    expect((await manage('POST', path(), body, own)).status).toBe(201);
    expect((await manage('DELETE', `/v1/tags/${tag.tagId}`, undefined, own)).status).toBe(204);
    expect((await manage('DELETE', `/v1/tags/${tag.tagId}`, undefined, own)).status).toBe(404);
    expect(JSON.stringify((await manage('GET', path(), undefined, own)).body)).not.toContain(
      tag.tagId,
    );
  });
});

describe('the page of a tag', () => {
  const page = (headers: Record<string, string> = {}) => service.call('GET', '/t', { headers });

  test('changes nothing when it is opened', async () => {
    const url = tapUrl(tag.settings, 1);
    expect(url).toMatch(/\/t#t=tag_\w{13}&piccData=[0-9A-F]{32}&cmac=[0-9A-F]{16}$/);
    const headers = { cookie: `cp_session=${rider.token}`, 'sec-fetch-site': 'none' };
    expect((await page(headers)).status).toBe(200);
    expect((await service.call('GET', '/v1/rider/taps', { headers })).status).toBe(405);
    expect(await decisions()).toEqual([]);
    expect(await reason(1)).toBe('granted');
  });

  test('runs nothing but its own file, in no frame', async () => {
    const { headers, text } = await page();
    expect(headers.get('content-type')).toBe('text/html; charset=utf-8');
    const policy = headers.get('content-security-policy');
    expect(policy).toContain("default-src 'none'; script-src 'self'");
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).not.toContain('unsafe');
    expect(headers.get('referrer-policy')).toBe('no-referrer');
    expect(text.match(/<script/g)).toHaveLength(1);
    expect(text).not.toMatch(/ on\w+=| style=|<style/);
    for (const [, file = ''] of text.matchAll(/(?:src|href)="([^"]+)"/g))
      expect((await service.call('GET', file)).status).toBe(200);
  });

  test.each([
    [undefined, 'zh-CN'],
    ['zh-CN,zh;q=0.9,en;q=0.8', 'zh-CN'],
    ['fr, en;q=0.5', 'en'],
    ['en-GB,en;q=0.9,zh;q=0.8', 'en'],
    ['en;q=0.4, zh-TW;q=0.6', 'zh-CN'],
    ['en;q=rubbish', 'zh-CN'],
    ['*', 'zh-CN'],
  ])('for Accept-Language %s is in %s', async (language, lang) => {
    const { text } = await page(language === undefined ? {} : { 'accept-language': language });
    expect(text).toContain(`<html lang="${lang}"`);
  });

  interface Shown {
    readonly id: string;
    readonly message: string;
    /** What is left of the URL's. */
    readonly fragment: string;
    /** The bodies that were sent, one for each attempt. */
    readonly sent: readonly unknown[];
  }

  /** The gate hears of its newest order and opens. */
  async function claimNewest(): Promise<void> {
    const [command] = await commands();
    await service.call('POST', `/v1/gate/commands/${command?.id}/claim`, { token: gate.token });
  }

  /** Opens a URL with the page's own script, in a browser's place. @param answer in place of the service's */
  async function open(
    url: string,
    token: string | null,
    answer?: () => Promise<Response>,
    gateDoes: () => Promise<unknown> = claimNewest,
  ): Promise<Shown> {
    const { text } = await page();
    const [, file = ''] = text.match(/<script[^>]* src="([^"]+)"/) ?? [];
    const script = (await service.call('GET', file)).text;
    const sections = [...text.matchAll(/<section id="([\w-]+)"/g)].map(([, id]) => ({
      id,
      hidden: id !== 'waiting',
      textContent: '',
    }));
    const location = new URL(url);
    const sent: unknown[] = [];
    const fetchHere = async (path: string, init?: { method: string; body: string }) => {
      if (init === undefined) {
        await gateDoes();
        return service.app.request(path, { headers: { cookie: `cp_session=${token}` } });
      }
      sent.push(JSON.parse(init.body));
      const headers = new Headers({
        'content-type': 'application/json',
        'sec-fetch-site': 'same-origin',
      });
      if (token !== null) headers.set('cookie', `cp_session=${token}`);
      return answer?.() ?? service.app.request(path, { ...init, headers });
    };
    const document = {
      querySelectorAll: () => sections,
      querySelector: (selector: string) =>
        selector === 'main'
          ? { dataset: { language: 'zh' } }
          : (sections.find(({ id }) => selector === `#${id} .message`) ?? null),
    };
    const history = {
      replaceState() {
        location.hash = '';
      },
    };
    const browser = {
      ...{ URLSearchParams, AbortController, location, document, history, fetch: fetchHere },
      navigator: {},
      // A pause passes at once; what waits for patience to end is not let wait.
      setTimeout: (next: () => void, milliseconds: number) =>
        milliseconds < 1_000 ? setImmediate(next) : undefined,
      clearTimeout: () => undefined,
      addEventListener: () => undefined,
    };
    runInContext(script, createContext(browser));
    const passing = ['waiting', 'opening'];
    await vi.waitUntil(() =>
      sections.some(({ id, hidden }) => !passing.includes(id ?? '') && !hidden),
    );
    const [visible] = sections.filter(({ hidden }) => !hidden);
    const { id = '', textContent: message = '' } = visible ?? {};
    return { id, message, fragment: location.hash, sent };
  }

  test('sends the tap and says that the gate is open, where to go and how fast', async () => {
    const shown = await open(tapUrl(tag.settings, 1), rider.token);
    expect(shown).toMatchObject({ id: 'opened', message: '请进 · 12 · ≤ 15 km/h', fragment: '' });
    expect(shown.sent).toHaveLength(1);
    expect(await commands()).toHaveLength(1);
  });

  test('says so when the gate did not hear of it, and what to do', async () => {
    const silent = async () => service.clock.advance(1_000);
    const shown = await open(tapUrl(tag.settings, 1), rider.token, undefined, silent);
    expect(shown).toMatchObject({ id: 'not-opened', fragment: '' });
    expect((await page()).text).toContain('这次不算进入');
  });

  test('finds the MAC under a name of its own, and directly behind encrypted file data', async () => {
    const named = tapUrl({ ...tag.settings, macParam: 'm' }, 1);
    expect(named).toContain('&m=');
    expect((await open(named, rider.token)).id).toBe('opened');
    const [data, mac] = ['A0'.repeat(16), 'B1'.repeat(8)];
    const glued = `${tag.settings.url}&piccData=${'C2'.repeat(16)}&encFileData=${data}${mac}`;
    expect((await open(glued, rider.token)).sent).toMatchObject([{ encFileData: data, cmac: mac }]);
  });

  test('shows why not, and what to do', async () => {
    expect(await open(tapUrl(tag.settings, 1), (await courier(null)).token)).toMatchObject({
      id: 'refused',
      message: expect.stringContaining('没有本小区的通行证'),
    });
  });

  test('says how to sign in, and keeps the tap for then', async () => {
    const shown = await open(tapUrl(tag.settings, 1), null);
    expect([shown.id, shown.fragment === '']).toEqual(['sign-in', false]);
    expect((await page()).text).toContain('通行证');
    expect(await reason(1)).toBe('granted');
  });

  test('asks again when the reply was lost: the first answer comes, and one order goes out', async () => {
    const url = tapUrl(tag.settings, 1);
    await tap(1);
    expect(await open(url, rider.token)).toMatchObject({ id: 'opened' });
    expect(await commands()).toHaveLength(1);
    const dead = await open(url, rider.token, () => Promise.reject(new Error('no network')));
    expect(dead.id).toBe('failed');
    expect(dead.sent).toHaveLength(3);
  });

  test('does not show an answer of long ago as if the gate opened now', async () => {
    const { body } = await tap(1);
    const date = new Date(service.clock.now() + 11_000).toUTCString();
    const old = async () => new Response(JSON.stringify(body), { headers: { date } });
    expect((await open(tapUrl(tag.settings, 1), rider.token, old)).id).toBe('past');
  });

  test('without a tap, and of an unknown tag, says so', async () => {
    expect(await open(`${PUBLIC_URL}/t`, rider.token)).toMatchObject({ id: 'empty', sent: [] });
    const url = tapUrl(tag.settings, 1).replace(/tag_\w+/, 'tag_0000000000000');
    expect((await open(url, rider.token)).id).toBe('unknown');
  });
});
