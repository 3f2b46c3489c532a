/** Yesterday's backup, put back: nobody comes in by it, and nothing that was published is contradicted. */
import {
  copyFileSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { run } from '../cli/support.ts';
import { type RunningService, runService } from '../support/running-service.ts';
import {
  type GateHandle,
  makeCommunity,
  makeDelivery,
  makeGate,
  makePlatform,
  type PlatformHandle,
  presentCode,
  type RiderHandle,
  readPasses,
  signIn,
  verify,
} from '../support/world.ts';

let service: RunningService;
let folder: string;
let platform: PlatformHandle;
let communityId: string;
let gate: GateHandle;
let rider: RiderHandle;

const asOperator = (method: string, path: string, body?: object) =>
  service.call(method, path, { token: service.operatorKey, ...(body && { body }) });
const restored = async () => (await asOperator('GET', '/v1/restore')).body;
const checkpoint = async () =>
  (await service.call('GET', '/v1/audit/checkpoint')).text.split('\n').slice(0, 2);
const reasonNow = async () => {
  const passes = await readPasses(service, rider, '?codes=1');
  const code = passes.items.find(({ codes }: { codes: unknown[] }) => codes.length > 0)?.codes[0];
  return (await verify(service, gate, { code: code?.code ?? 'CP1:' })).body.reason;
};
const cli = (given: readonly string[]) =>
  run([...given, '--server', `http://127.0.0.1:${service.port}`], {
    environment: { COURIER_PASS_API_KEY: service.operatorKey, DATA_DIR: service.dataDir },
  });
const offline = (given: readonly string[]) =>
  run(given, { environment: { DATA_DIR: service.dataDir } });

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'courier-pass-restore-'));
  service = await runService();
  platform = await makePlatform(service, 'kuai');
  communityId = await makeCommunity(service);
  gate = await makeGate(service, communityId);
  await makeDelivery(service, platform, { communityId });
  rider = await signIn(service, platform);
});
afterEach(async () => {
  await service.dispose();
  rmSync(folder, { recursive: true });
});

/** Stops the service, takes a backup, and lets another day pass. */
async function backedUp(): Promise<string> {
  const backup = join(folder, 'backup.db');
  await service.terminate();
  copyFileSync(service.database, backup);
  await service.start();
  const code = await presentCode(service, rider);
  expect((await verify(service, gate, { code })).body.reason).toBe('granted');
  await service.terminate();
  return backup;
}

/** As the hand of an operator does it who has read no manual. */
function putBack(backup: string): void {
  copyFileSync(backup, service.database);
  for (const suffix of ['-wal', '-shm']) rmSync(`${service.database}${suffix}`, { force: true });
}

async function expectLockdown(): Promise<void> {
  expect(await restored()).toMatchObject({ state: 'awaiting_confirmation' });
  expect(service.log()).toContain(
    'a restored backup: every gate is in lockdown until an operator confirms it',
  );
  const community = await asOperator('GET', `/v1/communities/${communityId}`);
  expect(community.body.posture).toMatchObject({ posture: 'lockdown' });
  // Sessions of the backup are no sessions any more; the same rider begins anew, and the pass has ended.
  const old = await service.call('GET', '/v1/rider/passes', { token: rider.token });
  expect(old.status).toBe(401);
  rider = await signIn(service, platform);
  expect(
    (await readPasses(service, rider)).items.map(({ status }: { status: string }) => status),
  ).toEqual(['ended']);
}

describe('a backup that was put back', () => {
  it('starts in lockdown with its passes ended, and goes on under another name once it is confirmed', async () => {
    const backup = await backedUp();
    const remembered = join(folder, 'remembered');
    const key = JSON.parse(readFileSync(join(service.dataDir, 'log-head'), 'utf8')).checkpoint;
    writeFileSync(remembered, key);
    putBack(backup);
    await service.start();
    await expectLockdown();
    expect((await restored()).halted).toMatch(
      /^a checkpoint of \d+ entries was published, and the log has \d+: it was cut, or restored from a backup$/,
    );

    // Nothing is signed in the old name, and a live order opens nothing.
    const [origin, size] = await checkpoint();
    await makeDelivery(service, platform, { communityId, deliveryId: 'new' });
    expect(await reasonNow()).toBe('community_lockdown');
    expect(await checkpoint()).toEqual([origin, size]);
    const path = `/v1/communities/${communityId}/posture`;
    const lifted = await asOperator('PUT', path, { posture: 'normal' });
    expect(lifted.body).toMatchObject({ status: 409, code: 'conflict' });

    const status = await cli(['restore', 'status']);
    expect(status.out).toContain('a restored backup waits for a confirmation');
    expect(await cli(['restore', 'confirm'])).toMatchObject({
      code: 0,
      out: 'Confirmed: the lockdown has ended.\n',
    });
    expect(await restored()).toEqual({ state: 'none', origin: `${origin}/2` });
    expect(await reasonNow()).toBe('granted');
    expect((await asOperator('POST', '/v1/restore/confirm')).status).toBe(404);

    await service.terminate();
    await service.start();
    expect(await restored()).toEqual({ state: 'none', origin: `${origin}/2` });
    const [newOrigin, newSize] = await checkpoint();
    expect(newOrigin).toBe(`${origin}/2`);
    expect(Number(newSize)).toBeGreaterThan(Number(size));
    expect(await cli(['audit', 'verify'])).toMatchObject({ code: 0 });
    // Who remembers what was cut is told.
    const told = await cli(['audit', 'verify', '--remembered', remembered]);
    expect(told.code).toBe(4);
  }, 60_000);

  it('stays in lockdown over restarts until it is confirmed', async () => {
    putBack(await backedUp());
    await service.start();
    const first = await restored();
    await service.kill();
    await service.start();
    expect(await restored()).toEqual(first);
    await expectLockdown();
  }, 60_000);

  it('is known by the command that puts it back, where nothing else remembers: on a new machine', async () => {
    const backup = await backedUp();
    rmSync(join(service.dataDir, 'log-head'));
    const put = await offline(['restore', 'put', backup]);
    expect(put).toMatchObject({ code: 0, err: '' });
    expect(existsSync(`${service.database}.before-restore`)).toBe(true);
    await service.start();
    await expectLockdown();
    expect((await restored()).why).toContain('put back by the command line');
    expect(existsSync(`${service.database}.restored`)).toBe(false);
    await service.kill();
    await service.start();
    expect(await restored()).toMatchObject({ state: 'awaiting_confirmation' });
    const { origin } = await restored();
    await asOperator('POST', '/v1/restore/confirm');
    expect(await restored()).toEqual({ state: 'none', origin: `${origin}/2` });
  }, 60_000);

  it('that was put back twice gets a name that was never published', async () => {
    await service.dispose();
    const file = join(folder, 'checkpoints.ndjson');
    service = await runService({ environment: { CHECKPOINT_FILE: file } });
    platform = await makePlatform(service, 'kuai');
    communityId = await makeCommunity(service);
    gate = await makeGate(service, communityId);
    await makeDelivery(service, platform, { communityId });
    rider = await signIn(service, platform);
    const backup = await backedUp();
    const origins = [];
    for (const _ of [1, 2]) {
      putBack(backup);
      await service.start();
      await asOperator('POST', '/v1/restore/confirm');
      origins.push((await restored()).origin);
      await service.terminate();
    }
    await service.start();
    expect(origins[0]).toMatch(/\/audit\/2$/);
    expect(origins[1]).toMatch(/\/audit\/3$/);
  }, 60_000);
});

describe('a courier who was erased after the backup', () => {
  it('is erased again by the command that puts it back', async () => {
    const backup = await backedUp();
    await service.start();
    const visits = await asOperator('GET', `/v1/communities/${communityId}/visits`);
    const { courierId } = visits.body.items[0];
    const code = await presentCode(service, rider);
    await verify(service, gate, { code, direction: 'out' });
    await makeDelivery(service, platform, { communityId, status: 'delivered' });
    const erased = await asOperator('POST', `/v1/couriers/${courierId}/erasure`, {});
    expect(erased.body.status).toBe('erased');
    await service.terminate();
    expect(await offline(['restore', 'put', backup])).toMatchObject({ code: 0, err: '' });
    await service.start();
    expect(await restored()).toMatchObject({ state: 'awaiting_confirmation' });
    const again = await asOperator('POST', `/v1/couriers/${courierId}/erasure`, {});
    expect(again.status).toBe(404);
  }, 60_000);
});

describe('a service that was only ended, or killed', () => {
  it('is no restored backup', async () => {
    for (const end of ['kill', 'terminate', 'kill'] as const) {
      const passes = await readPasses(service, rider, '?codes=1');
      expect(passes.items[0].status).toBe('active');
      await service[end]();
      await service.start();
      expect(await restored()).toMatchObject({ state: 'none' });
    }
  }, 60_000);
});

describe('restore put', () => {
  it('does nothing while the service runs, or with a file that is no backup', async () => {
    const backup = join(folder, 'backup.db');
    copyFileSync(service.database, backup);
    expect(await offline(['restore', 'put', backup])).toMatchObject({
      code: 2,
      err: expect.stringContaining('stop it first'),
    });
    await service.terminate();
    const before = readFileSync(service.database);
    writeFileSync(backup, 'no database');
    const { code, err } = await offline(['restore', 'put', backup]);
    expect({ code, err }).toMatchObject({
      code: 2,
      err: expect.stringContaining('Nothing was done'),
    });
    expect(readFileSync(service.database).equals(before)).toBe(true);
    await service.start();
    expect(await restored()).toMatchObject({ state: 'none' });
  }, 60_000);
});
