/** Gates' access tokens: JWTs of our own, HS256, each verified once. */
import { errors, jwtVerify, SignJWT } from 'jose';
import { type Millis, SECOND_MS } from '../domain/clock.ts';
import { isIdentifier } from '../domain/identifier.ts';
import type { TokenKey } from './key-material.ts';
import type { GateToken } from './keys.ts';

/** A token of another kind is never taken for a gate's. */
const TYPE = 'courier-pass-gate+jwt';
const COMMUNITY_CLAIM = 'community';
const EPOCH_CLAIM = 'epoch';

/** Signs a token that ends `lifetimeMs` after `now`, both cut to whole seconds. */
export function signGateToken(
  key: TokenKey,
  gate: Pick<GateToken, 'gateId' | 'communityId' | 'epoch'>,
  now: Millis,
  lifetimeMs: Millis,
): Promise<string> {
  const issuedAt = Math.floor(now / SECOND_MS);
  return new SignJWT({ [COMMUNITY_CLAIM]: gate.communityId, [EPOCH_CLAIM]: gate.epoch })
    .setProtectedHeader({ alg: 'HS256', kid: key.record.kid, typ: TYPE })
    .setSubject(gate.gateId)
    .setIssuedAt(issuedAt)
    .setExpirationTime(issuedAt + Math.floor(lifetimeMs / SECOND_MS))
    .sign(key.secret);
}

/** Remembers the tokens that were good, so that the second look at one is a look-up. */
export interface GateTokens {
  /** Null: not ours, or expired. */
  read(token: string, now: Millis): Promise<GateToken | null>;
  /** Forgets every token, because a key is gone. */
  forget(): void;
}

/**
 * @param keys the token keys in force, by `kid`
 * @param maxTokens remembered at once; the one verified longest ago is forgotten first
 */
export function createGateTokens(
  keys: () => ReadonlyMap<string, TokenKey>,
  maxTokens: number,
): GateTokens {
  let verified = new Map<string, GateToken>();
  return {
    async read(token, now) {
      const known = verified.get(token);
      if (known !== undefined && now < known.expiresAt) return known;
      const memory = verified; // `forget` replaces it: what is verified meanwhile must not outlive its key
      memory.delete(token);
      const read = await verifyGateToken(keys(), token, now);
      if (read !== null) remember(memory, token, read, maxTokens);
      return read;
    },
    forget() {
      verified = new Map();
    },
  };
}

function remember(
  memory: Map<string, GateToken>,
  token: string,
  read: GateToken,
  max: number,
): void {
  for (const oldest of memory.keys()) {
    if (memory.size < max) break;
    memory.delete(oldest);
  }
  memory.set(token, read);
}

async function verifyGateToken(
  keys: ReadonlyMap<string, TokenKey>,
  token: string,
  now: Millis,
): Promise<GateToken | null> {
  try {
    const { payload } = await jwtVerify(token, ({ kid = '' }) => secretOf(keys, kid), {
      algorithms: ['HS256'],
      typ: TYPE,
      currentDate: new Date(now),
    });
    const { sub = '', exp, [COMMUNITY_CLAIM]: communityId, [EPOCH_CLAIM]: epoch = 0 } = payload;
    if (exp === undefined || !isIdentifier('gat', sub)) return null;
    if (typeof communityId !== 'string' || !isIdentifier('com', communityId)) return null;
    if (typeof epoch !== 'number') return null;
    return { gateId: sub, communityId, epoch, expiresAt: exp * SECOND_MS };
  } catch (error) {
    if (error instanceof errors.JOSEError) return null;
    throw error;
  }
}

function secretOf(keys: ReadonlyMap<string, TokenKey>, kid: string): TokenKey['secret'] {
  const key = keys.get(kid);
  if (key === undefined) throw new errors.JWKSNoMatchingKey();
  return key.secret;
}
