import { createHash, createPublicKey, type JsonWebKey } from 'node:crypto';
import type { GatePublicKey } from './keys.ts';

/** @returns null: the members are not a point on P-256 */
export function parseGatePublicKey(members: {
  readonly x: string;
  readonly y: string;
}): GatePublicKey | null {
  const given = { kty: 'EC', crv: 'P-256', x: members.x, y: members.y };
  let key: JsonWebKey;
  try {
    key = createPublicKey({ key: given, format: 'jwk' }).export({ format: 'jwk' });
  } catch {
    return null;
  }
  // RFC 7638 §3.2: the required members only, in lexicographic order, without white space.
  const jwk = JSON.stringify({ crv: 'P-256', kty: 'EC', x: key.x, y: key.y });
  return { jwk, thumbprint: createHash('sha256').update(jwk).digest('base64url') };
}
