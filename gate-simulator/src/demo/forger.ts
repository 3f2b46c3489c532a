import { generateKeyPairSync, sign } from 'node:crypto';
import { formatCourierCode, parseCourierCode, signingInput } from 'courier-pass/gate';

/**
 * What somebody makes who has read the format and photographed a genuine code, but has no key of ours: the same
 * community, pass, window and key number, signed in the same way, by a key made a moment ago.
 */
export function forgeCode(genuine: string): string {
  const { keyNumber, payloadBytes } = read(genuine);
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const input = Buffer.from(signingInput(keyNumber, payloadBytes));
  const signature = sign('sha256', input, { key: privateKey, dsaEncoding: 'ieee-p1363' });
  return formatCourierCode(keyNumber, payloadBytes, signature);
}

/** The pass that a code names; anybody can read it, nobody but the service can write it. */
export function passNamedBy(code: string): string {
  return read(code).passId;
}

function read(code: string) {
  const parsed = parseCourierCode(code);
  if (parsed === null) throw new TypeError('not a courier code');
  return parsed;
}
