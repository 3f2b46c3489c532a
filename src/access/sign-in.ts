import type { SignInName } from '../domain/sign-in-name.ts';
import type { Client, OpenedSession } from '../signin/signin.ts';
import type { Deps } from './deps.ts';

type SignInDeps = Pick<Deps, 'signIn' | 'store' | 'now'>;

/** How somebody proves who they are. */
export type Proof =
  | { readonly kind: 'password'; readonly signInName: SignInName; readonly password: string }
  | { readonly kind: 'passkey'; readonly ceremonyId: string; readonly response: unknown };

/**
 * Signs a person in. The session counts only once the sign-in is on the audit log: where it cannot be recorded the
 * session ends and nothing is answered.
 * @returns null: the proof is wrong; which part of it, nobody learns
 */
export async function signIn(
  deps: SignInDeps,
  proof: Proof,
  client: Client,
): Promise<OpenedSession | null> {
  const session =
    proof.kind === 'password'
      ? await deps.signIn.signInWithPassword({ ...proof, client })
      : await deps.signIn.signInWithPasskey({ ...proof, client, now: deps.now() });
  return session === null ? null : recordSignIn(deps, session);
}

/** Records a sign-in whose session is open; see {@link signIn}. */
export async function recordSignIn(
  deps: SignInDeps,
  session: OpenedSession,
): Promise<OpenedSession> {
  const { account, method, sessionId } = session;
  try {
    const event = { type: 'account.signed_in', account: account.id, method } as const;
    await deps.store.recordAccountEvents({ events: [event], now: deps.now() });
  } catch (error) {
    await deps.signIn.endSession(account.id, sessionId);
    throw error;
  }
  return session;
}
