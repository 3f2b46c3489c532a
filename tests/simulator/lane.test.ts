import { describe, expect, it } from 'vitest';
import {
  type Lane,
  type LaneEvent,
  MAX_OPEN_MS,
  nextLane,
  nextTickMs,
  type Verdict,
} from '../../gate-simulator/src/firmware/lane.ts';
import { LaneDriver } from '../../gate-simulator/src/firmware/lane-driver.ts';
import {
  noPassageSensor,
  simulatedPassage,
} from '../../gate-simulator/src/hardware/passage-sensor.ts';
import { SimulatedRelay } from '../../gate-simulator/src/hardware/relay.ts';
import type { Direction } from '../../gate-simulator/src/wire/verify.ts';
import { ManualClock } from './support/manual-clock.ts';

const GRANT: Verdict = { kind: 'grant', openForMs: 3_000 };
const SCANNED_AT_MS = 1_000;

function judging(direction: Direction): Lane {
  return { phase: 'judging', direction, scannedAtMs: SCANNED_AT_MS };
}

function afterVerdict(direction: Direction, verdict: Verdict, sinceScanMs: number): Lane {
  return nextLane(judging(direction), {
    type: 'verdict',
    verdict,
    atMs: SCANNED_AT_MS + sinceScanMs,
  });
}

describe('at entry', () => {
  it('a grant opens until 5 s after the scan and not a millisecond later', () => {
    expect(afterVerdict('in', GRANT, 4_999).phase).toBe('open');
    expect(afterVerdict('in', GRANT, 5_000).phase).toBe('open');
    expect(afterVerdict('in', GRANT, 5_001).phase).toBe('idle');
  });

  it('nothing but a grant opens', () => {
    expect(afterVerdict('in', { kind: 'deny' }, 10).phase).toBe('idle');
    expect(afterVerdict('in', { kind: 'none' }, 10).phase).toBe('idle');
    expect(afterVerdict('in', { kind: 'grant', openForMs: 0 }, 10).phase).toBe('idle');
  });

  it('a scan that nobody answers is forgotten once a grant would be too late', () => {
    const tick = (sinceScanMs: number): Lane =>
      nextLane(judging('in'), { type: 'tick', atMs: SCANNED_AT_MS + sinceScanMs });
    expect(tick(5_000).phase).toBe('judging');
    expect(tick(5_001).phase).toBe('idle');
  });

  it('an answer cannot open a lane that has not scanned', () => {
    const idle: Lane = { phase: 'idle' };
    expect(nextLane(idle, { type: 'verdict', verdict: GRANT, atMs: 5 })).toEqual(idle);
  });
});

describe('at exit', () => {
  it.each<Verdict>([GRANT, { kind: 'deny' }, { kind: 'none' }])('opens on %o', (verdict) => {
    expect(afterVerdict('out', verdict, 10).phase).toBe('open');
  });

  it('opens by itself when 1.5 s have brought nothing', () => {
    const tick = (sinceScanMs: number): Lane =>
      nextLane(judging('out'), { type: 'tick', atMs: SCANNED_AT_MS + sinceScanMs });
    expect(tick(1_499).phase).toBe('judging');
    expect(tick(1_500).phase).toBe('open');
  });
});

describe('an exit that is under way', () => {
  const play = (start: Lane, events: readonly LaneEvent[]): Lane => events.reduce(nextLane, start);
  const scanned: LaneEvent = { type: 'triggered', direction: 'out', atMs: 0 };
  const command: LaneEvent = { type: 'commanded', openForMs: 500, atMs: 100 };

  it('opens also when the reader delivers nothing', () => {
    const scanning = play({ phase: 'idle' }, [scanned]);
    expect(nextTickMs(scanning)).toBe(1_500);
    expect(nextLane(scanning, { type: 'tick', atMs: 1_499 }).phase).toBe('scanning');
    expect(nextLane(scanning, { type: 'tick', atMs: 1_500 })).toMatchObject({
      phase: 'open',
      direction: 'out',
    });
  });

  it.each<[string, LaneEvent[]]>([
    ['while it is read', []],
    ['while it is judged', [{ type: 'read', atMs: 50 }]],
  ])('is let out after an opening that a guard has ordered %s', (_, events) => {
    const passed = play({ phase: 'idle' }, [
      scanned,
      ...events,
      command,
      { type: 'passed', atMs: 150 },
    ]);
    expect(passed.phase).toBe('closing');
    const verdict: LaneEvent = { type: 'verdict', verdict: { kind: 'deny' }, atMs: 400 };
    const out = play(passed, [verdict, { type: 'tick', atMs: 650 }]);
    expect(out).toEqual({ phase: 'open', direction: 'out', shutAtMs: 650 + 3_000 });
    const after = play(out, [
      { type: 'passed', atMs: 700 },
      { type: 'tick', atMs: 1_200 },
    ]);
    expect(after).toEqual({ phase: 'idle' });
  });

  it('is not lost to a second order either', () => {
    const again: LaneEvent = { type: 'commanded', openForMs: 500, atMs: 160 };
    const lane = play({ phase: 'idle' }, [scanned, command, { type: 'passed', atMs: 150 }, again]);
    const closed = play(lane, [{ type: 'tick', atMs: 660 }]);
    expect(nextLane(closed, { type: 'tick', atMs: 1_160 })).toMatchObject({ direction: 'out' });
  });

  it('is forgotten for nobody; an entry is, for somebody who wants to leave', () => {
    const preempted: LaneEvent = { type: 'preempted', atMs: 2_000 };
    expect(nextLane(judging('out'), preempted)).toEqual(judging('out'));
    expect(nextLane(judging('in'), preempted)).toEqual({ phase: 'idle' });
    const open = afterVerdict('in', GRANT, 10);
    expect(nextLane(open, preempted)).toEqual(open);
  });
});

it('stays open no longer than the hardware may, whatever the server says', () => {
  const open = afterVerdict('in', { kind: 'grant', openForMs: 1e9 }, 0);
  expect(open).toMatchObject({ phase: 'open', shutAtMs: SCANNED_AT_MS + MAX_OPEN_MS });
});

describe('LaneDriver', () => {
  function laneWithSensor(passageAfterMs?: number) {
    const clock = new ManualClock();
    const relay = new SimulatedRelay();
    const sensor =
      passageAfterMs === undefined
        ? noPassageSensor
        : simulatedPassage(clock, relay, passageAfterMs);
    const driver = new LaneDriver(clock, relay, sensor);
    const grant = (): void => {
      driver.signal({ type: 'triggered', direction: 'in' });
      driver.signal({ type: 'read' });
      driver.signal({ type: 'verdict', verdict: GRANT });
    };
    return { clock, relay, driver, grant };
  }

  it('holds the relay for the open time, then closes, then is ready', () => {
    const { clock, relay, driver, grant } = laneWithSensor();
    grant();
    clock.advance(2_999);
    expect(relay.position).toBe('energised');
    clock.advance(1);
    expect([relay.position, driver.lane.phase]).toEqual(['released', 'closing']);
    clock.advance(499);
    expect(driver.lane.phase).toBe('closing');
    clock.advance(1);
    expect(driver.lane.phase).toBe('idle');
  });

  it('closes as soon as somebody has passed', () => {
    const { clock, relay, grant } = laneWithSensor(800);
    grant();
    clock.advance(799);
    expect(relay.position).toBe('energised');
    clock.advance(1);
    expect(relay.position).toBe('released');
  });

  it('opens the exit by the clock alone, when the firmware above it is stuck', () => {
    const { clock, relay, driver } = laneWithSensor();
    driver.signal({ type: 'triggered', direction: 'out' });
    driver.signal({ type: 'read' });
    clock.advance(1_500);
    expect(relay.position).toBe('energised');
  });

  it('tells when it is ready for the next rider', async () => {
    const { clock, driver, grant } = laneWithSensor();
    grant();
    let ready = false;
    const waiting = driver.whenIdle().then(() => {
      ready = true;
    });
    clock.advance(3_499);
    await Promise.resolve();
    expect(ready).toBe(false);
    clock.advance(1);
    await waiting;
    expect(ready).toBe(true);
  });
});
