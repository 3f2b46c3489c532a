import { hkdfSync, randomBytes } from 'node:crypto';
import { type BetterAuthOptions, betterAuth } from 'better-auth';
import { createAuthEndpoint } from 'better-auth/api';
import { setSessionCookie } from 'better-auth/cookies';
import { getMigrations } from 'better-auth/db/migration';
import { genericOAuth } from 'better-auth/plugins/generic-oauth';
import { z } from 'zod';
import type { Log } from '../access/deps.ts';
import { DAY_MS, SECOND_MS } from '../domain/clock.ts';
import { formatIdentifier } from '../domain/identifier.ts';
import { PASSWORD_CHARACTERS } from '../domain/password-rule.ts';
import type { SignInDatabase } from './database.ts';

export const PROVIDER_ID = 'oidc';
/** Where the provider sends browsers back, under the public address. */
export const PROVIDER_BASE = '/sign-in/provider';
/** Carries the client's address into better-auth; a client's own header of the name never gets here. */
export const ADDRESS_HEADER = 'x-client-address';

export interface ProviderConfig {
  readonly issuer: string;
  readonly clientId: string;
  readonly clientSecret: string;
}

export interface AuthOptions {
  readonly database: SignInDatabase;
  readonly publicUrl: string;
  /** 32 bytes: the key of the session cookies' signatures is derived from it. */
  readonly keyEncryptionKey: Uint8Array;
  readonly provider: ProviderConfig | null;
  readonly sessionMs: number;
  readonly log: Log;
}

/**
 * Opens a session for an account whose owner has proved it by a passkey or an invitation. Never on the HTTP surface.
 */
const sessionOpener = {
  id: 'session-opener',
  endpoints: {
    openSession: createAuthEndpoint.serverOnly(
      { method: 'POST', body: z.object({ userId: z.string() }) },
      async (ctx) => {
        const { internalAdapter } = ctx.context;
        const user = await internalAdapter.findUserById(ctx.body.userId);
        if (user === null) return ctx.json({ token: null });
        const session = await internalAdapter.createSession(user.id);
        await setSessionCookie(ctx, { session, user });
        return ctx.json({ token: session.token });
      },
    ),
  },
} as const;

function optionsOf({
  database,
  publicUrl,
  keyEncryptionKey,
  provider,
  sessionMs,
  log,
}: AuthOptions) {
  const secret = Buffer.from(hkdfSync('sha256', keyEncryptionKey, '', 'sign-in cookies', 32));
  return {
    appName: 'courier-pass',
    baseURL: publicUrl,
    basePath: PROVIDER_BASE,
    secret: secret.toString('base64url'),
    database: database as BetterAuthOptions['database'],
    trustedOrigins: [publicUrl],
    emailAndPassword: {
      enabled: true,
      disableSignUp: true,
      minPasswordLength: PASSWORD_CHARACTERS.least,
      maxPasswordLength: PASSWORD_CHARACTERS.most,
    },
    user: {
      additionalFields: {
        role: { type: 'string', required: true, input: false },
        scope: { type: 'string', required: true, input: false },
      },
    },
    session: {
      expiresIn: sessionMs / SECOND_MS,
      disableSessionRefresh: true,
      freshAge: DAY_MS / SECOND_MS,
      cookieCache: { enabled: false },
    },
    account: {
      encryptOAuthTokens: true,
      accountLinking: {
        enabled: true,
        disableImplicitLinking: true,
        allowDifferentEmails: true,
      },
    },
    advanced: {
      cookiePrefix: 'cp',
      cookies: { session_token: { name: 'cp_account' } },
      useSecureCookies: publicUrl.startsWith('https:'),
      defaultCookieAttributes: { httpOnly: true, sameSite: 'lax', path: '/' },
      ipAddress: { ipAddressHeaders: [ADDRESS_HEADER] },
      database: {
        generateId: ({ model }: { readonly model: string }) =>
          model === 'user'
            ? formatIdentifier('acc', randomBytes(8))
            : randomBytes(16).toString('base64url'),
      },
    },
    // Failed attempts are counted where all wrong credentials are.
    rateLimit: { enabled: false },
    telemetry: { enabled: false },
    logger: {
      level: 'error',
      log: (_level: string, message: string) => log.warn({ message }, 'sign-in'),
    },
    onAPIError: { errorURL: `${publicUrl}/sign-in?provider=refused` },
    plugins: [sessionOpener, ...providerPlugin(provider)],
  } as const satisfies Parameters<typeof betterAuth>[0];
}

function providerPlugin(provider: ProviderConfig | null) {
  if (provider === null) return [];
  return [
    genericOAuth({
      config: [
        {
          providerId: PROVIDER_ID,
          discoveryUrl: `${provider.issuer.replace(/\/$/, '')}/.well-known/openid-configuration`,
          requireIdTokenVerification: true,
          clientId: provider.clientId,
          clientSecret: provider.clientSecret,
          scopes: ['openid', 'profile', 'email'],
          pkce: true,
          disableSignUp: true,
          disableImplicitSignUp: true,
        },
      ],
    }),
  ];
}

/** better-auth on the accounts' database, whose tables are made or brought up to date. */
export async function createAuth(options: AuthOptions) {
  const given = optionsOf(options);
  const { runMigrations } = await getMigrations(given);
  await runMigrations();
  return betterAuth(given);
}
export type Auth = Awaited<ReturnType<typeof createAuth>>;
