/** Nothing changes over HTTP without an entry: every call of the OpenAPI document that is no GET, one by one. */
import { randomUUID } from 'node:crypto';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { HOUR_MS } from '../../src/domain/clock.ts';
import { OPERATION_KINDS, type Operations } from '../../src/store/sqlite/operations/operation.ts';
import { DeviceLog, sendLog } from '../support/gate-batch.ts';
import { type Answer, type Service, startService } from '../support/service.ts';
import { readLog } from '../support/store-under-test.ts';
import {
  type GateHandle,
  makeCommunity,
  makeDelivery,
  makeGate,
  makeLink,
  makePlatform,
  type PlatformHandle,
  presentCode,
  type RiderHandle,
  sendCallback,
  signIn,
  verify,
} from '../support/world.ts';

interface World {
  readonly platform: PlatformHandle;
  readonly communityId: string;
  readonly gate: Awaited<ReturnType<typeof makeGate>>;
  readonly guard: GateHandle;
  readonly rider: RiderHandle;
}

let service: Service;
let world: World;
let made = 0;

beforeAll(async () => {
  service = await startService();
  const platform = await makePlatform(service, 'kuai');
  const communityId = await makeCommunity(service);
  const gate = await makeGate(service, communityId);
  const guard = await makeGate(service, communityId, { kind: 'guard', media: ['qr'] });
  await makeDelivery(service, platform, { communityId });
  world = { platform, communityId, gate, guard, rider: await signIn(service, platform) };
});
afterAll(() => service.stop());

const unique = (prefix: string) => `${prefix}-${++made}`;
const call = (method: string, path: string, body?: unknown, token = service.operatorKey) =>
  service.call(method, path, { token, ...(body !== undefined && { body }) });
const until = () => new Date(service.clock.now() + HOUR_MS).toISOString();

async function newGate(): Promise<{ id: string; enrollmentCode: string }> {
  const body = { name: '门', directions: ['in', 'out'], media: ['qr', 'nfc'] };
  return (await call('POST', `/v1/communities/${world.communityId}/gates`, body)).body;
}
async function courierId(): Promise<string> {
  const riderId = unique('rider');
  const deliveryId = unique('order');
  await makeDelivery(service, world.platform, {
    communityId: world.communityId,
    riderId,
    deliveryId,
  });
  const rider = await signIn(service, world.platform, riderId);
  const code = await presentCode(service, rider);
  await verify(service, world.gate, { code });
  await verify(service, world.gate, { code, direction: 'out' });
  await makeDelivery(service, world.platform, {
    communityId: world.communityId,
    riderId,
    deliveryId,
    status: 'delivered',
  });
  const visits = await call('GET', `/v1/communities/${world.communityId}/visits`);
  return visits.body.items[0].courierId;
}
async function command(): Promise<string> {
  const opened = await call('POST', `/v1/gates/${world.gate.id}/open`, { reason: 'x' });
  return opened.body.commandId ?? opened.body.id;
}
const newTag = () =>
  call('POST', `/v1/communities/${world.communityId}/tags`, {
    gateId: world.gate.id,
    uid: `04${(++made).toString(16).toUpperCase().padStart(12, '0')}`,
  });
async function assertion(): Promise<string> {
  const seconds = Math.floor(service.clock.now() / 1000);
  return new SignJWT({ jti: randomUUID() })
    .setProtectedHeader({ alg: 'ES256' })
    .setIssuer(world.gate.id)
    .setSubject(world.gate.id)
    .setAudience('http://localhost/v1/oauth/token')
    .setIssuedAt(seconds)
    .setExpirationTime(seconds + 120)
    .sign(world.gate.key.privateKey);
}

/** Prepares a call. @returns the call itself: what it appends is counted */
type Scene = () => Promise<() => Promise<Answer>>;
const now =
  (run: () => Promise<Answer>): Scene =>
  async () =>
    run;

const SCENES: Readonly<Record<string, Scene>> = {
  'POST /v1/platforms': now(() => call('POST', '/v1/platforms', { slug: unique('p'), name: 'x' })),
  'POST /v1/platforms/{slug}/webhook-secrets': async () => {
    const { slug } = await makePlatform(service, unique('p'));
    return () => call('POST', `/v1/platforms/${slug}/webhook-secrets`);
  },
  'POST /v1/communities': now(() =>
    call('POST', '/v1/communities', { name: 'x', kind: 'standard' }),
  ),
  'PATCH /v1/communities/{id}': now(() =>
    call('PATCH', `/v1/communities/${world.communityId}`, { name: unique('名') }),
  ),
  'PUT /v1/communities/{id}/rules': async () => {
    const path = `/v1/communities/${world.communityId}/rules`;
    const rules = await call('GET', path);
    const headers = { 'if-match': rules.headers.get('etag') ?? '' };
    const body = { agreedBy: ['manager'], rules: rules.body.rules };
    return () => service.call('PUT', path, { token: service.operatorKey, body, headers });
  },
  'POST /v1/communities/{id}/gates': now(() =>
    call('POST', `/v1/communities/${world.communityId}/gates`, {
      name: '门',
      directions: ['in'],
      media: ['qr'],
    }),
  ),
  'DELETE /v1/gates/{id}': async () => {
    const { id } = await newGate();
    return () => call('DELETE', `/v1/gates/${id}`);
  },
  'POST /v1/gates/{id}/enrollment-codes': async () => {
    const { id } = await newGate();
    return () => call('POST', `/v1/gates/${id}/enrollment-codes`);
  },
  'POST /v1/gates/enroll': async () => {
    const { enrollmentCode } = await newGate();
    const { publicKey } = await generateKeyPair('ES256');
    const body = { enrollmentCode, publicKey: await exportJWK(publicKey) };
    return () => service.call('POST', '/v1/gates/enroll', { body });
  },
  'POST /v1/oauth/token': async () => {
    const form = new URLSearchParams({
      grant_type: 'client_credentials',
      client_id: world.gate.id,
      client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
      client_assertion: await assertion(),
    });
    const headers = { 'content-type': 'application/x-www-form-urlencoded' };
    return () => service.call('POST', '/v1/oauth/token', { body: form.toString(), headers });
  },
  'POST /v1/webhooks/{slug}': now(() => {
    const dropoff = { communityId: world.communityId };
    const data = { deliveryId: unique('order'), riderId: unique('rider'), status: 'picked_up' };
    return sendCallback(service, world.platform, { ...data, dropoff });
  }),
  'POST /v1/rider-links': now(() =>
    call('POST', '/v1/rider-links', { riderId: unique('rider') }, world.platform.apiKey),
  ),
  'POST /v1/rider-sessions': async () => {
    const token = await makeLink(service, world.platform, unique('rider'));
    return () => service.call('POST', '/v1/rider-sessions', { body: { token } });
  },
  'DELETE /v1/rider-sessions': async () => {
    const { token } = await signIn(service, world.platform, unique('rider'));
    return () => call('DELETE', '/v1/rider-sessions', undefined, token);
  },
  'POST /v1/rider/passes': async () => {
    const communityId = await makeCommunity(service, { kind: 'station' });
    const { token } = await signIn(service, world.platform, unique('rider'));
    return () => call('POST', '/v1/rider/passes', { communityId }, token);
  },
  'POST /v1/verify': now(() => verify(service, world.gate, { code: 'CP1:' })),
  'POST /v1/decisions/{auditId}/confirm': async () => {
    const communityId = await makeCommunity(service);
    const path = `/v1/communities/${communityId}/rules`;
    const rules = await call('GET', path);
    const hours = [
      { days: ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'], from: '00:00', to: '24:00' },
    ];
    const guarded = { ...rules.body.rules, guardConfirmation: { hours, vehicles: [] } };
    const headers = { 'if-match': rules.headers.get('etag') ?? '' };
    const body = { agreedBy: [], rules: guarded };
    await service.call('PUT', path, { token: service.operatorKey, body, headers });
    const gate = await makeGate(service, communityId);
    const riderId = unique('rider');
    await makeDelivery(service, world.platform, {
      communityId,
      riderId,
      deliveryId: unique('order'),
    });
    const rider = await signIn(service, world.platform, riderId);
    const waits = await verify(service, gate, { code: await presentCode(service, rider) });
    expect(waits.body.reason).toBe('guard_confirmation_required');
    return () => call('POST', `/v1/decisions/${waits.body.auditId}/confirm`);
  },
  'POST /v1/communities/{id}/admissions': now(() =>
    call('POST', `/v1/communities/${world.communityId}/admissions`, {
      gateId: world.gate.id,
      reason: '送水',
    }),
  ),
  'PUT /v1/communities/{id}/posture': now(() =>
    call('PUT', `/v1/communities/${world.communityId}/posture`, {
      posture: 'normal',
      reason: 'x',
    }),
  ),
  'PUT /v1/gates/{id}/posture': now(() =>
    call('PUT', `/v1/gates/${world.gate.id}/posture`, { posture: 'normal', reason: 'x' }),
  ),
  'POST /v1/gates/{id}/open': now(() =>
    call('POST', `/v1/gates/${world.gate.id}/open`, { reason: 'x' }),
  ),
  'POST /v1/gate/commands/{id}/claim': async () => {
    const id = await command();
    return () => call('POST', `/v1/gate/commands/${id}/claim`, undefined, world.gate.token);
  },
  'POST /v1/communities/{id}/tags': now(newTag),
  'DELETE /v1/tags/{tagId}': async () => {
    const { tagId } = (await newTag()).body;
    return () => call('DELETE', `/v1/tags/${tagId}`);
  },
  'POST /v1/rider/taps': async () => {
    const { tagId } = (await newTag()).body;
    const tap = { tagId, uid: '04000000000001', counter: '000001', cmac: '0011223344556677' };
    return () => call('POST', '/v1/rider/taps', tap, world.rider.token);
  },
  'PUT /v1/communities/{id}/blocks/{courierId}': async () => {
    const path = `/v1/communities/${world.communityId}/blocks/${await courierId()}`;
    return () => call('PUT', path, { reason: 'x', until: until() });
  },
  'DELETE /v1/communities/{id}/blocks/{courierId}': async () => {
    const path = `/v1/communities/${world.communityId}/blocks/${await courierId()}`;
    await call('PUT', path, { reason: 'x', until: until() });
    return () => call('DELETE', path);
  },
  'POST /v1/couriers/{id}/erasure': async () => {
    const id = await courierId();
    return () => call('POST', `/v1/couriers/${id}/erasure`, {});
  },
  'POST /v1/api-keys': now(() =>
    call('POST', '/v1/api-keys', { name: 'x', scope: { kind: 'all' } }),
  ),
  'DELETE /v1/api-keys/{id}': async () => {
    const { id } = (await call('POST', '/v1/api-keys', { name: 'x', scope: { kind: 'all' } })).body;
    return () => call('DELETE', `/v1/api-keys/${id}`);
  },
  'POST /v1/keys/{purpose}/rotate': now(() => call('POST', '/v1/keys/token/rotate')),
  'DELETE /v1/keys/{purpose}/{kid}': async () => {
    const { items } = (await call('POST', '/v1/keys/token/rotate')).body;
    const { kid } = items.find(
      (key: { purpose: string; state: string }) =>
        key.purpose === 'token' && key.state === 'retired',
    );
    return () => call('DELETE', `/v1/keys/token/${kid}`);
  },
  'POST /v1/restore/confirm': async () => {
    await service.deps.store.lockDownRestored({ why: 'x', erased: [], now: service.clock.now() });
    return () => call('POST', '/v1/restore/confirm');
  },
  'POST /v1/gate/events': async () => {
    const log = new DeviceLog(service.clock.now());
    log.write(service.clock.now(), 'tamper', {});
    const gate = await makeGate(service, world.communityId);
    return () => sendLog(service, gate, log);
  },
};

/** Calls that are no GET and append nothing, each with the reason why nothing is missing. */
const WITHOUT_ENTRY: Readonly<Record<string, string>> = {
  'POST /v1/communities/{id}/rules/backtest': 'looks back, and changes nothing',
  'POST /v1/communities/{id}/speed/backtest': 'looks back, and changes nothing',
  'POST /v1/rider-links/read': 'reads a link without using it',
  'POST /v1/rider/positions': 'decides nothing by itself; an alert made of it is an entry',
  'POST /v1/codes': 'reads codes of a pass that exists; that the pass was made is an entry',
};

async function mutating(): Promise<string[]> {
  const { paths } = (await service.call('GET', '/openapi.json')).body as {
    paths: Record<string, Record<string, unknown>>;
  };
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.keys(methods)
      .filter((method) => ['post', 'put', 'patch', 'delete'].includes(method))
      .map((method) => `${method.toUpperCase()} ${path}`),
  );
}

/** Calls that are one operation of the store, whose entry tests/contracts/store/coverage.ts shows. */
const BY_OPERATION: Readonly<Record<string, keyof Operations>> = {
  'DELETE /v1/accounts/{id}': 'recordAccountEvents',
  'DELETE /v1/communities/{id}/notify-endpoints/{endpointId}': 'removeNotifyEndpoint',
  'DELETE /v1/communities/{id}/sanctions/{sanctionId}': 'liftSanction',
  'DELETE /v1/invitations/{id}': 'recordAccountEvents',
  'DELETE /v1/platforms/{slug}/notify-endpoints/{endpointId}': 'removeNotifyEndpoint',
  'DELETE /v1/rider/consents/positions': 'withdrawPositionConsent',
  'POST /v1/communities/{id}/alerts/{alertId}/acknowledge': 'acknowledgeAlert',
  'POST /v1/communities/{id}/alerts/{alertId}/appeals': 'fileAppeal',
  'POST /v1/communities/{id}/alerts/{alertId}/appeals/{appealId}/decision': 'decideAppeal',
  'POST /v1/communities/{id}/alerts/{alertId}/sanctions': 'setSanction',
  'POST /v1/communities/{id}/couriers/{courierId}/contributions': 'contribute',
  'POST /v1/communities/{id}/notify-endpoints': 'createNotifyEndpoint',
  'POST /v1/communities/{id}/notify-endpoints/{endpointId}/replay': 'replayNotifications',
  'POST /v1/invitations': 'recordAccountEvents',
  'POST /v1/platforms/{slug}/notify-endpoints': 'createNotifyEndpoint',
  'POST /v1/platforms/{slug}/notify-endpoints/{endpointId}/replay': 'replayNotifications',
  'POST /v1/reports/{id}/answer': 'answerReport',
  'POST /v1/rider/alerts/{alertId}/appeals': 'fileAppeal',
  'POST /v1/rider/reports': 'makeReport',
  'PUT /v1/communities/{id}/checkpoints': 'putPlaces',
  'PUT /v1/communities/{id}/distances': 'putPlaces',
  'PUT /v1/communities/{id}/plan': 'putPlan',
  'PUT /v1/communities/{id}/zones': 'putPlaces',
  'PUT /v1/rider/consents/positions': 'givePositionConsent',
};

describe('every call that is no GET', () => {
  it('has an entry, or a reason to have none', async () => {
    const known = [SCENES, BY_OPERATION, WITHOUT_ENTRY].flatMap((calls) => Object.keys(calls));
    expect(known.toSorted()).toEqual((await mutating()).toSorted());
    for (const operation of Object.values(BY_OPERATION))
      expect(OPERATION_KINDS[operation]).toBe('writes');
  });

  it.each(Object.entries(SCENES))('%s appends what it did', async (_name, scene) => {
    const run = await scene();
    const before = (await readLog(service.deps.store)).length;
    const answer = await run();
    expect(answer.status, answer.text).toBeLessThan(300);
    expect((await readLog(service.deps.store)).length).toBeGreaterThan(before);
  });
});
