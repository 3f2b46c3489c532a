/** What must not be found where it does not belong: in the log, in the database, in the audit log, in figures. */
import { createPrivateKey, randomUUID } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { sealingContext } from '../../src/keys/key-material.ts';
import { unseal } from '../../src/keys/sealing.ts';
import type { KeyPurpose } from '../../src/store/store.ts';
import { newGateKey } from '../support/gate-key.ts';
import { type RunningService, runService } from '../support/running-service.ts';
import {
  expectStatus,
  forge,
  type GateHandle,
  makeCommunity,
  makeGate,
  makeKey,
  makeLink,
  makePlatform,
  type PlatformHandle,
  sendCallback,
  signIn,
  verify,
} from '../support/world.ts';

/** Personal data that the scenario says, each nowhere else in the world. */
const PERSONAL = {
  riderId: 'rider-Zhang-7788',
  otherRiderId: 'rider-Li-5566',
  deliveryId: 'order-991177',
  label: '快送 #4711 张三',
  building: '楼-Q7',
  unit: '单元-K3',
  plate: '鄂A-9X7Y5',
  blockReason: '与保安王五争吵',
  postureReason: '火警 赵六报',
  admissionReason: '送水的钱七',
} as const;

let service: RunningService;
let platform: PlatformHandle;
let communityId: string;
let gate: GateHandle;
/** By what it is: what nobody but its holder may have. */
const secrets = new Map<string, string>();
/** Courier codes that were issued or presented. */
const codes = new Set<string>();
let log = '';
let metrics = '';

const post = (path: string, token: string | undefined, body: unknown, headers = {}) =>
  service.call('POST', path, { ...(token !== undefined && { token }), body, headers });

function keep(name: string, value: string): string {
  secrets.set(`${name} ${secrets.size}`, value);
  return value;
}

beforeAll(async () => {
  service = await runService({ environment: { LOG_LEVEL: 'debug' } });
  await setUp();
  await passThrough();
  await supervise();
  await misuse();
  await lockOut();
  metrics = (await service.call('GET', '/metrics', { token: service.operatorKey })).text;
  // The log of a process is whole when it has ended; its last pages lie beside the database when it was killed.
  expect(await service.terminate()).toBe(0);
  await service.start();
  expect((await verify(service, gate, { code: [...codes][0] })).status).toBe(200);
  await service.kill();
  log = service.log();
}, 60_000);
afterAll(() => service.dispose());

/** Platforms, gates, keys: everything that is given a secret. */
async function setUp(): Promise<void> {
  const { operatorKey } = service;
  keep('operator key', operatorKey);
  platform = await makePlatform(service, 'kuaisong');
  keep('platform key', platform.apiKey);
  keep('webhook secret', platform.webhookSecret);
  const renewed = await post('/v1/platforms/kuaisong/webhook-secrets', operatorKey, undefined);
  keep('webhook secret', expectStatus(renewed, 201).body.webhookSecret);
  communityId = await makeCommunity(service);
  keep('manager key', await makeKey(service, { kind: 'community', communityId }));
  gate = await makeGate(service, communityId);
  keep('gate token', gate.token);
  await enrol();
  const unused = await post(`/v1/communities/${communityId}/gates`, operatorKey, newGate);
  keep('unused enrolment code', expectStatus(unused, 201).body.enrollmentCode);
  expectStatus(await post('/v1/keys/token/rotate', operatorKey, undefined), 200);
  expectStatus(await post('/v1/keys/courier-code/rotate', operatorKey, undefined), 200);
}

const newGate = { name: '北门', directions: ['in', 'out'], media: ['qr'] };

/** A device that becomes a gate, and tries to with what it should never send. */
async function enrol(): Promise<void> {
  const made = await post(`/v1/communities/${communityId}/gates`, service.operatorKey, newGate);
  const enrollmentCode = keep('enrolment code', expectStatus(made, 201).body.enrollmentCode);
  const { publicJwk, privateJwk } = await newGateKey();
  keep('private key of a gate', privateJwk.d ?? '');
  const wrong = await post('/v1/gates/enroll', undefined, {
    enrollmentCode,
    publicKey: privateJwk,
  });
  expect(wrong.status).toBe(422);
  expect(wrong.text).not.toContain(privateJwk.d);
  const body = { enrollmentCode, publicKey: publicJwk };
  expectStatus(await post('/v1/gates/enroll', undefined, body), 200);
}

/** Riders come, show codes, go, and are refused. */
async function passThrough(): Promise<void> {
  const { riderId, otherRiderId, deliveryId, label, building, unit, plate } = PERSONAL;
  const dropoff = { communityId, building, unit, floor: 18 };
  const data = {
    deliveryId,
    riderId,
    status: 'picked_up',
    label,
    dropoff,
    vehicle: 'e-bike',
    plate,
  };
  expectStatus(await sendCallback(service, platform, data), 202);
  const rider = await signIn(service, platform, riderId);
  keep('session', rider.token);
  keep('unused link', await makeLink(service, platform, otherRiderId));
  const used = keep('used link', await makeLink(service, platform, riderId));
  const session = expectStatus(await post('/v1/rider-sessions', undefined, { token: used }), 200);
  keep('session', session.body.accessToken);
  expect((await post('/v1/rider-sessions', undefined, { token: used })).status).toBe(401);
  const passes = await service.call('GET', '/v1/rider/passes?codes=4', { token: rider.token });
  for (const { code } of passes.body.items[0].codes) codes.add(code);
  const asked = { riderId, communityId, codes: 2 };
  const issued = expectStatus(await post('/v1/codes', platform.apiKey, asked), 200);
  for (const { code } of issued.body.codes) codes.add(code);
  const [code = ''] = codes;
  for (const question of [
    { code },
    { code, speedKmh: 12.4, lane: '1' },
    { code: forge(code) },
    { code: code.toLowerCase() },
    { code: `${code}\n` },
    { code, direction: 'out' },
  ]) {
    if (question.code !== code) codes.add(question.code);
    expectStatus(await verify(service, gate, question), 200);
  }
  const otherDelivery = { ...data, deliveryId: `${deliveryId}-2`, riderId: otherRiderId };
  expectStatus(await sendCallback(service, platform, otherDelivery), 202);
  expectStatus(await sendCallback(service, platform, { deliveryId, status: 'delivered' }), 202);
  const svg = await service.call('GET', `/v1/passes/${issued.body.passId}/qr.svg`, {
    token: rider.token,
  });
  expect([200, 404]).toContain(svg.status);
  expectStatus(await service.call('DELETE', '/v1/rider-sessions', { token: rider.token }), 204);
}

/** Managers and guards write what only they should read. */
async function supervise(): Promise<void> {
  const { operatorKey: token } = service;
  const path = `/v1/communities/${communityId}`;
  const visits = await service.call('GET', `${path}/visits`, { token });
  const { courierId } = expectStatus(visits, 200).body.items[0];
  const until = new Date(Date.now() + 60_000).toISOString();
  const block = { reason: PERSONAL.blockReason, until };
  const blocks = `${path}/blocks/${courierId}`;
  expectStatus(await service.call('PUT', blocks, { token, body: block }), 200);
  const posture = { posture: 'lockdown', until, reason: PERSONAL.postureReason };
  expectStatus(await service.call('PUT', `${path}/posture`, { token, body: posture }), 200);
  const normal = { posture: 'normal' };
  expectStatus(await service.call('PUT', `${path}/posture`, { token, body: normal }), 200);
  const admission = { gateId: gate.id, reason: PERSONAL.admissionReason };
  expectStatus(await post(`${path}/admissions`, token, admission), 201);
}

/** Secrets and people where they do not belong: in paths, queries, headers, and members of the wrong kind. */
async function misuse(): Promise<void> {
  const { riderId, plate, label } = PERSONAL;
  const values = [...secrets.values(), ...codes];
  const { operatorKey } = service;
  for (const value of values) {
    const text = encodeURIComponent(value);
    const inHeader = /^[\x20-\x7e]+$/.test(value) ? value : 'x';
    await service.call('GET', `/v1/gates/${text}`, { token: operatorKey });
    await service.call('GET', `/${text}`);
    await service.call('DELETE', `/v1/api-keys/${text}`, { token: operatorKey });
    await service.call('GET', `/v1/communities?after=${text}&token=${text}`, {
      token: operatorKey,
    });
    await service.call('GET', '/v1/rider/passes', {
      headers: { cookie: `cp_session=${text}`, 'user-agent': inHeader, referer: inHeader },
    });
    await service.call('GET', '/v1/keys', { token: inHeader });
    await post('/v1/verify', gate.token, { requestId: value, code: [value], medium: value });
    await post('/v1/rider-links', platform.apiKey, { riderId: { id: value } });
    await post('/v1/gates/enroll', undefined, `{"enrollmentCode":"${value}"`);
    await post(
      `/v1/webhooks/${text}`,
      undefined,
      { type: value },
      { 'webhook-signature': inHeader },
    );
  }
  const bad = { deliveryId: riderId, status: plate, label, dropoff: { floor: label } };
  expect((await sendCallback(service, platform, bad)).status).toBe(422);
  const form = { 'content-type': 'application/x-www-form-urlencoded' };
  const assertion = `client_assertion=${gate.token}&client_id=${riderId}&grant_type=${plate}`;
  await post('/v1/oauth/token', undefined, assertion, form);
}

/** The database does not answer: failures are logged with their causes. */
async function lockOut(): Promise<void> {
  const database = new Database(service.database);
  database.exec('BEGIN IMMEDIATE');
  try {
    const { riderId, deliveryId, label, plate } = PERSONAL;
    const data = { deliveryId: `${deliveryId}-3`, riderId, status: 'assigned', label, plate };
    const [code] = codes;
    const answers = await Promise.all([
      sendCallback(service, platform, data, { webhookId: randomUUID() }),
      verify(service, gate, { code }),
      post('/v1/rider-links', platform.apiKey, { riderId }),
    ]);
    expect(answers.map(({ status }) => status)).toEqual([503, 503, 503]);
  } finally {
    database.exec('ROLLBACK');
    database.close();
  }
}

// ── where things lie ──────────────────────────────────────────────────────────────────────────────────────

/** The files of the database as they lie on the disk: the write-ahead log is full, since the service was killed. */
function databaseFiles(): Map<string, Buffer> {
  const names = readdirSync(service.dataDir).filter((name) => name.startsWith('courier-pass.db'));
  return new Map(names.map((name) => [name, readFileSync(join(service.dataDir, name))]));
}

function query<T>(sql: string): T[] {
  const database = new Database(service.database, { readonly: true });
  try {
    return database.prepare<[], T>(sql).all();
  } finally {
    database.close();
  }
}

/** The key-encryption key, and every private key of the service under it. */
function privateKeys(): Map<string, Buffer> {
  const hex = readFileSync(join(service.dataDir, 'key-encryption-key'), 'utf8').trim();
  const keyEncryptionKey = Buffer.from(hex, 'hex');
  const found = new Map([['key-encryption key', keyEncryptionKey]]);
  interface KeyRow {
    readonly purpose: KeyPurpose;
    readonly kid: string;
    readonly sealed_private: string;
    readonly created_at: number;
  }
  for (const row of query<KeyRow>('SELECT purpose, kid, sealed_private, created_at FROM keys')) {
    const context = sealingContext(row.purpose, row.kid, row.created_at);
    const opened = Buffer.from(unseal(keyEncryptionKey, row.sealed_private, context));
    if (row.purpose === 'token' || row.purpose === 'tag')
      found.set(`${row.purpose} key ${row.kid}`, opened);
    else {
      const key = createPrivateKey({ key: opened, format: 'der', type: 'pkcs8' });
      const { d = '' } = key.export({ format: 'jwk' });
      found.set(`${row.purpose} key ${row.kid}`, Buffer.from(d, 'base64url'));
    }
  }
  return found;
}

/** The ways in which the same bytes may have been written. */
function writingsOf(bytes: Buffer): Buffer[] {
  const texts = [
    bytes.toString('hex'),
    bytes.toString('hex').toUpperCase(),
    bytes.toString('base64').replace(/=+$/, ''),
    bytes.toString('base64url'),
  ];
  return [bytes, ...texts.map((text) => Buffer.from(text))];
}

/** Everything secret, by what it is, in each way of writing it. */
function everythingSecret(): [name: string, writing: Buffer][] {
  const texts = [...secrets].map(([name, value]): [string, Buffer] => [name, Buffer.from(value)]);
  const encoded = [...secrets].flatMap(([name, value]): [string, Buffer][] => [
    [`${name}, percent-encoded`, Buffer.from(encodeURIComponent(value))],
    [`${name}, without its prefix`, Buffer.from(value.replace(/^(cp[a-z]|whsec)_/, ''))],
  ]);
  const raw = [...secrets].flatMap(([name, value]) =>
    name.startsWith('webhook secret')
      ? writingsOf(Buffer.from(value.slice(6), 'base64')).map((each): [string, Buffer] => [
          name,
          each,
        ])
      : [],
  );
  const keys = [...privateKeys()].flatMap(([name, bytes]) =>
    writingsOf(bytes).map((each): [string, Buffer] => [name, each]),
  );
  const shown = [...codes].map((code): [string, Buffer] => ['a courier code', Buffer.from(code)]);
  return [...texts, ...encoded, ...raw, ...keys, ...shown];
}

const PATTERNS =
  /CP1:|cp1:|BEGIN [A-Z ]*PRIVATE KEY|"d":"|whsec_|\bcp[ksle]_[\w-]{22}|eyJ[\w-]+\.[\w-]+\.[\w-]+/;

function found(haystack: Buffer): string[] {
  return everythingSecret()
    .filter(([, writing]) => haystack.includes(writing))
    .map(([name]) => name);
}

// ── the tests ─────────────────────────────────────────────────────────────────────────────────────────────

test('the scenario was as rich as it should be', () => {
  expect(secrets.size).toBeGreaterThan(12);
  expect(codes.size).toBeGreaterThan(6);
  expect(privateKeys().size).toBeGreaterThan(5);
  const reasons = query<{ reason: string }>('SELECT DISTINCT reason FROM attempts').map(
    ({ reason }) => reason,
  );
  expect(reasons).toEqual(
    expect.arrayContaining(['granted', 'bad_signature', 'malformed_code', 'granted_exit']),
  );
  expect(log).toContain('"msg":"answered"');
  expect(log).toContain('"msg":"refused"');
  expect(log).toContain('"msg":"failed"');
});

test('no line of the log, at any level, and no figure holds a secret', () => {
  expect(found(Buffer.from(log))).toEqual([]);
  expect(log).not.toMatch(PATTERNS);
  expect(found(Buffer.from(metrics))).toEqual([]);
  expect(metrics).not.toMatch(PATTERNS);
});

test('no line of the log and no figure names a person, an order, a building or a plate', () => {
  for (const [name, value] of Object.entries(PERSONAL)) {
    expect(log.includes(value), name).toBe(false);
    expect(log.includes(JSON.stringify(value).slice(1, -1)), name).toBe(false);
    expect(log.includes(encodeURIComponent(value)), name).toBe(false);
    expect(metrics.includes(value), name).toBe(false);
  }
});

test('the files of the database hold no secret: hashes and sealed text only', () => {
  const files = databaseFiles();
  expect([...files.keys()]).toContain('courier-pass.db-wal');
  // It is the right place to look at: what may be there is there.
  expect(Buffer.concat([...files.values()]).includes(Buffer.from(PERSONAL.riderId))).toBe(true);
  for (const [name, content] of files) {
    expect(found(content), name).toEqual([]);
    expect(content.toString('latin1'), name).not.toMatch(PATTERNS);
  }
});

test('no audit entry holds a person, free text or a secret', () => {
  const entries = query<{ entry: string }>('SELECT entry FROM audit_entries');
  expect(entries.length).toBeGreaterThan(20);
  const text = entries.map(({ entry }) => entry).join('\n');
  expect(found(Buffer.from(text))).toEqual([]);
  for (const [name, value] of Object.entries(PERSONAL)) {
    expect(text.includes(value), name).toBe(false);
    expect(text.includes(JSON.stringify(value).slice(1, -1)), name).toBe(false);
  }
});

test('the data folder and all that is in it are their owner’s alone', () => {
  const mode = (path: string) => (statSync(path).mode & 0o777).toString(8);
  expect(mode(service.dataDir)).toBe('700');
  const names = readdirSync(service.dataDir);
  expect(names).toEqual(expect.arrayContaining(['admin-api-key', 'key-encryption-key']));
  const modes = names.map((name) => [name, mode(join(service.dataDir, name))]);
  expect(modes).toEqual(names.map((name) => [name, '600']));
});

test('a secret is shown once: no answer gives it again', async () => {
  await service.start();
  const { operatorKey } = service;
  const paths = [
    '/v1/platforms',
    '/v1/api-keys',
    '/v1/keys',
    '/.well-known/jwks.json',
    `/v1/communities/${communityId}/gates`,
    `/v1/gates/${gate.id}`,
    `/v1/communities/${communityId}/decisions`,
    `/v1/communities/${communityId}/visits`,
    `/v1/communities/${communityId}/blocks`,
    `/v1/communities/${communityId}/rules`,
    '/metrics',
    '/openapi.json',
  ];
  for (const path of paths) {
    const { text } = expectStatus(await service.call('GET', path, { token: operatorKey }), 200);
    expect(found(Buffer.from(text)), path).toEqual([]);
    expect(text.includes(PERSONAL.riderId), path).toBe(false);
  }
});
