import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { correctTimes } from '../../src/domain/gate-time.ts';
import { checkProperty } from '../support/property.ts';

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

  describe('a code that let somebody in', () => {
    const from = NOW - 180 * MINUTE;
    const opened = { scannedAt: from + 10_000, from, until: from + 50_000 };

    it('dates itself and its boot where the device has no clock', () => {
      const sent = event(null, 5_000, 'now');
      const events = [
        event(0, 1_000, 'before'),
        { ...event(60_000, 61_000, 'before'), witness: opened },
        event(70_000, 71_000, 'before'),
      ];
      const { times: dated } = correctTimes(events, { ...arrival, sent });
      expect(dated.map(({ at }) => at - from)).toEqual([-50_000, 10_000, 20_000]);
      expect(dated.every(({ certain }) => certain)).toBe(true);
    });

    it('overrules no clock that runs: whether it was in time is judged by that', () => {
      const late = { ...event(from + 10 * MINUTE, 7, 'before'), witness: opened };
      const sent = event(NOW, 5_000, 'now');
      expect(times([late], { ...arrival, sent })).toEqual([from + 10 * MINUTE - NOW]);
      const lone = { ...event(from + 10 * MINUTE, null, null), witness: opened };
      expect(times([lone], { ...arrival, sent })).toEqual([from + 10 * MINUTE - NOW]);
    });

    it('is believed no further than its code was good', () => {
      const lying = { ...opened, scannedAt: NOW };
      const lone = { ...event(null, null, null), witness: lying };
      expect(times([lone], arrival)).toEqual([opened.until - 1 - NOW]);
      const mute = { ...event(null, null, null), witness: { ...opened, scannedAt: null } };
      expect(times([mute], arrival)).toEqual([from - NOW]);
    });

    it('yields to the time since the boot that sends', () => {
      const sent = event(null, 90_000);
      const beside = { ...event(null, 30_000), witness: opened };
      expect(times([beside], { ...arrival, sent })).toEqual([-60_000]);
    });

    it('is off by less than its window where no clock ran, whatever the others did', async () => {
      const clock = fc.option(fc.integer({ min: -600 * MINUTE, max: 600 * MINUTE }), { nil: null });
      await checkProperty(
        'entries of clocks gone wrong',
        fc.asyncProperty(
          fc.array(
            fc.record({
              ago: fc.integer({ min: MINUTE, max: 600 * MINUTE }),
              sinceBoot: fc.option(fc.integer({ min: 0, max: 600 * MINUTE }), { nil: null }),
              boot: fc.constantFrom('a', 'b', null),
              told: fc.boolean(),
            }),
            { minLength: 1, maxLength: 20 },
          ),
          clock,
          async (entries, sentWrongBy) => {
            const truth = entries.map(({ ago }) => NOW - ago).sort((a, b) => a - b);
            const events = entries.map(({ sinceBoot, boot, told }, index) => {
              const at = truth[index] as number;
              const start = Math.floor(at / 30_000) * 30_000;
              const witness = {
                scannedAt: told ? at : null,
                from: start - 5_000,
                until: start + 45_000,
              };
              return { ...event(sinceBoot, null, boot), witness };
            });
            const sent = event(sentWrongBy === null ? null : NOW + sentWrongBy, 1_000, 'now');
            const { times: dated } = correctTimes(events, { ...arrival, sent });
            for (const [index, { at }] of dated.entries())
              expect(Math.abs(at - (truth[index] as number))).toBeLessThanOrEqual(50_000);
          },
        ),
        300,
      );
    });
  });
});
