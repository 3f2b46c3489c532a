import type { AccountId } from '../domain/identifier.ts';
import type { Standing } from '../domain/role.ts';
import type { Account, Invitation } from '../signin/signin.ts';
import type { Actor } from '../store/store.ts';
import { coversScope } from './create-api-key.ts';
import type { Deps } from './deps.ts';
import { mayDispose } from './invite.ts';

export interface People {
  readonly accounts: readonly Account[];
  readonly invitations: readonly Invitation[];
}

/** The people of a standing's scope, and the invitations that are open. */
export async function listPeople(deps: Deps, by: Standing): Promise<People> {
  const [accounts, invitations] = await Promise.all([
    deps.signIn.listAccounts(),
    deps.signIn.listInvitations(deps.now()),
  ]);
  return {
    accounts: await within(deps, by, accounts),
    invitations: await within(deps, by, invitations),
  };
}

async function within<Item extends Standing>(
  deps: Deps,
  by: Standing,
  items: readonly Item[],
): Promise<readonly Item[]> {
  const visible = await Promise.all(items.map((item) => coversScope(deps, by.scope, item.scope)));
  return items.filter((_, index) => visible[index]);
}

export type RemoveAccountOutcome = 'removed' | 'not_found' | 'own_account';

/** Ends an account with its sessions and passkeys, at once. It is on the log before it happens. */
export async function removeAccount(
  deps: Deps,
  input: { readonly id: AccountId; readonly by: Standing; readonly actor: Actor },
): Promise<RemoveAccountOutcome> {
  const { id, by, actor } = input;
  if (actor === `account:${id}`) return 'own_account';
  const account = await deps.signIn.findAccount(id);
  if (account === null || !(await mayDispose(deps, by, account))) return 'not_found';
  await deps.store.recordAccountEvents({
    events: [{ type: 'account.removed', account: id, actor }],
    now: deps.now(),
  });
  return (await deps.signIn.removeAccount(id)) ? 'removed' : 'not_found';
}
