import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { enrollGate } from '../../gate-simulator/src/firmware/enrolment.ts';
import { openGate } from '../../gate-simulator/src/firmware/gate.ts';
import { NoGateState } from '../../gate-simulator/src/firmware/gate-state.ts';
import { ServiceRefusal } from '../../gate-simulator/src/wire/service.ts';
import { NoReply } from '../../gate-simulator/src/wire/transport.ts';
import { FakeService } from './support/fake-service.ts';
import { temporaryDirectory } from './support/state-dir.ts';

const ENROLL = '/v1/gates/enroll';
let service: FakeService;

beforeEach(async () => {
  service = await FakeService.start();
  return () => service.stop();
});

function enroll(stateDir: string, enrollmentCode = 'code-1') {
  return enrollGate({ server: service.url, enrollmentCode, stateDir, timeoutMs: 200 });
}

function publicKeysSent(): Set<string> {
  return new Set(service.bodiesAt(ENROLL).map((body) => JSON.stringify(body.publicKey)));
}

describe('enrollGate', () => {
  it('keeps the key on disk, for the owner alone, and sends only its public part', async () => {
    const stateDir = join(temporaryDirectory(), 'made', 'here');
    const identity = await enroll(stateDir);
    expect(statSync(stateDir).mode & 0o777).toBe(0o700);
    for (const name of readdirSync(stateDir)) {
      expect(statSync(join(stateDir, name)).mode & 0o777, name).toBe(0o600);
    }
    expect(readdirSync(stateDir).sort()).toEqual(['clock.json', 'gate.json']);
    const [sent] = service.bodiesAt(ENROLL);
    expect(Object.keys(sent?.publicKey ?? {}).sort()).toEqual(['crv', 'kty', 'x', 'y']);
    expect(readFileSync(join(stateDir, 'gate.json'), 'utf8')).not.toContain('code-1');
    expect((await openGate(stateDir)).identity).toEqual(identity);
  });

  it('has the key on disk before the server hears of it', async () => {
    const stateDir = temporaryDirectory();
    service.faults[ENROLL] = ['hang', 'hang', 'hang'];
    await expect(enroll(stateDir)).rejects.toThrow(NoReply);
    const pending = JSON.parse(readFileSync(join(stateDir, 'enrolment.json'), 'utf8'));
    const [sent] = service.bodiesAt(ENROLL);
    expect(sent?.publicKey).toMatchObject({ x: pending.privateKey.x, y: pending.privateKey.y });
  });

  it('sends the same key again when a reply was lost, in the same call', async () => {
    service.faults[ENROLL] = ['lose', { status: 503 }];
    const identity = await enroll(temporaryDirectory());
    expect(identity.gateId).toMatch(/^gat_/);
    expect(service.bodiesAt(ENROLL)).toHaveLength(3);
    expect(publicKeysSent().size).toBe(1);
  });

  it('sends the same key again when every reply was lost, after a restart', async () => {
    const stateDir = temporaryDirectory();
    service.faults[ENROLL] = ['lose', 'lose', 'lose'];
    await expect(enroll(stateDir)).rejects.toThrow(NoReply);
    await expect(openGate(stateDir)).rejects.toThrow(NoGateState);
    const identity = await enroll(stateDir);
    expect(publicKeysSent().size).toBe(1);
    expect(await enroll(stateDir)).toEqual(identity);
    expect(publicKeysSent().size).toBe(1);
  });

  it('another code gets another key, and the old identity stays until the server has answered', async () => {
    const stateDir = temporaryDirectory();
    const first = await enroll(stateDir);
    service.faults[ENROLL] = ['hang', 'hang', 'hang'];
    await expect(enroll(stateDir, 'code-2')).rejects.toThrow(NoReply);
    expect((await openGate(stateDir)).identity).toEqual(first);
    const second = await enroll(stateDir, 'code-2');
    expect(second.gateId).not.toBe(first.gateId);
    expect(second.privateKey.x).not.toBe(first.privateKey.x);
    expect((await openGate(stateDir)).identity).toEqual(second);
  });

  it('says why the server refused, and does not ask again', async () => {
    service.faults[ENROLL] = [{ status: 404, body: { code: 'not_found', detail: 'no such code' } }];
    const refusal = await enroll(temporaryDirectory()).catch((error: unknown) => error);
    expect(refusal).toBeInstanceOf(ServiceRefusal);
    expect(refusal).toMatchObject({ status: 404, code: 'not_found' });
    expect(service.bodiesAt(ENROLL)).toHaveLength(1);
  });

  it('calls nobody when the key cannot be kept, and leaves no half-written file', async () => {
    const stateDir = temporaryDirectory();
    mkdirSync(join(stateDir, 'enrolment.json', 'in the way'), { recursive: true });
    await expect(enroll(stateDir)).rejects.toThrow();
    expect(readdirSync(stateDir)).toEqual(['enrolment.json']);
    expect(service.seen).toEqual([]);
  });

  it('a damaged identity is named, never guessed', async () => {
    const stateDir = temporaryDirectory();
    await enroll(stateDir);
    writeFileSync(join(stateDir, 'gate.json'), '{"server":');
    await expect(openGate(stateDir)).rejects.toThrow(/gate\.json cannot be read/);
  });

  it('learns the server clock at enrolment', async () => {
    service.clockOffsetMs = 3_600_000;
    const stateDir = temporaryDirectory();
    await enroll(stateDir);
    const gate = await openGate(stateDir);
    expect(Math.abs(gate.serverClockOffsetMs - 3_600_000)).toBeLessThan(1_000);
  });
});
