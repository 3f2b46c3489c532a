/** A database file's log: entries, tiles and checkpoints, and whether what hangs on them fits. Nothing is written. */
import { createHash } from 'node:crypto';
import Database from 'better-sqlite3';
import { formatVerifierKey, verifierKey } from '../../audit/signed-note.ts';
import { TILE_WIDTH } from '../../audit/tiles.ts';
import { HASH_BYTES, hashLeaf, hashText } from '../../audit/tree.ts';
import type { Finding, LogPiece, LogSource } from '../../audit/verify-log.ts';
import { UsageError } from '../exit.ts';

interface Run {
  readonly firstLeaf: number;
  readonly firstSeq: number;
  readonly count: number;
}
interface Tree {
  readonly origin: string;
  readonly size: number;
  readonly root: string;
}

/** How many findings of one kind are named. */
const NAMED = 20;

export class DatabaseSource implements LogSource {
  readonly #database: Database.Database;
  readonly #tree: Tree;
  readonly size: number;
  readonly checkpoint: string | null;

  /** @throws UsageError when the file is no database of ours */
  constructor(path: string) {
    this.#database = open(path);
    try {
      this.#tree = this.#readTree();
      this.size = this.#tree.size;
      this.checkpoint = this.#newestCheckpoint();
    } catch (error) {
      this.#database.close();
      throw new UsageError(`${path} holds no audit log: ${messageOf(error)}.`);
    }
  }

  close(): void {
    this.#database.close();
  }

  #readTree(): Tree {
    const tree = this.#database
      .prepare<[], Tree>('SELECT origin, size, root FROM log_tree WHERE one = 1')
      .get();
    return tree ?? { origin: '', size: 0, root: hashText(createHash('sha256').digest()) };
  }

  #newestCheckpoint(): string | null {
    const newest = this.#database
      .prepare<[], { note: string }>('SELECT note FROM log_checkpoints ORDER BY size DESC LIMIT 1')
      .get();
    return newest?.note ?? null;
  }

  /** The keys that the database itself names; nobody need believe them. */
  keys(): readonly string[] {
    const rows = this.#database
      .prepare<[], { jwk: string }>(
        "SELECT public_jwk AS jwk FROM keys WHERE purpose = 'checkpoint' AND state <> 'revoked'",
      )
      .all();
    return rows.flatMap(({ jwk }) => {
      const { x } = JSON.parse(jwk) as { x?: string };
      const bytes = Buffer.from(x ?? '', 'base64url');
      return bytes.length === HASH_BYTES
        ? [formatVerifierKey(verifierKey(this.#tree.origin, bytes))]
        : [];
    });
  }

  *pieces(): Generator<LogPiece, void> {
    const tile = this.#database.prepare<[number], { hashes: Buffer }>(
      'SELECT hashes FROM log_tiles WHERE level = 0 AND tile = ?',
    );
    const entry = this.#database.prepare<[number, number], { seq: number; bytes: Buffer }>(
      'SELECT seq, CAST(entry AS BLOB) AS bytes FROM audit_entries WHERE seq >= ? AND seq < ?',
    );
    const runs = this.#runs();
    for (let from = 0; from < this.size; from += TILE_WIDTH) {
      const count = Math.min(TILE_WIDTH, this.size - from);
      const entries: (Buffer | null)[] = Array.from({ length: count }, () => null);
      while (runs.now !== null && runs.now.firstLeaf < from + count) {
        const { firstLeaf, firstSeq, count: length } = runs.now;
        const shift = firstLeaf - firstSeq;
        const first = Math.max(from, firstLeaf) - shift;
        const last = Math.min(from + count, firstLeaf + length) - shift;
        for (const { seq, bytes } of entry.all(first, last)) entries[seq + shift - from] = bytes;
        if (firstLeaf + length > from + count) break;
        runs.next();
      }
      yield {
        from,
        count,
        entries,
        hashes: tile.get(from / TILE_WIDTH)?.hashes ?? Buffer.alloc(0),
      };
    }
  }

  /** Runs in order, each read when it is asked for. */
  #runs(): { now: Run | null; next(): void } {
    const after = this.#database.prepare<[number], Run>(
      `SELECT first_leaf AS firstLeaf, first_seq AS firstSeq, count FROM log_runs
       WHERE first_leaf >= ? ORDER BY first_leaf LIMIT 1`,
    );
    const cursor = {
      now: after.get(0) ?? null,
      next() {
        const { now } = cursor;
        cursor.now = now === null ? null : (after.get(now.firstLeaf + 1) ?? null);
      },
    };
    return cursor;
  }

  /** What the tree’s own rows say against what the leaf hashes make. @param tiles by `level/tile`: SHA-256 of hashes */
  treeFindings(root: string, tiles: ReadonlyMap<string, string>): Finding[] {
    const findings: Finding[] = [];
    if (this.#tree.root !== root)
      findings.push({
        from: null,
        text: 'The root that is kept of the tree is not that of its hashes.',
      });
    const kept = this.#database
      .prepare<[], { level: number; tile: number; hashes: Buffer }>(
        'SELECT level, tile, hashes FROM log_tiles ORDER BY level, tile',
      )
      .iterate();
    const seen = new Set<string>();
    for (const { level, tile, hashes } of kept) {
      const name = `${level}/${tile}`;
      seen.add(name);
      if (tiles.get(name) !== digest(hashes))
        findings.push({
          from: tile * TILE_WIDTH ** (level + 1),
          text: `Tile ${name} is not the one that its hashes make: it was changed, or does not belong here.`,
        });
    }
    for (const name of tiles.keys())
      if (!seen.has(name)) findings.push({ from: null, text: `Tile ${name} is missing.` });
    return findings.slice(0, NAMED);
  }

  /** Every checkpoint that is kept. */
  checkpoints(): readonly { readonly size: number; readonly note: string }[] {
    return this.#database
      .prepare<[], { size: number; note: string }>(
        'SELECT size, note FROM log_checkpoints ORDER BY size',
      )
      .all();
  }

  /**
   * What hangs on entries: places and numbers without gaps, decisions that are answered under the hash of their
   * entry, and the look-up of receipts.
   */
  *linkFindings(): Generator<Finding, void> {
    yield* this.#places();
    yield* this.#newest();
    yield* this.#decisions();
    yield* this.#lookUps();
  }

  *#places(): Generator<Finding, void> {
    let [leaf, seq] = [0, 0];
    const rows = this.#database
      .prepare<[], Run>(
        `SELECT first_leaf AS firstLeaf, first_seq AS firstSeq, count FROM log_runs ORDER BY first_leaf`,
      )
      .iterate();
    for (const { firstLeaf, firstSeq, count } of rows) {
      if (firstLeaf !== leaf || firstSeq <= seq || count < 1) {
        yield {
          from: leaf,
          text: `From entry ${leaf} on the places of entries were changed: one run of them does not follow from the one before.`,
        };
        return;
      }
      [leaf, seq] = [firstLeaf + count, firstSeq + count - 1];
    }
    if (leaf !== this.size)
      yield {
        from: Math.min(leaf, this.size),
        text: `${leaf} entries have a place, and the tree has ${this.size}.`,
      };
  }

  /** Entries that came after the last place: they have no hash in the tree yet, but their numbers. */
  *#newest(): Generator<Finding, void> {
    const last = this.#database
      .prepare<[], { seq: number | null }>('SELECT max(first_seq + count - 1) AS seq FROM log_runs')
      .get();
    const from = last?.seq ?? 0;
    const row = this.#database
      .prepare<[number], { least: number | null; most: number | null; count: number }>(
        'SELECT min(seq) AS least, max(seq) AS most, count(*) AS count FROM audit_entries WHERE seq > ?',
      )
      .get(from);
    if (row === undefined || row.least === null || row.most === null) return;
    if (row.least !== from + 1 || row.count !== row.most - from)
      yield {
        from: this.size,
        text: `Of the newest entries, which have no place in the tree yet, ${row.most - from - row.count} are missing.`,
      };
  }

  *#decisions(): Generator<Finding, void> {
    let named = 0;
    const rows = this.#database
      .prepare<[], { seq: number; auditId: string; bytes: Buffer | null }>(
        `SELECT a.seq, a.audit_id AS auditId, CAST(e.entry AS BLOB) AS bytes
         FROM attempts a LEFT JOIN audit_entries e ON e.seq = a.seq ORDER BY a.seq`,
      )
      .iterate();
    for (const { seq, auditId, bytes } of rows) {
      const isSame =
        bytes !== null && Buffer.from(hashLeaf(bytes)).toString('base64url') === auditId;
      if (isSame || named >= NAMED) continue;
      named += 1;
      yield {
        from: this.leafOf(seq),
        text:
          bytes === null
            ? `The decision that was answered under ${auditId} has no entry any more.`
            : `The decision that was answered under ${auditId} has another entry: it hashes to something else.`,
      };
    }
  }

  *#lookUps(): Generator<Finding, void> {
    const tile = this.#database.prepare<[number], { hashes: Buffer }>(
      'SELECT hashes FROM log_tiles WHERE level = 0 AND tile = ?',
    );
    let count = 0;
    let wrong = 0;
    let at = -1;
    let hashes: Buffer = Buffer.alloc(0);
    const rows = this.#database
      .prepare<[], { prefix: number; leaf: number }>(
        'SELECT prefix, leaf FROM log_lookup ORDER BY leaf',
      )
      .iterate();
    for (const { prefix, leaf } of rows) {
      count += 1;
      const wanted = Math.floor(leaf / TILE_WIDTH);
      if (wanted !== at) [at, hashes] = [wanted, tile.get(wanted)?.hashes ?? Buffer.alloc(0)];
      const start = (leaf % TILE_WIDTH) * HASH_BYTES;
      const fits = hashes.length >= start + 6 && hashes.readUIntBE(start, 6) === prefix;
      if (!fits) wrong += 1;
    }
    if (wrong > 0 || count !== this.size)
      yield {
        from: null,
        text: 'The look-up from audit ids to entries does not fit the tree: some receipts are not found.',
      };
  }

  /** The place of an entry by its number; null: it has none. */
  leafOf(seq: number): number | null {
    const run = this.#database
      .prepare<[number], Run>(
        `SELECT first_leaf AS firstLeaf, first_seq AS firstSeq, count FROM log_runs
         WHERE first_seq <= ? ORDER BY first_seq DESC LIMIT 1`,
      )
      .get(seq);
    if (run === undefined || seq >= run.firstSeq + run.count) return null;
    return run.firstLeaf + seq - run.firstSeq;
  }

  /** Checks commitments to holders as their entries go by. */
  commitments(): CommitmentCheck {
    return new CommitmentCheck(this.#database);
  }
}

/** Whether who holds a pass by its row is who the log committed to. */
export class CommitmentCheck {
  readonly #row;
  readonly #people;
  /** Passes whose commitment did not fit, until a later one does: a pass may have changed hands. */
  readonly #unproved = new Map<string, number>();
  #proved = 0;
  #erased = 0;

  constructor(database: Database.Database) {
    this.#row = database.prepare<[string], { courierNo: number | null; salt: string | null }>(
      'SELECT courier_no AS courierNo, commitment_salt AS salt FROM passes WHERE id = ?',
    );
    this.#people = database.prepare<[number, number], { id: string }>(
      'SELECT id FROM couriers WHERE no = ? OR joined_into = ?',
    );
  }

  entry(leaf: number, bytes: Uint8Array): void {
    const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
    if (!text.includes('"holder":')) return;
    const { pass, holder } = JSON.parse(text.toString('utf8')) as {
      pass?: string;
      holder?: string;
    };
    if (pass === undefined || holder === undefined) return;
    const row = this.#row.get(pass);
    if (row === undefined || row.courierNo === null || row.salt === null) {
      if (row !== undefined) this.#erased += 1;
      return;
    }
    const { courierNo, salt } = row;
    const fits = this.#people
      .all(courierNo, courierNo)
      .some(({ id }) => createHash('sha256').update(`${salt}${id}`).digest('base64url') === holder);
    if (fits) {
      this.#proved += 1;
      this.#unproved.delete(pass);
    } else this.#unproved.set(pass, leaf);
  }

  get proved(): number {
    return this.#proved;
  }
  get erased(): number {
    return this.#erased;
  }

  findings(): Finding[] {
    return [...this.#unproved].slice(0, NAMED).map(([pass, leaf]) => ({
      from: leaf,
      text: `Entry ${leaf} commits to another holder of ${pass} than its row names: who held it was changed.`,
    }));
  }
}

/** How a tile is remembered while a log is read. */
export function digest(hashes: Uint8Array): string {
  return createHash('sha256').update(hashes).digest('base64');
}

function open(path: string): Database.Database {
  try {
    return new Database(path, { readonly: true, fileMustExist: true });
  } catch (error) {
    throw new UsageError(`${path} cannot be opened: ${messageOf(error)}.`);
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
