import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { sweep } from '../../src/access/sweep.ts';
import type { BusEvent } from '../../src/bus/bus.ts';
import { type Service, startService } from '../support/service.ts';
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
  signIn,
  verify,
} from '../support/world.ts';

let service: Service;
let platform: PlatformHandle;
let communityId: string;
let gate: GateHandle;
let count = 0;
let heard: BusEvent[] = [];

beforeAll(async () => {
  service = await startService();
  platform = await makePlatform(service, 'kuaisong');
});
afterAll(() => service.stop());
beforeEach(async () => {
  nextHour(service);
  count++;
  communityId = await makeCommunity(service, { district: '武昌' });
  gate = await makeGate(service, communityId);
  heard = [];
  return service.deps.bus.subscribe(`gate:${gate.id}` as never, (event) => heard.push(event));
});

const order = (token = service.operatorKey, body: object = { reason: '搬家公司' }, id = gate.id) =>
  service.call('POST', `/v1/gates/${id}/open`, { token, body });
const claim = (commandId: string, token = gate.token) =>
  service.call('POST', `/v1/gate/commands/${commandId}/claim`, { token });
const commands = async (token = service.operatorKey) =>
  expectStatus(await service.call('GET', `/v1/gates/${gate.id}/commands`, { token }), 200).body;
const iso = (at: number) => new Date(at).toISOString();

describe('opening a gate by command', () => {
  test('makes a command that the gate hears of', async () => {
    const answer = await order();
    expect(answer.status).toBe(201);
    expect(answer.body).toEqual({
      commandId: expect.stringMatching(/^cmd_/),
      openForMs: 3_000,
      expiresAt: iso(service.clock.now() + 5_000),
    });
    const { commandId, openForMs } = answer.body;
    const expiresAt = service.clock.now() + 5_000;
    const topic = `gate:${gate.id}`;
    expect(heard).toEqual([{ topic, type: 'open', commandId, openForMs, expiresAt }]);
    expect((await commands()).items).toEqual([
      {
        id: commandId,
        gateId: gate.id,
        cause: 'remote',
        openForMs: 3_000,
        auditId: expect.stringMatching(/^[\w-]{43}$/),
        reason: '搬家公司',
        createdAt: iso(service.clock.now()),
        expiresAt: answer.body.expiresAt,
        claimedAt: null,
        reportedAt: null,
        outcome: null,
      },
    ]);
  });

  test('is for managers of the gate’s community and for its guards’ devices', async () => {
    const elsewhere = await makeCommunity(service, { district: '汉口' });
    const guard = await makeGate(service, communityId, { kind: 'guard' });
    const otherGuard = await makeGate(service, elsewhere, { kind: 'guard' });
    const key = (scope: object) => makeKey(service, scope);
    const may = [
      await key({ kind: 'community', communityId }),
      await key({ kind: 'district', district: '武昌' }),
      guard.token,
    ];
    const mayNot: [string, number][] = [
      [await key({ kind: 'community', communityId: elsewhere }), 404],
      [await key({ kind: 'district', district: '汉口' }), 404],
      [otherGuard.token, 404],
      [gate.token, 404],
      [platform.apiKey, 404],
      ['nonsense', 401],
    ];
    for (const token of may) {
      expect((await order(token)).status).toBe(201);
      await commands(token);
    }
    for (const [token, status] of mayNot) {
      expect((await order(token)).status).toBe(status);
      const list = await service.call('GET', `/v1/gates/${gate.id}/commands`, { token });
      expect(list.status).toBe(status);
    }
    expect(heard).toHaveLength(may.length);
  });

  test('needs no body: the contract names none', async () => {
    const path = `/v1/gates/${gate.id}/open`;
    const bare = await service.call('POST', path, { token: service.operatorKey });
    expect(expectStatus(bare, 201).body.openForMs).toBe(3_000);
    expect((await commands()).items).toMatchObject([{ reason: null }]);
    const document = (await service.call('GET', '/openapi.json')).body;
    expect(document.paths['/v1/gates/{id}/open'].post.requestBody.required).toBe(false);
  });

  test.each([
    [{}, 201],
    [{ reason: '' }, 422],
    [{ reason: 'x', openForMs: 499 }, 422],
    [{ reason: 'x', openForMs: 500 }, 201],
    [{ reason: 'x', openForMs: 30_000 }, 201],
    [{ reason: 'x', openForMs: 30_001 }, 422],
    [{ reason: 'x', openForMs: 1_000.5 }, 422],
  ])('with %j is %d', async (body, status) => {
    expect((await order(service.operatorKey, body)).status).toBe(status);
  });

  test('of a gate that was revoked or never was is 404', async () => {
    expect((await order(service.operatorKey, undefined, 'gat_0000000000000')).status).toBe(404);
    await service.call('DELETE', `/v1/gates/${gate.id}`, { token: service.operatorKey });
    expect((await order()).status).toBe(404);
  });
});

describe('claiming a command', () => {
  test('is 200 once, then 409', async () => {
    const { commandId } = (await order()).body;
    const first = await claim(commandId);
    expect(first.status).toBe(200);
    expect(first.body).toMatchObject({ commandId, openForMs: 3_000 });
    const second = await claim(commandId);
    expect(second.status).toBe(409);
    expect(second.body.code).toBe('command_claimed');
    expect((await commands()).items[0]).toMatchObject({ claimedAt: iso(service.clock.now()) });
  });

  test('is possible within 5 s by the server’s clock, and 410 from then on', async () => {
    const [early, late] = [(await order()).body.commandId, (await order()).body.commandId];
    service.clock.advance(4_999);
    expect((await claim(early)).status).toBe(200);
    service.clock.advance(1);
    const refused = await claim(late);
    expect(refused.status).toBe(410);
    expect(refused.body.code).toBe('command_expired');
  });

  test('is for that gate alone', async () => {
    const other = await makeGate(service, communityId);
    const { commandId } = (await order()).body;
    expect((await claim(commandId, other.token)).status).toBe(404);
    expect((await claim(commandId, service.operatorKey)).status).toBe(401);
    expect((await claim('cmd_0000000000000')).status).toBe(404);
    expect((await claim('cmd_nonsense')).status).toBe(404);
    expect((await claim(commandId)).status).toBe(200);
  });

  test('that nobody makes in time ends as not delivered', async () => {
    await order();
    service.clock.advance(5_000);
    await sweep(service.deps);
    expect((await commands()).items[0]).toMatchObject({ outcome: 'not_delivered' });
  });
});

describe('a guard’s word', () => {
  /** A rider who waits for the guard: the decision’s audit id. */
  async function waiting(): Promise<string> {
    const days = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'];
    const hours = [{ days, from: '00:00', to: '24:00' }];
    const guardConfirmation = { hours, vehicles: [], conductPoints: null };
    await changeRules(service, communityId, { guardConfirmation });
    const rider = await signIn(service, platform, `r-${count}`);
    await makeDelivery(service, platform, {
      communityId,
      deliveryId: `d-${count}`,
      riderId: `r-${count}`,
    });
    const { body } = await verify(service, gate, { code: await presentCode(service, rider) });
    expect(body.reason).toBe('guard_confirmation_required');
    return body.auditId;
  }
  const confirm = (auditId: string) =>
    service.call('POST', `/v1/decisions/${auditId}/confirm`, { token: service.operatorKey });

  test('that confirms opens the gate at which the rider waits', async () => {
    const confirmed = expectStatus(await confirm(await waiting()), 200).body;
    expect(confirmed.reason).toBe('granted_by_guard');
    expect(heard).toMatchObject([{ type: 'open', openForMs: 3_000 }]);
    const [command] = (await commands()).items;
    expect(command).toMatchObject({ cause: 'confirmation', auditId: confirmed.auditId });
    expect((await claim(command.id)).status).toBe(200);
  });

  test('opens nothing where the decision is another denial, or there is nothing to confirm', async () => {
    const auditId = await waiting();
    const until = iso(service.clock.now() + 60_000);
    const path = `/v1/communities/${communityId}/posture`;
    const body = { posture: 'lockdown', until, reason: '演练' };
    expectStatus(await service.call('PUT', path, { token: service.operatorKey, body }), 200);
    expect(expectStatus(await confirm(auditId), 200).body.reason).toBe('community_lockdown');
    expect((await confirm(auditId)).status).toBe(409);
    expect(heard.filter(({ type }) => type === 'open')).toEqual([]);
    expect((await commands()).items).toEqual([]);
  });

  test('that admits by hand opens the gate', async () => {
    const path = `/v1/communities/${communityId}/admissions`;
    const body = { gateId: gate.id, reason: '送水' };
    const admitted = await service.call('POST', path, { token: service.operatorKey, body });
    const { auditId } = expectStatus(admitted, 201).body;
    expect(heard).toMatchObject([{ type: 'open', openForMs: 3_000 }]);
    expect((await commands()).items).toMatchObject([{ cause: 'admission', auditId }]);
  });
});
