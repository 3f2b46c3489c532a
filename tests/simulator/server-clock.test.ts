import { describe, expect, it } from 'vitest';
import { FaultyClock } from '../../gate-simulator/src/faults/faulty-clock.ts';
import { ServerClock, UNKNOWN_CLOCK } from '../../gate-simulator/src/firmware/server-clock.ts';
import { ManualClock } from './support/manual-clock.ts';

const SERVER_MS = Date.parse('2026-11-21T08:00:00.000Z');
const text = (ms: number) => new Date(ms).toISOString();
const HOUR_MS = 3_600_000;

function contact(device: ManualClock | FaultyClock, latestKnownMs = 0): ServerClock {
  const kept = { ...UNKNOWN_CLOCK, latestKnownMs };
  const clock = new ServerClock(device, kept, () => undefined);
  clock.learn(text(SERVER_MS), device.monotonicMs());
  return clock;
}

describe('the server’s clock as the gate knows it', () => {
  it('is not synchronised before the first contact, whatever was kept', () => {
    const kept = { serverClockOffsetMs: 5, latestKnownMs: SERVER_MS };
    const clock = new ServerClock(new ManualClock(), kept, () => undefined);
    expect(clock.time()).toMatchObject({ synchronised: false, latestKnown: SERVER_MS });
  });

  it('runs on the monotonic clock between contacts', () => {
    const device = new ManualClock();
    const clock = contact(device);
    device.advance(HOUR_MS);
    expect(clock.time()).toEqual({
      ...{ now: SERVER_MS + HOUR_MS, synchronised: true },
      latestKnown: SERVER_MS,
    });
  });

  it.each([-HOUR_MS, -2_000, 2_000, 24 * HOUR_MS])(
    'a time of day that somebody sets by %i ms changes nothing',
    (jumpMs) => {
      const inner = new ManualClock();
      const device = new FaultyClock(inner, {});
      const clock = contact(device);
      inner.advance(60_000);
      device.jump(jumpMs);
      expect(clock.time()).toMatchObject({ now: SERVER_MS + 60_000, synchronised: true });
    },
  );

  it.each([
    [50, 1.8],
    [-50, -1.8],
    [1_000, 36],
  ])('an oscillator of %i ppm is %f s off after ten hours alone', (clockDriftPpm, seconds) => {
    const inner = new ManualClock();
    const clock = contact(new FaultyClock(inner, { clockDriftPpm }));
    inner.advance(10 * HOUR_MS);
    expect(clock.time().now - SERVER_MS - 10 * HOUR_MS).toBeCloseTo(seconds * 1_000, -1);
    expect(clock.time().synchronised).toBe(true);
  });

  it('remembers the latest time that it ever knew, not an earlier one', () => {
    const device = new ManualClock();
    const clock = contact(device, SERVER_MS + HOUR_MS);
    expect(clock.time()).toMatchObject({ now: SERVER_MS, latestKnown: SERVER_MS + HOUR_MS });
    clock.learn(text(SERVER_MS + 2 * HOUR_MS), device.monotonicMs());
    expect(clock.time().latestKnown).toBe(SERVER_MS + 2 * HOUR_MS);
  });

  it('keeps it on disk, at most once a minute', () => {
    const device = new ManualClock();
    const kept: number[] = [];
    const clock = new ServerClock(device, UNKNOWN_CLOCK, ({ latestKnownMs }) => {
      kept.push(latestKnownMs - SERVER_MS);
    });
    for (let second = 0; second <= 180; second += 20) {
      clock.learn(text(SERVER_MS + second * 1_000), device.monotonicMs());
      device.advance(20_000);
    }
    expect(kept).toEqual([0, 60_000, 120_000, 180_000]);
  });

  it.each(['', 'soon', undefined])('takes %s for no time', (told) => {
    const clock = new ServerClock(new ManualClock(), UNKNOWN_CLOCK, () => undefined);
    expect(clock.learn(told, 0)).toBe(false);
    expect(clock.time().synchronised).toBe(false);
  });
});
