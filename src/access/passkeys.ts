import type { Account, SignIn } from '../signin/signin.ts';
import type { Deps } from './deps.ts';

type PasskeyDeps = Pick<Deps, 'signIn' | 'store' | 'now'>;

/** Keeps the passkey that answers the challenge. @returns false: it does not, or the challenge is too old */
export async function addPasskey(
  { signIn, store, now }: PasskeyDeps,
  input: Omit<Parameters<SignIn['addPasskey']>[0], 'now'>,
): Promise<boolean> {
  const added = await signIn.addPasskey({ ...input, now: now() });
  if (!added) return false;
  const event = { type: 'account.passkey_added', account: input.account.id } as const;
  await store.recordAccountEvents({ events: [event], now: now() });
  return true;
}

/** @returns false: the person has no such passkey */
export async function removePasskey(
  { signIn, store, now }: PasskeyDeps,
  account: Account,
  passkeyId: string,
): Promise<boolean> {
  const removed = await signIn.removePasskey(account.id, passkeyId);
  if (!removed) return false;
  const event = { type: 'account.passkey_removed', account: account.id } as const;
  await store.recordAccountEvents({ events: [event], now: now() });
  return true;
}
