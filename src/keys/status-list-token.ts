/**
 * Status lists as they are published: a JWT, ES256, over the compressed bits.
 * @see IETF Token Status List (draft-ietf-oauth-status-list) §4, §5.1
 */
import { promisify } from 'node:util';
import { deflate } from 'node:zlib';
import { SignJWT } from 'jose';
import { SECOND_MS } from '../domain/clock.ts';
import { packStatusBits, STATUS_LIST_TYPE } from '../domain/status-list.ts';
import type { StatusListKey } from './key-material.ts';
import type { StatusListContent } from './keys.ts';

const compress = promisify(deflate);

/** Signs a list. Times are cut to whole seconds. */
export async function signStatusList(key: StatusListKey, list: StatusListContent): Promise<string> {
  const { uri, version, length, set, issuedAt, expiresAt, ttlMs } = list;
  const compressed = await compress(packStatusBits(length, set));
  return new SignJWT({
    ttl: Math.floor(ttlMs / SECOND_MS),
    version,
    status_list: { bits: 1, lst: compressed.toString('base64url') },
  })
    .setProtectedHeader({ alg: 'ES256', kid: key.record.kid, typ: STATUS_LIST_TYPE })
    .setSubject(uri)
    .setIssuedAt(Math.floor(issuedAt / SECOND_MS))
    .setExpirationTime(Math.floor(expiresAt / SECOND_MS))
    .sign(key.privateKey);
}
