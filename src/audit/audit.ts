/** The audit log as the rest of the service uses it: what is published of it, and what proves an entry. */
import type { CommunityId, CourierId } from '../domain/identifier.ts';

/** A key that signs, or signed, checkpoints. */
export interface PublishedKey {
  /** As C2SP writes it: `name+id+base64`. */
  readonly verifierKey: string;
  readonly state: 'next' | 'active' | 'retired' | 'revoked';
  /** Since when it is in that state, Unix milliseconds. */
  readonly since: number;
}

/** An entry with what proves that it is in the log. */
export interface FoundReceipt {
  /** Canonical JSON. */
  readonly entry: string;
  readonly communityId: CommunityId | null;
  readonly district: string | null;
  /** Who holds the pass that the entry names; null: it names none, or nobody knows (any more). */
  readonly courierId: CourierId | null;
  /** A `tlog-proof`. Null: no checkpoint covers the entry yet. */
  readonly receipt: string | null;
}

export interface AuditLog {
  /** The name of the log in its checkpoints. */
  readonly origin: string;
  /**
   * Gives every committed entry its place and signs a checkpoint over it. Does nothing once the log is halted.
   * Rejects when the log must not go on, or the store cannot answer; the next call begins anew.
   */
  run(): Promise<void>;
  /** Null: the log goes on. Else why it does not, for the operator. */
  halted(): string | null;
  /** Takes the newest checkpoint to where others remember it. Rejects where that failed; the next call tries again. */
  publish(): Promise<void>;
  /** Has the newest checkpoint cosigned where a witness is configured. Rejects where that failed, likewise. */
  cosign(): Promise<void>;
  /**
   * Goes on with a log that was halted by what others remember of it, under another name: what was published under
   * the old one is not contradicted. An entry says so. Nothing happens to a log that goes on already.
   * @param actor who decided it
   */
  goOnRenamed(actor: string): Promise<void>;
  /** The keys that were not revoked. */
  publishedKeys(): readonly PublishedKey[];
  /** The newest checkpoint, a signed note. Null: there is none yet. */
  checkpoint(): Promise<string | null>;
  /** A tile or a bundle of entries by its C2SP address below `/tile/`. Null: there is none, or its time was over. */
  tile(path: string): Promise<Uint8Array | null>;
  /** Null: no entry has this leaf hash, or its time was over. */
  findReceipt(auditId: string): Promise<FoundReceipt | null>;
  /**
   * The path from a leaf to the root of the first `size` leaves, in base64.
   * @throws RangeError when the log has not so many
   */
  inclusionProof(leaf: number, size: number): Promise<readonly string[]>;
  /** Hashes in base64. Null: the newest checkpoint does not reach so far. */
  consistencyProof(from: number, to: number): Promise<readonly string[] | null>;
}
