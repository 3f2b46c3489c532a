import { leafHash } from '../domain/audit-entry.ts';
import type { Millis } from '../domain/clock.ts';
import type { ExportedEntry, ExportFilter } from '../store/export-store.ts';
import type { Deps } from './deps.ts';

/** An export, piece by piece: what it is of, its entries with their receipts, and that it is whole. */
export type ExportRecord =
  | {
      readonly kind: 'header';
      readonly origin: string;
      /** A signed note; every entry is proved against it. */
      readonly checkpoint: string;
      /** Entries that the checkpoint covers. */
      readonly size: number;
      /** As C2SP writes them. For comparison only: who verifies has the key from elsewhere. */
      readonly keys: readonly string[];
      readonly filter: ExportFilter;
      readonly at: Millis;
    }
  | (ExportedEntry & {
      readonly kind: 'entry';
      readonly auditId: string;
      /** Hashes in base64 from the leaf's sibling on. */
      readonly proof: readonly string[];
    })
  | { readonly kind: 'end'; readonly entries: number };

/** Entries that are looked at in one operation of the store: a few milliseconds. */
const SCAN_ENTRIES = 1_024;

/**
 * The entries that a filter wants, each with what proves it, as they are asked for: nothing is read ahead, so an
 * export of everything takes no more memory than one of a day.
 * @returns null: nothing was signed yet
 */
export async function exportAudit(
  deps: Pick<Deps, 'audit' | 'store' | 'now'>,
  filter: ExportFilter,
): Promise<AsyncGenerator<ExportRecord, void> | null> {
  const latest = await deps.store.latestCheckpoint();
  return latest === null ? null : records(deps, filter, latest.note, latest.size);
}

async function* records(
  { audit, store, now }: Pick<Deps, 'audit' | 'store' | 'now'>,
  filter: ExportFilter,
  checkpoint: string,
  size: number,
): AsyncGenerator<ExportRecord, void> {
  const keys = audit.publishedKeys().map(({ verifierKey }) => verifierKey);
  yield { kind: 'header', origin: audit.origin, checkpoint, size, keys, filter, at: now() };
  let entries = 0;
  let from: number | null = 0;
  while (from !== null) {
    const page: Awaited<ReturnType<typeof store.readExport>> = await store.readExport({
      from,
      to: size,
      scan: SCAN_ENTRIES,
      filter,
    });
    for (const item of page.items) {
      const proof = await audit.inclusionProof(item.leaf, size);
      yield { kind: 'entry', ...item, auditId: leafHash(item.entry), proof };
      entries += 1;
    }
    from = page.next;
  }
  yield { kind: 'end', entries };
}
