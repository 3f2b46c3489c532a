import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type EventSource, eventSource } from '../support/event-source.ts';
import { assertion, newGateKey, requestToken, tokenForm } from '../support/gate-key.ts';
import { type Service, startService } from '../support/service.ts';
import {
  changeRules,
  expectStatus,
  type GateHandle,
  makeCommunity,
  makeDelivery,
  makeGate,
  makePlatform,
  nextHour,
  type PlatformHandle,
  sendCallback,
} from '../support/world.ts';

const HOUR = 3_600_000;

let service: Service;
let platform: PlatformHandle;
let communityId: string;
let gate: GateHandle;
let count = 0;
const closing: (() => Promise<void>)[] = [];

beforeAll(async () => {
  service = await startService({ limits: { streamHeartbeatMs: 100 } });
  platform = await makePlatform(service, 'kuaisong');
});
afterAll(() => service.stop());
beforeEach(async () => {
  nextHour(service);
  count++;
  communityId = await makeCommunity(service);
  gate = await makeGate(service, communityId);
  return async () => {
    for (const close of closing.splice(0)) await close();
  };
});

async function connect(lastEventId?: string, token = gate.token): Promise<EventSource> {
  const headers = {
    authorization: `Bearer ${token}`,
    ...(lastEventId !== undefined && { 'last-event-id': lastEventId }),
  };
  const response = await service.app.request('/v1/gate/stream', { headers });
  expect(response.status).toBe(200);
  expect(response.headers.get('content-type')).toBe('text/event-stream');
  const source = eventSource(response);
  closing.push(source.close);
  return source;
}

/** The next events that are no comments. */
async function take(source: EventSource, most: number) {
  const events = [];
  while (events.length < most) {
    const event = await source.next();
    if (event === null) throw new Error('the stream has ended');
    if (event.comment === undefined) events.push(event);
  }
  return events;
}
const one = async (source: EventSource) => {
  const [event] = await take(source, 1);
  if (event === undefined) throw new Error('no event');
  return event;
};
/** The kinds of the events until a comment comes: what there is to say has been said then. */
async function untilQuiet(source: EventSource): Promise<string[]> {
  const kinds: string[] = [];
  for (let comments = 0; comments < 2; ) {
    const event = await source.next();
    if (event === null) throw new Error('the stream has ended');
    if (event.comment !== undefined) comments++;
    else kinds.push(event.event ?? '');
  }
  return kinds;
}
/** Connects and reads what is said at first; the id of the last of it. */
async function connected(): Promise<{ source: EventSource; id: string }> {
  const source = await connect();
  const events = await take(source, 3);
  return { source, id: events.at(-1)?.id ?? '' };
}
async function ended(source: EventSource): Promise<void> {
  for (;;) if ((await source.next()) === null) return;
}

const operator = (method: string, path: string, body?: object) =>
  service.call(method, path, { token: service.operatorKey, ...(body && { body }) });
const deliver = () =>
  makeDelivery(service, platform, { communityId, deliveryId: `d-${count}`, riderId: `r-${count}` });
const finish = () =>
  sendCallback(service, platform, { deliveryId: `d-${count}`, status: 'delivered' });
async function lockDown(): Promise<void> {
  const until = new Date(service.clock.now() + HOUR).toISOString();
  const body = { posture: 'lockdown', until, reason: '演练' };
  expectStatus(await operator('PUT', `/v1/communities/${communityId}/posture`, body), 200);
}
async function order(gateId = gate.id): Promise<string> {
  const body = { reason: '搬家公司' };
  return expectStatus(await operator('POST', `/v1/gates/${gateId}/open`, body), 201).body.commandId;
}
const claim = (commandId: string, token = gate.token) =>
  service.call('POST', `/v1/gate/commands/${commandId}/claim`, { token });

describe('a gate that connects', () => {
  test('is told how things are: the versions and the postures, each event with an id', async () => {
    const events = await take(await connect(), 3);
    const { body } = await service.call('GET', '/v1/gate/bundle', { token: gate.token });
    expect(events.map(({ event, data }) => ({ event, data }))).toEqual([
      { event: 'status-list', data: { version: 1 } },
      { event: 'posture', data: body.posture },
      { event: 'bundle', data: { version: body.version } },
    ]);
    expect(new Set(events.map(({ id }) => id)).size).toBe(3);
    for (const { id } of events) expect(id).toMatch(/^[\w.-]{1,64}$/);
  });

  test('gets a comment at every heartbeat', async () => {
    const { source } = await connected();
    expect(await source.next()).toEqual({ comment: ':' });
    expect(await source.next()).toEqual({ comment: ':' });
  });

  test('hears of everything anew after an id that is not ours', async () => {
    for (const id of ['17', 'x.y.z.w', '', 'nonsense'.repeat(50)])
      expect(await take(await connect(id), 3)).toHaveLength(3);
  });
});

describe('a connected gate hears at once', () => {
  test.each<[string, string, () => Promise<unknown>]>([
    ['that an order was delivered', 'status-list', finish],
    [
      'that a courier was blocked',
      'status-list',
      async () => {
        const courierId = await courierOf(`r-${count}`);
        const until = new Date(service.clock.now() + HOUR).toISOString();
        const path = `/v1/communities/${communityId}/blocks/${courierId}`;
        expectStatus(await operator('PUT', path, { reason: 'x', until }), 200);
      },
    ],
    ['of a posture of the community', 'posture', lockDown],
    [
      'of a posture of its own',
      'posture',
      async () => {
        const until = new Date(service.clock.now() + HOUR).toISOString();
        const body = { posture: 'closed', until, reason: '维修' };
        expectStatus(await operator('PUT', `/v1/gates/${gate.id}/posture`, body), 200);
      },
    ],
    ['of new rules', 'bundle', () => changeRules(service, communityId, { speedLimitKmh: 10 })],
    [
      'of another time zone',
      'bundle',
      async () =>
        expectStatus(
          await operator('PATCH', `/v1/communities/${communityId}`, { timezone: 'Asia/Urumqi' }),
          200,
        ),
    ],
    [
      'of rotated keys',
      'bundle',
      async () => expectStatus(await operator('POST', '/v1/keys/courier-code/rotate'), 200),
    ],
    [
      'of a revoked key',
      'bundle',
      async () => {
        const { keys } = service.deps;
        const active = keys
          .list()
          .find((key) => key.state === 'active' && key.purpose === 'status-list');
        expectStatus(await operator('DELETE', `/v1/keys/status-list/${active?.kid}`), 204);
      },
    ],
  ])('%s', async (_what, event, change) => {
    await deliver();
    const { source } = await connected();
    const startedAt = performance.now();
    await change();
    expect(await one(source)).toMatchObject({ event, id: expect.any(String) });
    expect(performance.now() - startedAt).toBeLessThan(1_000);
  });

  test('nothing of what does not concern it', async () => {
    const { source } = await connected();
    await deliver(); // makes a pass, sets no bit
    await makeGate(service, communityId);
    const elsewhere = await makeCommunity(service);
    await changeRules(service, elsewhere, { speedLimitKmh: 5 });
    expect(await untilQuiet(source)).toEqual([]);
  });

  async function courierOf(riderId: string): Promise<string> {
    const { store } = service.deps;
    const now = service.clock.now();
    const tokenHash = `link-${riderId}-${count}`;
    await store.createRiderLink({
      platform: platform.slug,
      riderId,
      tokenHash,
      expiresAt: now + HOUR,
      now,
    });
    const opened = await store.openRiderSession({
      linkHash: tokenHash,
      sessionHash: `session-${riderId}-${count}`,
      sessionExpiresAt: now + HOUR,
      join: null,
      now,
    });
    return opened?.courierId ?? '';
  }

  test('of rules that come into force by themselves, at the next heartbeat', async () => {
    const path = `/v1/communities/${communityId}/rules`;
    const body = {
      agreedBy: ['manager'],
      rules: { speedLimitKmh: 8 },
      effectiveFrom: new Date(service.clock.now() + HOUR).toISOString(),
    };
    expectStatus(await operator('PUT', path, body), 200);
    const { source } = await connected();
    expect(await untilQuiet(source)).toEqual([]);
    service.clock.advance(HOUR);
    expect(await one(source)).toMatchObject({ event: 'bundle' });
  });
});

describe('a gate that comes again', () => {
  test('is told nothing while nothing has changed', async () => {
    const { source, id } = await connected();
    await source.close();
    expect(await untilQuiet(await connect(id))).toEqual([]);
  });

  test('is told what has changed meanwhile, and no more', async () => {
    await deliver();
    const { source, id } = await connected();
    await source.close();
    await finish();
    await lockDown();
    expect(await untilQuiet(await connect(id))).toEqual(['status-list', 'posture']);
    await changeRules(service, communityId, { speedLimitKmh: 9 });
    expect(await untilQuiet(await connect(id))).toEqual(['status-list', 'posture', 'bundle']);
  });

  test('is told the rest where it was cut off between two events', async () => {
    const [first, second] = await take(await connect(), 2);
    expect(await untilQuiet(await connect(first?.id))).toEqual(['posture', 'bundle']);
    expect(await untilQuiet(await connect(second?.id))).toEqual(['bundle']);
  });

  test('misses nothing, wherever its stream is cut and however often', async () => {
    await deliver();
    let { source, id } = await connected();
    let known = 0;
    for (let round = 0; round < 20; round++) {
      const change = changeRules(service, communityId, { speedLimitKmh: 10 + round });
      if (round % 3 === 0) await source.close();
      await change;
      if (round % 3 !== 0) {
        const event = await one(source);
        id = event.id ?? '';
        known = event.data.version;
        if (round % 3 === 1) await source.close();
      }
      if (round % 3 !== 2) source = await connect(id);
      if (round % 3 === 0) {
        const event = await one(source);
        id = event.id ?? '';
        known = event.data.version;
      }
      const { body } = await service.call('GET', '/v1/gate/bundle', { token: gate.token });
      expect(known).toBe(body.version);
    }
  });
});

describe('an order to open', () => {
  test('reaches its gate, at every stream that it has, and no other gate', async () => {
    const other = await makeGate(service, communityId);
    const { source } = await connected();
    const second = (await connected()).source;
    const elsewhere = await connect(undefined, other.token);
    await take(elsewhere, 3);
    const commandId = await order();
    const expected = {
      event: 'open',
      data: {
        commandId,
        openForMs: 3_000,
        expiresAt: new Date(service.clock.now() + 5_000).toISOString(),
      },
    };
    expect(await one(source)).toMatchObject(expected);
    expect(await one(second)).toMatchObject(expected);
    expect(await untilQuiet(elsewhere)).toEqual([]);
    expect((await claim(commandId)).status).toBe(200);
    expect((await claim(commandId)).status).toBe(409);
  });

  test('is never said again', async () => {
    const { source, id } = await connected();
    await order();
    const { id: afterwards } = await one(source);
    expect(afterwards).toBe(id);
    await source.close();
    await order();
    expect(await untilQuiet(await connect(id))).toEqual([]);
    expect(await untilQuiet(await connect())).not.toContain('open');
  });

  test('that lay in a buffer and comes out late opens nothing', async () => {
    const { source } = await connected();
    const commandId = await order();
    service.clock.advance(5_000);
    const late = await one(source);
    expect(late).toMatchObject({ event: 'open', data: { commandId } });
    const refused = await claim(late.data.commandId);
    expect(refused.status).toBe(410);
    expect(refused.body.code).toBe('command_expired');
  });
});

describe('a stream ends', () => {
  test('at once when its gate is revoked: the gate was stolen', async () => {
    const { source } = await connected();
    expectStatus(await operator('DELETE', `/v1/gates/${gate.id}`), 204);
    await ended(source);
    for (const path of ['/v1/gate/stream', '/v1/gate/bundle'])
      expect((await service.call('GET', path, { token: gate.token })).status).toBe(401);
    expect((await claim('cmd_0000000000000')).status).toBe(401);
  });

  test('at once when another device has become the gate, and its token with it', async () => {
    const { source } = await connected();
    const renewed = await operator('POST', `/v1/gates/${gate.id}/enrollment-codes`);
    const { enrollmentCode } = expectStatus(renewed, 201).body;
    const key = await newGateKey();
    const enrol = { enrollmentCode, publicKey: key.publicJwk };
    expectStatus(await service.call('POST', '/v1/gates/enroll', { body: enrol }), 200);
    // Until the new key has been used, the old device is the gate.
    expect(await untilQuiet(source)).toEqual([]);
    const form = tokenForm(gate.id, await assertion(service, gate.id, key));
    const { access_token: token } = expectStatus(await requestToken(service, form), 200).body;
    await ended(source);
    const question = { requestId: crypto.randomUUID(), medium: 'qr', direction: 'out' };
    for (const [method, path, body] of [
      ['GET', '/v1/gate/bundle', undefined],
      ['POST', '/v1/verify', question],
    ] as const) {
      const asked = body === undefined ? {} : { body };
      expect((await service.call(method, path, { token: gate.token, ...asked })).status).toBe(401);
      expect((await service.call(method, path, { token, ...asked })).status).toBe(200);
    }
  });

  test('when the gate reads too slowly: no more waits for it than a stream may hold', async () => {
    const headers = { authorization: `Bearer ${gate.token}` };
    const response = await service.app.request('/v1/gate/stream', { headers });
    const { bus } = service.deps;
    for (let index = 0; index < 200; index++) {
      bus.publish({
        topic: `gate:${gate.id}` as never,
        type: 'open',
        commandId: 'cmd_0000000000000' as never,
        openForMs: 3_000,
        expiresAt: service.clock.now(),
      });
    }
    await expect(response.text()).rejects.toThrow('reads too slowly');
  });
});
