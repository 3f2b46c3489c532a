import type { ManagerScope } from './scope.ts';

/** What a person with an account does. */
export const ROLES = ['operator', 'district', 'manager', 'guard', 'auditor'] as const;
export type Role = (typeof ROLES)[number];

/**
 * `read`: lists and figures. `guard`: confirm, admit, open a gate. `manage`: rules, gates, postures, blocks, tags,
 * keys. `people`: invite and remove. `audit`: entries of the audit log. `export`: those of
 * the communities in the scope, with the couriers behind their passes. `operate`: what spans communities.
 */
export type Right = 'read' | 'guard' | 'manage' | 'people' | 'audit' | 'export' | 'operate';

/** The rights of each role, inside the scope of the account. */
export const RIGHTS: Readonly<Record<Role, readonly Right[]>> = {
  operator: ['read', 'guard', 'manage', 'people', 'audit', 'export', 'operate'],
  district: ['read', 'people'],
  manager: ['read', 'guard', 'manage', 'people', 'export'],
  guard: ['read', 'guard'],
  auditor: ['read', 'audit', 'export'],
};

/** The kinds of scope that an account of each role may have. */
export const SCOPE_KINDS: Readonly<Record<Role, readonly ManagerScope['kind'][]>> = {
  operator: ['all'],
  district: ['district'],
  manager: ['community'],
  guard: ['community'],
  auditor: ['all', 'district', 'community'],
};

/** Whom each role may invite and remove, inside its own scope. */
export const MAY_INVITE: Readonly<Record<Role, readonly Role[]>> = {
  operator: ROLES,
  district: ['district', 'manager', 'guard', 'auditor'],
  manager: ['manager', 'guard', 'auditor'],
  guard: [],
  auditor: [],
};

/** A role and where it holds. */
export interface Standing {
  readonly role: Role;
  readonly scope: ManagerScope;
}

export function hasRight(role: Role, right: Right): boolean {
  return RIGHTS[role].includes(right);
}

/** Whether a role may invite or remove a person of that standing, whose scope lies within its own. */
export function mayInvite(role: Role, invited: Standing): boolean {
  return (
    MAY_INVITE[role].includes(invited.role) &&
    SCOPE_KINDS[invited.role].includes(invited.scope.kind)
  );
}

/** What an API key may do with people: as the role that usually has its scope. */
export const ROLE_OF_SCOPE: Readonly<Record<ManagerScope['kind'], Role>> = {
  all: 'operator',
  district: 'district',
  community: 'manager',
};
