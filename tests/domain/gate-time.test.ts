import { describe, expect, it } from 'vitest';
import { correctTimes } from '../../src/domain/gate-time.ts';

const NOW = Date.UTC(2026, 10, 21, 12);
const MINUTE = 60_000;
const arrival = { receivedAt: NOW, sent: null, knownOffsetMs: null };
const event = (
  deviceTime: number | null,
  uptimeMs: number | null = null,
  bootId: string | null = 'b',
) => ({
  deviceTime,
  uptimeMs,
  bootId,
});
const times = (...args: Parameters<typeof correctTimes>) =>
  correctTimes(...args).times.map(({ at }) => at - NOW);

describe('correctTimes', () => {
  it('believes a clock that nothing speaks against', () => {
    const { times: dated, offsetMs } = correctTimes([event(NOW - 5 * MINUTE, 1)], arrival);
    expect(dated).toEqual([{ at: NOW - 5 * MINUTE, offsetMs: 0, certain: true }]);
    expect(offsetMs).toBeNull();
  });

  it.each([10 * MINUTE, -10 * MINUTE, 0])(
    'corrects a clock that is %i ms ahead when the batch says so',
    (offset) => {
      const sent = event(NOW + offset, 100_000);
      const { times: dated, offsetMs } = correctTimes([event(NOW + offset - 70_000, 30_000)], {
        ...arrival,
        sent,
      });
      expect(dated).toEqual([{ at: NOW - 70_000, offsetMs: offset, certain: true }]);
      expect(offsetMs).toBe(offset);
    },
  );

  it('corrects what an earlier boot wrote by the same error', () => {
    const sent = event(NOW + MINUTE, 1_000, 'now');
    expect(times([event(NOW - 10 * MINUTE, 5_000, 'before')], { ...arrival, sent })).toEqual([
      -11 * MINUTE,
    ]);
  });

  it('goes by the time since the boot when the clock is set in the middle', () => {
    const events = [
      event(NOW - 9 * MINUTE, 10_000),
      event(NOW - 20_000, 70_000),
      event(NOW - 10_000, 80_000),
    ];
    expect(times(events, arrival)).toEqual([-80_000, -20_000, -10_000]);
    const sent = event(NOW, 90_000);
    expect(times(events, { ...arrival, sent })).toEqual([-80_000, -20_000, -10_000]);
  });

  it('believes no counter that would put an event before gates were built', () => {
    const far = { sent: event(null, 1e15), receivedAt: NOW, knownOffsetMs: null };
    const { times: dated } = correctTimes([event(null, 0), event(NOW - MINUTE, 5)], far);
    expect(dated[0]).toEqual({ at: NOW, offsetMs: null, certain: false });
    expect(dated[1]?.at).toBe(NOW - MINUTE);
  });

  it('dates what had no clock by the boot, where the boot is known', () => {
    const events = [event(null, 1_000), event(0, 2_000), event(Date.UTC(2000, 0, 1), 3_000)];
    expect(times(events, { ...arrival, sent: event(null, 10_000) })).toEqual([
      -9_000, -8_000, -7_000,
    ]);
    expect(times([...events, event(NOW, 10_000)], arrival)).toEqual([-9_000, -8_000, -7_000, 0]);
  });

  it('dates what nothing dates by what was before it, and says so', () => {
    const events = [event(NOW - MINUTE, 1, 'a'), event(null, 5, 'b'), event(null, null, null)];
    expect(correctTimes(events, arrival).times).toEqual([
      { at: NOW - MINUTE, offsetMs: 0, certain: true },
      { at: NOW - MINUTE, offsetMs: null, certain: false },
      { at: NOW - MINUTE, offsetMs: null, certain: false },
    ]);
    expect(correctTimes([event(null, 5)], arrival).times[0]).toMatchObject({
      at: NOW,
      certain: false,
    });
  });

  it('knows that a clock runs ahead whose events come before they happen', () => {
    const { times: dated, offsetMs } = correctTimes(
      [event(NOW - MINUTE, 1), event(NOW + 3_000, 63_001)],
      arrival,
    );
    expect(dated.map(({ at }) => at - NOW)).toEqual([-63_000, 0]);
    expect(offsetMs).toBe(3_000);
  });

  it('corrects by what was known of the clock before', () => {
    expect(times([event(NOW - 5_000, 1)], { ...arrival, knownOffsetMs: 2_000 })).toEqual([-7_000]);
  });

  it('puts nothing after its arrival, and takes a clock more than a day ahead for none', () => {
    const sent = event(NOW, 1_000);
    expect(times([event(NOW, 50_000)], { ...arrival, sent })).toEqual([0]);
    expect(times([event(NOW + 25 * 60 * MINUTE)], arrival)).toEqual([0]);
  });
});
