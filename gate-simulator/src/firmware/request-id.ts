import { randomBytes } from 'node:crypto';

/**
 * A UUID version 7: Unix milliseconds first, then 74 random bits, so that identifiers made
 * one after the other lie side by side in the server's index.
 *
 * @see RFC 9562 §5.7
 */
export function newRequestId(unixMs: number): string {
  const bytes = randomBytes(16);
  bytes.writeUIntBE(Math.trunc(unixMs), 0, 6);
  bytes[6] = 0x70 | ((bytes[6] ?? 0) & 0x0f);
  bytes[8] = 0x80 | ((bytes[8] ?? 0) & 0x3f);
  const parts = /^(.{8})(.{4})(.{4})(.{4})(.{12})$/;
  return bytes.toString('hex').replace(parts, '$1-$2-$3-$4-$5');
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

export function isUuid(text: string): boolean {
  return UUID.test(text);
}
