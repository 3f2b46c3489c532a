import { describe, expect, it } from 'vitest';
import type { CommunityId, GateId, VisitId } from '../../src/domain/identifier.ts';
import { type ReplayEntry, VisitReplay } from '../../src/domain/visit-replay.ts';

const NOON = Date.parse('2026-11-02T04:00:00Z');

function passage(visit: string, direction: 'in' | 'out', source: string, minute: number) {
  return {
    type: 'decision',
    decision: 'granted',
    consumed: true,
    at: new Date(NOON + minute * 60_000).toISOString(),
    community: 'com_0123456789abc' as CommunityId,
    gate: 'gat_0123456789abc' as GateId,
    visit: visit as VisitId,
    direction,
    source,
  } satisfies ReplayEntry;
}

describe('visits that a replay hands on', () => {
  it('leave behind no more than the newest corrections, and all of visits that last', () => {
    const replay = new VisitReplay();
    let seq = 0;
    replay.apply(passage('open', 'in', 'offline', 0), ++seq);
    for (let visit = 0; visit < 10_050; visit++) {
      replay.apply(passage(`v${visit}`, 'in', 'offline', 1), ++seq);
      replay.apply(passage(`v${visit}`, 'out', 'offline', 2), ++seq);
      if (visit % 100 === 0) expect(replay.takeTouched()).toEqual([]);
    }
    expect(replay.takeTouched()).toEqual([]);
    expect(replay.corrected).toBe(10_000);
    expect(replay.knows('open' as VisitId)).toBe(true);
    expect(replay.knows('v0' as VisitId)).toBe(false);
    // One that a late report has opened again is not as its entries tell it.
    replay.apply(passage('v10049', 'in', 'online', 3), ++seq);
    expect(replay.takeTouched()).toEqual([]);
  });

  it('are told until they end, and then no more', () => {
    const replay = new VisitReplay();
    replay.apply(passage('v', 'in', 'online', 0), 1);
    expect(replay.takeTouched()).toMatchObject([{ id: 'v', openedAt: NOON, end: null }]);
    expect(replay.takeTouched()).toEqual([]);
    replay.apply(passage('v', 'out', 'online', 1), 2);
    expect(replay.takeTouched()).toMatchObject([{ id: 'v', end: { by: 'exit' } }]);
    expect(replay.knows('v' as VisitId)).toBe(false);
  });
});
