import { type PasswordFault, passwordFault } from '../domain/password-rule.ts';
import type { SignInName } from '../domain/sign-in-name.ts';
import type { Client, Invitation, OpenedSession } from '../signin/signin.ts';
import type { Deps } from './deps.ts';
import { hashSecret } from './secrets.ts';

export type AcceptInvitationOutcome =
  | { readonly kind: 'accepted'; readonly session: OpenedSession }
  | { readonly kind: 'no_invitation' }
  | { readonly kind: 'name_taken' }
  | { readonly kind: 'unfit'; readonly fault: PasswordFault };

/** Looks an invitation up, which changes nothing. @returns null: unknown, used or too old */
export function findInvitation(
  { signIn, now }: Pick<Deps, 'signIn' | 'now'>,
  token: string,
): Promise<Invitation | null> {
  return signIn.findInvitation(hashSecret(token), now());
}

/**
 * Makes the invited person's account and signs them in. Where that cannot be recorded there is no account, and the
 * invitation may be used again.
 */
export async function acceptInvitation(
  { signIn, store, now }: Pick<Deps, 'signIn' | 'store' | 'now'>,
  input: {
    readonly token: string;
    readonly name: string;
    readonly signInName: SignInName;
    readonly password: string;
    readonly client: Client;
  },
): Promise<AcceptInvitationOutcome> {
  const fault = passwordFault(input.password, input.signInName);
  if (fault !== null) return { kind: 'unfit', fault };
  const { token, ...person } = input;
  const at = now();
  const outcome = await signIn.acceptInvitation({
    ...person,
    tokenHash: hashSecret(token),
    now: at,
  });
  if (outcome.kind !== 'accepted') return outcome;
  const { session, invitation } = outcome;
  const { id, role, scope } = session.account;
  try {
    await store.recordAccountEvents({
      events: [
        {
          type: 'account.created',
          account: id,
          invitation: invitation.id,
          standing: { role, scope },
        },
        { type: 'account.signed_in', account: id, method: 'invitation' },
      ],
      now: at,
    });
  } catch (error) {
    await signIn.removeAccount(id);
    await signIn.releaseInvitation(invitation.id);
    throw error;
  }
  return { kind: 'accepted', session };
}
