import type { Millis } from '../domain/clock.ts';
import type { InvitationId } from '../domain/identifier.ts';
import type { Role, Standing } from '../domain/role.ts';
import type { SignInDatabase } from './database.ts';
import type { Invitation } from './signin.ts';

interface Row {
  id: string;
  role: string;
  scope: string;
  invited_by: string;
  created_at: number;
  expires_at: number;
}

/** Invitations: a token works once, until it expires. Only its hash is kept. */
export interface Invitations {
  insert(invitation: Invitation, tokenHash: string): void;
  find(tokenHash: string, now: Millis): Invitation | null;
  list(now: Millis): readonly Invitation[];
  remove(id: InvitationId): Invitation | null;
  /** Uses it up: of two at once, one gets it. */
  claim(tokenHash: string, now: Millis): Invitation | null;
  /** After a claim that came to nothing. */
  release(id: InvitationId): void;
}

export function createInvitations(database: SignInDatabase): Invitations {
  const COLUMNS = 'id, role, scope, invited_by, created_at, expires_at';
  const insert = database.prepare(
    `INSERT INTO invitation (id, token_hash, role, scope, invited_by, created_at, expires_at)
     VALUES (?, ?, ?, ?, ?, ?, ?)`,
  );
  const find = database.prepare<[string, number], Row>(
    `SELECT ${COLUMNS} FROM invitation WHERE token_hash = ? AND used_at IS NULL AND expires_at > ?`,
  );
  const list = database.prepare<[number], Row>(
    `SELECT ${COLUMNS} FROM invitation WHERE used_at IS NULL AND expires_at > ?
     ORDER BY created_at DESC, id LIMIT 500`,
  );
  const remove = database.prepare<[string], Row>(
    `DELETE FROM invitation WHERE id = ? AND used_at IS NULL RETURNING ${COLUMNS}`,
  );
  const claim = database.prepare<[number, string, number], Row>(
    `UPDATE invitation SET used_at = ? WHERE token_hash = ? AND used_at IS NULL AND expires_at > ?
     RETURNING ${COLUMNS}`,
  );
  const release = database.prepare('UPDATE invitation SET used_at = NULL WHERE id = ?');
  return {
    insert({ id, role, scope, invitedBy, createdAt, expiresAt }, tokenHash) {
      insert.run(id, tokenHash, role, JSON.stringify(scope), invitedBy, createdAt, expiresAt);
    },
    find: (tokenHash, now) => invitationOf(find.get(tokenHash, now)),
    list: (now) => list.all(now).map(toInvitation),
    remove: (id) => invitationOf(remove.get(id)),
    claim: (tokenHash, now) => invitationOf(claim.get(now, tokenHash, now)),
    release: (id) => void release.run(id),
  };
}

function invitationOf(row: Row | undefined): Invitation | null {
  return row === undefined ? null : toInvitation(row);
}

function toInvitation(row: Row): Invitation {
  return {
    id: row.id as InvitationId,
    role: row.role as Role,
    scope: JSON.parse(row.scope) as Standing['scope'],
    invitedBy: row.invited_by,
    createdAt: row.created_at,
    expiresAt: row.expires_at,
  };
}
