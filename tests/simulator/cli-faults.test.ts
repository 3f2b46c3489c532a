import { spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeEach, describe, expect, it } from 'vitest';
import { enrolledGate } from './support/enrolled-gate.ts';
import { FakeService, GRANTED } from './support/fake-service.ts';
import { GateSide } from './support/gate-side.ts';
import { temporaryDirectory } from './support/state-dir.ts';

const MAIN = fileURLToPath(new URL('../../gate-simulator/src/main.ts', import.meta.url));
const TYPE = 'courier-pass.example:code';
let service: FakeService;
let side: GateSide;

beforeEach(async () => {
  service = await FakeService.start();
  side = new GateSide(service);
  return () => service.stop();
});

function simulate(
  args: string[],
  typed = '',
): Promise<{ code: number | null; signal: string | null; stdout: string; stderr: string }> {
  const child = spawn(process.execPath, ['--import', 'tsx', MAIN, ...args]);
  const output = { stdout: '', stderr: '' };
  child.stdout.on('data', (chunk) => (output.stdout += chunk));
  child.stderr.on('data', (chunk) => (output.stderr += chunk));
  child.stdin.end(typed);
  return new Promise((resolve) => {
    child.on('close', (code, signal) => resolve({ code, signal, ...output }));
  });
}

function ndefFile(code: string): string {
  const file = join(temporaryDirectory(), 'message.ndef');
  const head = Uint8Array.of(0xd4, TYPE.length, code.length);
  writeFileSync(file, Buffer.concat([head, Buffer.from(TYPE + code, 'latin1')]));
  return file;
}

describe('scan --ndef', () => {
  it('asks about the code in the message, by nfc', async () => {
    const state = await enrolledGate(service);
    const args = ['scan', '--ndef', ndefFile('CP1:TAPPED'), '--state', state, '--passage', '0'];
    expect(await simulate(args)).toMatchObject({ code: 0, stderr: '' });
    expect(service.bodiesAt('/v1/verify')).toMatchObject([{ code: 'CP1:TAPPED', medium: 'nfc' }]);
  });

  it('opens no entry for a file that is no message', async () => {
    const state = await enrolledGate(service);
    const { code, stdout } = await simulate(['scan', '--ndef', MAIN, '--state', state]);
    expect([code, stdout]).toEqual([2, expect.stringContaining('broken_message')]);
    expect(service.bodiesAt('/v1/verify')).toEqual([]);
  });

  it.each([
    ['both', ['scan', MAIN, '--ndef', MAIN, '--state', '/nowhere']],
    ['neither', ['scan', '--state', '/nowhere']],
    ['no such step', ['scan', MAIN, '--state', '/nowhere', '--power-cut-at', 'lunch']],
    ['no share', ['scan', MAIN, '--state', '/nowhere', '--loss', '2']],
    ['half a flap', ['run', '--state', '/nowhere', '--flap', '5']],
  ])('with %s exits 2', async (_, args) => {
    const { code, stderr } = await simulate(args);
    expect(code).toBe(2);
    expect(stderr).not.toMatch(/^$|\n\s+at /);
  });
});

describe('faults on request', () => {
  it('--offline: the entry is shut, the exit opens, and both are told when the network is back', async () => {
    const state = await enrolledGate(service);
    const run = ['run', '--state', state, '--passage', '0', '--offline', '--json'];
    const entry = await simulate(run, 'CP1:A\n');
    expect(JSON.parse(entry.stdout)).toMatchObject({ decision: 'none', opened: false });
    const exit = await simulate([...run, '--direction', 'out'], 'CP1:A\n');
    expect(JSON.parse(exit.stdout)).toMatchObject({ opened: true });
    expect(service.bodiesAt('/v1/verify')).toEqual([]);
    await simulate(['run', '--state', state]);
    const told = side.events.flatMap((event) =>
      event.type === 'verification' ? [event.data.request.direction] : [],
    );
    expect(told).toEqual(['in', 'out']);
  });

  it('--power-cut-at: the device dies there, and the next one goes on', async () => {
    const state = await enrolledGate(service);
    const run = ['run', '--state', state, '--passage', '0'];
    const cut = await simulate([...run, '--power-cut-at', 'verify-answered'], 'CP1:A\n');
    expect(cut).toMatchObject({ signal: 'SIGKILL', stdout: '' });
    expect((await simulate(run, 'CP1:B\n')).stdout).toContain('gate open');
    const boots = side.events.filter(({ type }) => type === 'boot');
    expect(new Set(boots.map(({ bootId }) => bootId)).size).toBe(2);
  });

  it('--duplicate and --latency: scans go on as ever', async () => {
    const state = await enrolledGate(service);
    const faults = ['--duplicate', '1', '--latency', '50'];
    const { stdout } = await simulate(['run', '--state', state, ...faults, '--json'], 'CP1:A\n');
    expect(JSON.parse(stdout)).toMatchObject({ decision: 'granted', opened: true });
    expect(service.bodiesAt('/v1/verify')).toHaveLength(2);
  });

  it('--clock-jump and --clock-drift: a wrong clock changes nothing for who asks', async () => {
    const state = await enrolledGate(service);
    const faults = ['--clock-jump', '-86400000', '--clock-drift', '-200'];
    const { stdout } = await simulate(['run', '--state', state, ...faults, '--json'], 'CP1:A\n');
    expect(JSON.parse(stdout)).toMatchObject({ opened: true });
    const [request] = service.bodiesAt('/v1/verify');
    expect(Math.abs(Date.parse(String(request?.scannedAt)) - Date.now())).toBeLessThan(30_000);
  });
});

describe('tap', () => {
  const TAG = {
    url: 'http://127.0.0.1:1/t#t=tag_0123456789abc',
    uid: '04DE5F1EACC040',
    keys: { metaKey: '0'.repeat(32), fileKey: '1'.repeat(32) },
  };

  function tagFile(): string {
    const file = join(temporaryDirectory(), 'tag.json');
    writeFileSync(file, JSON.stringify(TAG));
    return file;
  }

  it('prints the URL that a phone would read, another one each time', async () => {
    const file = tagFile();
    const urls = [await simulate(['tap', '--tag', file]), await simulate(['tap', '--tag', file])];
    for (const { stdout } of urls) {
      expect(stdout).toMatch(
        /^http:\/\/127\.0\.0\.1:1\/t#t=tag_0123456789abc&piccData=[0-9A-F]{32}&cmac=[0-9A-F]{16}\n$/,
      );
    }
    expect(urls[0]?.stdout).not.toBe(urls[1]?.stdout);
    expect(JSON.parse(readFileSync(file, 'utf8')).counter).toBe(2);
  });

  it('posts the tap as the rider', async () => {
    let posted: unknown;
    service.otherRoute = (path, body, _, { authorization }) => {
      if (path !== '/v1/rider/taps') return undefined;
      posted = { ...body, authorization };
      return { status: 200, body: GRANTED };
    };
    const args = ['tap', '--tag', tagFile(), '--session', 'rider', '--server', service.url];
    const { code, stdout } = await simulate([...args, '--counter', '7']);
    expect([code, stdout]).toEqual([0, '请进\nWelcome\n[granted]\n']);
    expect(posted).toMatchObject({ tagId: 'tag_0123456789abc', authorization: 'Bearer rider' });
  });
});
