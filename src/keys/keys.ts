/**
 * The keys port: the only place that holds private keys and signs. Every purpose has its own key; a courier-code
 * key signs nothing else.
 */
import type { Millis } from '../domain/clock.ts';
import type { CourierCode } from '../domain/courier-code.ts';
import type { CommunityId, GateId } from '../domain/identifier.ts';

export interface PublicKeySet {
  readonly keys: readonly Record<string, unknown>[];
}

/** A gate's access token, verified. */
export interface GateToken {
  readonly gateId: GateId;
  readonly communityId: CommunityId;
  readonly expiresAt: Millis;
}

/** A gate's public key in the one writing that is stored. */
export interface GatePublicKey {
  /** The JWK's four members as JSON. */
  readonly jwk: string;
  /** SHA-256, base64url. @see RFC 7638 */
  readonly thumbprint: string;
}

export interface AssertionChecks {
  readonly gateId: GateId;
  /** Any one of these may have signed it. */
  readonly keys: readonly { readonly thumbprint: string; readonly jwk: string }[];
  readonly audience: string;
  readonly now: Millis;
  /** `exp` may lie at most this far ahead. */
  readonly maxAheadMs: Millis;
}

export type AssertionOutcome =
  | {
      readonly kind: 'authentic';
      readonly thumbprint: string;
      readonly jti: string;
      /** After this it is refused for its age: until then its `jti` must be remembered. */
      readonly expiresAt: Millis;
    }
  /** `why` is for the engineer at the gate; it names no value. */
  | { readonly kind: 'refused'; readonly why: string };

export interface KeySummary {
  readonly purpose: 'courier-code' | 'token';
  readonly kid: string;
  readonly state: 'next' | 'active' | 'retired' | 'revoked';
  readonly createdAt: Millis;
  readonly stateSince: Millis;
}

export type RevokeKeyOutcome =
  /** It is in force no more. */
  | 'revoked'
  | 'not_found'
  /** It is the only key that can sign, and there is no number for another. */
  | 'no_successor';

export interface Keys {
  /** ES256 over the compact JWS signing input of the payload (28 bytes), by the active courier-code key. */
  signCode(payload: Uint8Array): { readonly keyNumber: number; readonly signature: Uint8Array };
  verifyCode(code: CourierCode): Promise<'authentic' | 'unknown_key' | 'bad_signature'>;
  /** Whether a courier-code key is published now: a code that we issued under a revoked key is not recognised. */
  isPublished(keyNumber: number): boolean;
  /** The published public keys: next, active and retired ones. */
  jwks(): PublicKeySet;

  /** Null: the members are not a point on P-256. */
  parseGatePublicKey(members: { readonly x: string; readonly y: string }): GatePublicKey | null;
  /** The gate that an assertion says it is from; nothing is verified. Null: it names none. */
  claimedGate(assertion: string): GateId | null;
  /** Whether an assertion is the gate's own, meant for us, and of now. That it is used once is the store's to say. */
  checkGateAssertion(assertion: string, checks: AssertionChecks): Promise<AssertionOutcome>;
  issueGateToken(
    gate: { gateId: GateId; communityId: CommunityId },
    now: Millis,
  ): Promise<{ token: string; expiresInSeconds: number }>;
  /** Null: not ours, or expired. */
  readGateToken(token: string, now: Millis): Promise<GateToken | null>;

  /** Encrypts a secret for the store; `context` must be the same to open it (AES-256-GCM, additional data). */
  seal(secret: Uint8Array, context: string): string;
  open(sealed: string, context: string): Uint8Array;

  list(): readonly KeySummary[];
  /**
   * The next key becomes active, the active one retired, and a new next key is published.
   * @returns null: every number of a courier-code key was used within 400 days
   */
  rotate(
    purpose: 'courier-code' | 'token',
    actor: string,
    now: Millis,
  ): Promise<readonly KeySummary[] | null>;
  /** Removes a key at once; an active one is replaced by the next. */
  revoke(
    purpose: 'courier-code' | 'token',
    kid: string,
    actor: string,
    now: Millis,
  ): Promise<RevokeKeyOutcome>;
  /**
   * Takes over what other instances changed in the store, drops retired keys whose last code has expired, and makes
   * a next key where there was no number for one.
   */
  refresh(now: Millis): Promise<void>;
}
