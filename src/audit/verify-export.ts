/** Checks an export of the log, line by line, with nothing but the keys of the log. */
import { createHash } from 'node:crypto';
import { canonicalJson } from '../domain/audit-entry.ts';
import { type Checkpoint, openCheckpoint } from './checkpoint.ts';
import { InclusionChecker } from './inclusion-checker.ts';
import { NoteError, type VerifierKey } from './signed-note.ts';
import { type Hash, hashLeaf, sameHash } from './tree.ts';
import { TreeBuilder } from './tree-builder.ts';
import { againstRemembered, type Finding, type Remembered } from './verify-log.ts';

export interface ExportReport {
  /** Entries that were read. */
  readonly entries: number;
  /** Every entry that the checkpoint covers is in it: nothing was left out, in the middle or before. */
  readonly complete: boolean;
  /** Commitments to a holder that the export proves, and that nobody can prove any more. */
  readonly commitments: number;
  readonly erased: number;
  readonly checkpoint: Checkpoint | null;
  /** Remembered checkpoints that it was held against. */
  readonly held: number;
  /** The size of the newest remembered checkpoint, where it is of a later time than the export. Null: none is. */
  readonly outgrownBy: number | null;
  readonly findings: readonly Finding[];
}

export interface ExportOptions {
  readonly keys: readonly VerifierKey[];
  readonly remembered: readonly Remembered[];
  /** Called now and then with the entries done. */
  readonly progress?: (done: number) => void;
}

/** Findings named in a report; of more their number. */
const NAMED = 20;
const PROGRESS_EVERY = 4_096;

/** @throws RangeError when the text is no export at all */
export async function verifyExport(
  lines: AsyncIterable<string> | Iterable<string>,
  options: ExportOptions,
): Promise<ExportReport> {
  let check: ExportCheck | null = null;
  for await (const line of lines) {
    if (line === '') continue;
    if (check === null) check = new ExportCheck(headerOf(line), options);
    else check.line(line);
  }
  if (check === null) throw new RangeError('it is empty');
  return check.report();
}

/** The keys that an export names; nobody need believe them. @throws RangeError when it is no export's first line */
export function keysOfExport(firstLine: string): readonly string[] {
  return headerOf(firstLine).keys;
}

/** How many entries the checkpoint of an export covers, by its own word. @throws RangeError as above */
export function sizeOfExport(firstLine: string): number {
  return headerOf(firstLine).size;
}

interface Header {
  readonly checkpoint: string;
  readonly size: number;
  readonly keys: readonly string[];
}

function headerOf(line: string): Header {
  const { kind, format, version, checkpoint, size, keys } = objectOf(line) ?? {};
  if (kind !== 'header' || format !== 'courier-pass-audit-export')
    throw new RangeError('its first line is not that of an export');
  if (version !== 1) throw new RangeError(`it is of version ${version}, which is not known here`);
  return {
    checkpoint: String(checkpoint),
    size: Number(size),
    keys: Array.isArray(keys) ? keys.map(String) : [],
  };
}

function objectOf(line: string): Readonly<Record<string, unknown>> | null {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null
      ? (value as Readonly<Record<string, unknown>>)
      : null;
  } catch {
    return null;
  }
}

class ExportCheck {
  readonly #options: ExportOptions;
  readonly #checkpoint: Checkpoint | null;
  readonly #checker: InclusionChecker | null;
  readonly #findings: Finding[] = [];
  #moreFindings = 0;
  #lineNo = 1;
  #entries = 0;
  #lastLeaf = -1;
  #ended = false;
  #commitments = 0;
  #erased = 0;
  /** While nothing was left out: the tree of what was read, and its roots where others remember one. */
  #builder: TreeBuilder | null = new TreeBuilder();
  #waiting: Hash[] = [];
  readonly #roots = new Map<number, Hash>();
  readonly #stops: Set<number>;

  constructor({ checkpoint }: Header, options: ExportOptions) {
    this.#options = options;
    this.#stops = new Set(options.remembered.map(({ size }) => size));
    this.#checkpoint = this.#opened(checkpoint);
    this.#checker = this.#checkpoint && new InclusionChecker(this.#checkpoint);
  }

  #opened(note: string): Checkpoint | null {
    try {
      return openCheckpoint(note, this.#options.keys);
    } catch (error) {
      if (!(error instanceof NoteError)) throw error;
      this.#find(null, `The checkpoint cannot be trusted: ${error.message}.`);
      return null;
    }
  }

  line(text: string): void {
    this.#lineNo += 1;
    const value = objectOf(text);
    const { kind, leaf, entry, proof } = value ?? {};
    if (value !== null && kind === 'end' && !this.#ended) this.#end(value);
    else if (value === null || this.#ended || kind !== 'entry')
      this.#find(null, `Line ${this.#lineNo} is not one of an export.`);
    else if (typeof leaf !== 'number' || !Array.isArray(proof))
      this.#find(null, `Line ${this.#lineNo} has no place or no proof.`);
    else this.#entry(leaf, value, entry, proof);
  }

  #entry(
    leaf: number,
    { auditId, courier, salt }: Readonly<Record<string, unknown>>,
    entry: unknown,
    proof: readonly unknown[],
  ): void {
    this.#entries += 1;
    const written = canonical(entry);
    const hash = hashLeaf(written ?? '');
    const where = `Entry ${leaf} (line ${this.#lineNo})`;
    if (leaf <= this.#lastLeaf)
      this.#find(leaf, `${where} stands after entry ${this.#lastLeaf}: the order was changed.`);
    if (written === null || Buffer.from(hash).toString('base64url') !== auditId)
      this.#find(leaf, `${where} is not as logged: it does not hash to its audit id.`);
    else if (this.#checker !== null && !this.#checker.holds(leaf, hash, proof.map(String)))
      this.#find(leaf, `${where} is not in the tree that was signed: its proof does not hold.`);
    this.#commitment(leaf, entry, courier, salt);
    this.#grow(leaf, hash);
    this.#lastLeaf = leaf;
    if (this.#entries % PROGRESS_EVERY === 0) this.#options.progress?.(this.#entries);
  }

  /** Whether who is said to hold the pass is who the entry commits to. */
  #commitment(leaf: number, entry: unknown, courier: unknown, salt: unknown): void {
    const { pass, holder } = (entry ?? {}) as { pass?: unknown; holder?: unknown };
    if (typeof pass !== 'string' || typeof holder !== 'string') return;
    if (courier === 'erased') {
      this.#erased += 1;
      return;
    }
    if (typeof salt !== 'string') return; // another has taken over the pass since, and the salt is the other's
    const made = createHash('sha256')
      .update(`${salt}${String(courier)}`)
      .digest('base64url');
    if (made === holder) this.#commitments += 1;
    else
      this.#find(
        leaf,
        `Entry ${leaf} (line ${this.#lineNo}) commits to another holder of ${pass} than ${String(courier)}.`,
      );
  }

  #grow(leaf: number, hash: Hash): void {
    if (this.#builder === null) return;
    if (leaf !== this.#builder.size + this.#waiting.length) {
      this.#builder = null;
      return;
    }
    this.#waiting.push(hash);
    if (this.#waiting.length >= 256 || this.#stops.has(leaf + 1)) this.#flush();
  }

  #flush(): void {
    if (this.#builder === null) return;
    this.#builder.append(Buffer.concat(this.#waiting));
    this.#waiting = [];
    const { size } = this.#builder;
    if (this.#stops.has(size)) this.#roots.set(size, this.#builder.root());
  }

  #end({ entries }: Readonly<Record<string, unknown>>): void {
    this.#ended = true;
    if (entries !== this.#entries)
      this.#find(
        null,
        `The export says that it has ${String(entries)} entries, and there are ${this.#entries}: some were taken out or added.`,
      );
  }

  report(): ExportReport {
    this.#options.progress?.(this.#entries);
    this.#flush();
    if (!this.#ended)
      this.#find(
        this.#lastLeaf + 1,
        `The export ends in the middle, after entry ${this.#lastLeaf}: it was cut off.`,
      );
    const complete =
      this.#builder !== null &&
      this.#checkpoint !== null &&
      this.#builder.size === this.#checkpoint.size &&
      sameHash(this.#builder.root(), this.#checkpoint.root);
    const more = this.#moreFindings;
    const comparable = this.#comparable(complete);
    return {
      entries: this.#entries,
      complete,
      commitments: this.#commitments,
      erased: this.#erased,
      checkpoint: this.#checkpoint,
      held: comparable.length,
      outgrownBy: this.#outgrownBy(),
      findings: [
        ...this.#findings,
        ...(more === 0 ? [] : [{ from: null, text: `${more} more lines are wrong.` }]),
        ...this.#against(comparable),
      ],
    };
  }

  /**
   * An export is of the time of its checkpoint: what is remembered of later says nothing of it. One that leaves out
   * entries can be held against a checkpoint of its own size only.
   */
  #comparable(complete: boolean): readonly Remembered[] {
    const own = this.#checkpoint?.size ?? 0;
    return this.#options.remembered.filter(({ size }) => size === own || (complete && size < own));
  }

  #outgrownBy(): number | null {
    const newest = Math.max(0, ...this.#options.remembered.map(({ size }) => size));
    return this.#checkpoint !== null && newest > this.#checkpoint.size ? newest : null;
  }

  #against(comparable: readonly Remembered[]): readonly Finding[] {
    if (this.#checkpoint === null) return [];
    const { size, root } = this.#checkpoint;
    this.#roots.set(size, root);
    return againstRemembered(this.#roots, size, comparable);
  }

  #find(from: number | null, text: string): void {
    if (this.#findings.length < NAMED) this.#findings.push({ from, text });
    else this.#moreFindings += 1;
  }
}

/** The one writing of an entry; null: it is no JSON that has one. */
function canonical(entry: unknown): string | null {
  try {
    return canonicalJson(entry);
  } catch (error) {
    if (error instanceof TypeError) return null;
    throw error;
  }
}
