/** A device's key and the assertions that it signs. */
import { randomUUID } from 'node:crypto';
import { exportJWK, generateKeyPair, type JWTPayload, SignJWT } from 'jose';
import type { Service } from './service.ts';
import { PUBLIC_URL } from './service.ts';

/** Members of an assertion; undefined leaves one out. */
export type Claims = { readonly [Claim in keyof JWTPayload]?: JWTPayload[Claim] | undefined };

export const TOKEN_ENDPOINT = `${PUBLIC_URL}/v1/oauth/token`;

export async function newGateKey() {
  const { privateKey, publicKey } = await generateKeyPair('ES256', { extractable: true });
  const { kty, crv, x, y } = await exportJWK(publicKey);
  return { privateKey, publicJwk: { kty, crv, x, y }, privateJwk: await exportJWK(privateKey) };
}
export type GateKey = Awaited<ReturnType<typeof newGateKey>>;

/** An assertion as the contract wants it; `claims` replaces members, undefined leaves one out. */
export function assertion(
  service: Service,
  gateId: string,
  key: GateKey,
  claims: Claims = {},
): Promise<string> {
  const now = Math.floor(service.clock.now() / 1_000);
  const good = {
    iss: gateId,
    sub: gateId,
    aud: TOKEN_ENDPOINT,
    jti: randomUUID(),
    iat: now,
    exp: now + 60,
  };
  return new SignJWT({ ...good, ...claims } as JWTPayload)
    .setProtectedHeader({ alg: 'ES256' })
    .sign(key.privateKey);
}

export function tokenForm(clientId: string, clientAssertion: string): string {
  return new URLSearchParams({
    grant_type: 'client_credentials',
    client_id: clientId,
    client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
    client_assertion: clientAssertion,
  }).toString();
}

export function requestToken(service: Service, form: string) {
  const headers = { 'content-type': 'application/x-www-form-urlencoded' };
  return service.call('POST', '/v1/oauth/token', { body: form, headers });
}

/** Makes a gate, enrols a device as it and gets its first token. */
export async function enrolledGate(service: Service, communityId: string, members: object = {}) {
  const key = await newGateKey();
  const body = { name: 'North gate', directions: ['in', 'out'], media: ['qr', 'nfc'], ...members };
  const made = await service.call('POST', `/v1/communities/${communityId}/gates`, {
    token: service.operatorKey,
    body,
  });
  const { id, enrollmentCode } = made.body;
  await service.call('POST', '/v1/gates/enroll', {
    body: { enrollmentCode, publicKey: key.publicJwk },
  });
  const answer = await requestToken(service, tokenForm(id, await assertion(service, id, key)));
  return { id: id as string, key, token: answer.body.access_token as string };
}
