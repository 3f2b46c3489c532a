/**
 * The keys port: the only place that holds private keys and signs. Every purpose has its own key; a courier-code
 * key signs nothing else.
 */
import type { Millis } from '../domain/clock.ts';
import type { CourierCode } from '../domain/courier-code.ts';
import type { CommunityId, CourierId, GateId, TagId } from '../domain/identifier.ts';

export interface PublicKeySet {
  readonly keys: readonly Record<string, unknown>[];
}

/** A gate's access token, verified. */
export interface GateToken {
  readonly gateId: GateId;
  readonly communityId: CommunityId;
  /** Of the gate when the token was made: a gate's epoch moves on when a newer key takes over. */
  readonly epoch: number;
  readonly expiresAt: Millis;
}

/** A gate's public key in the one writing that is stored. */
export interface GatePublicKey {
  /** The JWK's four members as JSON. */
  readonly jwk: string;
  /** SHA-256, base64url. @see RFC 7638 */
  readonly thumbprint: string;
}

/** A gate's public keys, as stored. */
export type GateKeys = readonly { readonly thumbprint: string; readonly jwk: string }[];

export interface AssertionChecks {
  readonly gateId: GateId;
  /** Any one of these may have signed it. */
  readonly keys: GateKeys;
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

export type BatchOutcome =
  | { readonly kind: 'authentic'; readonly payload: Uint8Array }
  /** `why` is for the engineer at the gate; it names no value. */
  | { readonly kind: 'refused'; readonly why: string };

/** A tap of a tag as it came, hex in upper or lower case: either `piccData`, or `uid` and `counter`. */
export interface TapParameters {
  /** 32 digits: UID and read counter, encrypted. */
  readonly piccData?: string | undefined;
  /** 14 digits. */
  readonly uid?: string | undefined;
  /** 6 digits, most significant first. */
  readonly counter?: string | undefined;
  /** 32, 64, … 224 digits. */
  readonly encFileData?: string | undefined;
  /** 16 digits. */
  readonly cmac?: string | undefined;
}

export type TapOutcome =
  | {
      readonly kind: 'authentic';
      /** 14 hex digits, upper case. Whoever gives several tags one key must compare it with the tag's. */
      readonly uid: string;
      /** 0–2^24−1. */
      readonly counter: number;
      readonly fileData?: Uint8Array;
    }
  | { readonly kind: 'bad_signature' };

/** Keys of 16 bytes as 32 hex digits. Those of a tag that its manager brings along, or that we made. */
export interface TagKeySet {
  /** Key 0, without which nobody writes the tag anew. We never need it. */
  readonly mainKey?: string | undefined;
  /** SDMMetaReadKey: encrypts UID and read counter. */
  readonly metaKey?: string | undefined;
  /** SDMFileReadKey: signs a tap. */
  readonly fileKey?: string | undefined;
}

/** A tag as it is stored, with what is needed to tell whether a tap is its own. */
export interface SealedTag {
  readonly id: TagId;
  /** 14 hex digits, upper case. */
  readonly uid: string;
  readonly sealedKeys: string;
  /** The name of the MAC's parameter in the tag's URL; empty: the MAC follows the encrypted file data. */
  readonly macParam: string;
}

/** A community's status list, to be signed. */
export interface StatusListContent {
  /** Its own address. */
  readonly uri: string;
  readonly version: number;
  /** Entries, and the indices of those whose bit is set. */
  readonly length: number;
  readonly set: readonly number[];
  readonly issuedAt: Millis;
  readonly expiresAt: Millis;
  /** After this a newer list should be asked for. */
  readonly ttlMs: Millis;
}

/** A key that signs checkpoints, as it is published. */
export interface CheckpointKeySummary {
  readonly kid: string;
  readonly state: KeySummary['state'];
  readonly createdAt: Millis;
  readonly stateSince: Millis;
  /** Ed25519, 32 bytes. */
  readonly publicKey: Uint8Array;
}

export interface KeySummary {
  readonly purpose: 'checkpoint' | 'courier-code' | 'status-list' | 'tag' | 'token';
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
  /** The same, by the key that was published under the number at an earlier instant. */
  verifyCodeOf(
    code: CourierCode,
    at: Millis,
  ): Promise<'authentic' | 'unknown_key' | 'bad_signature'>;
  /** Whether a courier-code key is published now: a code that we issued under a revoked key is not recognised. */
  isPublished(keyNumber: number): boolean;
  /** A compact JWS, `statuslist+jwt`, by the active status-list key. */
  signStatusList(list: StatusListContent): Promise<string>;
  /** The published public keys of courier codes and status lists: next, active and retired ones. */
  jwks(): PublicKeySet;

  /** Null: the members are not a point on P-256. */
  parseGatePublicKey(members: { readonly x: string; readonly y: string }): GatePublicKey | null;
  /** The gate that an assertion says it is from; nothing is verified. Null: it names none. */
  claimedGate(assertion: string): GateId | null;
  /** Whether an assertion is the gate's own, meant for us, and of now. That it is used once is the store's to say. */
  checkGateAssertion(assertion: string, checks: AssertionChecks): Promise<AssertionOutcome>;
  /** The gate that a batch of events says it is from; nothing is verified. Null: it names none. */
  claimedSigner(jws: string): GateId | null;
  /** Whether one of these keys signed a batch of events, a compact JWS. */
  checkGateBatch(jws: string, keys: GateKeys): Promise<BatchOutcome>;
  issueGateToken(
    gate: { gateId: GateId; communityId: CommunityId; epoch: number },
    now: Millis,
  ): Promise<{ token: string; expiresInSeconds: number }>;
  /** Null: not ours, or expired. */
  readGateToken(token: string, now: Millis): Promise<GateToken | null>;

  /**
   * The keys of a new tag, sealed for the store, and those of them that were made: to be written into the tag, and
   * shown once. A tag that is registered anew gets other keys, so that nothing it ever signed counts again; its main
   * key is the same within one community while the master key is.
   */
  makeTagKeys(
    tag: { readonly id: TagId; readonly communityId: CommunityId; readonly uid: string },
    given: Pick<TagKeySet, 'metaKey' | 'fileKey'>,
  ): { readonly sealedKeys: string; readonly made: TagKeySet };
  /** Whether the tag made the tap. That a tap counts once is the store's to say. */
  checkTap(tag: SealedTag, parameters: TapParameters): TapOutcome | { readonly kind: 'malformed' };
  /** A UUID for one rider's use of one tap, always the same: to nobody but us does it tell the rider. */
  tapRequestId(tap: { tagId: TagId; counter: number; courierId: CourierId }): string;

  /** Every key of checkpoints that was not revoked, the next one and those retired long ago too: receipts outlive keys. */
  checkpointKeys(): readonly CheckpointKeySummary[];
  /**
   * Ed25519 over a checkpoint's text: by the active key first, and by each retired one for a time, so that whoever
   * knows only that one has time to learn of its successor.
   */
  signCheckpoint(
    text: string,
    now: Millis,
  ): readonly { readonly publicKey: Uint8Array; readonly signature: Uint8Array }[];

  /** Encrypts a secret for the store; `context` must be the same to open it (AES-256-GCM, additional data). */
  seal(secret: Uint8Array, context: string): string;
  open(sealed: string, context: string): Uint8Array;

  list(): readonly KeySummary[];
  /**
   * The next key becomes active, the active one retired, and a new next key is published.
   * @returns null: every number of a courier-code key was used within 400 days
   */
  rotate(
    purpose: KeySummary['purpose'],
    actor: string,
    now: Millis,
  ): Promise<readonly KeySummary[] | null>;
  /** Removes a key at once; an active one is replaced by the next. */
  revoke(
    purpose: KeySummary['purpose'],
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
