/**
 * How a gate proves itself at the token endpoint: a short-lived JWT signed by the key made on the device.
 * @see RFC 7523 §3
 */
import { decodeJwt, errors, importJWK, jwtVerify } from 'jose';
import { SECOND_MS } from '../domain/clock.ts';
import { type GateId, isIdentifier } from '../domain/identifier.ts';
import type { AssertionChecks, AssertionOutcome } from './keys.ts';

/** How far a gate's clock may be off. */
const TOLERANCE_SECONDS = 5;
const MAX_JTI_CHARACTERS = 128;

/** The gate that an assertion says it is from; nothing is verified. @returns null: it names none */
export function claimedGate(assertion: string): GateId | null {
  try {
    const { sub = '' } = decodeJwt(assertion);
    return isIdentifier('gat', sub) ? sub : null;
  } catch {
    return null;
  }
}

/** Whether an assertion is the gate's own, meant for us, and of now. That it is used once is the store's to say. */
export async function checkGateAssertion(
  assertion: string,
  checks: AssertionChecks,
): Promise<AssertionOutcome> {
  for (const { thumbprint, jwk } of checks.keys) {
    const outcome = await checkUnderKey(assertion, jwk, thumbprint, checks);
    if (outcome !== null) return outcome;
  }
  return { kind: 'refused', why: 'The signature is not of a key of this gate.' };
}

/** @returns null: this key did not sign it */
async function checkUnderKey(
  assertion: string,
  jwk: string,
  thumbprint: string,
  { gateId, audience, now, maxAheadMs }: AssertionChecks,
): Promise<AssertionOutcome | null> {
  const key = await importJWK(JSON.parse(jwk), 'ES256');
  try {
    const { payload } = await jwtVerify(assertion, key, {
      algorithms: ['ES256'],
      issuer: gateId,
      subject: gateId,
      audience,
      requiredClaims: ['exp', 'iat', 'jti'],
      currentDate: new Date(now),
      clockTolerance: TOLERANCE_SECONDS,
    });
    const { exp = 0, iat = 0, jti } = payload;
    const nowSeconds = now / SECOND_MS;
    if (exp > nowSeconds + maxAheadMs / SECOND_MS) return refused('exp lies too far ahead.');
    if (iat > nowSeconds + TOLERANCE_SECONDS) return refused('iat lies ahead.');
    if (typeof jti !== 'string' || jti === '' || jti.length > MAX_JTI_CHARACTERS) {
      return refused(`jti must have 1–${MAX_JTI_CHARACTERS} characters.`);
    }
    return { kind: 'authentic', thumbprint, jti, expiresAt: (exp + TOLERANCE_SECONDS) * SECOND_MS };
  } catch (error) {
    if (error instanceof errors.JWSSignatureVerificationFailed) return null;
    if (error instanceof errors.JWTExpired) return refused('exp has passed.');
    if (error instanceof errors.JWTClaimValidationFailed)
      return refused(`${error.claim} is wrong.`);
    if (error instanceof errors.JOSEError) return refused('It is not a JWT signed with ES256.');
    throw error;
  }
}

function refused(why: string): AssertionOutcome {
  return { kind: 'refused', why };
}
