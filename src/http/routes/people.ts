import { z } from '@hono/zod-openapi';
import type { Deps } from '../../access/deps.ts';
import { invite, revokeInvitation } from '../../access/invite.ts';
import { listPeople, removeAccount } from '../../access/people.ts';
import { ROLES, SCOPE_KINDS } from '../../domain/role.ts';
import type { Account, Invitation } from '../../signin/signin.ts';
import { formatTime } from '../answer.ts';
import { actorOf, standingOf } from '../auth.ts';
import { type Api, endpoint } from '../endpoint.ts';
import { invalidInput, notFound, Problem } from '../problem.ts';
import { identifier, instantText, line } from '../schemas/values.ts';

const scopeSchema = z
  .discriminatedUnion('kind', [
    z.object({ kind: z.literal('all') }),
    z.object({ kind: z.literal('district'), district: line(1, 64) }),
    z.object({ kind: z.literal('community'), communityId: identifier('com') }),
  ])
  .openapi('PersonScope');

const newInvitationSchema = z
  .object({ role: z.enum(ROLES), scope: scopeSchema })
  .refine(({ role, scope }) => SCOPE_KINDS[role].includes(scope.kind), {
    path: ['scope', 'kind'],
    error: 'the role has another kind of scope',
  })
  .openapi('NewInvitation');

const invitationMembers = {
  id: identifier('inv'),
  role: z.enum(ROLES),
  scope: scopeSchema,
  invitedBy: z.string(),
  createdAt: instantText,
  expiresAt: instantText,
};
const invitationSchema = z.object(invitationMembers).openapi('Invitation');
const createdInvitationSchema = z
  .object({
    ...invitationMembers,
    url: z.url().openapi({ description: 'Works once. Shown once; a QR code can carry it.' }),
  })
  .openapi('CreatedInvitation');

const accountSchema = z
  .object({
    id: identifier('acc'),
    name: z.string(),
    role: z.enum(ROLES),
    scope: scopeSchema,
    createdAt: instantText,
  })
  .openapi('Account');

/** `/v1/invitations`, `/v1/accounts`: the people who sign in. Each sees and invites inside their own scope. */
export function registerPeople(api: Api, deps: Deps): void {
  registerInvitations(api, deps);
  endpoint(
    api,
    {
      method: 'get',
      path: '/v1/accounts',
      auth: ['manager'],
      right: 'people',
      tag: 'People',
      summary: 'List the people who sign in',
      answer: {
        description: 'Those of the caller’s scope.',
        schema: z.object({ items: z.array(accountSchema), next: z.null() }),
      },
    },
    async ({ caller }) => {
      const { accounts } = await listPeople(deps, standingOf(caller));
      return { items: accounts.map(accountItem), next: null };
    },
  );
  endpoint(
    api,
    {
      method: 'delete',
      path: '/v1/accounts/{id}',
      auth: ['manager'],
      right: 'people',
      tag: 'People',
      summary: 'Remove a person',
      description:
        'Ends the account with its sessions and passkeys, at once. Nobody removes themselves.',
      params: z.object({ id: identifier('acc') }),
      answer: { status: 204, description: 'Removed.' },
      problems: ['conflict'],
    },
    async ({ caller, params }) => {
      const by = standingOf(caller);
      const outcome = await removeAccount(deps, { id: params.id, by, actor: actorOf(caller) });
      if (outcome === 'not_found') throw notFound();
      if (outcome === 'own_account') throw new Problem('conflict', 'It is your own account.');
      return undefined;
    },
  );
}

function registerInvitations(api: Api, deps: Deps): void {
  endpoint(
    api,
    {
      method: 'post',
      path: '/v1/invitations',
      auth: ['manager'],
      right: 'people',
      tag: 'People',
      summary: 'Invite a person',
      description:
        'By a link that works once, for 7 days; no mail or message is sent. An operator invites anyone, a district office people of its district, a manager people of the community.',
      body: { json: newInvitationSchema },
      answer: { status: 201, description: 'The invitation.', schema: createdInvitationSchema },
    },
    async ({ caller, body }) => {
      const by = standingOf(caller);
      const made = await invite(deps, { by, standing: body, actor: actorOf(caller) });
      if (made === null) throw invalidInput('scope', 'is not yours to give, or names nothing');
      return { ...invitationItem(made.invitation), url: made.url };
    },
  );
  endpoint(
    api,
    {
      method: 'get',
      path: '/v1/invitations',
      auth: ['manager'],
      right: 'people',
      tag: 'People',
      summary: 'List open invitations',
      answer: {
        description: 'Those of the caller’s scope that can still be used.',
        schema: z.object({ items: z.array(invitationSchema), next: z.null() }),
      },
    },
    async ({ caller }) => {
      const { invitations } = await listPeople(deps, standingOf(caller));
      return { items: invitations.map(invitationItem), next: null };
    },
  );
  endpoint(
    api,
    {
      method: 'delete',
      path: '/v1/invitations/{id}',
      auth: ['manager'],
      right: 'people',
      tag: 'People',
      summary: 'Revoke an invitation',
      params: z.object({ id: identifier('inv') }),
      answer: { status: 204, description: 'Revoked.' },
    },
    async ({ caller, params }) => {
      const by = standingOf(caller);
      const revoked = await revokeInvitation(deps, { id: params.id, by, actor: actorOf(caller) });
      if (!revoked) throw notFound();
      return undefined;
    },
  );
}

function accountItem({ id, name, role, scope, createdAt }: Account) {
  return { id, name, role, scope, createdAt: formatTime(createdAt) };
}

function invitationItem(invitation: Invitation) {
  const { createdAt, expiresAt, ...members } = invitation;
  return { ...members, createdAt: formatTime(createdAt), expiresAt: formatTime(expiresAt) };
}
