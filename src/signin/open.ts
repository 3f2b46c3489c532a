import { randomBytes } from 'node:crypto';
import { APIError } from 'better-auth/api';
import type { AccountId } from '../domain/identifier.ts';
import { formatIdentifier } from '../domain/identifier.ts';
import { type Auth, type AuthOptions, createAuth, PROVIDER_ID } from './better-auth.ts';
import { openSignInDatabase } from './database.ts';
import { createInvitations, type Invitations } from './invitations.ts';
import { canHavePasskeys, createPasskeys, type Passkeys } from './passkeys.ts';
import { accountOf, createSessions, emailOf, headersOf, type Sessions } from './sessions.ts';
import type { AcceptOutcome, SignIn } from './signin.ts';

/** Where the accounts are kept and how people prove themselves. */
export interface SignInOptions extends Omit<AuthOptions, 'database'> {
  /** A file; made where there is none. */
  readonly path: string;
  /** What people call the provider. */
  readonly providerName: string | null;
}

interface Parts {
  readonly auth: Auth;
  readonly context: Awaited<Auth['$context']>;
  readonly sessions: Sessions;
  readonly passkeys: Passkeys;
  readonly invitations: Invitations;
}

/** Opens the accounts: better-auth for passwords, sessions and OIDC, WebAuthn for passkeys. */
export async function openSignIn(options: SignInOptions): Promise<SignIn> {
  const database = openSignInDatabase(options.path);
  const auth = await createAuth({ ...options, database });
  const parts: Parts = {
    auth,
    context: await auth.$context,
    sessions: await createSessions(auth),
    passkeys: createPasskeys(database, options.publicUrl),
    invitations: createInvitations(database),
  };
  return {
    providerName: options.provider === null ? null : options.providerName,
    offersPasskeys: canHavePasskeys(options.publicUrl),
    readSession: (headers) => parts.sessions.read(headers),
    endSession: (accountId, sessionId) => parts.sessions.end(accountId, sessionId),
    listSessions: (accountId) => parts.sessions.list(accountId),
    ...passwords(parts),
    ...passkeyCeremonies(parts),
    ...provider(parts, options),
    ...invitationBook(parts),
    ...accountBook(parts),
    async close() {
      database.close();
    },
  };
}

/** What better-auth refuses with a 4xx is null; anything else is a fault. */
async function unlessRefused<T>(call: Promise<T>): Promise<T | null> {
  try {
    return await call;
  } catch (error) {
    if (error instanceof APIError && error.statusCode < 500) return null;
    throw error;
  }
}

function passwords({
  auth,
  sessions,
}: Parts): Pick<SignIn, 'signInWithPassword' | 'changePassword'> {
  return {
    async signInWithPassword({ signInName, password, client }) {
      const answer = await unlessRefused(
        auth.api.signInEmail({
          body: { email: emailOf(signInName), password },
          headers: headersOf(client),
          returnHeaders: true,
        }),
      );
      if (answer === null) return null;
      const { headers, response } = answer;
      return sessions.opened({ headers, token: response.token }, 'password', client);
    },
    async changePassword({ present, next, client }) {
      const answer = await unlessRefused(
        auth.api.changePassword({
          body: { currentPassword: present, newPassword: next, revokeOtherSessions: true },
          headers: headersOf(client),
          returnHeaders: true,
        }),
      );
      if (answer === null) return null;
      const { headers, response } = answer;
      return sessions.opened({ headers, token: response.token }, 'password', client);
    },
  };
}

function passkeyCeremonies({
  context,
  sessions,
  passkeys,
}: Parts): Pick<
  SignIn,
  | 'beginPasskey'
  | 'addPasskey'
  | 'listPasskeys'
  | 'removePasskey'
  | 'beginPasskeySignIn'
  | 'signInWithPasskey'
> {
  return {
    async beginPasskey({ account, password, now }) {
      const credential = await context.internalAdapter.findCredentialAccount(account.id);
      const hash = credential?.password;
      if (!hash || !(await context.password.verify({ hash, password }))) return null;
      return passkeys.beginAdding(account, now);
    },
    addPasskey: ({ account, ...answer }) => passkeys.add({ accountId: account.id, ...answer }),
    listPasskeys: async (accountId) => passkeys.list(accountId),
    removePasskey: async (accountId, id) => passkeys.remove(accountId, id),
    beginPasskeySignIn: (now) => passkeys.beginSignIn(now),
    async signInWithPasskey({ client, ...answer }) {
      const accountId = await passkeys.verify(answer);
      return accountId === null ? null : sessions.open(accountId, 'passkey', client);
    },
  };
}

function provider(
  { auth, context, sessions }: Parts,
  { publicUrl, provider: config }: SignInOptions,
): Pick<SignIn, 'beginProvider' | 'finishProvider' | 'isLinked'> {
  const signedIn = `${publicUrl}/m`;
  const linked = `${publicUrl}/m/account?linked=1`;
  return {
    async beginProvider({ purpose, client }) {
      if (config === null) return null;
      const request = { headers: headersOf(client), returnHeaders: true } as const;
      const { headers, response } =
        purpose === 'sign-in'
          ? await auth.api.signInSocial({
              ...request,
              body: { provider: PROVIDER_ID, callbackURL: signedIn },
            })
          : await auth.api.linkSocialAccount({
              ...request,
              body: { provider: PROVIDER_ID, callbackURL: linked },
            });
      return response.url ? { url: response.url, cookies: headers.getSetCookie() } : null;
    },
    async finishProvider({ url, client }) {
      if (config === null) return { kind: 'refused' };
      const answer = await auth.handler(new Request(url, { headers: headersOf(client) }));
      const cookies = answer.headers.getSetCookie();
      const target = answer.headers.get('location');
      if (target === linked) return { kind: 'linked', cookies };
      const token = target === signedIn ? tokenIn(cookies) : null;
      const session = await sessions.opened({ headers: answer.headers, token }, 'oidc', client);
      return session === null ? { kind: 'refused' } : { kind: 'signed_in', session };
    },
    async isLinked(accountId) {
      const accounts = await context.internalAdapter.findAccounts(accountId);
      return accounts.some(({ providerId }) => providerId === PROVIDER_ID);
    },
  };

  /** The token in the session's cookie: what stands before its signature. */
  function tokenIn(cookies: readonly string[]): string | null {
    const prefix = `${context.authCookies.sessionToken.name}=`;
    const cookie = cookies.find((each) => each.startsWith(prefix))?.slice(prefix.length);
    return cookie === undefined
      ? null
      : (decodeURIComponent(cookie.split(';')[0] ?? '').split('.')[0] ?? null);
  }
}

function invitationBook(
  parts: Parts,
): Pick<
  SignIn,
  | 'createInvitation'
  | 'findInvitation'
  | 'listInvitations'
  | 'revokeInvitation'
  | 'acceptInvitation'
> {
  const { invitations } = parts;
  return {
    async createInvitation({ standing, tokenHash, invitedBy, expiresAt, now }) {
      const id = formatIdentifier('inv', randomBytes(8));
      const { role, scope } = standing;
      const invitation = { id, role, scope, invitedBy, createdAt: now, expiresAt };
      invitations.insert(invitation, tokenHash);
      return invitation;
    },
    findInvitation: async (tokenHash, now) => invitations.find(tokenHash, now),
    listInvitations: async (now) => invitations.list(now),
    revokeInvitation: async (id) => invitations.remove(id),
    acceptInvitation: (input) => accept(parts, input),
  };
}

async function accept(
  { context, sessions, invitations }: Parts,
  { tokenHash, name, signInName, password, client, now }: Parameters<SignIn['acceptInvitation']>[0],
): Promise<AcceptOutcome> {
  const { internalAdapter } = context;
  const hash = await context.password.hash(password);
  const invitation = invitations.claim(tokenHash, now);
  if (invitation === null) return { kind: 'no_invitation' };
  try {
    const email = emailOf(signInName);
    if ((await internalAdapter.findUserByEmail(email)) !== null) {
      invitations.release(invitation.id);
      return { kind: 'name_taken' };
    }
    const { role, scope } = invitation;
    const user = await internalAdapter.createUser(
      { name, email, emailVerified: false, role, scope: JSON.stringify(scope) },
      { method: 'email-password' },
    );
    const id = user.id as AccountId;
    await internalAdapter.createAccount({
      userId: id,
      providerId: 'credential',
      accountId: id,
      password: hash,
    });
    const session = await sessions.open(id, 'invitation', client);
    if (session === null) throw new Error('a new account has no session');
    return { kind: 'accepted', session, invitation };
  } catch (error) {
    invitations.release(invitation.id);
    throw error;
  }
}

function accountBook({
  context,
  passkeys,
  invitations,
}: Parts): Pick<
  SignIn,
  'countAccounts' | 'listAccounts' | 'findAccount' | 'removeAccount' | 'releaseInvitation'
> {
  const { internalAdapter } = context;
  return {
    countAccounts: () => internalAdapter.countTotalUsers(),
    async listAccounts() {
      const users = await internalAdapter.listUsers(MAX_ACCOUNTS, 0, {
        field: 'createdAt',
        direction: 'asc',
      });
      return users.map((user) => accountOf({ ...user }));
    },
    async findAccount(id) {
      const user = await internalAdapter.findUserById(id);
      return user === null ? null : accountOf({ ...user });
    },
    async removeAccount(id) {
      if ((await internalAdapter.findUserById(id)) === null) return false;
      passkeys.removeAll(id);
      await internalAdapter.deleteUser(id);
      return true;
    },
    async releaseInvitation(id) {
      invitations.release(id);
    },
  };
}
const MAX_ACCOUNTS = 5_000;
