import type { CommunityId, GateId } from '../domain/identifier.ts';
import type { GatePublicKey } from '../keys/keys.ts';
import type { Deps } from './deps.ts';
import { hashSecret } from './secrets.ts';

/**
 * A device becomes the gate that its enrolment code was made for. The same code with the same key again gives the
 * same answer: a lost reply strands nobody.
 * @returns null: the code is unknown, too old, or was used with another key
 */
export async function enrolGate(
  { store, now }: Deps,
  input: { readonly enrollmentCode: string; readonly publicKey: GatePublicKey },
): Promise<{ readonly gateId: GateId; readonly communityId: CommunityId } | null> {
  const { jwk, thumbprint } = input.publicKey;
  const enrolmentHash = hashSecret(input.enrollmentCode);
  return store.enrolGate({ enrolmentHash, publicJwk: jwk, thumbprint, now: now() });
}
