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

/** Leaf hashes kept in memory until their entries have places: some seconds' worth. Past it they are computed anew. */
const HASHES_KEPT = 131_072;

/** Entries that are hashed at most to find one of them: some milliseconds. */
const HASHES_READ = 4_096;

/** Appends entries to the audit log, inside the transaction of the effect that they record. */
export class AuditLog {
  readonly #insert: Statement;
  readonly #last: Statement<[], { last: number | null }>;
  readonly #after: Statement<[number, number], { entry: string }>;
  #next: number | null = null;
  /** The audit ids of the entries from `from` to the newest one. Null: not known. */
  #recent: { readonly from: number; readonly auditIds: string[] } | null = null;

  constructor(sqlite: SqliteDatabase) {
    this.#insert = sqlite.prepare('INSERT INTO audit_entries (seq, entry) VALUES (?, ?)');
    // An entry that has its place in the log keeps its number also when somebody took the entry away.
    this.#last = sqlite.prepare(
      `SELECT max((SELECT coalesce(max(seq), 0) FROM audit_entries),
                  (SELECT coalesce(max(first_seq + count - 1), 0) FROM log_runs
                     WHERE first_leaf = (SELECT max(first_leaf) FROM log_runs))) AS last`,
    );
    this.#after = sqlite.prepare(
      'SELECT entry FROM audit_entries WHERE seq > ? ORDER BY seq LIMIT ?',
    );
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
    if (this.#recent === null || this.#recent.auditIds.length >= HASHES_KEPT) this.#recent = null;
    else this.#recent.auditIds.push(auditId);
    return { seq, auditId };
  }

  /** The audit ids of the entries behind a number, in order. Those before it are not asked about any more. */
  auditIdsAfter(seq: number, limit: number): readonly string[] {
    const recent = this.#recent;
    if (recent !== null && recent.from <= seq + 1) {
      const known = recent.auditIds.slice(seq + 1 - recent.from);
      this.#recent = { from: seq + 1, auditIds: known };
      return known.slice(0, limit);
    }
    const auditIds = this.#after.all(seq, limit).map(({ entry }) => leafHash(entry));
    if (auditIds.length < limit) this.#recent = { from: seq + 1, auditIds: [...auditIds] };
    return auditIds;
  }

  /**
   * The number of an entry behind a number. Null: there is none, or so many wait that only the first were looked at:
   * what was written before a start is not in memory.
   */
  seqBehind(seq: number, auditId: string): number | null {
    const { from, auditIds } = this.#recent ?? {
      from: seq + 1,
      auditIds: this.auditIdsAfter(seq, HASHES_READ),
    };
    const at = auditIds.lastIndexOf(auditId);
    return at < 0 ? null : from + at;
  }

  /** After a rollback the next number is read from the table again, so the sequence has no gap. */
  forget(): void {
    this.#next = null;
    this.#recent = null;
  }
}

/** SHA-256 of a text, base64url: how larger content appears in an entry. */
export function digest(text: string): string {
  return createHash('sha256').update(text).digest('base64url');
}
