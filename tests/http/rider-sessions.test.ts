import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { PUBLIC_URL, type Service, startService } from '../support/service.ts';
import {
  expectStatus,
  makeCommunity,
  makeDelivery,
  makeGate,
  makeKey,
  makeLink,
  makePlatform,
  nextHour,
  type PlatformHandle,
  presentCode,
  readPasses,
  sendCallback,
  signIn,
  verify,
} from '../support/world.ts';

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;

let service: Service;
let kuaisong: PlatformHandle;
let paotui: PlatformHandle;

beforeAll(async () => {
  service = await startService();
  kuaisong = await makePlatform(service, 'kuaisong');
  paotui = await makePlatform(service, 'paotui');
});
afterAll(() => service.stop());

let count = 0;
let riderId: string;
beforeEach(() => {
  nextHour(service);
  count++;
  riderId = `r-${count}`;
});

const link = (body: unknown, token: string | undefined = kuaisong.apiKey) =>
  service.call('POST', '/v1/rider-links', { body, ...(token && { token }) });
const open = (body: unknown, headers: Record<string, string> = {}, token?: string) =>
  service.call('POST', '/v1/rider-sessions', { body, headers, ...(token && { token }) });
const passes = (token: string) => service.call('GET', '/v1/rider/passes', { token });

describe('a rider link', () => {
  test('carries its token in the fragment and lasts 10 minutes', async () => {
    const answer = await link({ riderId });
    expect(answer.status).toBe(201);
    expect(answer.body).toEqual({
      url: `${PUBLIC_URL}/r#t=${answer.body.token}`,
      token: expect.stringMatching(/^[\w-]{43,}$/),
      expiresAt: new Date(service.clock.now() + 10 * MINUTE).toISOString(),
    });
  });

  test.each([
    {},
    { riderId: '' },
    { riderId: 'x'.repeat(65) },
    { riderId: 17 },
    { riderId: 'a\tb' },
  ])('for %j is 422', async (body) => {
    const answer = await link(body);
    expect(answer.status).toBe(422);
    expect(answer.body.errors).toMatchObject([{ path: 'riderId' }]);
  });

  test('is for platforms only', async () => {
    expect((await service.call('POST', '/v1/rider-links', { body: '{' })).status).toBe(401);
    expect((await link({}, 'cpk_rubbish')).status).toBe(401);
    expect((await link({ riderId }, service.operatorKey)).status).toBe(404);
    const { token } = await signIn(service, kuaisong, riderId);
    expect((await link({ riderId }, token)).status).toBe(401);
  });
});

describe('a link that is read before it is used', () => {
  const read = (token: string, session: string) =>
    service.call('POST', '/v1/rider-links/read', { token: session, body: { token } });

  test('is the rider’s own, another’s, or of no use, and can be used afterwards', async () => {
    const mine = await signIn(service, kuaisong, riderId);
    const [own, other] = [
      await makeLink(service, kuaisong, riderId),
      await makeLink(service, paotui, riderId),
    ];
    for (let again = 0; again < 2; again++) {
      expect((await read(own, mine.token)).body).toEqual({ holder: 'own' });
      expect((await read(other, mine.token)).body).toEqual({ holder: 'other' });
    }
    expect((await read('cpl_nothing', mine.token)).body).toEqual({ holder: 'unusable' });
    expect((await open({ token: other, join: true }, {}, mine.token)).status).toBe(200);
    expect((await read(other, mine.token)).body).toEqual({ holder: 'unusable' });
    const joined = await makeLink(service, paotui, riderId);
    expect((await read(joined, mine.token)).body).toEqual({ holder: 'own' });
    service.clock.advance(10 * MINUTE);
    expect((await read(own, mine.token)).body).toEqual({ holder: 'unusable' });
  });

  test('is read by a rider only, and not from another site', async () => {
    const token = await makeLink(service, kuaisong, riderId);
    const asked = (headers: Record<string, string>) =>
      service.call('POST', '/v1/rider-links/read', { body: { token }, headers });
    expect((await asked({})).status).toBe(401);
    const { token: session } = await signIn(service, kuaisong, riderId);
    const cookie = `cp_session=${session}`;
    expect((await asked({ cookie, 'sec-fetch-site': 'cross-site' })).status).toBe(403);
    expect((await asked({ cookie, 'sec-fetch-site': 'same-origin' })).status).toBe(200);
  });
});

describe('a session', () => {
  test('is opened once by a link', async () => {
    const token = await makeLink(service, kuaisong, riderId);
    const opened = await open({ token });
    expect(opened.status).toBe(200);
    expect(opened.body).toEqual({
      accessToken: expect.stringMatching(/^[\w-]{43,}$/),
      expiresAt: new Date(service.clock.now() + 30 * DAY).toISOString(),
    });
    expect(opened.body.accessToken).not.toBe(token);
    expect((await passes(opened.body.accessToken)).status).toBe(200);
    expect((await open({ token })).status).toBe(401);
  });

  test('is opened by one of many who try at once', async () => {
    const token = await makeLink(service, kuaisong, riderId);
    const answers = await Promise.all(Array.from({ length: 6 }, () => open({ token })));
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 401, 401, 401, 401, 401]);
  });

  test.each([
    [10 * MINUTE - 1, 200],
    [10 * MINUTE, 401],
  ])('by a link %i ms old: %i', async (age, status) => {
    const token = await makeLink(service, kuaisong, riderId);
    service.clock.advance(age);
    expect((await open({ token })).status).toBe(status);
  });

  test.each([
    ['unknown', 'cpl_unknown'],
    ['of an API key', null],
  ])('by a token %s is 401', async (_name, token) => {
    const answer = await open({ token: token ?? service.operatorKey });
    expect(answer.status).toBe(401);
    expect(answer.body.code).toBe('credentials_required');
    expect(answer.text).not.toContain(token ?? service.operatorKey);
  });

  test.each([
    {},
    { token: '' },
    { token: 7 },
    { token: 'x'.repeat(257) },
    { token: 'x', join: 'yes' },
  ])('asked for with %j is 422', async (body) => {
    expect((await open(body)).status).toBe(422);
  });

  test('lasts 30 days from its last use', async () => {
    const { token } = await signIn(service, kuaisong, riderId);
    service.clock.advance(30 * DAY - 1);
    expect((await passes(token)).status).toBe(200);
    service.clock.advance(30 * DAY - 1);
    expect((await passes(token)).status).toBe(200);
    service.clock.advance(30 * DAY);
    expect((await passes(token)).status).toBe(401);
  });

  test('ends when its rider signs out; other sessions go on', async () => {
    const one = await signIn(service, kuaisong, riderId);
    const other = await signIn(service, kuaisong, riderId);
    const out = await service.call('DELETE', '/v1/rider-sessions', { token: one.token });
    expect(out.status).toBe(204);
    expect(out.text).toBe('');
    expect((await passes(one.token)).status).toBe(401);
    expect((await passes(other.token)).status).toBe(200);
    expect((await service.call('DELETE', '/v1/rider-sessions', { token: one.token })).status).toBe(
      401,
    );
  });
});

describe('the cookie of our own page', () => {
  const cookieOf = (answer: { headers: Headers }) => answer.headers.get('set-cookie');

  test('is set when the page itself asks, and no script can read it', async () => {
    const token = await makeLink(service, kuaisong, riderId);
    const opened = await open({ token }, { 'sec-fetch-site': 'same-origin' });
    expect(cookieOf(opened)).toMatch(
      /^cp_session=[^;]+; Max-Age=\d+; Path=\/; HttpOnly; SameSite=Lax$/,
    );
    const cookie = cookieOf(opened)?.split(';')[0] ?? '';
    expect((await service.call('GET', '/v1/rider/passes', { headers: { cookie } })).status).toBe(
      200,
    );
  });

  test('is set for a browser that sends Origin only', async () => {
    const token = await makeLink(service, kuaisong, riderId);
    expect(cookieOf(await open({ token }, { origin: PUBLIC_URL }))).toContain('cp_session=');
  });

  test.each([
    {},
    { 'sec-fetch-site': 'cross-site' },
    { 'sec-fetch-site': 'none' },
    { origin: 'https://evil.example' },
  ])('is not set for %j', async (headers) => {
    const token = await makeLink(service, kuaisong, riderId);
    const opened = expectStatus(await open({ token }, headers as Record<string, string>), 200);
    expect(cookieOf(opened)).toBeNull();
  });

  test('is deleted when the rider signs out', async () => {
    const { token } = await signIn(service, kuaisong, riderId);
    const out = await service.call('DELETE', '/v1/rider-sessions', { token });
    expect(cookieOf(out)).toMatch(/^cp_session=; Max-Age=0; Path=\//);
  });

  test('does nothing on behalf of a page of another site', async () => {
    const { token } = await signIn(service, kuaisong, riderId);
    const headers = { cookie: `cp_session=${token}`, 'sec-fetch-site': 'cross-site' };
    expect((await service.call('DELETE', '/v1/rider-sessions', { headers })).status).toBe(403);
    expect((await passes(token)).status).toBe(200);
  });
});

test('the cookie goes over TLS only when the service does', async () => {
  const secure = await startService({ environment: { PUBLIC_URL: 'https://pass.example.cn' } });
  try {
    const platform = await makePlatform(secure, 'kuaisong');
    const made = await secure.call('POST', '/v1/rider-links', {
      token: platform.apiKey,
      body: { riderId },
    });
    expect(made.body.url).toMatch(/^https:\/\/pass\.example\.cn\/r#t=/);
    const opened = await secure.call('POST', '/v1/rider-sessions', {
      body: { token: made.body.token },
      headers: { 'sec-fetch-site': 'same-origin' },
    });
    expect(opened.headers.get('set-cookie')).toContain('Secure');
  } finally {
    await secure.stop();
  }
});

describe('joining the riders of two platforms', () => {
  const join = async (token: string, platform: PlatformHandle, id = riderId) =>
    open({ token: await makeLink(service, platform, id), join: true }, {}, token);

  test('makes them one courier, who sees the passes of both', async () => {
    const [a, b] = [await makeCommunity(service), await makeCommunity(service)];
    await makeDelivery(service, kuaisong, { communityId: a, deliveryId: `a-${count}`, riderId });
    await makeDelivery(service, paotui, { communityId: b, deliveryId: `b-${count}`, riderId });
    const one = await signIn(service, kuaisong, riderId);
    const two = await signIn(service, paotui, riderId);
    expect((await readPasses(service, one)).items).toHaveLength(1);
    const joined = expectStatus(await join(one.token, paotui), 200);
    for (const token of [one.token, two.token, joined.body.accessToken]) {
      const { items } = await readPasses(service, { token });
      expect(
        items.map(({ community }: { community: { id: string } }) => community.id).sort(),
      ).toEqual([a, b].sort());
    }
  });

  test('where both have a pass for one community, the elder stays with the deliveries of both', async () => {
    const communityId = await makeCommunity(service);
    await makeDelivery(service, kuaisong, { communityId, deliveryId: `a-${count}`, riderId });
    const one = await signIn(service, kuaisong, riderId);
    const elder = (await readPasses(service, one)).items[0].id;
    service.clock.advance(1_000);
    await makeDelivery(service, paotui, { communityId, deliveryId: `b-${count}`, riderId });
    expectStatus(await join(one.token, paotui), 200);
    const live = (await readPasses(service, one)).items.filter(
      ({ status }: { status: string }) => status === 'active',
    );
    expect(live).toHaveLength(1);
    expect(live[0].id).toBe(elder);
    expect(live[0].deliveries.map(({ platform }: { platform: string }) => platform).sort()).toEqual(
      ['kuaisong', 'paotui'],
    );
    const gate = await makeGate(service, communityId);
    expect((await verify(service, gate, { code: live[0].codes[0].code })).body.reason).toBe(
      'granted',
    );
    await sendCallback(service, kuaisong, { deliveryId: `a-${count}`, status: 'delivered' });
    service.clock.advance(120_000);
    expect(
      (await verify(service, gate, { code: await presentCode(service, one) })).body.reason,
    ).toBe('granted');
  });

  test('needs a session: 401 without one, and the link stays good', async () => {
    const token = await makeLink(service, paotui, riderId);
    expect((await open({ token, join: true })).status).toBe(401);
    expect((await open({ token, join: true }, {}, 'cps_rubbish')).status).toBe(401);
    expect((await open({ token, join: true }, {}, kuaisong.apiKey)).status).toBe(401);
    expect((await open({ token })).status).toBe(200);
  });

  test('by a cookie is for our own page only', async () => {
    const { token } = await signIn(service, kuaisong, riderId);
    const cookie = `cp_session=${token}`;
    const other = { token: await makeLink(service, paotui, riderId), join: true };
    expect((await open(other, { cookie, 'sec-fetch-site': 'cross-site' })).status).toBe(403);
    expect((await open(other, { cookie, 'sec-fetch-site': 'same-origin' })).status).toBe(200);
  });

  test('without being asked for does not happen', async () => {
    const communityId = await makeCommunity(service);
    await makeDelivery(service, paotui, { communityId, deliveryId: `b-${count}`, riderId });
    const one = await signIn(service, kuaisong, riderId);
    const token = await makeLink(service, paotui, riderId);
    expectStatus(await open({ token }, {}, one.token), 200);
    expect((await readPasses(service, one)).items).toEqual([]);
  });

  test('with oneself changes nothing', async () => {
    const communityId = await makeCommunity(service);
    await makeDelivery(service, kuaisong, { communityId, deliveryId: `a-${count}`, riderId });
    const one = await signIn(service, kuaisong, riderId);
    expectStatus(await join(one.token, kuaisong), 200);
    expect((await readPasses(service, one)).items).toMatchObject([{ status: 'active' }]);
  });
});

test('a key of a community makes no rider links', async () => {
  const communityId = await makeCommunity(service);
  const key = await makeKey(service, { kind: 'community', communityId });
  expect((await link({ riderId }, key)).status).toBe(404);
});
