/**
 * Checks a whole log: every entry against the tree, the tree against its signed checkpoint, and both against
 * checkpoints that somebody has kept elsewhere. Says in words what is wrong and from which entry on.
 */
import { type Checkpoint, openCheckpoint } from './checkpoint.ts';
import { NoteError, type VerifierKey } from './signed-note.ts';
import { HASH_BYTES, type Hash, hashLeaf, sameHash } from './tree.ts';
import { type GrownTile, TreeBuilder } from './tree-builder.ts';

/** A stretch of the log as it is kept: at most 256 entries, from a multiple of 256 on. */
export interface LogPiece {
  readonly from: number;
  /** The leaf hashes that the tree is made of, concatenated. May be too short where something was taken away. */
  readonly hashes: Uint8Array;
  /** How many entries belong here. */
  readonly count: number;
  /** Null: this one is not there. */
  readonly entries: readonly (Uint8Array | null)[];
}

/** Something that is kept of a log, and can be read from the first entry on, more than once. */
export interface LogSource {
  /** Entries that have their place in the tree. */
  readonly size: number;
  /** The newest signed note; null: there is none. */
  readonly checkpoint: string | null;
  pieces(): AsyncIterable<LogPiece> | Iterable<LogPiece>;
}

/** What is wrong, as a sentence, and the first entry that it concerns. */
export interface Finding {
  /** Null: no entry can be named. */
  readonly from: number | null;
  readonly text: string;
}

/** A checkpoint that was kept elsewhere: the only witness against who can rewrite everything. */
export interface Remembered extends Checkpoint {
  readonly note: string;
}

export interface LogReport {
  /** Entries in the tree. */
  readonly size: number;
  /** Of them: read and hashed; the others were dropped when their time was over, and their hashes are kept. */
  readonly checked: number;
  readonly dropped: number;
  /** Null: there is none that a known key has signed. */
  readonly checkpoint: Checkpoint | null;
  /** By size: the roots that were asked for, and that of the whole tree. */
  readonly roots: ReadonlyMap<number, Hash>;
  /** Empty: the log is whole. In the order in which one should read them. */
  readonly findings: readonly Finding[];
}

export interface VerifyOptions {
  readonly keys: readonly VerifierKey[];
  readonly remembered: readonly Remembered[];
  /** Sizes of which the root is wanted. */
  readonly rootsAt?: readonly number[];
  /** Called after each piece, with the entries done. */
  readonly progress?: (done: number) => void;
  /** Called for each entry that is there and is the one that was logged. */
  readonly entry?: (leaf: number, bytes: Uint8Array) => void;
  /** Called for each tile that the leaf hashes make, the last time with all its hashes. */
  readonly tile?: (tile: GrownTile) => void;
}

/** Single entries named in a report; of more their number. */
const NAMED = 20;
const PRUNED = Buffer.from('"type":"audit.pruned"');

export async function verifyLog(source: LogSource, options: VerifyOptions): Promise<LogReport> {
  const { size } = source;
  const signed = openedCheckpoint(source.checkpoint, options.keys);
  const sizes = [
    ...options.remembered.map((each) => each.size),
    ...(options.rootsAt ?? []),
    signed.checkpoint?.size ?? 0,
  ];
  const walk = new Walk(sizes, options);
  for await (const piece of source.pieces()) {
    walk.piece(piece);
    options.progress?.(Math.min(piece.from + piece.count, size));
  }
  walk.end(size);
  const againstSigned = signed.checkpoint && (await holdAgainst(source, walk, signed.checkpoint));
  return {
    size,
    checked: walk.checked,
    dropped: walk.dropped.length,
    checkpoint: signed.checkpoint,
    roots: walk.roots,
    findings: [
      ...(signed.finding === null ? [] : [signed.finding]),
      ...walk.findings(),
      ...(againstSigned ? [againstSigned] : []),
      ...againstRemembered(walk.roots, size, options.remembered),
    ],
  };
}

function openedCheckpoint(
  note: string | null,
  keys: readonly VerifierKey[],
): { checkpoint: Checkpoint | null; finding: Finding | null } {
  const wrong = (text: string) => ({ checkpoint: null, finding: { from: null, text } });
  if (note === null)
    return wrong('There is no signed checkpoint: nobody has vouched for this log.');
  try {
    return { checkpoint: openCheckpoint(note, keys), finding: null };
  } catch (error) {
    if (!(error instanceof NoteError)) throw error;
    return wrong(`The checkpoint cannot be trusted: ${error.message}.`);
  }
}

/** One reading of the log. */
class Walk {
  checked = 0;
  readonly dropped: number[] = [];
  /** By size: the root over the leaf hashes that are kept. */
  readonly roots = new Map<number, Hash>();
  readonly #options: VerifyOptions;
  readonly #stops: number[];
  readonly #builder = new TreeBuilder();
  readonly #changed: number[] = [];
  readonly #missing: number[] = [];
  readonly #noHash: number[] = [];
  /** Entries below this were dropped by maintenance: the log says so itself. */
  #droppedBelow = 0;

  constructor(sizes: readonly number[], options: VerifyOptions) {
    this.#options = options;
    this.#stops = [...new Set(sizes)].toSorted((a, b) => a - b);
    this.#stop();
  }

  /** The first entry that is not the one that was logged; null: none. */
  get firstChanged(): number | null {
    return this.#changed[0] ?? null;
  }

  piece({ from, count, hashes, entries }: LogPiece): void {
    const leaves = new Uint8Array(count * HASH_BYTES);
    for (let index = 0; index < count; index++) {
      const leaf = from + index;
      const entry = entries[index] ?? null;
      const at = index * HASH_BYTES;
      const kept = hashes.length >= at + HASH_BYTES ? hashes.subarray(at, at + HASH_BYTES) : null;
      if (kept === null) this.#noHash.push(leaf);
      const made = entry === null ? null : hashLeaf(entry);
      if (entry === null) this.#missing.push(leaf);
      else if (made !== null && kept !== null && !sameHash(made, kept)) this.#changed.push(leaf);
      else this.#isWhole(leaf, entry);
      leaves.set(kept ?? made ?? new Uint8Array(HASH_BYTES), at);
    }
    this.#append(from, leaves);
  }

  #isWhole(leaf: number, entry: Uint8Array): void {
    this.checked += 1;
    if (Buffer.from(entry.buffer, entry.byteOffset, entry.length).includes(PRUNED)) {
      const { through } = JSON.parse(Buffer.from(entry).toString('utf8')) as { through?: unknown };
      if (typeof through === 'number') this.#droppedBelow = Math.max(this.#droppedBelow, through);
    }
    this.#options.entry?.(leaf, entry);
  }

  /** Appends leaf hashes, with a stop at every size of which the root is asked for. */
  #append(from: number, leaves: Uint8Array): void {
    let done = 0;
    const count = leaves.length / HASH_BYTES;
    while (done < count) {
      const next = Math.min((this.#stops[0] ?? Number.POSITIVE_INFINITY) - from, count);
      const tiles = this.#builder.append(leaves.subarray(done * HASH_BYTES, next * HASH_BYTES));
      for (const tile of tiles) this.#options.tile?.(tile);
      done = next;
      this.#stop();
    }
  }

  #stop(): void {
    while (this.#stops[0] === this.#builder.size) {
      this.roots.set(this.#builder.size, this.#builder.root());
      this.#stops.shift();
    }
  }

  end(size: number): void {
    this.roots.set(this.#builder.size, this.#builder.root());
    for (let leaf = this.#builder.size; leaf < size; leaf++) this.#missing.push(leaf);
    const gone = this.#missing.splice(0);
    for (const leaf of gone) (leaf < this.#droppedBelow ? this.dropped : this.#missing).push(leaf);
  }

  findings(): Finding[] {
    return [
      ...describe(
        this.#missing,
        (which, verb) => `${which} ${verb} missing: taken out of the log.`,
      ),
      ...describe(
        this.#changed,
        (which, verb) => `${which} ${verb} not as logged: the tree holds another hash.`,
      ),
      ...describe(
        this.#noHash,
        (which) => `The tree has no hash for ${lowerFirst(which)}: a tile was cut or taken away.`,
      ),
    ].toSorted((a, b) => (a.from ?? 0) - (b.from ?? 0));
  }
}

const lowerFirst = (text: string) => text.charAt(0).toLowerCase() + text.slice(1);

/** Sentences about runs of entries. */
function describe(
  leaves: readonly number[],
  say: (which: string, verb: 'is' | 'are') => string,
): Finding[] {
  const runs: { from: number; to: number }[] = [];
  for (const leaf of leaves) {
    const last = runs.at(-1);
    if (last?.to === leaf - 1) last.to = leaf;
    else runs.push({ from: leaf, to: leaf });
  }
  const named = runs.slice(0, NAMED).map(({ from, to }) => ({
    from,
    text: from === to ? say(`Entry ${from}`, 'is') : say(`Entries ${from} to ${to}`, 'are'),
  }));
  const more = runs[NAMED];
  if (more === undefined) return named;
  return [...named, { from: more.from, text: `The same of ${runs.length - NAMED} more places.` }];
}

/** Whose word counts: the signed root tells whether the tree or what hangs on it was changed. */
async function holdAgainst(
  source: LogSource,
  walk: Walk,
  checkpoint: Checkpoint,
): Promise<Finding | null> {
  const { size, root } = checkpoint;
  if (size > source.size) {
    return {
      from: source.size,
      text: `The checkpoint signs ${size} entries, and the log has ${source.size}: from entry ${source.size} on it was cut off.`,
    };
  }
  const kept = walk.roots.get(size);
  if (kept !== undefined && sameHash(kept, root)) return null;
  const byEntries = walk.firstChanged === null ? null : await rootOfEntries(source, size);
  if (byEntries !== null && sameHash(byEntries, root)) {
    return {
      from: walk.firstChanged,
      text: 'The entries are those that were signed: it is the tree’s hashes that were changed.',
    };
  }
  return {
    from: walk.firstChanged,
    text: `The tree over the first ${size} entries is not the one that was signed: entries, order or hashes were changed${walk.firstChanged === null ? ', and the hashes with them' : ''}.`,
  };
}

/** The root over what the entries hash to, whatever is kept of the tree. */
async function rootOfEntries(source: LogSource, size: number): Promise<Hash> {
  const builder = new TreeBuilder();
  for await (const { from, count, hashes, entries } of source.pieces()) {
    const leaves = Array.from({ length: Math.min(count, size - from) }, (_, index) => {
      const entry = entries[index] ?? null;
      return entry === null
        ? hashes.slice(index * HASH_BYTES, (index + 1) * HASH_BYTES)
        : hashLeaf(entry);
    });
    builder.append(Buffer.concat(leaves));
    if (builder.size >= size) break;
  }
  return builder.root();
}

/** What others remember: a cut and a rewritten history show here, though every hash and signature fit. */
export function againstRemembered(
  roots: ReadonlyMap<number, Hash>,
  size: number,
  remembered: readonly Remembered[],
): Finding[] {
  const bySize = remembered.toSorted((a, b) => a.size - b.size);
  let agreed = 0;
  for (const each of bySize) {
    if (each.size > size) {
      return [
        {
          from: size,
          text: `A checkpoint of ${each.size} entries is remembered, and the log has ${size}: entries ${size} to ${each.size - 1} were cut off.`,
        },
      ];
    }
    const root = roots.get(each.size);
    if (root === undefined || !sameHash(root, each.root)) {
      return [
        {
          from: agreed,
          text: `The first ${each.size} entries are not those of the checkpoint that is remembered: history was rewritten somewhere in entries ${agreed} to ${each.size - 1}.`,
        },
      ];
    }
    agreed = each.size;
  }
  return [];
}
