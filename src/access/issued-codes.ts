import { createHash } from 'node:crypto';
import type { Millis } from '../domain/clock.ts';
import { type CourierCodePayload, LATE_TOLERANCE_SECONDS } from '../domain/courier-code.ts';

/** A courier code that this process signed, with the key that signed it. */
export interface IssuedCode {
  /** The whole string, as a QR shows it. */
  readonly code: string;
  readonly keyNumber: number;
  readonly payload: CourierCodePayload;
  /** {@link codeDigest} of `code`. */
  readonly digest: string;
}

/** Names a presented string in the store, where it tells a retry from another code: 96 bits of SHA-256. */
export function codeDigest(text: string): string {
  return createHash('sha256').update(text).digest('base64url').slice(0, 16);
}

/**
 * The courier codes that this process signed and that may still be shown: so a window fetched again need not be
 * signed again, and a code presented at a gate need not have its signature checked again.
 *
 * Why recognising a code is as good as checking its signature: a string gets in here from nowhere but
 * `issueCodes`, right after the key made its signature, and is found again only when every character of it is the
 * same, which by the one writing that base45 gives to bytes (RFC 9285 §4) is all 93 bytes. ES256 verification of
 * those bytes cannot but succeed. A changed character, a signature made malleable (n − s), another writing of the
 * same bytes: not found, and judged by their signature like any stranger's. The caller still asks whether the
 * key is published, so that a revoked key's codes die here as well. Nothing is said of window, use, pass or
 * block: the store judges those for every code alike. The look-up is by a hash with a seed of this process, so
 * its duration tells nothing of how much of a guess was right.
 *
 * Memory is bounded: at `limit` codes the one issued longest ago is forgotten, and each is forgotten once it has
 * expired. Forgetting costs a signature or its check, never a right answer.
 */
export class IssuedCodes {
  readonly #limit: number;
  readonly #byText = new Map<string, IssuedCode>();
  readonly #byWindow = new Map<string, IssuedCode>();
  /** Codes by the second in which they expire: few keys, since windows lie on one grid. */
  readonly #expiring = new Map<number, Set<IssuedCode>>();
  #sweptAt = 0;

  /** @param limit codes kept at most; 0 keeps none */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Codes kept now. */
  get size(): number {
    return this.#byText.size;
  }

  /** The code of a window issued before, whoever fetched it. */
  find(payload: CourierCodePayload): IssuedCode | null {
    const issued = this.#byWindow.get(windowKey(payload));
    return issued && samePayload(issued.payload, payload) ? issued : null;
  }

  /** The code of which every character is the same. */
  recognise(text: string): IssuedCode | null {
    return this.#byText.get(text) ?? null;
  }

  /** Keeps a code that has just been signed. */
  remember(issued: IssuedCode, now: Millis): void {
    this.#dropExpired(now);
    if (this.#limit <= 0) return;
    const key = windowKey(issued.payload);
    const older = this.#byWindow.get(key);
    if (older) this.#forget(older);
    if (this.#byText.size >= this.#limit) this.#forgetOldest();
    this.#byText.set(issued.code, issued);
    this.#byWindow.set(key, issued);
    const expiry = expirySeconds(issued.payload);
    const expiring = this.#expiring.get(expiry);
    if (expiring) expiring.add(issued);
    else this.#expiring.set(expiry, new Set([issued]));
  }

  #forgetOldest(): void {
    for (const oldest of this.#byText.values()) {
      this.#forget(oldest);
      return;
    }
  }

  #forget(issued: IssuedCode): void {
    this.#byText.delete(issued.code);
    const key = windowKey(issued.payload);
    if (this.#byWindow.get(key) === issued) this.#byWindow.delete(key);
    this.#expiring.get(expirySeconds(issued.payload))?.delete(issued);
  }

  /** At most once a second of `now`. */
  #dropExpired(now: Millis): void {
    const seconds = Math.floor(now / 1_000);
    if (seconds === this.#sweptAt) return;
    this.#sweptAt = seconds;
    for (const [expiry, codes] of this.#expiring) {
      if (expiry > seconds) continue;
      for (const issued of codes) this.#forget(issued);
      this.#expiring.delete(expiry);
    }
  }
}

/** From this second on no judge takes it as in its window. */
function expirySeconds(payload: CourierCodePayload): number {
  return payload.notBefore + payload.lifetimeSeconds + LATE_TOLERANCE_SECONDS;
}

function windowKey(payload: CourierCodePayload): string {
  return `${payload.passId}.${payload.notBefore}.${payload.directions}`;
}

function samePayload(a: CourierCodePayload, b: CourierCodePayload): boolean {
  return (
    a.communityId === b.communityId &&
    a.statusIndex === b.statusIndex &&
    a.lifetimeSeconds === b.lifetimeSeconds
  );
}
