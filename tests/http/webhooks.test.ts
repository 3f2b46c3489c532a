import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { signWebhook } from '../../src/platforms/standard-webhooks.ts';
import { type Service, startService } from '../support/service.ts';
import {
  expectStatus,
  makeCommunity,
  makePlatform,
  nextHour,
  type PlatformHandle,
  type RiderHandle,
  readPasses,
  sendCallback,
  sendRaw,
  signIn,
} from '../support/world.ts';

let service: Service;
let platform: PlatformHandle;
let communityId: string;
let rider: RiderHandle;
let deliveryId: string;
let riderId: string;

beforeAll(async () => {
  service = await startService();
  platform = await makePlatform(service, 'kuaisong');
  communityId = await makeCommunity(service);
});
afterAll(() => service.stop());

let count = 0;
beforeEach(async () => {
  nextHour(service); // so that refused credentials do not add up
  count++;
  deliveryId = `d-${count}`;
  riderId = `r-${count}`;
  rider = await signIn(service, platform, riderId);
});

const on = (status: string, more: object = {}) => ({
  deliveryId,
  riderId,
  status,
  dropoff: { communityId },
  ...more,
});
const now = () => service.clock.now();
const passes = async () => (await readPasses(service, rider)).items;
const statuses = async () => (await passes()).map(({ status }: { status: string }) => status);

describe('a callback', () => {
  test('is answered 202, and the rider has a pass', async () => {
    const dropoff = { communityId, building: '12', unit: '2', floor: 18 };
    const deadlineAt = '2026-11-21T12:25:00+08:00';
    const data = on('picked_up', {
      label: '快送 #18',
      dropoff,
      vehicle: 'e-bike',
      plate: '沪A·12345',
      deadlineAt,
    });
    const answer = await sendCallback(service, platform, data);
    expect(answer.status).toBe(202);
    expect(answer.body).toEqual({});
    const [pass] = await passes();
    expect(pass).toMatchObject({
      id: expect.stringMatching(/^pas_/),
      community: { id: communityId, name: '阳光小区', kind: 'standard' },
      status: 'active',
      deliveries: [{ platform: 'kuaisong', deliveryId, status: 'picked_up' }],
      stops: [
        {
          leg: 'dropoff',
          status: 'picked_up',
          label: '快送 #18',
          building: '12',
          unit: '2',
          floor: 18,
          deadlineAt: '2026-11-21T04:25:00.000Z',
        },
      ],
    });
    expect(pass.codes).toHaveLength(8);
  });

  test('sent again under its webhook-id is 202 and changes nothing', async () => {
    const webhookId = randomUUID();
    const timestamp = now();
    await sendCallback(service, platform, on('picked_up'), { webhookId, timestamp });
    const [before] = await passes();
    service.clock.advance(1_000);
    expectStatus(
      await sendCallback(service, platform, on('picked_up'), { webhookId, timestamp }),
      202,
    );
    expectStatus(
      await sendCallback(service, platform, on('delivered'), { webhookId, timestamp }),
      202,
    );
    const [after] = await passes();
    expect({ ...after, codes: [] }).toEqual({ ...before, codes: [] });
  });

  test('at the same time many times counts once', async () => {
    const webhookId = randomUUID();
    const answers = await Promise.all(
      Array.from({ length: 8 }, () =>
        sendCallback(service, platform, on('picked_up'), { webhookId }),
      ),
    );
    expect(answers.map(({ status }) => status)).toEqual(Array(8).fill(202));
    expect(await statuses()).toEqual(['active']);
  });

  test('with members that we do not know is welcome', async () => {
    const data = {
      ...on('picked_up', { customer: { phone: '1' } }),
      dropoff: { communityId, gate: 'south' },
    };
    expect((await sendCallback(service, platform, data)).status).toBe(202);
  });

  test('that leads nowhere we know of makes no pass', async () => {
    expectStatus(
      await sendCallback(service, platform, { deliveryId, riderId, status: 'picked_up' }),
      202,
    );
    expect(await passes()).toEqual([]);
  });

  test('that says only how it ended ends the pass', async () => {
    await sendCallback(service, platform, on('picked_up'));
    service.clock.advance(1_000);
    expectStatus(await sendCallback(service, platform, { deliveryId, status: 'delivered' }), 202);
    expect(await statuses()).toEqual(['ended']);
  });

  test('that leaves the rider out keeps the rider', async () => {
    await sendCallback(service, platform, on('picked_up'));
    service.clock.advance(1_000);
    expectStatus(await sendCallback(service, platform, { deliveryId, status: 'arriving' }), 202);
    const [pass] = await passes();
    expect(pass).toMatchObject({ status: 'active', stops: [{ status: 'arriving' }] });
  });
});

describe('callbacks late and out of order', () => {
  test('an end that comes before what it ends', async () => {
    const ended = now() - 1_000;
    await sendCallback(service, platform, on('delivered'), { timestamp: ended });
    await sendCallback(service, platform, on('picked_up'), { timestamp: ended - 60_000 });
    expect(await statuses()).not.toContain('active');
  });

  test('an older status does not undo a newer one', async () => {
    await sendCallback(service, platform, on('arriving'), { timestamp: now() - 1_000 });
    await sendCallback(service, platform, on('picked_up', { label: 'late' }), {
      timestamp: now() - 60_000,
    });
    const [pass] = await passes();
    expect(pass.stops).toMatchObject([{ status: 'arriving', label: 'late' }]);
  });

  test('at the same instant the higher rank wins', async () => {
    const timestamp = now();
    await sendCallback(service, platform, on('arriving'), { timestamp });
    await sendCallback(service, platform, on('assigned'), { timestamp });
    const [pass] = await passes();
    expect(pass.stops[0].status).toBe('arriving');
  });

  test('nothing after the end revives it', async () => {
    await sendCallback(service, platform, on('picked_up'));
    await sendCallback(service, platform, on('cancelled'), { timestamp: now() + 1_000 });
    await sendCallback(service, platform, on('arriving'), { timestamp: now() + 2_000 });
    expect(await statuses()).toEqual(['ended']);
  });

  test('given to another rider, the first one’s right ends at once', async () => {
    await sendCallback(service, platform, on('picked_up'));
    const other = await signIn(service, platform, `${riderId}-b`);
    await sendCallback(service, platform, on('picked_up', { riderId: `${riderId}-b` }), {
      timestamp: now() + 1,
    });
    expect(await statuses()).toEqual(['ended']);
    expect((await readPasses(service, other)).items).toMatchObject([{ status: 'active' }]);
  });

  test('a pick-up authorises until it is picked up, a drop-off from then on', async () => {
    const legs = {
      pickup: { communityId },
      dropoff: { communityId: await makeCommunity(service) },
    };
    await sendCallback(service, platform, { deliveryId, riderId, status: 'assigned', ...legs });
    expect(
      (await passes()).map(({ community }: { community: { id: string } }) => community.id),
    ).toEqual([communityId]);
    await sendCallback(
      service,
      platform,
      { deliveryId, status: 'picked_up' },
      { timestamp: now() + 1 },
    );
    const live = (await passes()).filter(({ status }: { status: string }) => status === 'active');
    expect(live.map(({ community }: { community: { id: string } }) => community.id)).toEqual([
      legs.dropoff.communityId,
    ]);
  });
});

describe('the timestamp of what happened', () => {
  test('at most 5 minutes ahead of us, included', async () => {
    const answer = await sendCallback(service, platform, on('picked_up'), {
      timestamp: now() + 300_000,
    });
    expect(answer.status).toBe(202);
  });

  test('a millisecond further ahead is 422', async () => {
    const answer = await sendCallback(service, platform, on('picked_up'), {
      timestamp: now() + 300_001,
    });
    expect(answer.status).toBe(422);
    expect(answer.body.errors).toMatchObject([{ path: 'timestamp' }]);
    expect(await passes()).toEqual([]);
  });

  test('two hours old authorises nothing', async () => {
    await sendCallback(service, platform, on('picked_up'), { timestamp: now() - 7_200_000 });
    expect(await statuses()).not.toContain('active');
  });
});

describe('what is not a callback', () => {
  const refuse = async (data: object, status = 422) => {
    const answer = await sendCallback(service, platform, data);
    expect(answer.status).toBe(status);
    return answer.body.errors?.[0]?.path;
  };

  test.each([
    ['data.deliveryId', { deliveryId: undefined }],
    ['data.deliveryId', { deliveryId: '' }],
    ['data.deliveryId', { deliveryId: 'x'.repeat(65) }],
    ['data.deliveryId', { deliveryId: 'a\nb' }],
    ['data.deliveryId', { deliveryId: 8841 }],
    ['data.riderId', { riderId: '' }],
    ['data.riderId', { riderId: null }],
    ['data.riderId', { riderId: 'x'.repeat(65) }],
    ['data.status', { status: undefined }],
    ['data.status', { status: 'flying' }],
    ['data.label', { label: 'x'.repeat(101) }],
    ['data.label', { label: 'a\u0000b' }],
    ['data.pickup', { pickup: 'here' }],
    ['data.pickup.communityId', { pickup: { communityId: 'com_x' } }],
    ['data.dropoff.communityId', { dropoff: { communityId: 'gat_0123456789abc' } }],
    ['data.dropoff.building', { dropoff: { building: 'x'.repeat(33) } }],
    ['data.dropoff.unit', { dropoff: { unit: 'x'.repeat(33) } }],
    ['data.dropoff.unit', { dropoff: { unit: 2 } }],
    ['data.dropoff.floor', { dropoff: { floor: -11 } }],
    ['data.dropoff.floor', { dropoff: { floor: 201 } }],
    ['data.dropoff.floor', { dropoff: { floor: 1.5 } }],
    ['data.dropoff.floor', { dropoff: { floor: '18' } }],
    ['data.vehicle', { vehicle: 'rocket' }],
    ['data.plate', { plate: 'x'.repeat(21) }],
    ['data.deadlineAt', { deadlineAt: 'soon' }],
    ['data.deadlineAt', { deadlineAt: 1_795_233_600 }],
  ])('%s: %j', async (path, change) => {
    expect(await refuse({ ...on('picked_up'), ...change })).toBe(path);
  });

  test.each(['pickup', 'dropoff'])('a %s in a community that does not exist', async (leg) => {
    expect(await refuse(on('picked_up', { [leg]: { communityId: 'com_0123456789abc' } }))).toBe(
      `data.${leg}.communityId`,
    );
    expect(await passes()).toEqual([]);
  });

  test.each([
    ['timestamp', { type: 'delivery.updated', data: {} }],
    ['timestamp', { type: 'delivery.updated', timestamp: '2026-11-21', data: {} }],
    ['type', { type: 'delivery.created', timestamp: '2026-11-21T04:00:00Z', data: {} }],
    ['type', { timestamp: '2026-11-21T04:00:00Z', data: {} }],
    ['data', { type: 'delivery.updated', timestamp: '2026-11-21T04:00:00Z' }],
  ])('an envelope without a good %s', async (path, envelope) => {
    const answer = await sendRaw(service, platform, JSON.stringify(envelope));
    expect(answer.status).toBe(422);
    expect(answer.body.errors[0].path).toMatch(new RegExp(`^${path}`));
  });

  test.each(['', '{', '{"type":', 'type=delivery.updated'])(
    'a body that is not JSON: %j is 400',
    async (body) => {
      const answer = await sendRaw(service, platform, body);
      expect(answer.status).toBe(400);
      expect(answer.body.code).toBe('malformed_request');
    },
  );

  test.each(['[]', 'null', '7', '"x"'])('JSON of another shape: %s is 422', async (body) => {
    expect((await sendRaw(service, platform, body)).status).toBe(422);
  });

  test('a body that is too large is 413', async () => {
    expect((await sendRaw(service, platform, ' '.repeat(65_537))).status).toBe(413);
  });

  test('values on the edge are accepted', async () => {
    const dropoff = { communityId, building: 'x'.repeat(32), unit: '', floor: -10 };
    const data = on('picked_up', { deliveryId: '快'.repeat(64), label: 'x'.repeat(100), dropoff });
    expect((await sendCallback(service, platform, data)).status).toBe(202);
    expect((await passes())[0].stops[0]).toMatchObject({ floor: -10, unit: '' });
  });
});

describe('the signature', () => {
  const body = () =>
    JSON.stringify({
      type: 'delivery.updated',
      timestamp: new Date(now()).toISOString(),
      data: on('picked_up'),
    });
  const post = (headers: Record<string, string>, text = body(), slug = platform.slug) =>
    service.call('POST', `/v1/webhooks/${slug}`, {
      body: text,
      headers: { 'content-type': 'application/json', ...headers },
    });
  const signed = (text: string, secret = platform.webhookSecret, at = now(), id = 'msg-1') => {
    const seconds = Math.floor(at / 1000);
    return {
      'webhook-id': id,
      'webhook-timestamp': String(seconds),
      'webhook-signature': signWebhook(secret, id, seconds, Buffer.from(text)),
    };
  };
  const refused = async (headers: Record<string, string>, text?: string, slug?: string) => {
    const answer = await post(headers, text, slug);
    expect(answer.status).toBe(401);
    expect(answer.body.code).toBe('invalid_signature');
    expect(await passes()).toEqual([]);
  };

  test.each(['webhook-id', 'webhook-timestamp', 'webhook-signature'])(
    'without %s: 401',
    async (name) => {
      const { [name]: _left, ...headers } = signed(body()) as Record<string, string>;
      await refused(headers);
    },
  );

  test('over another body: 401, though it means the same', async () => {
    const text = body();
    await refused(signed(text), ` ${text}`);
  });

  test('under another secret: 401', async () => {
    const text = body();
    await refused(signed(text, `whsec_${Buffer.alloc(32, 1).toString('base64')}`), text);
  });

  test('of another platform: 401', async () => {
    const other = await makePlatform(service, `other-${count}`);
    const text = body();
    await refused(signed(text, other.webhookSecret), text);
  });

  test('for an id or a time that was changed afterwards: 401', async () => {
    const text = body();
    await refused({ ...signed(text), 'webhook-id': 'msg-2' }, text);
    const later = String(Math.floor(now() / 1000) + 1);
    await refused({ ...signed(text), 'webhook-timestamp': later }, text);
  });

  test('for a platform that does not exist: 401', async () => {
    const text = body();
    await refused(signed(text), text, 'nobody');
  });

  test('is judged before the body: 401, not 400 or 422', async () => {
    await refused(
      { 'webhook-id': '1', 'webhook-timestamp': '1', 'webhook-signature': 'v1,x' },
      '{',
    );
  });

  test.each([
    [-300_000, 202],
    [-301_000, 401],
    [300_000, 202],
    [301_000, 401],
  ])('made at %i ms from now: %i', async (offset, status) => {
    const text = body();
    expect((await post(signed(text, platform.webhookSecret, now() + offset), text)).status).toBe(
      status,
    );
  });

  test('may be one of several', async () => {
    const text = body();
    const headers = signed(text);
    const several = `v1,${Buffer.alloc(32).toString('base64')} v1a,abc ${headers['webhook-signature']}`;
    expect((await post({ ...headers, 'webhook-signature': several }, text)).status).toBe(202);
  });

  test('by the old secret works for 24 hours after a new one was made, and by the new one at once', async () => {
    const slug = `rotating-${count}`;
    const old = await makePlatform(service, slug);
    const path = `/v1/platforms/${slug}/webhook-secrets`;
    const made = await service.call('POST', path, { token: service.operatorKey });
    expect([200, 201]).toContain(made.status);
    const renewed = { ...old, webhookSecret: made.body.webhookSecret };
    const start = now();
    const send = async (by: PlatformHandle) =>
      (await sendCallback(service, by, on('assigned'))).status;
    expect([await send(old), await send(renewed)]).toEqual([202, 202]);
    service.clock.set(start + 24 * 3_600_000 - 1);
    expect([await send(old), await send(renewed)]).toEqual([202, 202]);
    service.clock.set(start + 24 * 3_600_000);
    expect([await send(old), await send(renewed)]).toEqual([401, 202]);
  });

  test.each([
    ['x'.repeat(128), 202],
    ['x'.repeat(129), 422],
  ])('for a webhook-id %#', async (id, status) => {
    const text = body();
    expect((await post(signed(text, platform.webhookSecret, now(), id), text)).status).toBe(status);
  });

  test('wrong too often is 429, and a right one still passes', async () => {
    const text = body();
    const attempts = await Promise.all(
      Array.from({ length: 61 }, () => post({ 'webhook-id': '1' }, text)),
    );
    expect(attempts.map(({ status }) => status)).toContain(429);
    expect(attempts.find(({ status }) => status === 429)?.headers.get('retry-after')).toMatch(
      /^\d+$/,
    );
    expect((await post(signed(text), text)).status).toBe(202);
  });
});

describe('an address that a callback gives in part', () => {
  test('keeps the rest of it, and the right', async () => {
    const dropoff = { communityId, building: '12', unit: '2', floor: 18 };
    await sendCallback(service, platform, on('picked_up', { dropoff }));
    service.clock.advance(1_000);
    const part = await sendCallback(service, platform, on('arriving', { dropoff: { floor: 3 } }));
    expect(part.status).toBe(202);
    const [pass] = await passes();
    expect(pass).toMatchObject({
      status: 'active',
      stops: [{ status: 'arriving', building: '12', unit: '2', floor: 3 }],
    });
  });
});

describe('a delivery that has 256 callbacks', () => {
  test('takes no more but its end: 422 at data.deliveryId', async () => {
    for (let index = 0; index < 256; index++)
      expectStatus(await sendCallback(service, platform, on('picked_up')), 202);
    const refused = await sendCallback(service, platform, on('arriving'));
    expect(refused.status).toBe(422);
    expect(refused.body).toMatchObject({
      code: 'invalid_input',
      errors: [{ path: 'data.deliveryId' }],
    });
    expect(await statuses()).toEqual(['active']);
    expectStatus(await sendCallback(service, platform, on('delivered')), 202);
    expect(await statuses()).toEqual(['ended']);
  });
});

describe('a platform that is limited to districts', () => {
  test('does not see communities elsewhere', async () => {
    const local = await makePlatform(service, `local-${count}`, ['西湖']);
    const inside = await makeCommunity(service, { district: '西湖' });
    const outside = await makeCommunity(service, { district: '武昌' });
    const send = (id: string) =>
      sendCallback(service, local, on('picked_up', { dropoff: { communityId: id } }));
    expect((await send(inside)).status).toBe(202);
    const answer = await send(outside);
    expect(answer.status).toBe(422);
    expect(answer.body.errors).toMatchObject([{ path: 'data.dropoff.communityId' }]);
  });
});
