/**
 * The part of the store port that holds the Merkle log over the audit entries. The tree is computed outside; the store
 * gives entries their places, once and for ever, and never lets the tree shrink or change.
 *
 * Which entries come next: every committed entry that has no place yet, in the order of `seq`. An adapter whose
 * transactions may commit out of the order of their numbers must find an entry that commits after a later number was
 * given its place: it asks for what has no place, never for what lies behind the last place.
 */
import type { Millis } from '../domain/clock.ts';
import type { CommunityId, CourierId } from '../domain/identifier.ts';

/** The tree as it was committed last. Roots are base64. */
export interface LogTree {
  /** The name of the log in its checkpoints, made with it. */
  readonly origin: string;
  readonly size: number;
  readonly root: string;
}

/** Entries of consecutive numbers that have consecutive places. */
export interface LogRun {
  readonly firstSeq: number;
  readonly count: number;
}

/** What has no place yet, in the order in which it gets one. */
export interface Unsequenced {
  /** Leaf hashes, concatenated, base64. */
  readonly leafHashes: string;
  readonly runs: readonly LogRun[];
}

export interface LogTile {
  readonly level: number;
  readonly tile: number;
  /** All its hashes, concatenated, base64. */
  readonly hashes: string;
}

export interface StoredCheckpoint {
  readonly size: number;
  /** A signed note. */
  readonly note: string;
  readonly at: Millis;
}

/** An entry at its place. */
export interface LogLeaf {
  readonly leaf: number;
  readonly seq: number;
  /** Canonical JSON. Null: its time was over, and only its hash is kept. */
  readonly entry: string | null;
}

/** An entry that somebody asks about. */
export interface FoundEntry {
  readonly entry: string;
  /** Null: it waits for its place. */
  readonly leaf: number | null;
  /** Of the community that the entry names. */
  readonly communityId: CommunityId | null;
  readonly district: string | null;
  /** Who holds the pass that the entry names. Null: it names none, or it is not known (any more) whose it was. */
  readonly courierId: CourierId | null;
}

export interface LogStore {
  /** Makes the log where there is none. @returns the log that there is */
  openLog(input: { origin: string; emptyRoot: string; now: Millis }): Promise<LogTree>;
  /**
   * Goes on with the tree under another name, as after a restored backup: what was published under the old one is not
   * contradicted. An entry says so. Checkpoints under the old name are forgotten.
   */
  renameLog(input: { origin: string; actor: string; now: Millis }): Promise<LogTree>;
  /** Null: the log was never opened. */
  readLogTree(): Promise<LogTree | null>;
  readUnsequenced(limit: number): Promise<Unsequenced>;
  /**
   * Gives entries their places and makes the tree grow, if it has still the size `from`: compared and swapped in one
   * transaction, so that of several sequencers one goes on. `conflict`: nothing was changed; the tree has grown
   * otherwise, or the entries have their places already.
   * @param tiles every tile that changed; a tile keeps the hashes that it had
   */
  growLog(input: {
    from: number;
    to: number;
    root: string;
    runs: readonly LogRun[];
    tiles: readonly LogTile[];
    now: Millis;
  }): Promise<'grown' | 'conflict'>;
  /** A tile's hashes, concatenated, base64; empty: there is no such tile. */
  readLogTile(level: number, tile: number): Promise<string>;
  /**
   * Keeps a checkpoint of a size that the tree has or had. The same size again replaces its note. `outdated`: a newer
   * one is kept.
   */
  putCheckpoint(checkpoint: StoredCheckpoint): Promise<'kept' | 'outdated'>;
  /** Null: nothing was signed yet. */
  latestCheckpoint(): Promise<StoredCheckpoint | null>;
  /** Entries in the order of their places. */
  readLogLeaves(input: { from: number; limit: number }): Promise<readonly LogLeaf[]>;
  /** Null: there is none under that leaf hash (base64url), or its time was over. */
  findLogEntry(auditId: string): Promise<FoundEntry | null>;
}
