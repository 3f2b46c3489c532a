import { createCipheriv } from 'node:crypto';

const BLOCK_BYTES = 16;
const ZERO_BLOCK = Buffer.alloc(BLOCK_BYTES);
/** x^128 reduced: the field's polynomial is x^128 + x^7 + x^2 + x + 1. */
const REDUCTION = 0x87;

/**
 * AES-CMAC of a message of any length: 16 bytes.
 * @see RFC 4493 §2.4
 * @param key 16 bytes
 * @throws RangeError when the key has another size
 */
export function aesCmac(key: Uint8Array, message: Uint8Array): Uint8Array {
  const isWhole = message.length > 0 && message.length % BLOCK_BYTES === 0;
  const blocks = Math.max(1, Math.ceil(message.length / BLOCK_BYTES));
  const padded = Buffer.alloc(blocks * BLOCK_BYTES);
  padded.set(message);
  if (!isWhole) padded[message.length] = 0x80;
  const whole = doubled(lastBlock(key, ZERO_BLOCK));
  const subkey = isWhole ? whole : doubled(whole);
  const end = padded.subarray(-BLOCK_BYTES);
  for (const [at, byte] of subkey.entries()) end[at] = (end[at] ?? 0) ^ byte;
  return lastBlock(key, padded);
}

/** The last block of AES-128-CBC under a zero IV. */
function lastBlock(key: Uint8Array, blocks: Uint8Array): Uint8Array {
  const cipher = createCipheriv('aes-128-cbc', key, ZERO_BLOCK).setAutoPadding(false);
  return new Uint8Array(cipher.update(blocks).subarray(-BLOCK_BYTES));
}

/** The block times x in GF(2^128), without a branch on it. @see RFC 4493 §2.3 */
function doubled(block: Uint8Array): Uint8Array {
  const shifted = block.map((byte, at) => (byte << 1) | ((block[at + 1] ?? 0) >>> 7));
  const carry = (block[0] ?? 0) >>> 7;
  shifted[BLOCK_BYTES - 1] = (shifted[BLOCK_BYTES - 1] ?? 0) ^ (carry * REDUCTION);
  return shifted;
}
