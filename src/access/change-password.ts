import { type PasswordFault, passwordFault } from '../domain/password-rule.ts';
import type { Account, Client } from '../signin/signin.ts';
import type { Deps } from './deps.ts';

export type ChangePasswordOutcome =
  /** All other sessions have ended; the cookies carry this one's new token. */
  | { readonly kind: 'changed'; readonly cookies: readonly string[] }
  | { readonly kind: 'wrong_password' }
  | { readonly kind: 'unfit'; readonly fault: PasswordFault };

export async function changePassword(
  { signIn, store, now }: Pick<Deps, 'signIn' | 'store' | 'now'>,
  input: {
    readonly account: Account;
    readonly present: string;
    readonly next: string;
    readonly client: Client;
  },
): Promise<ChangePasswordOutcome> {
  const { account, ...change } = input;
  const fault = passwordFault(input.next, account.signInName);
  if (fault !== null) return { kind: 'unfit', fault };
  const session = await signIn.changePassword({ accountId: account.id, ...change });
  if (session === null) return { kind: 'wrong_password' };
  const event = { type: 'account.password_changed', account: account.id } as const;
  await store.recordAccountEvents({ events: [event], now: now() });
  return { kind: 'changed', cookies: session.cookies };
}
