import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { VisitId } from '../../src/domain/identifier.ts';
import { foldVisits, type Passage } from '../../src/domain/visit-history.ts';
import { checkProperty } from '../support/property.ts';

const DUE = 60;
const dueOf = ({ at }: Passage) => ({ at: at + DUE, by: 'timeout' as const });
const passage = (kind: Passage['kind'], at: number, members: Partial<Passage> = {}): Passage => ({
  kind,
  at,
  key: `${kind} ${at}`,
  gateNo: 1,
  visitId: null,
  live: false,
  ...members,
});
const entry = (at: number, members?: Partial<Passage>) => passage('entry', at, members);
const exit = (at: number, members?: Partial<Passage>) => passage('exit', at, members);
const spans = (passages: Passage[], now = 1_000) =>
  foldVisits(passages, dueOf, now).map(({ entries, end }) => [
    entries.map(({ at }) => at),
    end?.at ?? null,
    end?.by ?? null,
  ]);
const id = (text: string) => text as VisitId;

describe('foldVisits', () => {
  it('opens at an entry, goes on with further ones, and closes at the exit', () => {
    expect(spans([exit(30), entry(20), entry(10)])).toEqual([[[10, 20], 30, 'exit']]);
  });

  it('makes nothing of an exit without a visit', () => {
    expect(spans([exit(5), entry(10), exit(20), exit(21)])).toEqual([[[10], 20, 'exit']]);
  });

  it('closes a visit by its time, one unit on either side', () => {
    expect(spans([entry(10), entry(10 + DUE - 1)])[0]).toEqual([[10, 69], 70, 'timeout']);
    expect(spans([entry(10), entry(10 + DUE)])).toEqual([
      [[10], 70, 'timeout'],
      [[70], 130, 'timeout'],
    ]);
    expect(spans([entry(10)], 69)).toEqual([[[10], null, null]]);
    expect(spans([entry(10)], 70)).toEqual([[[10], 70, 'timeout']]);
  });

  it('an exit at the same instant as an entry comes before it', () => {
    expect(spans([entry(10), exit(20), entry(20)])).toEqual([
      [[10], 20, 'exit'],
      [[20], 80, 'timeout'],
    ]);
  });

  it('what was decided live while a visit was open past its time belongs to it', () => {
    const told = { visitId: id('vis_a'), live: true };
    expect(spans([entry(10, told), exit(75, told)])).toEqual([[[10], 75, 'exit']]);
    expect(spans([entry(10, told), exit(75, { ...told, live: false })])).toEqual([
      [[10], 70, 'timeout'],
    ]);
  });

  it('what was reported later is drawn into no visit by what it was told', () => {
    const told = { visitId: id('vis_a') };
    expect(spans([entry(5), entry(10, told), entry(66, { ...told, live: true })])).toEqual([
      [[5, 10], 65, 'timeout'],
      [[66], 126, 'timeout'],
    ]);
  });

  it('each visit keeps the identifier that was told first, and none is told of two', () => {
    const told = { visitId: id('vis_a') };
    const ids = (passages: Passage[]) =>
      foldVisits(passages, dueOf, 1_000).map((visit) => visit.id);
    expect(ids([entry(10), entry(20, told)])).toEqual(['vis_a']);
    expect(ids([entry(10, told), exit(15), entry(20, told)])).toEqual(['vis_a', null]);
  });

  it('does not depend on the order in which passages became known', async () => {
    const one = fc.record({
      kind: fc.constantFrom('entry', 'exit'),
      at: fc.nat(300),
      key: fc.uuid(),
    });
    const property = fc.asyncProperty(
      fc.array(one, { maxLength: 20 }),
      fc.func(fc.nat()),
      async (ones, by) => {
        const passages = ones.map((each) =>
          passage(each.kind as 'entry', each.at, { key: each.key }),
        );
        const shuffled = [...passages].sort((a, b) => by(a.key) - by(b.key));
        expect(foldVisits(shuffled, dueOf, 400)).toEqual(foldVisits(passages, dueOf, 400));
      },
    );
    await checkProperty('order of passages', property, 300);
  });

  it('makes visits that follow each other and hold every entry once', async () => {
    const one = fc.record({
      kind: fc.constantFrom('entry', 'exit'),
      at: fc.nat(300),
      key: fc.uuid(),
    });
    const property = fc.asyncProperty(fc.array(one, { maxLength: 20 }), async (ones) => {
      const passages = ones.map((each) =>
        passage(each.kind as 'entry', each.at, { key: each.key }),
      );
      const visits = foldVisits(passages, dueOf, 400);
      const held = visits.flatMap(({ entries }) => entries.map(({ key }) => key)).sort();
      expect(held).toEqual(
        passages
          .filter(({ kind }) => kind === 'entry')
          .map(({ key }) => key)
          .sort(),
      );
      for (const [index, { end, entries }] of visits.entries()) {
        const next = visits[index + 1];
        if (next !== undefined) expect(end?.at).toBeLessThanOrEqual(next.entries[0].at);
        expect(end?.at ?? 400).toBeGreaterThanOrEqual(entries.at(-1)?.at ?? 0);
      }
    });
    await checkProperty('visits follow each other', property, 300);
  });
});
