/**
 * Status lists as they are published: a JWT, ES256, over the compressed bits.
 * @see IETF Token Status List (draft-ietf-oauth-status-list) §4, §5.1
 */
import { promisify } from 'node:util';
import { deflate } from 'node:zlib';
import { SignJWT } from 'jose';
import { SECOND_MS } from '../domain/clock.ts';
import type { StatusListKey } from './key-material.ts';
import type { StatusListContent } from './keys.ts';

const TYPE = 'statuslist+jwt';

const compress = promisify(deflate);

/** Signs a list. Times are cut to whole seconds. */
export async function signStatusList(key: StatusListKey, list: StatusListContent): Promise<string> {
  const { uri, version, length, set, issuedAt, expiresAt, ttlMs } = list;
  const compressed = await compress(packBits(length, set));
  return new SignJWT({
    ttl: Math.floor(ttlMs / SECOND_MS),
    version,
    status_list: { bits: 1, lst: compressed.toString('base64url') },
  })
    .setProtectedHeader({ alg: 'ES256', kid: key.record.kid, typ: TYPE })
    .setSubject(uri)
    .setIssuedAt(Math.floor(issuedAt / SECOND_MS))
    .setExpirationTime(Math.floor(expiresAt / SECOND_MS))
    .sign(key.privateKey);
}

/** Entry i is bit (i mod 8), least significant first, of byte ⌊i/8⌋. @throws RangeError for an index past the end */
function packBits(length: number, set: readonly number[]): Uint8Array {
  const bits = new Uint8Array(Math.ceil(length / 8));
  for (const index of set) {
    if (index >= length)
      throw new RangeError(`status index ${index} is not in a list of ${length}`);
    const byte = index >>> 3;
    bits[byte] = (bits[byte] ?? 0) | (1 << (index & 7));
  }
  return bits;
}
