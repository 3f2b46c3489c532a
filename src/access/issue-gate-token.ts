import type { Config } from '../config.ts';
import type { Deps } from './deps.ts';
import { publishTouched } from './publish.ts';

export type GateTokenOutcome =
  | { readonly kind: 'ok'; readonly token: string; readonly expiresInSeconds: number }
  /** `why` is for the engineer at the gate. */
  | { readonly kind: 'refused'; readonly why: string };

/** Where gates get their tokens: the audience of their assertions, letter by letter. */
export function tokenEndpoint({ publicUrl }: Pick<Config, 'publicUrl'>): string {
  return `${publicUrl}/v1/oauth/token`;
}

/** Gives an enrolled gate an access token for an assertion that counts once. @see RFC 7523 */
export async function issueGateToken(
  deps: Deps,
  input: { readonly clientId: string | null; readonly assertion: string },
): Promise<GateTokenOutcome> {
  const { store, keys, bus, config } = deps;
  const gateId = keys.claimedGate(input.assertion);
  if (gateId === null) return refused('sub names no gate.');
  if (input.clientId !== null && input.clientId !== gateId) return refused('client_id is not sub.');
  const gate = await store.findGateCredentials(gateId);
  if (gate === null) return refused('The gate is not enrolled, or was revoked.');
  const now = deps.now();
  const checked = await keys.checkGateAssertion(input.assertion, {
    gateId,
    keys: gate.keys,
    audience: tokenEndpoint(config),
    now,
    maxAheadMs: config.limits.gateAssertionMs,
  });
  if (checked.kind === 'refused') return checked;
  const { thumbprint, jti, expiresAt } = checked;
  const first = await store.acceptGateAssertion({ gateId, thumbprint, jti, expiresAt, now });
  if (!first) return refused('jti was used before.');
  const accepted = await store.findGateCredentials(gateId);
  if (accepted === null) return refused('The gate is not enrolled, or was revoked.');
  // A newer key has taken over: the streams of the device before end.
  const { communityId } = accepted;
  if (accepted.epoch !== gate.epoch)
    publishTouched(bus, { couriers: [], communities: [communityId] });
  return { kind: 'ok', ...(await keys.issueGateToken(accepted, now)) };
}

function refused(why: string): GateTokenOutcome {
  return { kind: 'refused', why };
}
