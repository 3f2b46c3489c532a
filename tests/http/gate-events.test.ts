import { randomUUID } from 'node:crypto';
import { CompactSign } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  DeviceLog,
  type EventGate,
  postJose,
  sendBatch,
  sendLog,
  sign,
} from '../support/gate-batch.ts';
import {
  assertion,
  enrolledGate,
  newGateKey,
  requestToken,
  tokenForm,
} from '../support/gate-key.ts';
import { type Service, startService } from '../support/service.ts';
import {
  expectStatus,
  makeCommunity,
  makeDelivery,
  makePlatform,
  nextHour,
  type PlatformHandle,
  sendCallback,
  verify,
} from '../support/world.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

let service: Service;
let platform: PlatformHandle;

beforeAll(async () => {
  service = await startService();
  platform = await makePlatform(service, 'kuaisong');
});
afterAll(() => service.stop());

interface Place {
  readonly communityId: string;
  readonly gate: EventGate;
}

async function makePlace(): Promise<Place> {
  const communityId = await makeCommunity(service);
  return { communityId, gate: await enrolledGate(service, communityId) };
}

/** A token that is good now. */
async function renewed(gate: EventGate & { key: Awaited<ReturnType<typeof newGateKey>> }) {
  const form = tokenForm(gate.id, await assertion(service, gate.id, gate.key));
  return { ...gate, token: (await requestToken(service, form)).body.access_token as string };
}

let riders = 0;
async function newRider(communityId: string): Promise<string> {
  const riderId = `r-${++riders}`;
  await makeDelivery(service, platform, { communityId, riderId, deliveryId: `d-${riders}` });
  return riderId;
}

/** Codes of the windows from now on. */
async function codesOf(riderId: string, communityId: string, codes = 1) {
  const body = { riderId, communityId, codes };
  const answer = await service.call('POST', '/v1/codes', { token: platform.apiKey, body });
  return expectStatus(answer, 200).body.codes as { code: string; notBefore: string }[];
}

async function list(communityId: string, what: string, query = '') {
  // biome-ignore lint/suspicious/noExplicitAny: items of several lists
  const items: any[] = [];
  let after = '';
  do {
    const path = `/v1/communities/${communityId}/${what}?limit=200${query}${after && `&after=${after}`}`;
    const page = expectStatus(await service.call('GET', path, { token: service.operatorKey }), 200);
    items.push(...page.body.items);
    after = page.body.next;
  } while (after);
  return items.reverse();
}

const at = (instant: number) => new Date(instant).toISOString();

describe('a batch is refused as a whole', () => {
  let place: Place;
  const batch = { logId: 'log-12345678', events: [] };
  beforeAll(async () => {
    place = await makePlace();
  });

  const refused = async (token: string, body: string) => {
    const answer = await postJose(service, token, body);
    return [answer.status, answer.body.code];
  };

  it('without the gate’s token: 401', async () => {
    expect(await refused('nobody', await sign(batch, place.gate.id, place.gate.key))).toEqual([
      401,
      'credentials_required',
    ]);
  });

  it('signed by another key: 401 invalid_signature', async () => {
    const key = await newGateKey();
    const body = await sign(batch, place.gate.id, key);
    expect(await refused(place.gate.token, body)).toEqual([401, 'invalid_signature']);
  });

  it('with its payload changed: 401 invalid_signature', async () => {
    const [header, , signature] = (await sign(batch, place.gate.id, place.gate.key)).split('.');
    const other = Buffer.from(JSON.stringify({ ...batch, logId: 'log-other-one' })).toString(
      'base64url',
    );
    expect(await refused(place.gate.token, `${header}.${other}.${signature}`)).toEqual([
      401,
      'invalid_signature',
    ]);
  });

  it('in the name of another gate, or with another gate’s token: 403 wrong_signer', async () => {
    const other = await enrolledGate(service, place.communityId);
    const named = await sign(batch, other.id, place.gate.key);
    expect(await refused(place.gate.token, named)).toEqual([403, 'wrong_signer']);
    const own = await sign(batch, place.gate.id, place.gate.key);
    expect(await refused(other.token, own)).toEqual([403, 'wrong_signer']);
  });

  it.each([
    ['no JWS', 'hello'],
    ['a JWS without a kid', `${Buffer.from('{"alg":"ES256"}').toString('base64url')}.e30.AAAA`],
  ])('that is %s: 400', async (_name, body) => {
    expect(await refused(place.gate.token, body)).toEqual([400, 'malformed_request']);
  });

  it('by an algorithm that is not ES256: 401', async () => {
    const header = Buffer.from(JSON.stringify({ alg: 'none', kid: place.gate.id })).toString(
      'base64url',
    );
    const payload = Buffer.from(JSON.stringify(batch)).toString('base64url');
    expect(await refused(place.gate.token, `${header}.${payload}.`)).toEqual([
      401,
      'invalid_signature',
    ]);
  });

  it('as another content type: 415', async () => {
    const body = await sign(batch, place.gate.id, place.gate.key);
    const answer = await service.call('POST', '/v1/gate/events', { token: place.gate.token, body });
    expect(answer.status).toBe(415);
  });

  it('of more than 500 events: 422, and of 500 not', async () => {
    const log = new DeviceLog(service.clock.now());
    for (let n = 0; n < 501; n++) log.write(service.clock.now(), 'heartbeat', {});
    const many = await sendBatch(service, place.gate, { logId: log.logId, events: log.events });
    expect([many.status, many.body.errors]).toEqual([
      422,
      [{ path: 'events', message: 'at most 500 events come in one batch' }],
    ]);
    const most = { logId: log.logId, events: log.events.slice(0, 500) };
    expect(expectStatus(await sendBatch(service, place.gate, most), 200).body.ackedThrough).toBe(
      500,
    );
  });

  it('of more than 1 MiB: 413', async () => {
    const body = await sign({ ...batch, pad: 'x'.repeat(800_000) }, place.gate.id, place.gate.key);
    expect(await refused(place.gate.token, body)).toEqual([413, 'body_too_large']);
  });

  it('of a gate that was revoked: 401', async () => {
    const { gate } = await makePlace();
    await service.call('DELETE', `/v1/gates/${gate.id}`, { token: service.operatorKey });
    const body = await sign(batch, gate.id, gate.key);
    expect((await postJose(service, gate.token, body)).status).toBe(401);
  });
});

it('rejects wrong events one by one, for good, and takes the others', async () => {
  const { gate, communityId } = await makePlace();
  const good = { deviceTime: at(service.clock.now()), uptimeMs: 5, bootId: 'b', data: {} };
  const events = [
    { ...good, seq: 1, type: 'heartbeat' },
    { ...good, seq: 2, type: 'song' },
    { ...good, seq: 3, type: 'queue', data: { depth: 'much' } },
    { ...good, seq: 4, type: 'heartbeat', deviceTime: 'yesterday' },
    { ...good, seq: 0, type: 'heartbeat' },
    'no event',
    { ...good, seq: 5, type: 'boot', data: { firmware: 'x', pad: 'y'.repeat(9_000) } },
    {
      ...good,
      seq: 6,
      type: 'verification',
      data: { request: {}, decision: 'granted', reason: 'granted' },
    },
    { ...good, seq: 7, type: 'door_forced', unknown: 'members are tolerated' },
  ];
  const answer = expectStatus(
    await sendBatch(service, gate, { logId: 'log-12345678', events }),
    200,
  );
  expect(answer.body).toEqual({
    logId: 'log-12345678',
    ackedThrough: 7,
    gaps: [],
    rejected: [
      { seq: 2, code: 'unknown_type' },
      { seq: 3, code: 'invalid_data' },
      { seq: 4, code: 'invalid_event' },
      { seq: null, code: 'invalid_seq' },
      { seq: null, code: 'invalid_seq' },
      { seq: 5, code: 'too_long' },
      { seq: 6, code: 'invalid_data' },
    ],
    serverTime: at(service.clock.now()),
  });
  expect(await list(communityId, 'alerts')).toMatchObject([
    { kind: 'door_forced', gateId: gate.id },
  ]);
});

it.each([
  ['an uptime that no counter has', { uptimeMs: 9_007_199_254_740_991 }],
  ['an uptime beyond all numbers', { uptimeMs: 1e300 }],
])('takes what is sent with %s', async (_, stamp) => {
  const { gate } = await makePlace();
  const log = new DeviceLog(service.clock.now());
  const { bootId } = log;
  const events = [{ seq: 1, type: 'door_forced', deviceTime: null, uptimeMs: 0, bootId, data: {} }];
  const batch = { logId: log.logId, sent: { deviceTime: null, bootId, ...stamp }, events };
  const answer = expectStatus(await sendBatch(service, gate, batch), 200).body;
  expect(answer).toMatchObject({ ackedThrough: 1, rejected: [] });
});

it('rejects alone an event that is nested deeper than anything can be written', async () => {
  const { gate } = await makePlace();
  const log = new DeviceLog(service.clock.now());
  log.write(service.clock.now(), 'door_forced', {});
  const deep = `${'['.repeat(20_000)}${']'.repeat(20_000)}`;
  const events = [...log.events, { seq: 2, data: 'deep' }];
  const text = JSON.stringify({ logId: log.logId, events }).replace('"deep"', deep);
  const body = await new CompactSign(Buffer.from(text))
    .setProtectedHeader({ alg: 'ES256', kid: gate.id })
    .sign(gate.key.privateKey);
  const answer = expectStatus(await postJose(service, gate.token, body), 200).body;
  expect(answer).toMatchObject({ ackedThrough: 2, rejected: [{ seq: 2, code: 'too_long' }] });
});

it('says the alert live, and lists it for manager and guard of the community alone', async () => {
  const { gate, communityId } = await makePlace();
  const events = await service.app.request(`/v1/communities/${communityId}/events`, {
    headers: { authorization: `Bearer ${service.operatorKey}` },
  });
  const reader = (events.body as ReadableStream<Uint8Array>).getReader();
  const log = new DeviceLog(service.clock.now());
  log.write(service.clock.now(), 'tamper', {});
  await sendLog(service, gate, log);
  let heard = '';
  while (!heard.includes('event: alert'))
    heard += Buffer.from((await reader.read()).value ?? []).toString();
  await reader.cancel();
  const [alert] = await list(communityId, 'alerts');
  expect(alert).toMatchObject({ kind: 'tamper', communityId, gateId: gate.id });
  expect(JSON.parse(/event: alert\ndata: (.*)\n/.exec(heard)?.[1] ?? '')).toEqual(alert);
  const path = `/v1/communities/${communityId}/alerts`;
  expect((await service.call('GET', path, { token: gate.token })).status).toBe(404);
  expect((await service.call('GET', path, { token: platform.apiKey })).status).toBe(404);
  const guard = await enrolledGate(service, communityId, { kind: 'guard' });
  expect((await service.call('GET', path, { token: guard.token })).body.items).toEqual([alert]);
});

it('tells live views of a visit that a report has changed, and of nothing when it comes again', async () => {
  nextHour(service);
  const { gate, communityId } = await makePlace();
  const riderId = await newRider(communityId);
  const [first, , , later] = await codesOf(riderId, communityId, 4);
  const startedAt = service.clock.now();
  const log = new DeviceLog(startedAt);
  log.judged(startedAt + 1_000, first?.code ?? '');
  service.clock.advance(MINUTE);
  await sendLog(service, gate, log);
  const [visit] = await list(communityId, 'visits');
  const topics = [`community:${communityId}`, `courier:${visit.courierId}`];
  const heard: string[] = [];
  const stops = topics.map((topic) =>
    service.deps.bus.subscribe(topic as never, ({ type }) => heard.push(`${topic} ${type}`)),
  );
  log.judged(startedAt + 95_000, later?.code ?? '');
  service.clock.advance(MINUTE);
  await sendLog(service, gate, log);
  expect(heard.toSorted()).toEqual(topics.map((topic) => `${topic} changed`).toSorted());
  await sendLog(service, gate, log);
  expect(heard).toHaveLength(2);
  for (const stop of stops) stop();
});

it('raises alerts of decisions online, and says them live', async () => {
  const { gate, communityId } = await makePlace();
  const handle = { ...gate, communityId };
  expectStatus(await verify(service, handle, { direction: 'out' }), 200);
  const [alert] = await list(communityId, 'alerts', '&open=false');
  const [decision] = await list(communityId, 'decisions');
  expect(alert).toMatchObject({
    kind: 'unrecognised_code_at_exit',
    auditId: decision.auditId,
    at: decision.at,
    endedAt: decision.at,
  });
});

it('keeps nothing of what was presented but its digest', async () => {
  const { gate, communityId } = await makePlace();
  const log = new DeviceLog(service.clock.now());
  log.judged(service.clock.now(), 'tel:+8613800138000', { direction: 'out' });
  await sendLog(service, gate, log);
  expect(await list(communityId, 'decisions')).toMatchObject([
    { source: 'offline', reason: 'granted_exit', flags: ['unrecognised_code_at_exit'] },
  ]);
  const entries = await service.deps.store.listAuditEntries({ afterSeq: 0, limit: 10_000 });
  expect(entries.some(({ entry }) => entry.includes('13800138000'))).toBe(false);
});

it('a refusal of the gate’s own, which judged nothing, is an event and no decision', async () => {
  const { gate, communityId } = await makePlace();
  const log = new DeviceLog(service.clock.now());
  const request = { requestId: randomUUID(), medium: 'qr', direction: 'in', code: 'CP1:X' };
  const data = { request, decision: 'denied', reason: 'bundle_too_old' };
  log.write(service.clock.now(), 'verification', data);
  expect((await sendLog(service, gate, log)).body).toMatchObject({ ackedThrough: 1, rejected: [] });
  expect(await list(communityId, 'decisions')).toEqual([]);
});

describe('a gate’s clock', () => {
  /** One entry an hour ago, sent now; returns what became of it. */
  async function afterOutage(clock: (log: DeviceLog, entryAt: number) => void, told = true) {
    nextHour(service);
    const place = await makePlace();
    const riderId = await newRider(place.communityId);
    const [code] = await codesOf(riderId, place.communityId);
    const entryAt = service.clock.now() + 5_000;
    const log = new DeviceLog(entryAt - MINUTE);
    clock(log, entryAt);
    log.judged(entryAt, code?.code ?? '');
    service.clock.set(entryAt + HOUR);
    const gate = await renewed(place.gate as never);
    await sendLog(service, gate, log, told ? { sentAt: service.clock.now() } : {});
    const [visit] = await list(place.communityId, 'visits');
    const alerts = await list(place.communityId, 'alerts');
    return {
      entryAt: at(entryAt),
      openedAt: visit.openedAt,
      kinds: alerts.map(({ kind }) => kind),
    };
  }

  it.each([10 * MINUTE, -10 * MINUTE])(
    'that is wrong by %i ms is corrected and told',
    async (offset) => {
      const { entryAt, openedAt, kinds } = await afterOutage((log) => {
        log.offsetMs = offset;
      });
      expect(openedAt).toBe(entryAt);
      expect(kinds).toEqual(['gate_clock_skew']);
    },
  );

  it('that is set back in the middle of a batch', async () => {
    const { entryAt, openedAt, kinds } = await afterOutage((log, entryAt) => {
      log.offsetMs = 10 * MINUTE;
      log.write(entryAt - 30_000, 'heartbeat', {});
      log.offsetMs = 0;
    });
    expect(openedAt).toBe(entryAt);
    expect(kinds).toEqual([]);
  });

  it('that did not run since the boot', async () => {
    const { entryAt, openedAt } = await afterOutage((log) => {
      log.offsetMs = null;
    });
    expect(openedAt).toBe(entryAt);
  });

  it('that runs ahead is known to, though the batch does not say when it was sent', async () => {
    nextHour(service);
    const { gate, communityId } = await makePlace();
    const log = new DeviceLog(service.clock.now());
    log.offsetMs = 10 * MINUTE;
    log.write(service.clock.now(), 'heartbeat', {});
    await sendLog(service, gate, log);
    expect(await list(communityId, 'alerts')).toMatchObject([
      { kind: 'gate_clock_skew', details: { offsetMs: 10 * MINUTE } },
    ]);
  });

  it('is believed where nothing speaks against it', async () => {
    const { entryAt, openedAt, kinds } = await afterOutage(() => undefined, false);
    expect(openedAt).toBe(entryAt);
    expect(kinds).toEqual([]);
  });
});

it('judges codes by the keys of their time: after two rotations still, and not when they were published no more', async () => {
  nextHour(service);
  const { gate, communityId } = await makePlace();
  const riderId = await newRider(communityId);
  const [first, second] = await codesOf(riderId, communityId, 2);
  const entryAt = service.clock.now() + 5_000;
  const log = new DeviceLog(entryAt);
  log.judged(entryAt, first?.code ?? '');
  service.clock.advance(30_000);
  const { token } = { token: service.operatorKey };
  const rotate = () => service.call('POST', '/v1/keys/courier-code/rotate', { token });
  await rotate();
  service.clock.advance(4 * HOUR);
  await rotate();
  log.judged(entryAt + 30_000 + 5 * HOUR, second?.code ?? '');
  const again = await renewed(gate as never);
  service.clock.advance(2 * HOUR);
  await sendLog(service, await renewed(again as never), log);
  const decisions = await list(communityId, 'decisions');
  expect(decisions[0]).toMatchObject({ flags: [], visitId: expect.any(String) });
  const alerts = await list(communityId, 'alerts');
  expect(alerts).toMatchObject([
    { kind: 'offline_conflict', details: { service: { reason: 'unknown_key' } } },
  ]);
});

it('by a key that was revoked judges only what was before, whoever knows it', async () => {
  nextHour(service);
  const { gate, communityId } = await makePlace();
  const [before, after] = [await newRider(communityId), await newRider(communityId)];
  const [early] = await codesOf(before, communityId);
  const [, late] = await codesOf(after, communityId, 2);
  const entryAt = service.clock.now() + 5_000;
  const log = new DeviceLog(entryAt);
  const [fine] = [log.judged(entryAt, early?.code ?? '')];
  service.clock.advance(20_000);
  const active = service.deps.keys
    .list()
    .find(({ purpose, state }) => purpose === 'courier-code' && state === 'active');
  const path = `/v1/keys/courier-code/${active?.kid}`;
  expectStatus(await service.call('DELETE', path, { token: service.operatorKey }), 204);
  const forged = log.judged(service.clock.now() + 11_000, late?.code ?? '');
  service.clock.advance(HOUR);
  await sendLog(service, await renewed(gate as never), log);
  const requestOf = ({ data }: { data: object }) =>
    (data as { request: { requestId: string } }).request.requestId;
  expect(await list(communityId, 'alerts')).toMatchObject([
    {
      kind: 'offline_conflict',
      details: { requestId: requestOf(forged), service: { reason: 'unknown_key' } },
    },
  ]);
  expect(await list(communityId, 'decisions')).toMatchObject([
    { requestId: requestOf(fine), flags: [], visitId: expect.any(String) },
    { requestId: requestOf(forged), flags: ['offline_conflict'] },
  ]);
  expect(await list(communityId, 'visits')).toHaveLength(1);
});

it('a gate offline for 24 h with 10,000 events comes back: none lost, none twice, the visits right', {
  timeout: 180_000,
}, async () => {
  nextHour(service);
  const place = await makePlace();
  const { communityId } = place;
  const log = new DeviceLog(service.clock.now());
  const visits: { openedAt: string; closedAt: string }[] = [];
  const conflicts: string[] = [];
  const deliver = (deliveryId: string) =>
    sendCallback(service, platform, { deliveryId, status: 'delivered' });
  for (let hour = 0; hour < 24; hour++) {
    const startedAt = service.clock.now();
    const due = Math.round(((hour + 1) * 10_000) / 24);
    const beats = Math.floor((due - log.events.length) / 12) - 3;
    for (let n = 0; n < 12; n++) {
      const cameAt = startedAt + n * 5 * MINUTE;
      service.clock.set(cameAt);
      const riderId = await newRider(communityId);
      const deliveryId = `d-${riders}`;
      const code = (await codesOf(riderId, communityId, 2))[1]?.code ?? '';
      const [entryAt, exitAt] = [cameAt + 35_000, cameAt + 4 * MINUTE];
      // The order is over before the entry, during the visit, at its end, or not at all.
      const overAt = [cameAt + 5_000, entryAt + MINUTE, exitAt, null][n % 4] ?? null;
      const entry = log.judged(entryAt, code);
      const { requestId } = (entry.data as { request: { requestId: string } }).request;
      log.write(entryAt + 2_000, 'passage', { requestId, passed: true, direction: 'in' });
      log.judged(exitAt, code, { direction: 'out' });
      visits.push({ openedAt: at(entryAt), closedAt: at(exitAt) });
      if (overAt !== null) {
        service.clock.set(overAt);
        expectStatus(await deliver(deliveryId), 202);
      }
      if (n % 4 === 0) conflicts.push(requestId);
      const queueCapacity = 100_000;
      while (log.events.length < due - (11 - n) * (beats + 3)) {
        const queueDepth = log.events.length;
        log.write(exitAt + 1_000 + (queueDepth % 50), 'heartbeat', { queueDepth, queueCapacity });
      }
    }
    service.clock.set(startedAt + HOUR);
  }
  expect(log.events).toHaveLength(10_000);
  service.clock.advance(1_000);
  const gate = await renewed(place.gate as never);
  // Every third answer is lost, and once the same batch is under way four times.
  let through = 0;
  for (let round = 0; through < log.events.length; round++) {
    const batch = { logId: log.logId, events: log.events.slice(through, through + 500) };
    const copies = round === 5 ? [1, 2, 3, 4] : [1];
    const answers = await Promise.all(copies.map(() => sendBatch(service, gate, batch)));
    for (const answer of answers)
      expect(expectStatus(answer, 200).body).toMatchObject({ gaps: [], rejected: [] });
    if (round % 3 !== 2) through = answers[0]?.body.ackedThrough;
  }
  expect(through).toBe(10_000);
  const decisions = await list(communityId, 'decisions');
  expect(decisions).toHaveLength(2 * visits.length);
  expect(new Set(decisions.map(({ requestId }) => requestId)).size).toBe(decisions.length);
  const stored = await list(communityId, 'visits');
  expect(stored.map(({ openedAt, closedAt }) => ({ openedAt, closedAt }))).toEqual(visits);
  expect(stored.every(({ closedBy }) => closedBy === 'exit')).toBe(true);
  const alerts = await list(communityId, 'alerts');
  expect(alerts.map(({ details }) => details.requestId)).toEqual(conflicts);
  for (const { kind, details } of alerts)
    expect([kind, details.service]).toEqual([
      'offline_conflict',
      { decision: 'denied', reason: 'delivery_not_active' },
    ]);
});
