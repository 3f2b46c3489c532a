/** The part of the store port that reads the log out for others. */
import type { Millis } from '../domain/clock.ts';
import type { CommunityId, CourierId } from '../domain/identifier.ts';

/** Which entries are wanted: those to which all that is given applies. */
export interface ExportFilter {
  /** Entries that name one of these. Null: also those that name none. */
  readonly communities: readonly CommunityId[] | null;
  /** Entries that name a pass that the courier holds or held. */
  readonly courierId: CourierId | null;
  /** Included; of what a gate decided alone its own time counts. */
  readonly since: Millis | null;
  /** Excluded. */
  readonly until: Millis | null;
}

export interface ExportedEntry {
  readonly leaf: number;
  /** Canonical JSON. */
  readonly entry: string;
  /** Who holds the pass that the entry names; `erased`: nobody knows any more; null: it names none. */
  readonly courier: CourierId | 'erased' | null;
  /** Of an entry that commits to a holder: what proves it together with `courier`. */
  readonly salt: string | null;
}

export interface ExportStore {
  /**
   * Entries in the order of their places, from a place on: looks at `scan` of them at most, so that nobody waits for
   * it. `next`: where to go on; null: the place `to` was reached, which is excluded.
   */
  readExport(input: {
    readonly from: number;
    readonly to: number;
    readonly scan: number;
    readonly filter: ExportFilter;
  }): Promise<{ readonly items: readonly ExportedEntry[]; readonly next: number | null }>;
}
