/**
 * The status list of a community: one bit for each pass, set when the pass may no longer enter. Here are its
 * bits and its claims; who holds it compresses and signs it.
 * @see IETF Token Status List (draft-ietf-oauth-status-list) §4, §5.1
 */
import type { CommunityId } from './identifier.ts';

/** The `typ` of the JWT's header. */
export const STATUS_LIST_TYPE = 'statuslist+jwt';
/** What the `kid` of every status-list key starts with. */
export const STATUS_LIST_KEY_PREFIX = 'sl-';
/** Entries that a list may have at most: 128 KiB of bits, which bounds what decompressing it may take. */
export const MAX_STATUS_LIST_ENTRIES = 1_048_576;

/** The claims of a status list. Times in Unix seconds. */
export interface StatusListClaims {
  /** The list's own address: it ends with {@link statusListPath}. */
  readonly sub: string;
  readonly iat: number;
  readonly exp: number;
  /** Seconds after which a newer list should be asked for. */
  readonly ttl: number;
  /** Given by the store; it only grows. A gate refuses a list with a lower one than it has seen. */
  readonly version: number;
  readonly status_list: {
    readonly bits: 1;
    /** Base64url of the zlib stream (RFC 1950) of {@link packStatusBits}. */
    readonly lst: string;
  };
}

/** The path of a community's list under `PUBLIC_URL`. */
export function statusListPath(communityId: CommunityId): string {
  return `/v1/communities/${communityId}/status-list`;
}

/**
 * The bits of a list, uncompressed: entry i is bit (i mod 8), least significant first, of byte ⌊i/8⌋.
 * @param length published number of entries, a multiple of 8, at most {@link MAX_STATUS_LIST_ENTRIES}
 * @param invalid indexes whose bit is set, in any order
 * @throws RangeError when the length is another, or an index is not below it
 */
export function packStatusBits(length: number, invalid: Iterable<number>): Uint8Array {
  if (
    !Number.isInteger(length) ||
    length < 0 ||
    length > MAX_STATUS_LIST_ENTRIES ||
    length % 8 !== 0
  )
    throw new RangeError(`a status list cannot have ${length} entries`);
  const bits = new Uint8Array(length / 8);
  for (const index of invalid) {
    if (!Number.isInteger(index) || index < 0 || index >= length)
      throw new RangeError(`status index ${index} is not in a list of ${length}`);
    const byte = index >>> 3;
    bits[byte] = (bits[byte] ?? 0) | (1 << (index & 7));
  }
  return bits;
}

/** What a list says of an index; `absent`: it lies past the list's end, and so must never be granted. */
export type Status = 'valid' | 'invalid' | 'absent';

/** Reads one entry. @param index as a code names it, 0 to 2³²−1 */
export function statusAt(bits: Uint8Array, index: number): Status {
  const byte = bits[Math.floor(index / 8)];
  if (byte === undefined) return 'absent';
  return ((byte >>> (index & 7)) & 1) === 1 ? 'invalid' : 'valid';
}
