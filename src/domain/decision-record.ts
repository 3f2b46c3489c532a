import { MINUTE_MS, type Millis } from './clock.ts';
import type { DecisionFlag } from './decision.ts';
import type { Direction, Medium } from './gate.ts';
import type { CommunityId, GateId, PassId, VisitId } from './identifier.ts';
import type { Reason } from './reason.ts';

/** How long a refusal waits for a guard. */
export const CONFIRMABLE_MS = 2 * MINUTE_MS;

/** What was decided, as stored: the wire answer is made from it and from nothing else. */
export interface DecisionRecord {
  readonly auditId: string;
  readonly requestId: string;
  readonly gateId: GateId;
  readonly communityId: CommunityId;
  readonly at: Millis;
  readonly source: 'online' | 'offline' | 'guard' | 'tap';
  readonly direction: Direction;
  readonly medium: Medium | null;
  readonly decision: 'granted' | 'denied';
  readonly reason: Reason;
  readonly passId: PassId | null;
  readonly visitId: VisitId | null;
  readonly speedLimitKmh: number | null;
  readonly building: string | null;
  readonly rulesVersion: number;
  readonly flags: readonly DecisionFlag[];
  /** Of an admission by hand: why, in the guard’s words, unless they were erased. */
  readonly guardReason?: string;
}
