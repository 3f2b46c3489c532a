/** Why an attempt was granted: a closed list. */
export const GRANTED_REASONS = [
  'granted',
  'granted_rescan',
  'granted_exit',
  'granted_open',
  'granted_by_guard',
  'granted_rider',
] as const;

/** Why an attempt was denied: a closed list, in the order of judgement. */
export const DENIED_REASONS = [
  'malformed_code',
  'unknown_key',
  'bad_signature',
  'wrong_community',
  'code_not_yet_valid',
  'code_expired',
  'wrong_gate',
  'community_lockdown',
  'gate_closed',
  'unknown_pass',
  'rider_blocked',
  'rider_suspended',
  'delivery_not_active',
  'outside_hours',
  'platform_not_allowed',
  'vehicle_not_allowed',
  'code_used',
  'already_inside',
  'entries_exhausted',
  'capacity_reached',
  'guard_confirmation_required',
] as const;

export type GrantedReason = (typeof GRANTED_REASONS)[number];
export type DeniedReason = (typeof DENIED_REASONS)[number];
export type Reason = GrantedReason | DeniedReason;

/** A sentence in both languages of the product. */
export interface Bilingual {
  readonly zh: string;
  readonly en: string;
}
