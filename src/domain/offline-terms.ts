/** What a community's rules come to at one gate while it judges alone. */

import { vehiclesAt } from './authorisation.ts';
import { HOUR_MS, type Millis } from './clock.ts';
import type { Community, CommunityKind } from './community.ts';
import type { EntryRules } from './entry-rules.ts';
import type { Gate } from './gate.ts';
import type { CommunityId } from './identifier.ts';
import { type OpenInterval, openIntervals } from './opening-hours.ts';

/** How far ahead intervals reach, from the instant at which they were made. */
export const INTERVALS_AHEAD_MS = 48 * HOUR_MS;

/** The rules that can be judged without the server, already applied to one gate. */
export interface OfflineRules {
  /** Of the rules that these were made from. */
  readonly version: number;
  readonly communityId: CommunityId;
  /** At a station an entry is `granted_rider`. */
  readonly kind: CommunityKind;
  /** Whether riders use this gate; where not, every entry is `wrong_gate`. */
  readonly forRiders: boolean;
  /** Whether the lane reports that somebody passed; where not, a rescan is granted once. */
  readonly passageSensor: boolean;
  readonly rescanGraceSeconds: number;
  readonly speedLimitKmh: number;
  /** `allow` false: the gate must not judge entries at all. */
  readonly offline: { readonly allow: boolean };
  /** Hours at which a guard must confirm, as intervals; none: no hour asks for it. */
  readonly confirmationIntervals: readonly OpenInterval[];
}

/** What a bundle says of rules and hours. */
export interface OfflineTerms {
  /** A bundle, or a status list, of this age is too old to judge by. */
  readonly maxStaleMinutes: number;
  readonly rules: OfflineRules;
  /** When riders may enter; none: never. */
  readonly openIntervals: readonly OpenInterval[];
}

/** What the terms are made from; the server's facts have it all. */
export interface OfflineSource {
  readonly community: Pick<Community, 'id' | 'kind' | 'timezone'>;
  readonly gate: Pick<Gate, 'id' | 'passageSensor'>;
  readonly rules: EntryRules;
  readonly rulesVersion: number;
}

/**
 * The terms of one gate. Intervals begin an hour before the hour at hand, so that a clock a little behind finds
 * itself inside, and they are the same all through that hour.
 */
export function offlineTerms(source: OfflineSource, now: Millis): OfflineTerms {
  const { community, gate, rules, rulesVersion } = source;
  const hour = Math.floor(now / HOUR_MS) * HOUR_MS;
  const intervals = (hours: EntryRules['hours']) =>
    openIntervals(hours, community.timezone, hour - HOUR_MS, hour + HOUR_MS + INTERVALS_AHEAD_MS);
  const confirmation = rules.guardConfirmation?.hours ?? [];
  return {
    maxStaleMinutes: rules.offline.maxStaleMinutes,
    openIntervals: intervals(rules.hours),
    rules: {
      version: rulesVersion,
      communityId: community.id,
      kind: community.kind,
      forRiders: vehiclesAt(rules, gate.id) !== null,
      passageSensor: gate.passageSensor,
      rescanGraceSeconds: rules.rescanGraceSeconds,
      speedLimitKmh: rules.speedLimitKmh,
      offline: { allow: rules.offline.allow },
      confirmationIntervals: confirmation.length === 0 ? [] : intervals(confirmation),
    },
  };
}
