import { describe, expect, it } from 'vitest';
import { Commands } from '../../gate-simulator/src/firmware/commands.ts';
import type { EventBody } from '../../gate-simulator/src/firmware/recorder.ts';
import { ManualClock } from './support/manual-clock.ts';

/** A gate that is told to open, and whose claim is answered 200. */
function gate({ claimTakesMs, learnsMs = 0 }: { claimTakesMs: number; learnsMs?: number }) {
  const clock = new ManualClock();
  let offsetMs = 0;
  const noted: EventBody[] = [];
  const opened: number[] = [];
  const commands = new Commands({
    clock,
    serverClock: { nowMs: () => clock.wallMs() + offsetMs },
    service: {
      async call() {
        clock.advance(claimTakesMs);
        offsetMs += learnsMs;
        return { status: 200, headers: {}, body: Buffer.from('{}') };
      },
    },
    recorder: { note: (event) => void noted.push(event) },
    open: (openForMs) => void opened.push(openForMs),
    notice: () => undefined,
  });
  const tell = (inMs: number) => {
    const expiresAt = new Date(clock.wallMs() + inMs).toISOString();
    return commands.obey(JSON.stringify({ commandId: 'cmd_1', openForMs: 3_000, expiresAt }));
  };
  return { tell, noted, opened };
}
const reported = (outcome: 'done' | 'not_done') => [
  { type: 'command', data: { commandId: 'cmd_1', outcome } },
];

describe('an `open` whose claim is answered 200', () => {
  it('in time: opens, and is reported done', async () => {
    const { tell, noted, opened } = gate({ claimTakesMs: 4_999 });
    await tell(5_000);
    expect([opened, noted]).toEqual([[3_000], reported('done')]);
  });

  it.each([
    ['when it has expired', { claimTakesMs: 2_000 }, 2_000],
    ['five seconds after it was told', { claimTakesMs: 5_000 }, 60_000],
    [
      'when the gate has learnt meanwhile that it is later',
      { claimTakesMs: 10, learnsMs: 9_000 },
      5_000,
    ],
  ])('%s: opens nothing, and is reported not done', async (_, claim, inMs) => {
    const { tell, noted, opened } = gate(claim);
    await tell(inMs);
    expect([opened, noted]).toEqual([[], reported('not_done')]);
  });
});
