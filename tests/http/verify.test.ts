import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { parseCourierCode } from '../../src/domain/courier-code.ts';
import { NOON, type Service, startService } from '../support/service.ts';
import {
  changeRules,
  expectStatus,
  forge,
  type GateHandle,
  makeCommunity,
  makeDelivery,
  makeGate,
  makePlatform,
  type PlatformHandle,
  presentCode,
  type RiderHandle,
  readPasses,
  sendCallback,
  signIn,
  verify,
} from '../support/world.ts';

let service: Service;
let platform: PlatformHandle;
let communityId: string;
let gate: GateHandle;
let rider: RiderHandle;

beforeAll(async () => {
  service = await startService();
  platform = await makePlatform(service, 'kuaisong');
});
afterAll(() => service.stop());

let riders = 0;
/** Each test has its own community, gate and rider, at noon. */
beforeEach(async () => {
  service.clock.set(NOON);
  communityId = await makeCommunity(service);
  gate = await makeGate(service, communityId);
  const riderId = `r-${++riders}`;
  await makeDelivery(service, platform, {
    communityId,
    deliveryId: `d-${riders}`,
    riderId,
    label: '快送 #18',
  });
  rider = await signIn(service, platform, riderId);
});

const finish = () =>
  sendCallback(service, platform, { deliveryId: `d-${riders}`, status: 'delivered' });

describe('a rider with a live delivery', () => {
  test('is let in, and the answer says everything that a gate shows', async () => {
    const requestId = randomUUID();
    const code = await presentCode(service, rider);
    const answer = await verify(service, gate, {
      requestId,
      code,
      lane: '1',
      speedKmh: 12.4,
      accuracyKmh: 1,
    });
    expect(answer.status).toBe(200);
    expect(answer.headers.get('cache-control')).toBe('no-store');
    expect(answer.body).toEqual({
      decision: 'granted',
      reason: 'granted',
      message: { zh: '请进', en: 'Welcome' },
      openForMs: 3000,
      visitId: expect.stringMatching(/^vis_[0-9a-f][0-9a-hjkmnp-tv-z]{12}$/),
      passId: parseCourierCode(code)?.passId,
      speedLimitKmh: 15,
      guidance: { building: '12' },
      auditId: expect.stringMatching(/^[A-Za-z0-9_-]{43}$/),
      serverTime: '2026-11-21T04:00:00.000Z',
    });
  });

  test('is let out, on the same visit', async () => {
    const entry = await verify(service, gate, { code: await presentCode(service, rider) });
    service.clock.advance(300_000);
    const exit = await verify(service, gate, {
      code: await presentCode(service, rider),
      direction: 'out',
    });
    expect(exit.body).toMatchObject({
      decision: 'granted',
      reason: 'granted_exit',
      visitId: entry.body.visitId,
    });
  });

  test('taps as well as scans', async () => {
    const answer = await verify(service, gate, {
      code: await presentCode(service, rider),
      medium: 'nfc',
    });
    expect(answer.body.reason).toBe('granted');
  });
});

describe('a denial', () => {
  test('is an answer, with what to do next and without a visit', async () => {
    const answer = await verify(service, gate, { code: 'hello' });
    expect(answer.status).toBe(200);
    expect(answer.body).toEqual({
      decision: 'denied',
      reason: 'malformed_code',
      message: { zh: expect.any(String), en: expect.any(String) },
      openForMs: 0,
      auditId: expect.any(String),
      serverTime: '2026-11-21T04:00:00.000Z',
    });
  });

  test.each([
    ['nothing', ''],
    ['a space', ' '],
    ['a prefix', 'CP1:'],
    ['another version', 'CP2:'.padEnd(144, '0')],
    ['lower case', 'CP1:'.padEnd(144, 'a')],
    ['one character more', 'CP1:'.padEnd(145, '0')],
    ['sixty thousand characters', 'x'.repeat(60_000)],
    ['a control character', '\u0000'],
    ['a Chinese character', '门'],
  ])('malformed_code: %s', async (_name, code) => {
    const answer = await verify(service, gate, { code });
    expect(answer.body).toMatchObject({ decision: 'denied', reason: 'malformed_code' });
  });

  test('malformed_code: a real code with a trailing line break, in lower case, or cut', async () => {
    const code = await presentCode(service, rider);
    for (const other of [`${code}\n`, code.toLowerCase(), code.slice(0, -1), ` ${code}`]) {
      expect((await verify(service, gate, { code: other })).body.reason).toBe('malformed_code');
    }
  });

  test('bad_signature: a code that was issued here, with one character of its signature changed', async () => {
    const code = await presentCode(service, rider);
    const answer = await verify(service, gate, { code: forge(code) });
    expect(answer.body).toMatchObject({ decision: 'denied', reason: 'bad_signature' });
    expect((await verify(service, gate, { code })).body.reason).toBe('granted');
  });

  test('code_used: the same code in another request', async () => {
    const code = await presentCode(service, rider);
    const other = await makeGate(service, communityId);
    await verify(service, gate, { code });
    service.clock.advance(1_000);
    const again = await verify(service, other, { code });
    expect(again.body).toMatchObject({ decision: 'denied', reason: 'code_used' });
    expect(again.body.passId).toBe(parseCourierCode(code)?.passId);
    expect(again.body).not.toHaveProperty('visitId');
  });

  test('wrong_community: a code of another compound', async () => {
    const elsewhere = await makeGate(service, await makeCommunity(service));
    const answer = await verify(service, elsewhere, { code: await presentCode(service, rider) });
    expect(answer.body.reason).toBe('wrong_community');
  });

  test('delivery_not_active: a code fetched before the delivery ended', async () => {
    const code = await presentCode(service, rider);
    expectStatus(await finish(), 202);
    expect((await verify(service, gate, { code })).body.reason).toBe('delivery_not_active');
  });

  test('wrong_gate: an exit-only code at entry, which lets out', async () => {
    await verify(service, gate, { code: await presentCode(service, rider) });
    expectStatus(await finish(), 202);
    service.clock.advance(120_000);
    const passes = await readPasses(service, rider);
    expect(passes.items[0].status).toBe('leaving');
    const { code } = passes.items[0].codes[0];
    expect((await verify(service, gate, { code })).body.reason).toBe('wrong_gate');
    const exit = await verify(service, gate, { code, direction: 'out' });
    expect(exit.body).toMatchObject({ decision: 'granted', reason: 'granted_exit' });
  });
});

describe('the window of a code, to the millisecond', () => {
  test.each([
    [-5_001, 'code_not_yet_valid'],
    [-5_000, 'granted'],
    [0, 'granted'],
    [30_000, 'granted'],
    [44_999, 'granted'],
    [45_000, 'code_expired'],
  ])('%i ms from notBefore: %s', async (offset, reason) => {
    const [, next] = (await readPasses(service, rider, '?codes=2')).items[0].codes;
    service.clock.set(Date.parse(next.notBefore) + offset);
    expect((await verify(service, gate, { code: next.code })).body.reason).toBe(reason);
  });
});

describe('a code that this process issued', () => {
  test('is authentic by its signature as well', async () => {
    const code = await presentCode(service, rider);
    const parsed = parseCourierCode(code);
    expect(await service.deps.keys.verifyCode(parsed!)).toBe('authentic');
    expect((await verify(service, gate, { code })).body.reason).toBe('granted');
  });

  test('is refused from the moment its key is revoked', async () => {
    const code = await presentCode(service, rider);
    const kid = String(parseCourierCode(code)?.keyNumber);
    await service.deps.keys.revoke('courier-code', kid, 'system', service.clock.now());
    expect((await verify(service, gate, { code })).body.reason).toBe('unknown_key');
    expect(
      (await verify(service, gate, { code: await presentCode(service, rider) })).body.reason,
    ).toBe('granted');
  });

  test('is good still when its key has been retired', async () => {
    const code = await presentCode(service, rider);
    await service.deps.keys.rotate('courier-code', 'system', service.clock.now());
    expect((await verify(service, gate, { code })).body.reason).toBe('granted');
  });
});

describe('a code that another process issued', () => {
  test('is judged by its signature, which may have been made malleable', async () => {
    const code = parseCourierCode(await presentCode(service, rider))!;
    const order = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;
    const s = BigInt(`0x${Buffer.from(code.signature.subarray(32)).toString('hex')}`);
    const twin = Buffer.concat([
      code.signature.subarray(0, 32),
      Buffer.from((order - s).toString(16).padStart(64, '0'), 'hex'),
    ]);
    const { formatCourierCode } = await import('../../src/domain/courier-code.ts');
    const other = formatCourierCode(code.keyNumber, code.payloadBytes, twin);
    expect((await verify(service, gate, { code: other })).body.reason).toBe('granted');
    service.clock.advance(1_000);
    const second = await makeGate(service, communityId);
    const original = formatCourierCode(code.keyNumber, code.payloadBytes, code.signature);
    expect((await verify(service, second, { code: original })).body.reason).toBe('code_used');
  });
});

describe('a request sent again', () => {
  test('gets its first answer in every member, later and in another case of the UUID', async () => {
    const requestId = randomUUID();
    const code = await presentCode(service, rider);
    const first = await verify(service, gate, { requestId, code });
    service.clock.advance(40_000);
    const again = await verify(service, gate, { requestId: requestId.toUpperCase(), code });
    expect(again.status).toBe(200);
    expect(again.text).toBe(first.text);
  });

  test('gets its denial again, though it would be granted now', async () => {
    const requestId = randomUUID();
    const [, next] = (await readPasses(service, rider, '?codes=2')).items[0].codes;
    const denied = await verify(service, gate, { requestId, code: next.code });
    expect(denied.body.reason).toBe('code_not_yet_valid');
    service.clock.advance(30_000);
    expect((await verify(service, gate, { requestId, code: next.code })).text).toBe(denied.text);
  });

  test.each([{ code: 'other' }, { medium: 'nfc' }, { direction: 'out' }])(
    'with %j is a conflict',
    async (change) => {
      const question = { requestId: randomUUID(), code: await presentCode(service, rider) };
      await verify(service, gate, question);
      const answer = await verify(service, gate, { ...question, ...change });
      expect(answer.status).toBe(409);
      expect(answer.headers.get('content-type')).toBe('application/problem+json');
      expect(answer.body.code).toBe('request_id_reused');
    },
  );

  test('from another gate is another request', async () => {
    const requestId = randomUUID();
    const other = await makeGate(service, communityId);
    const first = await verify(service, gate, { requestId, code: 'x' });
    const second = await verify(service, other, { requestId, code: 'x' });
    expect(second.status).toBe(200);
    expect(second.body.auditId).not.toBe(first.body.auditId);
  });

  test('at the same time as the first is decided once', async () => {
    const question = { requestId: randomUUID(), code: await presentCode(service, rider) };
    const answers = await Promise.all(
      Array.from({ length: 8 }, () => verify(service, gate, question)),
    );
    expect(new Set(answers.map(({ text }) => text)).size).toBe(1);
  });
});

test('one code presented at many gates at once opens one', async () => {
  const code = await presentCode(service, rider);
  const gates = await Promise.all(Array.from({ length: 6 }, () => makeGate(service, communityId)));
  const answers = await Promise.all(gates.map((each) => verify(service, each, { code })));
  expect(answers.filter(({ body }) => body.decision === 'granted')).toHaveLength(1);
});

describe('an exit', () => {
  test.each([{}, { code: '' }, { code: 'rubbish' }])('is granted with %j', async (question) => {
    const answer = await verify(service, gate, { direction: 'out', ...question });
    expect(answer.body).toMatchObject({
      decision: 'granted',
      reason: 'granted_exit',
      openForMs: 3000,
    });
  });

  test('is granted to a code long expired, and closes its visit', async () => {
    const code = await presentCode(service, rider);
    const entry = await verify(service, gate, { code });
    service.clock.advance(600_000);
    const exit = await verify(service, gate, { direction: 'out', code });
    expect(exit.body).toMatchObject({ reason: 'granted_exit', visitId: entry.body.visitId });
  });
});

describe('what cannot be judged', () => {
  const good = {
    requestId: '0b7c1c1e-8a53-4e59-9c0e-1d2f3a4b5c6d',
    code: 'x',
    medium: 'qr',
    direction: 'in',
  };

  test.each([
    ['requestId', { requestId: undefined }],
    ['requestId', { requestId: 'not-a-uuid' }],
    ['requestId', { requestId: `${good.requestId}0` }],
    ['requestId', { requestId: 7 }],
    ['code', { code: undefined }],
    ['code', { code: null }],
    ['code', { code: 17 }],
    ['code', { direction: 'out', code: null }],
    ['medium', { medium: undefined }],
    ['medium', { medium: 'ble' }],
    ['direction', { direction: undefined }],
    ['direction', { direction: 'sideways' }],
    ['lane', { lane: '' }],
    ['lane', { lane: 'x'.repeat(17) }],
    ['lane', { lane: 'a\u0007' }],
    ['lane', { lane: 1 }],
    ['scannedAt', { scannedAt: 'yesterday' }],
    ['scannedAt', { scannedAt: '2026-11-21 04:03:10Z' }],
    ['scannedAt', { scannedAt: '2026-11-21T04:03:10' }],
    ['scannedAt', { scannedAt: '2026-02-30T04:03:10Z' }],
    ['scannedAt', { scannedAt: 1795233790120 }],
    ['speedKmh', { speedKmh: -1 }],
    ['speedKmh', { speedKmh: 501 }],
    ['speedKmh', { speedKmh: '12' }],
    ['speedKmh', { speedKmh: null }],
    ['accuracyKmh', { accuracyKmh: -0.1 }],
  ])('%s: %j', async (path, change) => {
    const body = { ...good, ...change };
    const answer = await service.call('POST', '/v1/verify', { token: gate.token, body });
    expect(answer.status).toBe(422);
    expect(answer.body).toMatchObject({ code: 'invalid_input', status: 422, errors: [{ path }] });
  });

  test.each(['', '{', '"x"', '[]', 'null'])('the body %j', async (body) => {
    const answer = await service.call('POST', '/v1/verify', { token: gate.token, body });
    expect(answer.status).toBe(body === '' || body === '{' ? 400 : 422);
  });

  test('a body that is too large is 413', async () => {
    const body = { ...good, code: 'x'.repeat(70_000) };
    expect((await service.call('POST', '/v1/verify', { token: gate.token, body })).status).toBe(
      413,
    );
  });

  test('a direction for which the gate has no reader is 422 and leaves no decision', async () => {
    const entryOnly = await makeGate(service, communityId, { directions: ['in'] });
    const answer = await verify(service, entryOnly, { direction: 'out' });
    expect(answer.status).toBe(422);
    expect(answer.body.errors).toEqual([{ path: 'direction', message: expect.any(String) }]);
    const { body } = await service.call('GET', `/v1/communities/${communityId}/decisions`, {
      token: service.operatorKey,
    });
    expect(body.items).toEqual([]);
  });

  test.each([
    '2026-11-21T12:03:10+08:00',
    '2026-11-21T04:03:10.120Z',
    '2026-11-21T04:03:10.123456Z',
  ])('scannedAt %s is an instant', async (scannedAt) => {
    expect((await verify(service, gate, { code: 'x', scannedAt })).status).toBe(200);
  });

  test('members that we do not know are tolerated', async () => {
    expect((await verify(service, gate, { code: 'x', firmware: '1.2' })).status).toBe(200);
  });
});

describe('credentials', () => {
  test.each([
    ['none', undefined],
    ['rubbish', 'rubbish'],
    ['the operator’s key', 'operator'],
    ['a rider’s session', 'rider'],
  ])('%s: 401, before the body is judged', async (_name, kind) => {
    const token = kind === 'operator' ? service.operatorKey : kind === 'rider' ? rider.token : kind;
    const answer = await service.call('POST', '/v1/verify', { ...(token && { token }), body: '{' });
    expect(answer.status).toBe(401);
    expect(answer.body.code).toBe('credentials_required');
  });

  test('a token signed by somebody else’s key: 401', async () => {
    const [header, claims] = gate.token.split('.');
    const answer = await service.call('POST', '/v1/verify', {
      token: `${header}.${claims}.${'A'.repeat(86)}`,
      body: {},
    });
    expect(answer.status).toBe(401);
  });

  test('the token of a revoked gate: 401 from then on', async () => {
    const path = `/v1/gates/${gate.id}`;
    expectStatus(await service.call('DELETE', path, { token: service.operatorKey }), 204);
    expect((await verify(service, gate, { code: 'x' })).status).toBe(401);
  });

  test.each(['', '{', '{}', '"x"', '{"requestId":7}'])(
    'the token of a revoked gate: 401, whatever its body: %j',
    async (body) => {
      const path = `/v1/gates/${gate.id}`;
      const ask = () => service.call('POST', '/v1/verify', { token: gate.token, body });
      expect([400, 422]).toContain((await ask()).status);
      expectStatus(await service.call('DELETE', path, { token: service.operatorKey }), 204);
      const answer = await ask();
      expect(answer.status).toBe(401);
      expect(answer.body.code).toBe('credentials_required');
    },
  );

  test('a token lasts 15 minutes and no longer', async () => {
    service.clock.advance(15 * 60_000 - 1_000);
    expect((await verify(service, gate, { code: 'x' })).status).toBe(200);
    service.clock.advance(1_000);
    expect((await verify(service, gate, { code: 'x' })).status).toBe(401);
  });
});

test('rules of the community apply: a vehicle that may not ride in', async () => {
  await changeRules(service, communityId, { vehicles: ['foot'] });
  const passes = await readPasses(service, rider);
  expect(passes.items[0]).toMatchObject({ refusal: { reason: 'vehicle_not_allowed' }, codes: [] });
});
