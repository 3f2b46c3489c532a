import type { AccountId } from '../domain/identifier.ts';
import type { Client } from '../signin/signin.ts';
import type { Deps } from './deps.ts';
import { recordSignIn } from './sign-in.ts';

/** What the provider's answer came to; the cookies are for the browser. */
export type ProviderOutcome =
  | { readonly kind: 'signed_in' | 'linked'; readonly cookies: readonly string[] }
  | { readonly kind: 'refused' };

/** The OIDC provider sends the browser back: to sign in, or to link the account that is signed in. */
export async function finishProvider(
  deps: Pick<Deps, 'signIn' | 'store' | 'now'>,
  input: { readonly url: string; readonly client: Client; readonly account: AccountId | null },
): Promise<ProviderOutcome> {
  const outcome = await deps.signIn.finishProvider(input);
  if (outcome.kind === 'signed_in') {
    const { cookies } = await recordSignIn(deps, outcome.session);
    return { kind: 'signed_in', cookies };
  }
  if (outcome.kind === 'linked' && input.account !== null) {
    const event = { type: 'account.provider_linked', account: input.account } as const;
    await deps.store.recordAccountEvents({ events: [event], now: deps.now() });
  }
  return outcome;
}
