import type { AccountId } from '../domain/identifier.ts';
import type { Deps } from './deps.ts';

/**
 * Ends one of a person's sessions, at once.
 * @param present the session that asks: ending itself is signing out
 * @returns the cookies that forget it
 */
export async function endSession(
  { signIn, store, now }: Pick<Deps, 'signIn' | 'store' | 'now'>,
  input: { readonly account: AccountId; readonly sessionId: string; readonly present: string },
): Promise<readonly string[]> {
  const { account, sessionId, present } = input;
  const cookies = await signIn.endSession(account, sessionId);
  const own = sessionId === present;
  const type = own ? 'account.signed_out' : 'account.session_revoked';
  await store.recordAccountEvents({ events: [{ type, account }], now: now() });
  return own ? cookies : [];
}
