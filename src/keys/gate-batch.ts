/** What a gate signs besides its assertions: batches of events, as compact JWS. @see RFC 7515 */
import { compactVerify, decodeProtectedHeader, errors, importJWK } from 'jose';
import { type GateId, isIdentifier } from '../domain/identifier.ts';
import type { BatchOutcome, GateKeys } from './keys.ts';

const ALGORITHM = 'ES256';

/** The gate that a batch says it is from: its `kid`. Nothing is verified. Null: it names none. */
export function claimedSigner(jws: string): GateId | null {
  try {
    const { kid = '' } = decodeProtectedHeader(jws);
    return isIdentifier('gat', kid) ? kid : null;
  } catch {
    return null;
  }
}

/** Whether one of the gate's keys signed it. */
export async function checkGateBatch(jws: string, keys: GateKeys): Promise<BatchOutcome> {
  for (const { jwk } of keys) {
    const key = await importJWK(JSON.parse(jwk), ALGORITHM);
    try {
      const { payload } = await compactVerify(jws, key, { algorithms: [ALGORITHM] });
      return { kind: 'authentic', payload };
    } catch (error) {
      if (error instanceof errors.JWSSignatureVerificationFailed) continue;
      if (error instanceof errors.JOSEError)
        return { kind: 'refused', why: 'It is not a compact JWS signed with ES256.' };
      throw error;
    }
  }
  return { kind: 'refused', why: 'The signature is not of a key of this gate.' };
}
