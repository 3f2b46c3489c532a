import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { decodeJwt } from 'jose';
import { beforeEach, describe, expect, it } from 'vitest';
import { enrollGate } from '../../gate-simulator/src/firmware/enrolment.ts';
import { type Gate, openGate } from '../../gate-simulator/src/firmware/gate.ts';
import { systemClock } from '../../gate-simulator/src/hardware/clock.ts';
import { simulatedPassage } from '../../gate-simulator/src/hardware/passage-sensor.ts';
import { SimulatedRelay } from '../../gate-simulator/src/hardware/relay.ts';
import { COURIER_CODE, pictureOf } from './support/courier-code-picture.ts';
import { FakeService, type Fault } from './support/fake-service.ts';
import { temporaryDirectory } from './support/state-dir.ts';

const VERIFY = '/v1/verify';
const TOKEN = '/v1/oauth/token';
const UUID_V7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
/** A budget of 1.5 s, and what a busy machine adds. */
const IN_TIME_MS = 1_500 + 400;

let service: FakeService;
let stateDir: string;
let relay: SimulatedRelay;
let gate: Gate;

beforeEach(async () => {
  service = await FakeService.start();
  stateDir = temporaryDirectory();
  await enrollGate({ server: service.url, enrollmentCode: 'c', stateDir });
  relay = new SimulatedRelay();
  const passageSensor = simulatedPassage(systemClock, relay, 5);
  gate = await openGate(stateDir, { relay, passageSensor });
  return async () => {
    await gate.close();
    await service.stop();
  };
});

function requestIds(): Set<unknown> {
  return new Set(service.bodiesAt(VERIFY).map((body) => body.requestId));
}

describe('with a service that answers', () => {
  it('a grant opens, and the screen says it in Chinese and in English', async () => {
    const result = await gate.scanText(COURIER_CODE, { direction: 'in' });
    expect(result).toMatchObject({ opened: true, screen: { colour: 'green' } });
    expect(result.screen.zh).toBe('请进 · 前往 12 号楼 · 限速 15 km/h');
    expect(result.screen.en).toBe('Welcome · building 12 · speed limit 15 km/h');
    const [request] = service.bodiesAt(VERIFY);
    expect(request).toMatchObject({ code: COURIER_CODE, direction: 'in', medium: 'qr' });
    expect(request?.requestId).toMatch(UUID_V7);
  });

  it('a denial keeps the entry shut', async () => {
    service.verdict = 'denied';
    const result = await gate.scanText(COURIER_CODE, { direction: 'in' });
    expect(result).toMatchObject({ opened: false, screen: { colour: 'red', zh: '此码已用过' } });
    expect(relay.position).toBe('released');
  });

  it('reads the code from a picture', async () => {
    const result = await gate.scanPicture(await pictureOf(COURIER_CODE, 160), { direction: 'in' });
    expect(result.opened).toBe(true);
    expect(service.bodiesAt(VERIFY)[0]?.code).toBe(COURIER_CODE);
  });

  it('a picture that cannot be read opens no entry and asks nobody', async () => {
    const result = await gate.scanPicture(Buffer.from('no picture'), { direction: 'in' });
    expect(result).toMatchObject({ opened: false, judgement: { kind: 'unread' } });
    expect(service.bodiesAt(VERIFY)).toEqual([]);
  });

  it('at exit a picture that cannot be read is asked for without a code, and opens', async () => {
    const result = await gate.scanPicture(Buffer.from('no picture'), { direction: 'out' });
    expect(result.opened).toBe(true);
    expect(service.bodiesAt(VERIFY)).toHaveLength(1);
    expect(service.bodiesAt(VERIFY)[0]).not.toHaveProperty('code');
  });

  it('serves one rider after the other, each scan under its own requestId', async () => {
    const scans = ['A', 'B', 'C'].map((code) => gate.scanText(code, { direction: 'in' }));
    const results = await Promise.all(scans);
    expect(results.map((result) => result.opened)).toEqual([true, true, true]);
    expect(service.bodiesAt(VERIFY).map((body) => body.code)).toEqual(['A', 'B', 'C']);
    const ids = results.map((result) => result.requestId);
    expect(requestIds().size).toBe(3);
    expect([...ids].sort()).toEqual(ids);
  });
});

describe('retries', () => {
  it.each<[string, Fault[]]>([
    ['a lost reply', ['lose']],
    ['a time-out', ['hang']],
    ['two errors', [{ status: 500 }, { status: 503 }]],
  ])('after %s the same requestId brings the answer', async (_, faults) => {
    service.faults[VERIFY] = [...faults];
    const result = await gate.scanText(COURIER_CODE, { direction: 'in' });
    expect(result.judgement).toMatchObject({ kind: 'answered', tries: faults.length + 1 });
    expect(result.opened).toBe(true);
    expect(service.bodiesAt(VERIFY)).toHaveLength(faults.length + 1);
    expect(requestIds()).toEqual(new Set([result.requestId]));
  });

  it('every try sends the same body', async () => {
    service.faults[VERIFY] = ['lose', 'lose'];
    await gate.scanText(COURIER_CODE, { direction: 'in' });
    expect(new Set(service.bodiesAt(VERIFY).map((body) => JSON.stringify(body))).size).toBe(1);
  });

  it('a given requestId is used as it is', async () => {
    const requestId = '0b7c6a52-6d3c-4c4e-9b1e-0d2f8a3b4c5d';
    const result = await gate.scanText(COURIER_CODE, { direction: 'in', requestId });
    expect(result.requestId).toBe(requestId);
    expect(requestIds()).toEqual(new Set([requestId]));
  });

  it.each([400, 403, 409, 413, 422])('%i is final: asked once, entry shut', async (status) => {
    service.faults[VERIFY] = [{ status }];
    const result = await gate.scanText(COURIER_CODE, { direction: 'in' });
    expect(result).toMatchObject({ opened: false, judgement: { why: 'refused', status } });
    expect(service.bodiesAt(VERIFY)).toHaveLength(1);
  });
});

const HOPELESS: [string, Fault[]][] = [
  ['nothing at all', ['hang', 'hang', 'hang']],
  ['cut connections', ['lose', 'lose', 'lose']],
  ['500', [{ status: 500 }, { status: 500 }, { status: 500 }]],
  ['400', [{ status: 400 }]],
  ['409', [{ status: 409 }]],
  ['403', [{ status: 403 }]],
  ['a redirect', [{ status: 302 }]],
  ['a 200 that says nothing', [{ status: 200, body: { ok: true } }]],
  [
    'a grant without an open time',
    [{ status: 200, body: { decision: 'granted', reason: 'granted' } }],
  ],
];

describe('when the scan cannot be judged', () => {
  it.each(HOPELESS)(
    '%s: the entry stays shut and the rider is sent to the guard, within 1.5 s',
    async (_, faults) => {
      service.faults[VERIFY] = [...faults];
      const result = await gate.scanText(COURIER_CODE, { direction: 'in' });
      expect(result).toMatchObject({ opened: false, judgement: { kind: 'unanswered' } });
      expect(result.screen).toMatchObject({
        colour: 'amber',
        en: 'Cannot check now. Please ask the guard',
      });
      expect(result.tookMs).toBeLessThan(IN_TIME_MS);
    },
  );

  it.each(HOPELESS)('%s: the exit opens all the same, within 1.5 s', async (_, faults) => {
    service.faults[VERIFY] = [...faults];
    const result = await gate.scanText(COURIER_CODE, { direction: 'out' });
    expect(result).toMatchObject({ opened: true, screen: { colour: 'green' } });
    expect(result.tookMs).toBeLessThan(IN_TIME_MS);
  });

  it('a denial at exit opens as well', async () => {
    service.verdict = 'denied';
    expect((await gate.scanText('forged', { direction: 'out' })).opened).toBe(true);
  });

  it('with the service gone the exit opens and the entry does not', async () => {
    await service.stop();
    expect((await gate.scanText(COURIER_CODE, { direction: 'in' })).opened).toBe(false);
    expect((await gate.scanText(COURIER_CODE, { direction: 'out' })).opened).toBe(true);
    expect((await gate.leaveWithoutCode()).opened).toBe(true);
    service = await FakeService.start();
  });
});

describe('tokens', () => {
  it('one token serves many scans', async () => {
    await gate.start();
    await gate.scanText('A', { direction: 'in' });
    await gate.scanText('B', { direction: 'in' });
    expect(service.bodiesAt(TOKEN)).toHaveLength(1);
  });

  it('an assertion names the gate, the token endpoint, and ends within five minutes', async () => {
    await gate.start();
    const [form] = service.bodiesAt(TOKEN);
    const claims = decodeJwt(String(form?.client_assertion));
    const { gateId, tokenEndpoint } = gate.identity;
    expect(form?.client_id).toBe(gateId);
    expect(claims).toMatchObject({ iss: gateId, sub: gateId, aud: tokenEndpoint });
    expect((claims.exp ?? 0) - (claims.iat ?? 0)).toBeLessThanOrEqual(300);
  });

  it('a refused token is replaced once, and the same requestId asked again', async () => {
    await gate.start();
    service.endTokens();
    const result = await gate.scanText(COURIER_CODE, { direction: 'in' });
    expect(result.opened).toBe(true);
    expect(service.bodiesAt(TOKEN)).toHaveLength(2);
    expect(service.bodiesAt(VERIFY)).toHaveLength(2);
    expect(requestIds().size).toBe(1);
  });

  it('a gate whose every token is refused stops after the second', async () => {
    service.faults[VERIFY] = [{ status: 401 }, { status: 401 }, { status: 401 }];
    const result = await gate.scanText(COURIER_CODE, { direction: 'in' });
    expect(result).toMatchObject({ opened: false, judgement: { why: 'refused', status: 401 } });
    expect(service.bodiesAt(TOKEN)).toHaveLength(2);
    expect(service.bodiesAt(VERIFY)).toHaveLength(2);
  });

  it.each([-86_400_000, 3_600_000])(
    'a clock that is %i ms wrong is corrected from the refusal, at once and across restarts',
    async (skewMs) => {
      service.clockOffsetMs = skewMs;
      const result = await gate.scanText(COURIER_CODE, { direction: 'in' });
      expect(result.opened).toBe(true);
      expect(service.bodiesAt(TOKEN)).toHaveLength(2);
      await gate.close();
      const { serverClockOffsetMs } = JSON.parse(
        readFileSync(join(stateDir, 'clock.json'), 'utf8'),
      );
      expect(Math.abs(serverClockOffsetMs - skewMs)).toBeLessThan(1_000);
      gate = await openGate(stateDir);
      await gate.start();
      expect(service.bodiesAt(TOKEN)).toHaveLength(3);
    },
  );

  it('a refusal that is not about the clock is asked about twice, not for ever', async () => {
    const serverTime = new Date().toISOString();
    const refusal: Fault = { status: 401, body: { error: 'invalid_client', serverTime } };
    service.faults[TOKEN] = [refusal, refusal];
    const result = await gate.scanText(COURIER_CODE, { direction: 'in' });
    expect(result.judgement).toMatchObject({ kind: 'unanswered', why: 'no_token', status: 401 });
    expect(service.bodiesAt(TOKEN)).toHaveLength(2);
  });

  it('a token that ends is replaced before the next scan needs it', async () => {
    service.tokenLifeSeconds = 0;
    await gate.scanText('A', { direction: 'in' });
    service.tokenLifeSeconds = 900;
    await gate.scanText('B', { direction: 'in' });
    expect(service.bodiesAt(TOKEN)).toHaveLength(2);
    const tokens = service.seen
      .filter(({ path }) => path === VERIFY)
      .map((each) => each.authorization);
    expect(new Set(tokens).size).toBe(2);
  });

  it('many scans at once fetch one token', async () => {
    const judged = await Promise.all(
      Array.from({ length: 20 }, () => gate.judge(COURIER_CODE, { direction: 'in' })),
    );
    expect(judged.every((judgement) => judgement.kind === 'answered')).toBe(true);
    expect(service.bodiesAt(TOKEN)).toHaveLength(1);
  });
});
