import { describe, expect, it } from 'vitest';
import { reconcile } from '../../src/domain/reconcile.ts';
import { attempt, authentic, facts, insidePass, NOW, pass } from './support.ts';

const granted = { decision: 'granted', reason: 'granted', certain: true } as const;
const fine = { refusal: null, flags: [], enters: true, consumes: true };
const conflict = (refusal: string) => ({ refusal, flags: ['offline_conflict'] });

describe('an entry that a gate granted alone', () => {
  it('is no matter where the service would have granted it too', () => {
    expect(reconcile(attempt(), granted, facts())).toEqual(fine);
  });

  it('is a conflict where the delivery had ended, and somebody came in all the same', () => {
    const ended = facts({ pass: pass({ status: 'ended', deliveries: [] }) });
    expect(reconcile(attempt(), granted, ended)).toEqual({
      ...conflict('delivery_not_active'),
      enters: true,
      consumes: true,
    });
  });

  it('is a conflict where the code was used elsewhere, and uses it up no second time', () => {
    const used = facts({ pass: pass({ codeUsed: true }) });
    expect(reconcile(attempt(), granted, used)).toEqual({
      ...conflict('code_used'),
      enters: true,
      consumes: false,
    });
  });

  it('is a conflict where the rules say otherwise', () => {
    const closed = facts({ rules: { platforms: { mode: 'only', slugs: ['other'] } } });
    expect(reconcile(attempt(), granted, closed)).toMatchObject(conflict('platform_not_allowed'));
  });

  it('is a conflict where nobody signed the code, and opens no visit', () => {
    const forged = attempt({ code: { kind: 'bad_signature' } });
    expect(reconcile(forged, granted, facts({ pass: null }))).toEqual({
      ...conflict('bad_signature'),
      enters: false,
      consumes: false,
    });
  });

  it.each([
    ['2 s before its window', -5_000 - 2_000, null],
    ['more than 2 s before its window', -5_000 - 2_001, 'code_not_yet_valid'],
    ['2 s after its window', 45_000 - 1 + 2_000, null],
    ['more than 2 s after its window', 45_000 + 2_000, 'code_expired'],
  ])('with its code %s', (_name, offset, refusal) => {
    const receivedAt = NOW + offset;
    expect(reconcile(attempt({ receivedAt }), granted, facts()).refusal).toBe(refusal);
  });

  it('is not held against the window where it is not known when it was', () => {
    const receivedAt = NOW + 3_600_000;
    const unknown = { ...granted, certain: false };
    expect(reconcile(attempt({ receivedAt }), unknown, facts()).refusal).toBeNull();
  });

  it('as a rescan enters nowhere, and the used code is what it is about', () => {
    const rescan = { ...granted, reason: 'granted_rescan' } as const;
    const inside = facts({ pass: insidePass({ rescans: 1 }, { codeUsed: true }) });
    expect(reconcile(attempt(), rescan, inside)).toEqual({
      ...fine,
      enters: false,
      consumes: false,
    });
  });

  it('with the posture open needs an authentic code alone', () => {
    const open = { ...granted, reason: 'granted_open' } as const;
    const ended = { pass: pass({ status: 'ended', deliveries: [] }) };
    const opened = facts({ ...ended, communityPosture: { posture: 'open', until: null } });
    expect(reconcile(attempt(), open, opened)).toEqual({ ...fine, consumes: false });
    const code = authentic({ notBefore: NOW / 1000 - 600 });
    expect(reconcile(attempt({ code }), open, opened)).toMatchObject(conflict('code_expired'));
    // The gate had not heard that the posture had ended.
    expect(reconcile(attempt(), open, facts(ended))).toMatchObject(conflict('delivery_not_active'));
  });
});

describe('what a gate refused, and an exit', () => {
  it('refused: nothing is judged again, a used code is told', () => {
    const denied = { decision: 'denied', reason: 'code_used', certain: true } as const;
    const nothing = { refusal: null, enters: false, consumes: false };
    expect(reconcile(attempt(), denied, facts())).toEqual({ ...nothing, flags: ['code_replayed'] });
    const other = { ...denied, reason: 'outside_hours' } as const;
    expect(reconcile(attempt(), other, facts())).toEqual({ ...nothing, flags: [] });
  });

  it('an exit is never a conflict; what is odd about it is told', () => {
    const exit = { ...granted, reason: 'granted_exit' } as const;
    const out = attempt({ direction: 'out' });
    expect(reconcile(out, exit, facts({ pass: insidePass() })).flags).toEqual([]);
    expect(reconcile(out, exit, facts()).flags).toEqual(['exit_without_visit']);
    expect(reconcile(out, exit, facts({ pass: null })).flags).toEqual([
      'unrecognised_code_at_exit',
    ]);
  });
});
