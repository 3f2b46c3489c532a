/** `npm run demo` as it is started: the build, in a process of its own. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, type TestContext, test } from 'vitest';
import { summaryOf } from '../../gate-simulator/src/demo/summary.ts';
import { Teller, wentAsItMust } from '../../gate-simulator/src/demo/teller.ts';
import { wallClock, zoneWhereItIs } from '../../gate-simulator/src/demo/time-zone.ts';

const DEMO = fileURLToPath(new URL('../../gate-simulator/dist/demo/main.js', import.meta.url));
const RUN_TIMEOUT_MS = 90_000;

/** What the gates answer in each step, in order. */
const ANSWERS = [
  '',
  'granted',
  'granted_rescan',
  'code_used',
  'wrong_community',
  'bad_signature granted',
  'delivery_not_active wrong_gate granted_exit delivery_not_active',
  'granted',
  'delivery_not_active',
  'outside_hours outside_hours granted',
  'delivery_not_active granted code_used',
  'granted code_used',
  'granted code_used',
  'granted_open granted_exit rider_blocked community_lockdown granted',
  'granted code_used granted no_answer code_used code_used',
  '',
];

/** Starts the demo, with a folder for temporary files that goes away with the test, as the demo does. */
function launch({ onTestFinished }: TestContext, ...given: string[]) {
  const TMPDIR = mkdtempSync(join(tmpdir(), 'courier-pass-test-'));
  const child = spawn(process.execPath, [DEMO, ...given], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, TMPDIR },
  });
  onTestFinished(async () => {
    await ended(child, 'SIGTERM');
    rmSync(TMPDIR, { recursive: true });
  });
  const output = { text: '', errors: '' };
  child.stdout.setEncoding('utf8').on('data', (chunk) => {
    output.text += chunk;
  });
  child.stderr.setEncoding('utf8').on('data', (chunk) => {
    output.errors += chunk;
  });
  return { child, output, leftBehind: () => readdirSync(TMPDIR) };
}

async function ended(child: ChildProcess, signal?: 'SIGTERM'): Promise<number | null> {
  if (child.exitCode !== null || child.signalCode !== null) return child.exitCode;
  const end = once(child, 'close');
  if (signal !== undefined) child.kill(signal);
  const [code] = await end;
  return code;
}

/** Resolves as soon as the demo has printed it. */
function printed({ child, output }: ReturnType<typeof launch>, awaited: string): Promise<void> {
  return new Promise((resolve, reject) => {
    child.stdout.on('data', () => {
      if (output.text.includes(awaited)) resolve();
    });
    child.on('close', () => reject(new Error(`ended early:\n${output.text}${output.errors}`)));
  });
}

/** The reasons of each step: `✓ gate: expected granted, door open · got granted, door open`. */
function answersIn(text: string): string[] {
  const steps = text.split(/^ ?\d+ {2}\S/m).slice(1);
  return steps.map((step) =>
    [...step.matchAll(/^ +✓ gate: .*got (\w+), door/gm)].map(([, reason]) => reason).join(' '),
  );
}

describe.concurrent('the demo', { timeout: RUN_TIMEOUT_MS }, () => {
  test('plays every step as it must go, and leaves nothing behind', async (context) => {
    const { expect } = context;
    const { child, output, leftBehind } = launch(context);
    expect(await ended(child), output.text).toBe(0);
    expect(answersIn(output.text)).toEqual(ANSWERS);
    expect(output.text).not.toContain('✗');
    expect(output.text).toMatch(/16 of 16 steps went as they must, in \d+\.\d s\.\n$/);
    expect(output.text).toContain('请进 · 前往 12 号楼 · 限速 15 km/h');
    expect(output.errors).toBe('');
    expect(leftBehind()).toEqual([]);
  });

  test('--keep leaves it running, says how to go on, and ends cleanly on SIGTERM', async (context) => {
    const { expect } = context;
    const demo = launch(context, '--keep');
    await printed(demo, 'node gate-simulator/dist/main.js scan');
    const { text } = demo.output;
    expect(text).toContain('15 of 15 steps went as they must');
    const server = /^ +service +(\S+)$/m.exec(text)?.[1] ?? '';
    const keyFile = /^ +operator key +(\S+)$/m.exec(text)?.[1] ?? '';
    expect(text).toContain(`${server}/docs`);
    expect(text).toMatch(/cli -- decisions follow com_[0-9a-z]{13}\n/);
    expect((await fetch(`${server}/docs`)).status).toBe(200);
    expect(statSync(keyFile).mode & 0o777).toBe(0o600);

    expect(await ended(demo.child, 'SIGTERM')).toBe(0);
    expect(demo.output.text).toContain('✓ the service: expected exit code 0 · got exit code 0');
    await expect(fetch(`${server}/healthz`)).rejects.toThrow();
    expect(demo.leftBehind()).toEqual([]);
  });

  test('a signal in the middle breaks it off, with exit code 1 and nothing left behind', async (context) => {
    const { expect } = context;
    const demo = launch(context);
    await printed(demo, 'granted, door open');
    expect(await ended(demo.child, 'SIGTERM')).toBe(1);
    expect(demo.output.text).toContain('The demo broke off: stopped by SIGTERM');
    expect(demo.output.text).toContain('4 of 4 steps went as they must');
    expect(demo.leftBehind()).toEqual([]);
  });
});

test('a check that fails, an error, and a step without a check each make a step fail', async () => {
  const teller = new Teller(() => undefined);
  await teller.step('as it must', async (step) => step.expect('a', 1, 1));
  await teller.step('other than it must', async (step) => step.expect('the door', 'open', 'shut'));
  await teller.step('nothing checked', async () => undefined);
  const broken = teller.step('broken', () => Promise.reject(new Error('no network')));
  await expect(broken).rejects.toThrow('no network');
  expect(teller.steps.map(wentAsItMust)).toEqual([true, false, false, false]);
  const summary = summaryOf(teller.steps, 1_000);
  expect(summary).toContain('step 2: ✗ the door: expected open · got shut');
  expect(summary).toContain('step 4: ✗ the step: expected played to its end · got no network');
  expect(summary).toContain('1 of 4 steps went as they must');
});

test('at any minute of the day there is a zone where it is 23 o’clock, and one where it is 12', () => {
  for (let minute = 0; minute < 24 * 60; minute++) {
    const now = new Date(Date.UTC(2026, 10, 21, 0, minute, 59));
    const minutes = String(minute % 60).padStart(2, '0');
    for (const hour of [12, 23]) {
      expect(wallClock(zoneWhereItIs(hour, now), now)).toBe(`${hour}:${minutes}`);
    }
  }
});
