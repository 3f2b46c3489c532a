import type { InvitationId } from '../domain/identifier.ts';
import { mayInvite, type Standing } from '../domain/role.ts';
import type { Invitation } from '../signin/signin.ts';
import type { Actor } from '../store/store.ts';
import { coversScope } from './create-api-key.ts';
import type { Deps } from './deps.ts';
import { hashSecret, newInvitationToken } from './secrets.ts';

export interface NewInvitation {
  readonly invitation: Invitation;
  /** The token travels in the fragment, which no server or log sees. Shown once. */
  readonly url: string;
}

/** Invites a person. @returns null: the standing is not the inviter's to give, or names nothing */
export async function invite(
  deps: Deps,
  input: { readonly by: Standing; readonly standing: Standing; readonly actor: Actor },
): Promise<NewInvitation | null> {
  const { by, standing, actor } = input;
  if (!(await mayDispose(deps, by, standing))) return null;
  const now = deps.now();
  const token = newInvitationToken(deps);
  const invitation = await deps.signIn.createInvitation({
    standing,
    tokenHash: hashSecret(token),
    invitedBy: actor,
    expiresAt: now + deps.config.limits.invitationMs,
    now,
  });
  try {
    const event = {
      type: 'invitation.created',
      invitation: invitation.id,
      standing,
      actor,
    } as const;
    await deps.store.recordAccountEvents({ events: [event], now });
  } catch (error) {
    await deps.signIn.revokeInvitation(invitation.id);
    throw error;
  }
  return { invitation, url: `${deps.config.publicUrl}/invitation#${token}` };
}

/** Whether somebody may invite, see and remove people of that standing. */
export async function mayDispose(deps: Deps, by: Standing, standing: Standing): Promise<boolean> {
  return mayInvite(by.role, standing) && coversScope(deps, by.scope, standing.scope);
}

/** Ends an invitation that was not used. @returns false: there is none, or it is not the caller's */
export async function revokeInvitation(
  deps: Deps,
  input: { readonly id: InvitationId; readonly by: Standing; readonly actor: Actor },
): Promise<boolean> {
  const open = await deps.signIn.listInvitations(deps.now());
  const found = open.find(({ id }) => id === input.id);
  if (found === undefined || !(await mayDispose(deps, input.by, found))) return false;
  const revoked = await deps.signIn.revokeInvitation(input.id);
  if (revoked === null) return false;
  const event = {
    type: 'invitation.revoked',
    invitation: input.id,
    actor: input.actor,
  } as const;
  await deps.store.recordAccountEvents({ events: [event], now: deps.now() });
  return true;
}
