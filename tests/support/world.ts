/** People and things around a service, made through its own API: platforms, communities, gates, riders. */
import { randomUUID } from 'node:crypto';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { signWebhook } from '../../src/platforms/standard-webhooks.ts';
import type { GateKey } from './gate-key.ts';
import type { Answer, Service } from './service.ts';

/** What is needed of a service: one in this process, or one in a process of its own. */
export interface Reachable extends Pick<Service, 'call' | 'operatorKey'> {
  readonly clock: Pick<Service['clock'], 'now'>;
}

export interface PlatformHandle {
  readonly slug: string;
  readonly webhookSecret: string;
  readonly apiKey: string;
}
export interface GateHandle {
  readonly id: string;
  readonly communityId: string;
  readonly token: string;
}
export interface RiderHandle {
  readonly token: string;
}

/** An answer of the wanted status, or an error that shows what came instead. */
export function expectStatus(answer: Answer, status: number): Answer {
  if (answer.status !== status)
    throw new Error(`expected ${status}, got ${answer.status}: ${answer.text}`);
  return answer;
}

export async function makePlatform(
  service: Reachable,
  slug: string,
  districts?: string[],
): Promise<PlatformHandle> {
  const body = { slug, name: slug, ...(districts && { districts }) };
  const made = await service.call('POST', '/v1/platforms', { token: service.operatorKey, body });
  return expectStatus(made, 201).body;
}

export async function makeCommunity(
  service: Reachable,
  members: { kind?: string; name?: string; district?: string } = {},
): Promise<string> {
  const body = { name: '阳光小区', kind: 'standard', ...members };
  const made = await service.call('POST', '/v1/communities', { token: service.operatorKey, body });
  return expectStatus(made, 201).body.id;
}

/** Changes members of a community's rules. */
export async function changeRules(
  service: Reachable,
  communityId: string,
  change: object,
): Promise<void> {
  const path = `/v1/communities/${communityId}/rules`;
  const now = expectStatus(await service.call('GET', path, { token: service.operatorKey }), 200);
  const body = { agreedBy: ['manager'], rules: { ...now.body.rules, ...change } };
  const headers = { 'if-match': now.headers.get('etag') ?? '' };
  expectStatus(await service.call('PUT', path, { token: service.operatorKey, body, headers }), 200);
}

/** A key of the given scope. */
export async function makeKey(service: Reachable, scope: object): Promise<string> {
  const body = { name: 'a key', scope };
  const made = await service.call('POST', '/v1/api-keys', { token: service.operatorKey, body });
  return expectStatus(made, 201).body.key;
}

/** A gate that is enrolled and has its access token. */
export async function makeGate(
  service: Reachable,
  communityId: string,
  members: object = {},
): Promise<GateHandle & { readonly key: Pick<GateKey, 'privateKey'> }> {
  const body = { name: '南门', directions: ['in', 'out'], media: ['qr', 'nfc'], ...members };
  const path = `/v1/communities/${communityId}/gates`;
  const made = expectStatus(
    await service.call('POST', path, { token: service.operatorKey, body }),
    201,
  );
  const { publicKey, privateKey } = await generateKeyPair('ES256');
  const enrolled = expectStatus(
    await service.call('POST', '/v1/gates/enroll', {
      body: { enrollmentCode: made.body.enrollmentCode, publicKey: await exportJWK(publicKey) },
    }),
    200,
  );
  const { gateId, tokenEndpoint } = enrolled.body;
  const seconds = Math.floor(service.clock.now() / 1000);
  const assertion = await new SignJWT({ jti: randomUUID() })
    .setProtectedHeader({ alg: 'ES256' })
    .setIssuer(gateId)
    .setSubject(gateId)
    .setAudience(tokenEndpoint)
    .setIssuedAt(seconds)
    .setExpirationTime(seconds + 120)
    .sign(privateKey);
  const form = new URLSearchParams({
    grant_type: 'client_credentials',
    client_id: gateId,
    client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
    client_assertion: assertion,
  });
  const headers = { 'content-type': 'application/x-www-form-urlencoded' };
  const granted = await service.call('POST', '/v1/oauth/token', { body: form.toString(), headers });
  return {
    id: gateId,
    communityId,
    token: expectStatus(granted, 200).body.access_token,
    key: { privateKey },
  };
}

export interface CallbackOptions {
  readonly webhookId?: string;
  /** When it became so; now, unless said otherwise. */
  readonly timestamp?: number;
  /** When it was signed; now, unless said otherwise. */
  readonly signedAt?: number;
  readonly secret?: string;
}

/** Sends a callback with the given data. */
export function sendCallback(
  service: Reachable,
  platform: PlatformHandle,
  data: object,
  options: CallbackOptions = {},
): Promise<Answer> {
  const timestamp = new Date(options.timestamp ?? service.clock.now()).toISOString();
  return sendRaw(
    service,
    platform,
    JSON.stringify({ type: 'delivery.updated', timestamp, data }),
    options,
  );
}

/** Sends any body, signed. */
export function sendRaw(
  service: Reachable,
  platform: PlatformHandle,
  body: string,
  options: CallbackOptions = {},
): Promise<Answer> {
  const id = options.webhookId ?? randomUUID();
  const seconds = Math.floor((options.signedAt ?? service.clock.now()) / 1000);
  const signature = signWebhook(
    options.secret ?? platform.webhookSecret,
    id,
    seconds,
    Buffer.from(body),
  );
  const headers = {
    'content-type': 'application/json',
    'webhook-id': id,
    'webhook-timestamp': String(seconds),
    'webhook-signature': signature,
  };
  return service.call('POST', `/v1/webhooks/${platform.slug}`, { body, headers });
}

/** A delivery on its way to a community: it makes the rider's pass. */
export async function makeDelivery(
  service: Reachable,
  platform: PlatformHandle,
  {
    communityId,
    ...members
  }: { communityId: string; deliveryId?: string; riderId?: string; [member: string]: unknown },
): Promise<void> {
  const dropoff = { communityId, building: '12', unit: '2', floor: 18 };
  const data = { deliveryId: '8841', riderId: 'r-17', status: 'picked_up', dropoff, ...members };
  expectStatus(await sendCallback(service, platform, data), 202);
}

export async function makeLink(
  service: Reachable,
  platform: PlatformHandle,
  riderId = 'r-17',
): Promise<string> {
  const made = await service.call('POST', '/v1/rider-links', {
    token: platform.apiKey,
    body: { riderId },
  });
  return expectStatus(made, 201).body.token;
}

/** A rider with a session. */
export async function signIn(
  service: Reachable,
  platform: PlatformHandle,
  riderId = 'r-17',
): Promise<RiderHandle> {
  const token = await makeLink(service, platform, riderId);
  const opened = await service.call('POST', '/v1/rider-sessions', { body: { token } });
  return { token: expectStatus(opened, 200).body.accessToken };
}

// biome-ignore lint/suspicious/noExplicitAny: a test looks into passes of every shape
export async function readPasses(service: Reachable, rider: RiderHandle, query = ''): Promise<any> {
  return expectStatus(
    await service.call('GET', `/v1/rider/passes${query}`, { token: rider.token }),
    200,
  ).body;
}

/** The present code of the rider's newest pass that has one. */
export async function presentCode(service: Reachable, rider: RiderHandle): Promise<string> {
  const { items } = await readPasses(service, rider, '?codes=1');
  return items.find(({ codes }: { codes: unknown[] }) => codes.length > 0).codes[0].code;
}

/** Turns the clock to the next full hour but two: time only ever goes on, and tests do not meet. */
export function nextHour(service: Service, plusMs = 0): void {
  const hour = 3_600_000;
  service.clock.set((Math.ceil(service.clock.now() / hour) + 2) * hour + plusMs);
}

/** Asks a gate's question. Members of `question` replace those of an ordinary entry. */
export function verify(service: Reachable, gate: GateHandle, question: object): Promise<Answer> {
  const body = { requestId: randomUUID(), medium: 'qr', direction: 'in', ...question };
  return service.call('POST', '/v1/verify', { token: gate.token, body });
}

/** A courier-code string with one character of its signature replaced. */
export function forge(code: string): string {
  const last = code.at(-3) === '0' ? '1' : '0';
  return code.slice(0, -3) + last + code.slice(-2);
}
