import type { Millis } from '../domain/clock.ts';
import type { AccountId } from '../domain/identifier.ts';
import type { Role, Standing } from '../domain/role.ts';
import type { SignInName } from '../domain/sign-in-name.ts';
import { ADDRESS_HEADER, type Auth } from './better-auth.ts';
import type {
  Account,
  AccountSession,
  Client,
  OpenedSession,
  SessionInfo,
  SignInMethod,
} from './signin.ts';

/** better-auth knows people by e-mail addresses; a number stands in a domain that exists nowhere (RFC 2606). */
const PHONE_DOMAIN = '@phone.invalid';

export function emailOf(signInName: SignInName): string {
  return signInName.includes('@') ? signInName : `${signInName.slice(1)}${PHONE_DOMAIN}`;
}

function signInNameOf(email: string): SignInName {
  const phone = email.endsWith(PHONE_DOMAIN);
  return (phone ? `+${email.slice(0, -PHONE_DOMAIN.length)}` : email) as SignInName;
}

/** A user as better-auth keeps it, with the members that we have added. */
interface User {
  readonly id: string;
  readonly name: string;
  readonly email: string;
  readonly createdAt: Date;
  readonly [member: string]: unknown;
}

export function accountOf(user: User): Account {
  return {
    id: user.id as AccountId,
    name: user.name,
    signInName: signInNameOf(user.email),
    role: user['role'] as Role,
    scope: JSON.parse(String(user['scope'])) as Standing['scope'],
    createdAt: user.createdAt.getTime(),
  };
}

/** What better-auth is told of a request: never more than it needs. */
export function headersOf({ headers, address }: Client): Headers {
  const told = new Headers();
  for (const name of ['cookie', 'user-agent']) {
    const value = headers.get(name);
    if (value !== null) told.set(name, value.slice(0, MAX_HEADER_CHARACTERS));
  }
  if (address !== '') told.set(ADDRESS_HEADER, address);
  return told;
}
const MAX_HEADER_CHARACTERS = 4_096;

/** Sessions: opened, looked up and ended. */
export interface Sessions {
  read(headers: Headers): Promise<AccountSession | null>;
  /** Opens one; a session that the request had before ends. */
  open(accountId: AccountId, method: SignInMethod, client: Client): Promise<OpenedSession | null>;
  /** The session whose token better-auth has just answered. */
  opened(answer: Answered, method: SignInMethod, client: Client): Promise<OpenedSession | null>;
  list(accountId: AccountId): Promise<readonly SessionInfo[]>;
  end(accountId: AccountId, sessionId: string): Promise<readonly string[]>;
}

/** A call of better-auth's that sets a session's cookie. */
export interface Answered {
  readonly headers: Headers;
  readonly token: string | null;
}

export async function createSessions(auth: Auth): Promise<Sessions> {
  const { internalAdapter, authCookies } = await auth.$context;
  const { name: cookieName, attributes } = authCookies.sessionToken;
  const forget = `${cookieName}=; Max-Age=0; Path=/; HttpOnly; SameSite=Lax${attributes.secure ? '; Secure' : ''}`;

  async function read(headers: Headers): Promise<AccountSession | null> {
    const cookie = headers.get('cookie');
    if (cookie === null || !cookie.includes(`${cookieName}=`)) return null;
    const found = await auth.api.getSession({ headers: new Headers({ cookie }) });
    return found === null ? null : sessionOf(found.session, found.user);
  }

  async function opened(
    { headers, token }: Answered,
    method: SignInMethod,
    client: Client,
  ): Promise<OpenedSession | null> {
    const found = token === null ? null : await internalAdapter.findSession(token);
    if (found === null) return null;
    const session = sessionOf(found.session, found.user);
    const before = await read(client.headers);
    if (before !== null && before.sessionId !== session.sessionId)
      await end(before.account.id, before.sessionId);
    return { ...session, method, cookies: headers.getSetCookie() };
  }

  async function end(accountId: AccountId, sessionId: string): Promise<readonly string[]> {
    const sessions = await internalAdapter.listSessions(accountId);
    const ending = sessions.find(({ id }) => id === sessionId);
    if (ending !== undefined) await internalAdapter.deleteSession(ending.token);
    return [forget];
  }

  return {
    read,
    opened,
    end,
    async open(accountId, method, client) {
      const { headers, response } = await auth.api.openSession({
        body: { userId: accountId },
        headers: headersOf(client),
        returnHeaders: true,
      });
      return opened({ headers, token: response.token }, method, client);
    },
    async list(accountId) {
      const sessions = await internalAdapter.listSessions(accountId, { onlyActiveSessions: true });
      return sessions
        .map((session) => ({
          id: session.id,
          createdAt: session.createdAt.getTime(),
          expiresAt: session.expiresAt.getTime(),
          userAgent: session.userAgent ?? '',
          address: session.ipAddress ?? '',
        }))
        .sort((one, other) => other.createdAt - one.createdAt);
    },
  };
}

function sessionOf(
  session: { readonly id: string; readonly createdAt: Date },
  user: User,
): AccountSession {
  const createdAt: Millis = session.createdAt.getTime();
  return { account: accountOf(user), sessionId: session.id, createdAt };
}
