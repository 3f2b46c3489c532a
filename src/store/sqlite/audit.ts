import { createHash } from 'node:crypto';
import type { Statement } from 'better-sqlite3';
import { canonicalJson, leafHash, MAX_ENTRY_BYTES } from '../../domain/audit-entry.ts';
import type { Millis } from '../../domain/clock.ts';
import type { CommunityId } from '../../domain/identifier.ts';
import type { SqliteDatabase } from './database.ts';
import { newSalt } from './random.ts';

/** What an entry says beside its type, time, community and salt: random numbers and facts, never a person or free text. */
export type EntryMembers = Readonly<Record<string, unknown>>;

/** An appended entry: its sequence number and its `auditId` (the leaf hash, base64url). */
export interface Appended {
  readonly seq: number;
  readonly auditId: string;
}

/** Appends entries to the audit log, inside the transaction of the effect that they record. */
export class AuditLog {
  readonly #insert: Statement;
  readonly #last: Statement<[], { last: number | null }>;
  #next: number | null = null;

  constructor(sqlite: SqliteDatabase) {
    this.#insert = sqlite.prepare('INSERT INTO audit_entries (seq, entry) VALUES (?, ?)');
    this.#last = sqlite.prepare('SELECT max(seq) AS last FROM audit_entries');
  }

  /** @throws RangeError when the entry would be longer than 8 KiB */
  append(type: string, at: Millis, community: CommunityId | null, members: EntryMembers): Appended {
    const entry = canonicalJson({
      ...members,
      v: 1,
      type,
      at: new Date(at).toISOString(),
      ...(community === null ? {} : { community }),
      salt: newSalt(),
    });
    return this.appendText(entry);
  }

  /**
   * Appends an entry that is canonical JSON already.
   * @throws RangeError when it is longer than 8 KiB
   */
  appendText(entry: string): Appended {
    if (Buffer.byteLength(entry) > MAX_ENTRY_BYTES) throw new RangeError('audit entry too long');
    this.#next ??= (this.#last.get()?.last ?? 0) + 1;
    const seq = this.#next;
    const auditId = leafHash(entry);
    this.#insert.run(seq, entry);
    this.#next = seq + 1;
    return { seq, auditId };
  }

  /** After a rollback the next number is read from the table again, so the sequence has no gap. */
  forget(): void {
    this.#next = null;
  }
}

/** SHA-256 of a text, base64url: how larger content appears in an entry. */
export function digest(text: string): string {
  return createHash('sha256').update(text).digest('base64url');
}
