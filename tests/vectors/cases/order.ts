/** The order of judgement: everything from a step on is wrong at once, and the step gives the reason. */
import { STRANGER } from '../keys.ts';
import {
  type CaseChanges,
  code,
  entered,
  type GateCase,
  gateCase,
  NOW,
  OTHER_COMMUNITY,
  type PayloadMembers,
  WINDOW,
} from '../world.ts';

const EXPIRED = WINDOW - 60;
const wrong = (
  reason: string,
  payload: Partial<PayloadMembers>,
  bundle: string,
  changes: CaseChanges = {},
) =>
  gateCase(`order: ${reason} before all that follows`, reason, {
    code: code(payload),
    bundle,
    ...changes,
  });

const LOST = 'locked down and all wrong';
const CLOSED = 'closed and all wrong';
const WRONG = 'all wrong';
const inside = { memory: [entered(NOW)], at: NOW + 25_000 };
const everything = {
  communityId: OTHER_COMMUNITY,
  notBefore: EXPIRED,
  directions: 2,
  statusIndex: 64,
};
const { communityId: _, ...fromWindow } = everything;
const { notBefore: __, ...fromGate } = fromWindow;
const { directions: ___, ...fromPosture } = fromGate;

export const orderCases: readonly GateCase[] = [
  gateCase('order: malformed_code before all that follows', 'malformed_code', {
    code: code({ ...everything, version: 2 }, STRANGER),
    bundle: LOST,
  }),
  gateCase('order: unknown_key before all that follows', 'unknown_key', {
    code: code(everything, STRANGER),
    bundle: LOST,
  }),
  gateCase('order: bad_signature before all that follows', 'bad_signature', {
    code: code(everything, STRANGER, 17),
    bundle: LOST,
  }),
  wrong('wrong_community', everything, LOST),
  wrong('code_expired', fromWindow, LOST),
  wrong('code_not_yet_valid', { ...fromWindow, notBefore: WINDOW + 60 }, LOST),
  wrong('wrong_gate', fromGate, LOST, inside),
  wrong('community_lockdown', fromPosture, 'locked down, pass ended', inside),
  wrong('gate_closed', fromPosture, CLOSED, inside),
  wrong('unknown_pass', fromPosture, WRONG, inside),
  wrong('delivery_not_active', { statusIndex: 63 }, WRONG, inside),
  wrong('outside_hours', {}, WRONG, inside),
  wrong('code_used', {}, 'guard', inside),
  wrong('already_inside', { notBefore: WINDOW + 30 }, 'guard', inside),
];
