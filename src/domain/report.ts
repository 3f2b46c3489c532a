import type { Millis } from './clock.ts';
import type { CommunityId, CourierId, ReportId } from './identifier.ts';

/** What a rider saw in a community and told its manager: a lamp that is out, a blocked exit, oil on the ramp. */
export interface Report {
  readonly id: ReportId;
  readonly communityId: CommunityId;
  readonly courierId: CourierId;
  readonly at: Millis;
  /** Where in the community, in the rider's words. */
  readonly place: string;
  readonly text: string;
  readonly photo: 'kept' | 'none' | 'erased';
  readonly answer: ReportAnswer | null;
}

export interface ReportAnswer {
  readonly at: Millis;
  readonly text: string;
  /** Contribution points: given for helping, in an account of their own, never taken. */
  readonly contributionPoints: number;
}

/** The most that one report may earn. */
export const MOST_CONTRIBUTION_POINTS = 20;
/** A rider may report on a community this long after the pass for it ended. */
export const REPORTABLE_AFTER_PASS_HOURS = 24;
