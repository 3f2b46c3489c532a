import { createHash } from 'node:crypto';
import type { CourierId } from '../../../domain/identifier.ts';
import type { ExportedEntry, ExportFilter } from '../../export-store.ts';
import type { Context } from '../database.ts';
import { courierNo } from './couriers.ts';
import type { Operations } from './operation.ts';

interface Run {
  readonly firstLeaf: number;
  readonly firstSeq: number;
  readonly count: number;
}
interface Named {
  readonly at: string;
  readonly community?: string;
  readonly pass?: string;
  readonly holder?: string;
}

export function exportOperations(context: Context): Pick<Operations, 'readExport'> {
  const { sqlite } = context;
  const firstRun = sqlite.prepare<[number], { firstLeaf: number }>(
    'SELECT first_leaf AS firstLeaf FROM log_runs WHERE first_leaf <= ? ORDER BY first_leaf DESC LIMIT 1',
  );
  const runsFrom = sqlite.prepare<[number, number], Run>(
    `SELECT first_leaf AS firstLeaf, first_seq AS firstSeq, count FROM log_runs
     WHERE first_leaf >= ? AND first_leaf < ? ORDER BY first_leaf`,
  );
  const entries = sqlite.prepare<[number, number], { seq: number; entry: string }>(
    'SELECT seq, entry FROM audit_entries WHERE seq >= ? AND seq < ? ORDER BY seq',
  );
  const pass = sqlite.prepare<[string], { courierNo: number | null; salt: string | null }>(
    'SELECT courier_no AS courierNo, commitment_salt AS salt FROM passes WHERE id = ?',
  );
  const couriers = sqlite.prepare<[number, number], { no: number; id: CourierId }>(
    'SELECT no, id FROM couriers WHERE no = ? OR joined_into = ?',
  );
  const passesOf = sqlite.prepare<[number], { id: string }>(
    'SELECT id FROM passes WHERE courier_no = ?',
  );

  function wantedBy({ communities, courierId, since, until }: ExportFilter) {
    const inside = communities === null ? null : new Set<string>(communities);
    const no = courierId === null ? null : courierNo(context, courierId);
    const held =
      courierId === null ? null : new Set(no === null ? [] : passesOf.all(no).map(({ id }) => id));
    return ({ at, community, pass: named }: Named) => {
      if (inside !== null && (community === undefined || !inside.has(community))) return false;
      if (held !== null && (named === undefined || !held.has(named))) return false;
      const instant = Date.parse(at);
      return (since === null || instant >= since) && (until === null || instant < until);
    };
  }

  /** The holder of the pass, and where the entry commits to one, what proves it. */
  function holderOf({ pass: named, holder }: Named): Pick<ExportedEntry, 'courier' | 'salt'> {
    const row = named === undefined ? undefined : pass.get(named);
    if (row === undefined) return NOBODY;
    if (row.courierNo === null) return ERASED;
    const people = couriers.all(row.courierNo, row.courierNo);
    const proved =
      holder === undefined || row.salt === null
        ? undefined
        : people.find(({ id }) => commitment(row.salt ?? '', id) === holder);
    if (proved !== undefined) return { courier: proved.id, salt: row.salt };
    return { courier: people.find(({ no }) => no === row.courierNo)?.id ?? null, salt: null };
  }

  return {
    readExport({ from, to, scan, filter }) {
      const end = Math.min(from + scan, to);
      const isWanted = wantedBy(filter);
      const items: ExportedEntry[] = [];
      for (const run of runsFrom.all(firstRun.get(from)?.firstLeaf ?? 0, end)) {
        const shift = run.firstLeaf - run.firstSeq;
        const first = Math.max(from, run.firstLeaf) - shift;
        const last = Math.min(end, run.firstLeaf + run.count) - shift;
        for (const { seq, entry } of entries.all(first, last)) {
          const named = JSON.parse(entry) as Named;
          if (isWanted(named)) items.push({ leaf: seq + shift, entry, ...holderOf(named) });
        }
      }
      return { items, next: end < to ? end : null };
    },
  };
}

const NOBODY = { courier: null, salt: null } as const;
const ERASED = { courier: 'erased', salt: null } as const;

/** As an entry commits to the holder of a pass. */
function commitment(salt: string, id: CourierId): string {
  return createHash('sha256').update(`${salt}${id}`).digest('base64url');
}
