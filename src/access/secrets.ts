/** New secrets, and the one way in which they are stored: as SHA-256. All are random, so no salt is needed. */
import { createHash } from 'node:crypto';
import type { Deps } from './deps.ts';

type Random = Pick<Deps, 'randomBytes'>;

const KEY_BYTES = 32;
const CODE_BYTES = 16;
const WEBHOOK_SECRET_BYTES = 32;

/** A new API key: 256 bits. */
export function newApiKey(random: Random): string {
  return `cpk_${base64url(random.randomBytes(KEY_BYTES))}`;
}

/** A new token of a rider's session: 256 bits. */
export function newSessionToken(random: Random): string {
  return `cps_${base64url(random.randomBytes(KEY_BYTES))}`;
}

/** A new token of a rider link: 256 bits. */
export function newLinkToken(random: Random): string {
  return `cpl_${base64url(random.randomBytes(KEY_BYTES))}`;
}

/** A new token of an invitation: 256 bits. */
export function newInvitationToken(random: Random): string {
  return `cpi_${base64url(random.randomBytes(KEY_BYTES))}`;
}

/** A new enrolment code of a gate: 128 bits. */
export function newEnrolmentCode(random: Random): string {
  return `cpe_${base64url(random.randomBytes(CODE_BYTES))}`;
}

/** A new webhook secret, `whsec_` and base64 as Standard Webhooks writes it: 256 bits. */
export function newWebhookSecret(random: Random): string {
  return `whsec_${Buffer.from(random.randomBytes(WEBHOOK_SECRET_BYTES)).toString('base64')}`;
}

/** What is stored of a secret: SHA-256, base64url. */
export function hashSecret(secret: string): string {
  return createHash('sha256').update(secret).digest('base64url');
}

function base64url(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64url');
}
