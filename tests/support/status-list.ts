/** A status list as a gate reads it, with an independent library and plain zlib. */
import { inflateSync } from 'node:zlib';
import { createLocalJWKSet, type JSONWebKeySet, jwtVerify } from 'jose';

export interface ReadStatusList {
  // biome-ignore lint/suspicious/noExplicitAny: a test looks into claims of every shape
  readonly claims: any;
  readonly kid: string;
  /** Entries of the list. */
  readonly length: number;
  /** Indices whose bit is set, in order. */
  readonly set: readonly number[];
}

/** @throws where the list is not signed by a key of the set, or its type is another */
export async function readStatusList(
  jwt: string,
  jwks: JSONWebKeySet,
  now: number,
): Promise<ReadStatusList> {
  const { payload, protectedHeader } = await jwtVerify(jwt, createLocalJWKSet(jwks), {
    typ: 'statuslist+jwt',
    algorithms: ['ES256'],
    currentDate: new Date(now),
  });
  const { lst } = payload['status_list'] as { lst: string };
  const bits = inflateSync(Buffer.from(lst, 'base64url'));
  const set = Array.from({ length: bits.length * 8 }, (_, index) => index).filter(
    (index) => (((bits[index >>> 3] ?? 0) >>> (index & 7)) & 1) === 1,
  );
  return { claims: payload, kid: protectedHeader.kid ?? '', length: bits.length * 8, set };
}
