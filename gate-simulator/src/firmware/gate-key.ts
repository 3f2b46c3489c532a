import { exportJWK, generateKeyPair } from 'jose';
import { textMember, UnexpectedAnswer } from '../wire/json.ts';

/** A P-256 key as a JWK with its private member. It never leaves the device. */
export interface PrivateJwk {
  readonly kty: 'EC';
  readonly crv: 'P-256';
  readonly x: string;
  readonly y: string;
  readonly d: string;
}

/** What the server gets to know of the key. */
export type PublicJwk = Omit<PrivateJwk, 'd'>;

export async function makeGateKey(): Promise<PrivateJwk> {
  const { privateKey } = await generateKeyPair('ES256', { extractable: true });
  return readPrivateJwk(await exportJWK(privateKey));
}

export function publicPart({ kty, crv, x, y }: PrivateJwk): PublicJwk {
  return { kty, crv, x, y };
}

/** @throws {UnexpectedAnswer} unless `value` is a private P-256 JWK. */
export function readPrivateJwk(value: unknown): PrivateJwk {
  const [kty, crv] = [textMember(value, 'kty'), textMember(value, 'crv')];
  if (kty !== 'EC' || crv !== 'P-256') throw new UnexpectedAnswer('the key is no P-256 key');
  const [x, y, d] = [textMember(value, 'x'), textMember(value, 'y'), textMember(value, 'd')];
  return { kty, crv, x, y, d };
}
