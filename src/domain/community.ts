import type { Millis } from './clock.ts';
import type { CommunityId } from './identifier.ts';

export const COMMUNITY_KINDS = [
  'open',
  'standard',
  'strict',
  'office',
  'campus',
  'hospital',
  'station',
] as const;
export type CommunityKind = (typeof COMMUNITY_KINDS)[number];

/** What a command has set for a community or a gate; `closed` is for gates only. */
export const POSTURES = ['normal', 'lockdown', 'open', 'closed'] as const;
export type Posture = (typeof POSTURES)[number];

/** State set by a command. It falls back to normal at `until`; null: until the next command. */
export interface PostureState {
  readonly posture: Posture;
  readonly until: Millis | null;
}

export interface Community {
  readonly id: CommunityId;
  readonly name: string;
  readonly kind: CommunityKind;
  /** IANA name, e.g. `Asia/Shanghai`. */
  readonly timezone: string;
  readonly district: string | null;
}

/** The posture in force at an instant. */
export function postureAt(state: PostureState, now: Millis): Posture {
  return state.until !== null && now >= state.until ? 'normal' : state.posture;
}
