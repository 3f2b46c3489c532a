import { randomFillSync } from 'node:crypto';
import {
  formatIdentifier,
  type IdentifierKinds,
  type IdentifierPrefix,
} from '../../domain/identifier.ts';

const pool = Buffer.alloc(8_192);
let used = pool.length;

/** Fresh random bytes, drawn from a pool that the system's generator fills: one call for hundreds of identifiers. */
function randomBytes(count: number): Buffer {
  if (used + count > pool.length) {
    randomFillSync(pool);
    used = 0;
  }
  used += count;
  return pool.subarray(used - count, used);
}

/** A new identifier: 64 random bits. */
export function newIdentifier<P extends IdentifierPrefix>(prefix: P): IdentifierKinds[P] {
  return formatIdentifier(prefix, randomBytes(8));
}

/** A new salt: 128 random bits, base64url. */
export function newSalt(): string {
  return randomBytes(16).toString('base64url');
}
