import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Limits } from '../config.ts';
import { type Millis, SECOND_MS } from '../domain/clock.ts';
import {
  type CourierCodePayload,
  ENTRY_BIT,
  EXIT_BIT,
  encodePayload,
  formatCourierCode,
  windowStart,
} from '../domain/courier-code.ts';
import type { PassRecord } from '../store/store.ts';
import type { Deps } from './deps.ts';
import { codeDigest, type IssuedCode, type IssuedCodes } from './issued-codes.ts';

/** Deps of the verbs that issue or recognise courier codes: all of a process share one memory. */
export interface IssuingDeps extends Deps {
  readonly issuedCodes: IssuedCodes;
}

/** A courier code and its window: `notBefore` included, `notAfter` excluded. */
export interface CodeWindow {
  readonly code: string;
  readonly notBefore: Millis;
  readonly notAfter: Millis;
}

/** Which windows are asked for. */
export interface CodeRange {
  /** How many, exactly. */
  readonly count: number;
  /** The `notBefore` of a window that the caller has: the codes are those after it. Null: from the present one. */
  readonly after: Millis | null;
}

/**
 * The `notBefore`, in Unix seconds, of the first window in a range. Windows lie on one grid, whoever asks and
 * whenever, and a range never starts before the window that holds `now`.
 *
 * No window ends later than `codesAheadMs` from now: an offline gate knows an ended pass by its bit in the status
 * list, and that bit returns to 0 three hours after the end.
 * @returns null when the range reaches further ahead
 */
export function firstWindow(range: CodeRange, limits: WindowLimits, now: Millis): number | null {
  const { codeLifetimeSeconds: lifetime, codesAheadMs } = limits;
  const present = windowStart(now / SECOND_MS, lifetime);
  const next =
    range.after === null ? present : windowStart(range.after / SECOND_MS, lifetime) + lifetime;
  const first = Math.max(present, next);
  const end = (first + range.count * lifetime) * SECOND_MS;
  return end <= now + codesAheadMs ? first : null;
}
export type WindowLimits = Pick<Limits, 'codeLifetimeSeconds' | 'codesAheadMs'>;

/**
 * What the new codes of a pass may do: both ways while it is active, exit only while it is leaving or a static
 * rule refuses entry to somebody who is inside, nothing (null) otherwise.
 */
export function codeDirections(
  pass: Pick<PassRecord, 'status' | 'refusal' | 'visitOpen'>,
): number | null {
  if (pass.status === 'ended') return null;
  if (pass.status === 'active' && pass.refusal === null) return ENTRY_BIT | EXIT_BIT;
  return pass.status === 'leaving' || pass.visitOpen ? EXIT_BIT : null;
}

/**
 * The codes of a pass from the window `first` on: exactly `count`, or none where the pass has none to give.
 * The same window gives the same code for as long as this process remembers it.
 * @param input.first of {@link firstWindow}
 */
export async function issueCodes(
  deps: IssuingDeps,
  input: { pass: PassRecord; first: number; count: number; now: Millis },
): Promise<readonly CodeWindow[]> {
  const { pass, first, count, now } = input;
  const directions = codeDirections(pass);
  if (directions === null) return [];
  const lifetimeSeconds = deps.config.limits.codeLifetimeSeconds;
  const codes: CodeWindow[] = [];
  let signed = 0;
  for (let index = 0; index < count; index++) {
    const payload: CourierCodePayload = {
      directions,
      communityId: pass.community.id,
      passId: pass.id,
      notBefore: first + index * lifetimeSeconds,
      lifetimeSeconds,
      statusIndex: pass.statusIndex,
    };
    const known = findPublished(deps, payload);
    if (known === null && signed++ % SIGNED_IN_A_TURN === SIGNED_IN_A_TURN - 1) await nextTurn();
    codes.push(toWindow(known ?? sign(deps, payload, now)));
  }
  return codes;
}
/** Signatures made before others get their turn: about a millisecond of the event loop. */
const SIGNED_IN_A_TURN = 20;

function findPublished(deps: IssuingDeps, payload: CourierCodePayload): IssuedCode | null {
  const issued = deps.issuedCodes.find(payload);
  return issued !== null && deps.keys.isPublished(issued.keyNumber) ? issued : null;
}

function sign(deps: IssuingDeps, payload: CourierCodePayload, now: Millis): IssuedCode {
  const bytes = encodePayload(payload);
  const { keyNumber, signature } = deps.keys.signCode(bytes);
  const code = formatCourierCode(keyNumber, bytes, signature);
  const issued = { code, keyNumber, payload, digest: codeDigest(code) };
  deps.issuedCodes.remember(issued, now);
  return issued;
}

function toWindow({ code, payload }: IssuedCode): CodeWindow {
  const notBefore = payload.notBefore * SECOND_MS;
  return { code, notBefore, notAfter: notBefore + payload.lifetimeSeconds * SECOND_MS };
}
