import { base64url, compactVerify, decodeProtectedHeader } from 'jose';
import { type Millis, SECOND_MS } from '../domain/clock.ts';
import type { CommunityId } from '../domain/identifier.ts';
import {
  MAX_STATUS_LIST_ENTRIES,
  STATUS_LIST_TYPE,
  statusListPath,
} from '../domain/status-list.ts';
import { inflate } from './inflate.ts';
import { ALGORITHM, type StatusListKeys } from './key-set.ts';

/** A status list that was verified. */
export interface StatusList {
  /** The bits, uncompressed: `statusAt` reads them. */
  readonly bits: Uint8Array;
  readonly version: number;
  readonly issuedAt: Millis;
  /** Excluded. */
  readonly expiresAt: Millis;
  /** How soon a newer one should be asked for, in seconds; null: the list does not say. */
  readonly ttlSeconds: number | null;
}

/** Why a list is not taken. */
export type StatusListRefusal =
  | 'malformed'
  | 'unknown_key'
  | 'bad_signature'
  | 'wrong_community'
  | 'too_large'
  | 'not_yet_valid'
  | 'expired'
  | 'older_version';

export type StatusListOutcome =
  | { readonly kind: 'read'; readonly list: StatusList }
  | { readonly kind: 'refused'; readonly why: StatusListRefusal };

/** What a list must be to be taken. */
export interface StatusListDemands {
  readonly communityId: CommunityId;
  /** The greatest version seen so far, which a gate keeps on disk; 0: none. The same version is taken again. */
  readonly minVersion: number;
  /** The server's time. */
  readonly now: Millis;
}

/** Characters of the JWT: a list of the greatest size that does not compress, and its claims. */
export const MAX_STATUS_LIST_CHARACTERS = 262_144;
/** A list may seem to be issued this much ahead of now, excluded: the gate's clock may be a little behind. */
const EARLY_MS = 5 * SECOND_MS;

/**
 * Verifies a status list and unpacks its bits, in bounded memory whatever it is given. Never rejects.
 * @param jwt compact JWS
 * @see IETF Token Status List §5.1, §8.3
 */
export async function readStatusList(
  jwt: string,
  keys: StatusListKeys,
  demands: StatusListDemands,
): Promise<StatusListOutcome> {
  if (jwt.length > MAX_STATUS_LIST_CHARACTERS) return refused('too_large');
  const key = keyOf(jwt, keys);
  if (key === null) return refused('malformed');
  if (key === undefined) return refused('unknown_key');
  let payload: Uint8Array;
  try {
    ({ payload } = await compactVerify(jwt, key, { algorithms: [ALGORITHM] }));
  } catch {
    return refused('bad_signature');
  }
  const claims = readClaims(payload);
  if (claims === null) return refused('malformed');
  const why = claimsRefusal(claims, demands);
  return why === null ? unpack(claims) : refused(why);
}

/** The key that the header names: undefined where it is not known, null where there is no proper header. */
function keyOf(jwt: string, keys: StatusListKeys) {
  try {
    const { alg, typ, kid, crit } = decodeProtectedHeader(jwt);
    const proper = alg === ALGORITHM && typ === STATUS_LIST_TYPE && crit === undefined;
    return proper && kid !== undefined ? keys.get(kid) : null;
  } catch {
    return null;
  }
}

/** The claims that matter here, of the right types. */
interface Claims {
  readonly sub: string;
  readonly iat: number;
  readonly exp: number;
  readonly ttl: number | null;
  readonly version: number;
  readonly lst: string;
}

function readClaims(payload: Uint8Array): Claims | null {
  let claims: unknown;
  try {
    claims = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(payload));
  } catch {
    return null;
  }
  const { sub, iat, exp, ttl, version, status_list: list } = membersOf(claims);
  const { bits, lst } = membersOf(list);
  const known = typeof sub === 'string' && typeof lst === 'string' && bits === 1;
  if (!known || !isCount(iat) || !isCount(exp) || !isCount(version)) return null;
  if (ttl !== undefined && !isCount(ttl)) return null;
  return { sub, iat, exp, ttl: ttl ?? null, version, lst };
}

function membersOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? { ...value } : {};
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) >= 0;
}

function claimsRefusal(claims: Claims, demands: StatusListDemands): StatusListRefusal | null {
  const { communityId, minVersion, now } = demands;
  if (!claims.sub.endsWith(statusListPath(communityId))) return 'wrong_community';
  if (claims.iat * SECOND_MS >= now + EARLY_MS) return 'not_yet_valid';
  if (claims.exp * SECOND_MS <= now) return 'expired';
  return claims.version < minVersion ? 'older_version' : null;
}

async function unpack(claims: Claims): Promise<StatusListOutcome> {
  const bits = await inflate(compressedBits(claims.lst), MAX_STATUS_LIST_ENTRIES / 8);
  if (bits === null) return refused('malformed');
  if (bits === 'too_large') return refused('too_large');
  const list = {
    bits,
    version: claims.version,
    issuedAt: claims.iat * SECOND_MS,
    expiresAt: claims.exp * SECOND_MS,
    ttlSeconds: claims.ttl,
  };
  return { kind: 'read', list };
}

/** Empty, and so no zlib stream, where it is not base64url. */
function compressedBits(lst: string): Uint8Array {
  try {
    return base64url.decode(lst);
  } catch {
    return new Uint8Array(0);
  }
}

function refused(why: StatusListRefusal): StatusListOutcome {
  return { kind: 'refused', why };
}
