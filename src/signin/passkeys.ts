import { randomBytes } from 'node:crypto';
import { isIP } from 'node:net';
import {
  type AuthenticationResponseJSON,
  generateAuthenticationOptions,
  generateRegistrationOptions,
  type RegistrationResponseJSON,
  verifyAuthenticationResponse,
  verifyRegistrationResponse,
  type WebAuthnCredential,
} from '@simplewebauthn/server';
import type { Millis } from '../domain/clock.ts';
import type { AccountId } from '../domain/identifier.ts';
import type { SignInDatabase } from './database.ts';
import type { Account, Ceremony, PasskeyInfo } from './signin.ts';

const CHALLENGE_MS = 5 * 60_000;

interface Row {
  id: string;
  account_id: string;
  public_key: Buffer;
  counter: number;
  transports: string;
}

/**
 * Passkeys: discoverable credentials with user verification, so one alone signs a person in. A challenge is answered
 * once.
 * @see WebAuthn Level 3
 */
export interface Passkeys {
  beginAdding(account: Account, now: Millis): Promise<Ceremony>;
  add(input: {
    readonly accountId: AccountId;
    readonly ceremonyId: string;
    readonly response: unknown;
    readonly name: string;
    readonly now: Millis;
  }): Promise<boolean>;
  beginSignIn(now: Millis): Promise<Ceremony>;
  /** Whose passkey answered the challenge; null: nobody's. */
  verify(input: {
    readonly ceremonyId: string;
    readonly response: unknown;
    readonly now: Millis;
  }): Promise<AccountId | null>;
  list(accountId: AccountId): readonly PasskeyInfo[];
  remove(accountId: AccountId, id: string): boolean;
  removeAll(accountId: AccountId): void;
}

/** Whether browsers make passkeys for a host: never for a bare address. */
export function canHavePasskeys(publicUrl: string): boolean {
  const { hostname, protocol } = new URL(publicUrl);
  return (
    isIP(hostname.replaceAll(/[[\]]/g, '')) === 0 &&
    (protocol === 'https:' || hostname === 'localhost')
  );
}

export function createPasskeys(database: SignInDatabase, publicUrl: string): Passkeys {
  const rpID = new URL(publicUrl).hostname;
  const rows = statements(database);

  function keep(challenge: string, accountId: AccountId | null, now: Millis): string {
    rows.forgetChallenges.run(now);
    const id = randomBytes(16).toString('base64url');
    rows.keepChallenge.run(id, challenge, accountId, now + CHALLENGE_MS);
    return id;
  }

  /** The challenge, which is used up, when it was made for that account, or for nobody. */
  function take(id: string, accountId: AccountId | null, now: Millis): string | null {
    const row = rows.takeChallenge.get(id);
    return row !== undefined && row.account_id === accountId && row.expires_at > now
      ? row.challenge
      : null;
  }

  return {
    async beginAdding(account, now) {
      const options = await generateRegistrationOptions({
        rpName: 'courier-pass',
        rpID,
        userName: account.signInName,
        userDisplayName: account.name,
        userID: new TextEncoder().encode(account.id),
        excludeCredentials: rows.ofAccount.all(account.id).map(({ id }) => ({ id })),
        authenticatorSelection: { residentKey: 'required', userVerification: 'required' },
      });
      return { id: keep(options.challenge, account.id, now), options };
    },

    async add({ accountId, ceremonyId, response, name, now }) {
      const challenge = take(ceremonyId, accountId, now);
      if (challenge === null) return false;
      const verified = await verifyRegistrationResponse({
        response: response as RegistrationResponseJSON,
        expectedChallenge: challenge,
        expectedOrigin: publicUrl,
        expectedRPID: rpID,
      }).catch(() => null);
      if (!verified?.verified) return false;
      const { id, publicKey, counter, transports = [] } = verified.registrationInfo.credential;
      const values = [id, accountId, Buffer.from(publicKey), counter, JSON.stringify(transports)];
      return rows.insert.run(...values, name, now).changes === 1;
    },

    async beginSignIn(now) {
      const options = await generateAuthenticationOptions({ rpID, userVerification: 'required' });
      return { id: keep(options.challenge, null, now), options };
    },

    async verify({ ceremonyId, response, now }) {
      const challenge = take(ceremonyId, null, now);
      const row = rows.byId.get(credentialIdOf(response));
      if (challenge === null || row === undefined) return null;
      const verified = await verifyAuthenticationResponse({
        response: response as AuthenticationResponseJSON,
        expectedChallenge: challenge,
        expectedOrigin: publicUrl,
        expectedRPID: rpID,
        credential: credentialOf(row),
        requireUserVerification: true,
      }).catch(() => null);
      if (!verified?.verified) return null;
      rows.use.run(verified.authenticationInfo.newCounter, now, row.id);
      return row.account_id as AccountId;
    },

    list: (accountId) =>
      rows.ofAccount.all(accountId).map((row) => ({
        id: row.id,
        name: row.name,
        createdAt: row.created_at,
        lastUsedAt: row.last_used_at,
      })),
    remove: (accountId, id) => rows.remove.run(id, accountId).changes === 1,
    removeAll: (accountId) => void rows.removeAll.run(accountId),
  };
}

function statements(database: SignInDatabase) {
  type Listed = Row & { name: string; created_at: number; last_used_at: number | null };
  type Challenge = { challenge: string; account_id: string | null; expires_at: number };
  return {
    keepChallenge: database.prepare(
      'INSERT INTO challenge (id, challenge, account_id, expires_at) VALUES (?, ?, ?, ?)',
    ),
    takeChallenge: database.prepare<[string], Challenge>(
      'DELETE FROM challenge WHERE id = ? RETURNING challenge, account_id, expires_at',
    ),
    forgetChallenges: database.prepare('DELETE FROM challenge WHERE expires_at <= ?'),
    insert: database.prepare(
      `INSERT INTO passkey (id, account_id, public_key, counter, transports, name, created_at)
       VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`,
    ),
    byId: database.prepare<[string], Row>(
      'SELECT id, account_id, public_key, counter, transports FROM passkey WHERE id = ?',
    ),
    ofAccount: database.prepare<[string], Listed>(
      'SELECT * FROM passkey WHERE account_id = ? ORDER BY created_at, id',
    ),
    use: database.prepare('UPDATE passkey SET counter = ?, last_used_at = ? WHERE id = ?'),
    remove: database.prepare('DELETE FROM passkey WHERE id = ? AND account_id = ?'),
    removeAll: database.prepare('DELETE FROM passkey WHERE account_id = ?'),
  };
}

function credentialIdOf(response: unknown): string {
  const id = typeof response === 'object' && response !== null && 'id' in response && response.id;
  return typeof id === 'string' ? id : '';
}

function credentialOf(row: Row): WebAuthnCredential {
  return {
    id: row.id,
    publicKey: new Uint8Array(row.public_key),
    counter: row.counter,
    transports: JSON.parse(row.transports) as NonNullable<WebAuthnCredential['transports']>,
  };
}
