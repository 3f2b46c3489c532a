import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';

const FORMAT = 'v1.';
const IV_BYTES = 12;
const TAG_BYTES = 16;

/**
 * Encrypts a secret under the key-encryption key: AES-256-GCM, a random 96-bit IV, the context as additional
 * data, so that a sealed secret cannot be moved to another row.
 */
export function seal(keyEncryptionKey: Uint8Array, secret: Uint8Array, context: string): string {
  const iv = randomBytes(IV_BYTES);
  const cipher = createCipheriv('aes-256-gcm', keyEncryptionKey, iv).setAAD(Buffer.from(context));
  const sealed = Buffer.concat([iv, cipher.update(secret), cipher.final(), cipher.getAuthTag()]);
  return FORMAT + sealed.toString('base64url');
}

/** Decrypts what {@link seal} made. @throws Error under another key or context, or when it was changed */
export function unseal(keyEncryptionKey: Uint8Array, sealed: string, context: string): Uint8Array {
  const bytes = Buffer.from(sealed.slice(FORMAT.length), 'base64url');
  if (!sealed.startsWith(FORMAT) || bytes.length < IV_BYTES + TAG_BYTES)
    throw new Error('not a sealed secret');
  const decipher = createDecipheriv('aes-256-gcm', keyEncryptionKey, bytes.subarray(0, IV_BYTES));
  decipher.setAAD(Buffer.from(context)).setAuthTag(bytes.subarray(-TAG_BYTES));
  const secret = decipher.update(bytes.subarray(IV_BYTES, -TAG_BYTES));
  return new Uint8Array(Buffer.concat([secret, decipher.final()]));
}
