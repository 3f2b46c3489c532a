/** This phone as a gate: the key that it makes, its enrolment, and the tokens by which it proves itself. */
import { type Asked, ask, PATIENCE_MS, posting } from './ask.ts';
import { base64url, signCompact } from './base64url.ts';
import { serverNow } from './clock.ts';
import { type Device, keep, recall } from './memory.ts';

const KEY_KIND = { name: 'ECDSA', namedCurve: 'P-256' };
const ASSERTION_TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';
const ASSERTION_SECONDS = 60;
/** A token that ends within this time is renewed first. */
const RENEW_BEFORE_MS = 60_000;

/** Whether the browser gives keys and a camera to this page. */
export const isSecure = (): boolean => globalThis.isSecureContext && 'subtle' in crypto;

interface EnrolAnswer {
  readonly gateId: string;
  readonly communityId: string;
  readonly tokenEndpoint: string;
}

/**
 * Becomes the gate of an enrolment code. The key is kept before the code is sent: after a lost answer the same code
 * gives it again.
 */
export async function enrol(code: string): Promise<Asked<Device>> {
  const before = await recall('enrolling');
  const keys = before?.code === code ? before.keys : await newKeys();
  await keep('enrolling', { code, keys });
  const { kty, crv, x, y } = await crypto.subtle.exportKey('jwk', keys.publicKey);
  const body = { enrollmentCode: code, publicKey: { kty, crv, x, y } };
  const asked = await ask<EnrolAnswer>('/v1/gates/enroll', posting(body));
  if (asked.kind !== 'ok') return asked;
  const { gateId, communityId, tokenEndpoint } = asked.value;
  const device = { gateId, communityId, tokenEndpoint, key: keys.privateKey };
  await keep('device', device);
  await keep('enrolling', null);
  token = null;
  return { kind: 'ok', value: device };
}

/** A pair whose private half cannot be read out. */
function newKeys(): Promise<CryptoKeyPair> {
  return crypto.subtle.generateKey(KEY_KIND, false, ['sign', 'verify']);
}

// ── tokens ────────────────────────────────────────────────────────────────────────────────────────────────

interface Token {
  readonly gateId: string;
  readonly text: string;
  /** By the server's clock. */
  readonly endsAt: number;
}
interface TokenAnswer {
  readonly access_token: string;
  readonly expires_in: number;
}

let token: Token | null = null;
let coming: Promise<Asked<Token>> | null = null;

/** The token that is in force, or a new one. `refused`: this phone is no gate any more. */
function tokenOf(device: Device): Promise<Asked<Token>> {
  if (token?.gateId === device.gateId && serverNow() < token.endsAt - RENEW_BEFORE_MS)
    return Promise.resolve({ kind: 'ok', value: token });
  coming ??= renew(device).finally(() => {
    coming = null;
  });
  return coming;
}

/** Where the phone's clock is wrong the refusal tells the time: then it is asked for once more. @see RFC 7523 §2.2 */
async function renew(device: Device): Promise<Asked<Token>> {
  const first = await requestToken(device);
  return first.kind === 'refused' ? requestToken(device) : first;
}

async function requestToken(device: Device): Promise<Asked<Token>> {
  const { gateId, tokenEndpoint, key } = device;
  const now = serverNow();
  const iat = Math.floor(now / 1_000);
  const jti = base64url(crypto.getRandomValues(new Uint8Array(16)));
  const names = { iss: gateId, sub: gateId, aud: tokenEndpoint };
  const claims = { ...names, jti, iat, exp: iat + ASSERTION_SECONDS };
  const body = new URLSearchParams({
    grant_type: 'client_credentials',
    client_id: gateId,
    client_assertion_type: ASSERTION_TYPE,
    client_assertion: await signCompact({}, claims, key),
  });
  const asked = await ask<TokenAnswer>('/v1/oauth/token', { method: 'POST', body });
  if (asked.kind !== 'ok') return asked;
  const { access_token: text, expires_in: seconds } = asked.value;
  token = { gateId, text, endsAt: now + seconds * 1_000 };
  return { kind: 'ok', value: token };
}

/** Asks as the device; a token that is refused is renewed once. */
export async function askAsDevice<Answer>(
  device: Device,
  path: string,
  init: RequestInit = {},
  patienceMs?: number,
): Promise<Asked<Answer>> {
  const asked = await askWithToken<Answer>(device, path, init, patienceMs);
  if (asked.kind !== 'refused' || asked.status !== 401) return asked;
  token = null;
  return askWithToken(device, path, init, patienceMs);
}

async function askWithToken<Answer>(
  device: Device,
  path: string,
  init: RequestInit,
  patienceMs?: number,
): Promise<Asked<Answer>> {
  const proof = await within(tokenOf(device), patienceMs ?? PATIENCE_MS);
  if (proof.kind !== 'ok') return proof;
  return ask(path, withToken(init, proof.value), patienceMs);
}

/** What takes longer counts as not reached; it goes on, and the next question finds it done. */
function within<Answer>(asked: Promise<Asked<Answer>>, patienceMs: number): Promise<Asked<Answer>> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => resolve({ kind: 'unreachable' }), patienceMs);
    asked.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}

function withToken(init: RequestInit, { text }: Token): RequestInit {
  const headers = new Headers(init.headers);
  headers.set('authorization', `Bearer ${text}`);
  return { ...init, headers, credentials: 'omit' };
}

/** A request whose answer is a stream. Null: it could not be opened. */
export async function openAsDevice(
  device: Device,
  path: string,
  signal: AbortSignal,
): Promise<Response | null> {
  const proof = await tokenOf(device);
  if (proof.kind !== 'ok') return null;
  const response = await fetch(path, { ...withToken({}, proof.value), signal });
  if (response.status === 401) token = null;
  return response.ok ? response : null;
}
