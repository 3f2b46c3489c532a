import type { Millis } from './clock.ts';
import type { DecisionFlag } from './decision.ts';
import type { Direction, Medium } from './gate.ts';
import type { CommunityId, GateId, PassId, TagId, VisitId } from './identifier.ts';
import type { Reason } from './reason.ts';

/** What the audit log says of a decision: random numbers, no person, no building, no free text. */
export interface DecisionEntry {
  readonly communityId: CommunityId;
  readonly gateId: GateId;
  /** A UUID in lower case. */
  readonly requestId: string;
  /** 96 bits of SHA-256 of the presented string, base64url; empty: nothing was presented. */
  readonly codeDigest: string;
  readonly direction: Direction;
  readonly medium: Medium | null;
  readonly at: Millis;
  readonly source: 'online' | 'offline' | 'guard' | 'tap';
  readonly decision: 'granted' | 'denied';
  readonly reason: Reason;
  readonly passId: PassId | null;
  readonly visitId: VisitId | null;
  /** Start of the presented code's window, Unix seconds. */
  readonly codeWindow: number | null;
  /** The same, where the decision used the code up; of a tap, the key under which it counts once. */
  readonly consumedWindow: number | null;
  /** The tag that was tapped, and its read counter where the tag vouched for it. */
  readonly tag?: { readonly id: TagId; readonly counter: number | null } | undefined;
  readonly rulesVersion: number;
  readonly flags: readonly DecisionFlag[];
  readonly lane?: string | undefined;
  readonly scannedAt?: Millis | undefined;
  readonly speedKmh?: number | undefined;
  readonly accuracyKmh?: number | undefined;
  /** Of what a gate decided without network: its clock, when we heard of it, and by how much the clock was ahead. */
  readonly clock?:
    | {
        readonly deviceTime: Millis | null;
        readonly receivedAt: Millis;
        readonly offsetMs: number | null;
      }
    | undefined;
  /** Who decided, where it was not the service: `key:key_…`. */
  readonly actor?: string | undefined;
  /** The audit id of the refusal that this decision confirms. */
  readonly confirms?: string | undefined;
}

/**
 * The audit entry of a decision as canonical JSON (RFC 8785). Every attempt at a gate makes one, so it is written
 * member by member in their sorted order: the same text as `canonicalJson` makes of the same members, for a third of
 * the time. Identifiers, digests and words from closed lists hold nothing that JSON escapes.
 * @param salt 128 random bits, base64url
 */
export function writeDecisionEntry(entry: DecisionEntry, salt: string): string {
  let text = '{';
  if (entry.accuracyKmh !== undefined) text += `"accuracyKmh":${entry.accuracyKmh},`;
  if (entry.actor !== undefined) text += `"actor":${JSON.stringify(entry.actor)},`;
  text += `"at":"${iso(entry.at)}",`;
  const { clock } = entry;
  if (clock && clock.offsetMs !== null) text += `"clockOffsetMs":${clock.offsetMs},`;
  if (entry.codeDigest !== '' && isCode(entry)) text += `"code":"${entry.codeDigest}",`;
  text += `"community":"${entry.communityId}",`;
  if (entry.confirms !== undefined) text += `"confirms":"${entry.confirms}",`;
  if (entry.consumedWindow !== null) text += '"consumed":true,';
  if (entry.tag && entry.tag.counter !== null) text += `"counter":${entry.tag.counter},`;
  text += `"decision":"${entry.decision}",`;
  if (clock && clock.deviceTime !== null) text += `"deviceTime":"${iso(clock.deviceTime)}",`;
  text += `"direction":"${entry.direction}",`;
  if (entry.flags.length > 0) text += `"flags":["${entry.flags.join('","')}"],`;
  text += `"gate":"${entry.gateId}",`;
  if (entry.lane !== undefined) text += `"lane":${JSON.stringify(entry.lane)},`;
  if (entry.medium !== null) text += `"medium":"${entry.medium}",`;
  if (entry.passId !== null) text += `"pass":"${entry.passId}",`;
  text += `"reason":"${entry.reason}",`;
  if (clock) text += `"receivedAt":"${iso(clock.receivedAt)}",`;
  text += `"requestId":"${entry.requestId}",`;
  text += `"rulesVersion":${entry.rulesVersion},"salt":"${salt}",`;
  if (entry.scannedAt !== undefined) text += `"scannedAt":"${iso(entry.scannedAt)}",`;
  text += `"source":"${entry.source}",`;
  if (entry.speedKmh !== undefined) text += `"speedKmh":${entry.speedKmh},`;
  if (entry.tag) text += `"tag":"${entry.tag.id}",`;
  text += '"type":"decision","v":1';
  if (entry.visitId !== null) text += `,"visit":"${entry.visitId}"`;
  if (entry.codeWindow !== null) text += `,"window":${entry.codeWindow}`;
  return `${text}}`;
}

/** What was shown but is no code (a text, a telephone number) could be guessed from its digest. */
function isCode({ reason, codeWindow }: DecisionEntry): boolean {
  return codeWindow !== null || reason === 'bad_signature' || reason === 'unknown_key';
}

let isoAt = Number.NaN;
let isoText = '';

/** RFC 3339; decisions of one group often share their millisecond. */
function iso(at: Millis): string {
  if (at !== isoAt) {
    isoText = new Date(at).toISOString();
    isoAt = at;
  }
  return isoText;
}
