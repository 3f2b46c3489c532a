import { describe, expect, it } from 'vitest';
import {
  CODE_STEPS,
  firstReason,
  inOrder,
  LEFT_OUT,
  PASS_STEPS,
} from '../../src/domain/entry-order.ts';
import { DENIED_REASONS, type DeniedReason } from '../../src/domain/reason.ts';

/** The reasons of refusal that each step may give. */
const REASONS: Readonly<
  Record<(typeof CODE_STEPS)[number] | (typeof PASS_STEPS)[number], readonly DeniedReason[]>
> = {
  community: ['wrong_community'],
  window: ['code_not_yet_valid', 'code_expired'],
  gate: ['wrong_gate'],
  posture: ['community_lockdown', 'gate_closed'],
  block: ['rider_blocked'],
  suspension: ['rider_suspended'],
  authorisation: ['delivery_not_active'],
  rescan: [],
  hours: ['outside_hours'],
  platform: ['platform_not_allowed'],
  vehicle: ['vehicle_not_allowed'],
  codeUse: ['code_used'],
  passback: ['already_inside'],
  entriesLeft: ['entries_exhausted'],
  capacity: ['capacity_reached'],
  confirmation: ['guard_confirmation_required'],
};

describe('the order of judgement', () => {
  it('is the order of the closed list of reasons', () => {
    const inTurn = [
      ...['malformed_code', 'unknown_key', 'bad_signature'],
      ...CODE_STEPS.flatMap((step) => REASONS[step]),
      'unknown_pass',
      ...PASS_STEPS.flatMap((step) => REASONS[step]),
    ];
    expect(inTurn).toEqual([...DENIED_REASONS]);
  });

  it('holds whatever the order in which a judge names its steps, and leaves out what it leaves out', () => {
    const steps = inOrder<'a' | 'b' | 'c', number, DeniedReason>(['a', 'b', 'c'], {
      c: () => 'code_used',
      a: (value) => (value === 1 ? 'wrong_gate' : null),
      b: LEFT_OUT,
    });
    expect(steps).toHaveLength(2);
    expect(firstReason(steps, 1)).toBe('wrong_gate');
    expect(firstReason(steps, 2)).toBe('code_used');
    expect(firstReason([], 1)).toBeNull();
  });
});
