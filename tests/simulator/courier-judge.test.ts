/** The gate alone with the judge that `courier-pass/gate` exports: real codes, a real bundle, a signed status list. */
import { deflateSync } from 'node:zlib';
import { CompactSign, type CryptoKey, exportJWK, generateKeyPair } from 'jose';
import { beforeEach, describe, expect, it } from 'vitest';
import { type Gate, openGate } from '../../gate-simulator/src/firmware/gate.ts';
import { systemClock } from '../../gate-simulator/src/hardware/clock.ts';
import { simulatedPassage } from '../../gate-simulator/src/hardware/passage-sensor.ts';
import { SimulatedRelay } from '../../gate-simulator/src/hardware/relay.ts';
import { formatIdentifier } from '../../src/domain/identifier.ts';
import {
  type Bundle,
  encodePayload,
  formatCourierCode,
  signingInput,
  writeBundle,
} from '../../src/gate/index.ts';
import { enrolledGate, until } from './support/enrolled-gate.ts';
import { FakeService, type Fault } from './support/fake-service.ts';
import { GateSide } from './support/gate-side.ts';

const NOTHING: Fault[] = [{ status: 503 }, { status: 503 }, { status: 503 }];
const IN = { direction: 'in' } as const;
const COMMUNITY = formatIdentifier('com', Buffer.from('0000000000000001', 'hex'));
const GATE = formatIdentifier('gat', Buffer.from('0000000000000002', 'hex'));
const KEYS = Promise.all([generateKeyPair('ES256'), generateKeyPair('ES256')]);
const HOUR_MS = 3_600_000;

let service: FakeService;
let side: GateSide;
let stateDir: string;
let gate: Gate;

beforeEach(async () => {
  service = await FakeService.start();
  side = new GateSide(service);
  stateDir = await enrolledGate(service);
  return async () => {
    await gate.close();
    await service.stop();
  };
});

async function boot(passMs = 5): Promise<void> {
  const relay = new SimulatedRelay();
  gate = await openGate(stateDir, {
    relay,
    passageSensor: simulatedPassage(systemClock, relay, passMs),
  });
  await gate.start();
}

async function scanAlone(code: string): Promise<string> {
  service.faults['/v1/verify'] = [...NOTHING];
  const { judgement } = await gate.scanText(code, IN);
  if (judgement.kind === 'alone') return judgement.outcome.reason;
  return judgement.kind === 'answered' ? 'answered' : judgement.detail;
}

/** The code of pass number `pass`, whose status index it also is; signed, in the present window. */
async function codeOf(pass: number, keyNumber = 17): Promise<string> {
  const [{ privateKey }] = await KEYS;
  const passId = formatIdentifier('pas', Buffer.from(pass.toString(16).padStart(16, '0'), 'hex'));
  const payload = encodePayload({
    ...{ directions: 3, communityId: COMMUNITY, passId, statusIndex: pass },
    notBefore: Math.floor(Date.now() / 30_000) * 30,
    lifetimeSeconds: 30,
  });
  const key = privateKey as Parameters<typeof crypto.subtle.sign>[1];
  const input = Buffer.from(signingInput(keyNumber, payload));
  const signature = await crypto.subtle.sign({ name: 'ECDSA', hash: 'SHA-256' }, key, input);
  return formatCourierCode(keyNumber, payload, new Uint8Array(signature));
}

/** @param ended status indices of 16 whose passes have ended */
async function serve(ended: number[], change: Partial<Bundle> = {}, ageMs = 0): Promise<void> {
  const [code, list] = await KEYS;
  const now = Date.now() - ageMs;
  const bits = new Uint8Array(2);
  for (const index of ended) bits[index >> 3] = (bits[index >> 3] ?? 0) | (1 << (index & 7));
  const claims = {
    sub: `https://pass.example/v1/communities/${COMMUNITY}/status-list`,
    ...{ iat: Math.floor(now / 1_000), exp: Math.floor((now + 12 * HOUR_MS) / 1_000), ttl: 300 },
    version: 1 + ended.length,
    status_list: { bits: 1, lst: deflateSync(bits).toString('base64url') },
  };
  const statusList = await new CompactSign(Buffer.from(JSON.stringify(claims)))
    .setProtectedHeader({ alg: 'ES256', kid: 'sl-1', typ: 'statuslist+jwt' })
    .sign(list.privateKey);
  const jwk = async (key: CryptoKey, kid: string) => ({
    ...(await exportJWK(key)),
    ...{ kid, alg: 'ES256', use: 'sig' },
  });
  const bundle = writeBundle({
    ...{ serverTime: now, version: 1 + ended.length, maxStaleMinutes: 30, statusList },
    gate: { id: GATE, directions: ['in', 'out'], lanes: [] },
    jwks: { keys: [await jwk(code.publicKey, '17'), await jwk(list.publicKey, 'sl-1')] },
    posture: {
      community: { posture: 'normal', until: null },
      gate: { posture: 'normal', until: null },
    },
    openIntervals: [{ from: now - HOUR_MS, to: now + 48 * HOUR_MS }],
    rules: {
      ...{ version: 3, communityId: COMMUNITY, kind: 'standard', forRiders: true },
      ...{ passageSensor: true, rescanGraceSeconds: 20, speedLimitKmh: 15 },
      ...{ offline: { allow: true }, confirmationIntervals: [] },
    },
    ...change,
  });
  side.keepsTime = ageMs > 0;
  side.bundle = { text: JSON.stringify(bundle), etag: `"${1 + ended.length}"` };
}

describe('the gate alone, by real codes', () => {
  it('opens once for a code, also across a restart', async () => {
    await serve([]);
    await boot();
    const code = await codeOf(5);
    expect(await scanAlone(code)).toBe('granted');
    await gate.whenIdle();
    expect(await scanAlone(code)).toBe('code_used');
    await gate.close();
    await boot();
    expect(await scanAlone(code)).toBe('code_used');
  });

  it('lets a rider who has not passed try once more', async () => {
    await serve([]);
    await boot(60_000);
    const code = await codeOf(5);
    expect(await scanAlone(code)).toBe('granted');
    await gate.whenIdle();
    expect(await scanAlone(code)).toBe('granted_rescan');
  });

  it('refuses whose pass has ended, and whose index lies past the list', async () => {
    await serve([6]);
    await boot();
    expect(await scanAlone(await codeOf(6))).toBe('delivery_not_active');
    expect(await scanAlone(await codeOf(16))).toBe('unknown_pass');
    expect(await scanAlone('CP1:NOTHING')).toBe('malformed_code');
  });

  it('asks for no keys because of codes that name one that nobody knows', async () => {
    await serve([]);
    await boot();
    await side.streaming();
    await until(() => side.bundleAnswers.length === 2);
    for (const keyNumber of [18, 19, 255]) {
      expect(await scanAlone(await codeOf(5, keyNumber))).toBe('unknown_key');
    }
    expect(side.bundleAnswers).toHaveLength(2);
  });

  it('takes a newer status list as soon as the stream speaks of it', async () => {
    await serve([]);
    await boot();
    await side.streaming();
    await serve([5]);
    side.say('status-list', { version: 2 }, 'x');
    await until(() => side.bundleAnswers.filter((status) => status === 200).length === 2);
    expect(await scanAlone(await codeOf(5))).toBe('delivery_not_active');
  });

  it('locks down with the stream’s word alone', async () => {
    await serve([]);
    await boot();
    await side.streaming();
    await until(() => side.bundleAnswers.length === 2);
    side.bundle = undefined;
    const normal = { posture: 'normal', until: null };
    side.say('posture', { community: { posture: 'lockdown', until: null }, gate: normal }, 'x');
    await until(() => side.bundleAnswers.includes(404));
    expect(await scanAlone(await codeOf(5))).toBe('community_lockdown');
  });

  it('judges nothing by a bundle that is as old as it may be', async () => {
    await serve([], {}, 30 * 60_000);
    await boot();
    expect(await scanAlone(await codeOf(5))).toContain('bundle_too_old');
    service.faults['/v1/verify'] = [...NOTHING];
    expect((await gate.scanText(await codeOf(5), { direction: 'out' })).opened).toBe(true);
  });
});
