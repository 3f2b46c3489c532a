import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type CryptoKey, exportJWK, generateKeyPair, SignJWT } from 'jose';

/** What the load needs to speak to a service. */
export interface Compound {
  readonly communityId: string;
  readonly platformKey: string;
  /** Access tokens of the gates. */
  readonly gateTokens: readonly string[];
  readonly gates: readonly EnrolledGate[];
}

export interface EnrolledGate {
  readonly id: string;
  readonly token: string;
  readonly privateKey: CryptoKey;
}

async function call<T>(base: string, key: string, path: string, body: unknown): Promise<T> {
  const response = await fetch(`${base}${path}`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      ...(key === '' ? {} : { authorization: `Bearer ${key}` }),
    },
    body: JSON.stringify(body),
  });
  if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
  return (await response.json()) as T;
}

/** A platform, a community and its gates, made over the same HTTP API that everybody uses. */
export async function setUp(port: number, dataDir: string, gates: number): Promise<Compound> {
  const base = `http://127.0.0.1:${port}`;
  const adminKey = readFileSync(join(dataDir, 'admin-api-key'), 'utf8').trim();
  const platform = await call<{ apiKey: string }>(base, adminKey, '/v1/platforms', {
    slug: 'bench',
    name: 'Bench',
  });
  const community = await call<{ id: string }>(base, adminKey, '/v1/communities', {
    name: 'Bench',
    kind: 'standard',
  });
  const enrolled: EnrolledGate[] = [];
  for (let n = 0; n < gates; n += 1)
    enrolled.push(await enrolGate(base, adminKey, community.id, n));
  const gateTokens = enrolled.map(({ token }) => token);
  const members = { communityId: community.id, platformKey: platform.apiKey };
  return { ...members, gateTokens, gates: enrolled };
}

async function enrolGate(
  base: string,
  adminKey: string,
  communityId: string,
  n: number,
): Promise<EnrolledGate> {
  const gate = await call<{ enrollmentCode: string }>(
    base,
    adminKey,
    `/v1/communities/${communityId}/gates`,
    {
      name: `Gate ${n}`,
      directions: ['in', 'out'],
      media: ['qr'],
    },
  );
  const { publicKey, privateKey } = await generateKeyPair('ES256');
  const enrolled = await call<{ gateId: string; tokenEndpoint: string }>(
    base,
    '',
    '/v1/gates/enroll',
    {
      enrollmentCode: gate.enrollmentCode,
      publicKey: await exportJWK(publicKey),
    },
  );
  const assertion = await new SignJWT()
    .setProtectedHeader({ alg: 'ES256' })
    .setIssuer(enrolled.gateId)
    .setSubject(enrolled.gateId)
    .setAudience(enrolled.tokenEndpoint)
    .setJti(crypto.randomUUID())
    .setIssuedAt()
    .setExpirationTime('2m')
    .sign(privateKey);
  const response = await fetch(`${base}/v1/oauth/token`, {
    method: 'POST',
    body: new URLSearchParams({
      grant_type: 'client_credentials',
      client_id: enrolled.gateId,
      client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
      client_assertion: assertion,
    }),
  });
  if (!response.ok) throw new Error(`token: ${response.status} ${await response.text()}`);
  const { access_token: token } = (await response.json()) as { access_token: string };
  return { id: enrolled.gateId, token, privateKey };
}
