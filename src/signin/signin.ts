/**
 * The port of people's accounts. Accounts, sessions, passkeys and invitations are kept apart from the store: they
 * name people, and losing them loses no decision. A session is looked up at each request, so revoking it ends it.
 */
import type { Millis } from '../domain/clock.ts';
import type { AccountId, InvitationId } from '../domain/identifier.ts';
import type { Standing } from '../domain/role.ts';
import type { SignInName } from '../domain/sign-in-name.ts';

export interface Account extends Standing {
  readonly id: AccountId;
  /** How others see the person. */
  readonly name: string;
  readonly signInName: SignInName;
  readonly createdAt: Millis;
}

/** Where a request comes from: a person recognises a session by it. */
export interface Client {
  /** Of the request; `cookie` and `user-agent` are read. */
  readonly headers: Headers;
  /** Address of the client; empty: not known. */
  readonly address: string;
}

/** An open session and whose it is. */
export interface AccountSession {
  readonly account: Account;
  readonly sessionId: string;
  readonly createdAt: Millis;
}

/** A session that was opened now. It counts from the moment its cookies are answered. */
export interface OpenedSession extends AccountSession {
  readonly method: SignInMethod;
  /** `Set-Cookie` headers for the answer. */
  readonly cookies: readonly string[];
}
export type SignInMethod = 'password' | 'passkey' | 'oidc' | 'invitation';

/** A session as its owner sees it. */
export interface SessionInfo {
  readonly id: string;
  readonly createdAt: Millis;
  readonly expiresAt: Millis;
  readonly userAgent: string;
  readonly address: string;
}

export interface PasskeyInfo {
  readonly id: string;
  readonly name: string;
  readonly createdAt: Millis;
  readonly lastUsedAt: Millis | null;
}

export interface Invitation extends Standing {
  readonly id: InvitationId;
  readonly createdAt: Millis;
  readonly expiresAt: Millis;
  /** Who asked for it, as the audit log names a caller. */
  readonly invitedBy: string;
}

/** Options for the browser's WebAuthn call, and the name of the challenge in them. */
export interface Ceremony {
  readonly id: string;
  /** JSON for `navigator.credentials`. @see WebAuthn Level 3 §5.1.8 */
  readonly options: object;
}

export type AcceptOutcome =
  | {
      readonly kind: 'accepted';
      readonly session: OpenedSession;
      readonly invitation: Invitation;
    }
  /** Unknown, used or too old. */
  | { readonly kind: 'no_invitation' }
  /** Somebody signs in with this already. The invitation stays unused. */
  | { readonly kind: 'name_taken' };

export interface SignIn {
  /** The name of the configured OIDC provider; null: there is none. */
  readonly providerName: string | null;
  /** Whether browsers make passkeys for the public address: a bare IP address has none. */
  readonly offersPasskeys: boolean;

  /** Whose session the request's cookie is. Null: none, expired or revoked. */
  readSession(headers: Headers): Promise<AccountSession | null>;
  /** Takes as long for a name that nobody has. A session that the request had before ends. */
  signInWithPassword(input: {
    readonly signInName: SignInName;
    readonly password: string;
    readonly client: Client;
  }): Promise<OpenedSession | null>;
  /** Ends the session. @returns the cookies that forget it */
  endSession(accountId: AccountId, sessionId: string): Promise<readonly string[]>;
  listSessions(accountId: AccountId): Promise<readonly SessionInfo[]>;
  /** Null: the present password is wrong. All other sessions end, and this one gets a new token. */
  changePassword(input: {
    readonly accountId: AccountId;
    readonly present: string;
    readonly next: string;
    readonly client: Client;
  }): Promise<OpenedSession | null>;

  /** A challenge to make a passkey, for a person who gave the present password. Null: it is wrong. */
  beginPasskey(input: {
    readonly account: Account;
    readonly password: string;
    readonly now: Millis;
  }): Promise<Ceremony | null>;
  /** False: the answer does not fit the challenge, or it is too old. */
  addPasskey(input: {
    readonly account: Account;
    readonly ceremonyId: string;
    readonly response: unknown;
    readonly name: string;
    readonly now: Millis;
  }): Promise<boolean>;
  listPasskeys(accountId: AccountId): Promise<readonly PasskeyInfo[]>;
  removePasskey(accountId: AccountId, passkeyId: string): Promise<boolean>;
  beginPasskeySignIn(now: Millis): Promise<Ceremony>;
  signInWithPasskey(input: {
    readonly ceremonyId: string;
    readonly response: unknown;
    readonly client: Client;
    readonly now: Millis;
  }): Promise<OpenedSession | null>;

  /** Sends the browser to the provider: to sign in, or to link the session's account. */
  beginProvider(input: {
    readonly purpose: 'sign-in' | 'link';
    readonly client: Client;
  }): Promise<{ readonly url: string; readonly cookies: readonly string[] } | null>;
  /** The provider sends the browser back. */
  finishProvider(input: {
    readonly url: string;
    readonly client: Client;
  }): Promise<
    | { readonly kind: 'signed_in'; readonly session: OpenedSession }
    | { readonly kind: 'linked'; readonly cookies: readonly string[] }
    | { readonly kind: 'refused' }
  >;
  isLinked(accountId: AccountId): Promise<boolean>;

  createInvitation(input: {
    readonly standing: Standing;
    readonly tokenHash: string;
    readonly invitedBy: string;
    readonly expiresAt: Millis;
    readonly now: Millis;
  }): Promise<Invitation>;
  /** Null: unknown, used or too old. Looking changes nothing. */
  findInvitation(tokenHash: string, now: Millis): Promise<Invitation | null>;
  /** Those that can still be used, newest first. */
  listInvitations(now: Millis): Promise<readonly Invitation[]>;
  revokeInvitation(id: InvitationId): Promise<Invitation | null>;
  /** Makes the account and opens its first session. Of two at once, one is accepted. */
  acceptInvitation(input: {
    readonly tokenHash: string;
    readonly name: string;
    readonly signInName: SignInName;
    readonly password: string;
    readonly client: Client;
    readonly now: Millis;
  }): Promise<AcceptOutcome>;

  /** After an acceptance that could not be recorded: it may be used again. */
  releaseInvitation(id: InvitationId): Promise<void>;

  countAccounts(): Promise<number>;
  listAccounts(): Promise<readonly Account[]>;
  findAccount(id: AccountId): Promise<Account | null>;
  /** Ends the account with its sessions and passkeys. */
  removeAccount(id: AccountId): Promise<boolean>;

  close(): Promise<void>;
}
