/**
 * Receipts: an entry, its place in the log, and a checkpoint that covers it, in one text that is verified offline.
 * The entry itself stands in the `extra` line, since the log holds nothing but its hash.
 * @see C2SP tlog-proof
 */
import { type OpenedCheckpoint, openCheckpoint } from './checkpoint.ts';
import { verifyInclusion } from './proof.ts';
import { NoteError, parseBase64, type VerifierKey } from './signed-note.ts';
import { type Hash, hashLeaf, hashText, parseHash } from './tree.ts';

export interface Receipt {
  /** The entry's bytes. Null: the receipt leaves it out, and whoever verifies it must have it. */
  readonly entry: Uint8Array | null;
  readonly leaf: number;
  readonly proof: readonly Hash[];
  /** A signed note. */
  readonly checkpoint: string;
}

/** A receipt that proves what it says. */
export interface VerifiedReceipt {
  /** Canonical JSON. */
  readonly entry: string;
  readonly auditId: string;
  readonly leaf: number;
  readonly checkpoint: OpenedCheckpoint;
}

/** A receipt that proves nothing; the message says why. */
export class ReceiptError extends Error {
  override readonly name = 'ReceiptError';
}

const HEADER = 'c2sp.org/tlog-proof@v1';
const MAX_PROOF_HASHES = 63;

export function formatReceipt({ entry, leaf, proof, checkpoint }: Receipt): string {
  const extra = entry === null ? [] : [`extra ${Buffer.from(entry).toString('base64')}`];
  return [HEADER, ...extra, `index ${leaf}`, ...proof.map(hashText), '', checkpoint].join('\n');
}

/** Takes a receipt apart; nothing is verified. @throws ReceiptError when it is malformed */
export function parseReceipt(text: string): Receipt {
  const end = text.indexOf('\n\n');
  const [header, ...lines] = end < 0 ? [] : text.slice(0, end).split('\n');
  if (header !== HEADER) throw new ReceiptError(`a receipt begins with ${HEADER}`);
  const extra = lines[0]?.startsWith('extra ') ? lines.shift() : undefined;
  const entry = extra === undefined ? null : parseBase64(extra.slice('extra '.length));
  if (extra !== undefined && entry === null) throw new ReceiptError('its entry is not base64');
  const [, index] = /^index (0|[1-9]\d*)$/.exec(lines.shift() ?? '') ?? [];
  if (index === undefined || !Number.isSafeInteger(Number(index)))
    throw new ReceiptError('it names no index');
  if (lines.length > MAX_PROOF_HASHES) throw new ReceiptError('its proof is too long');
  const proof = lines.map((line) => {
    const hash = parseHash(line);
    if (hash === null) throw new ReceiptError('its proof has a line that is no hash');
    return hash;
  });
  return { entry, leaf: Number(index), proof, checkpoint: text.slice(end + 2) };
}

/**
 * Verifies a receipt with the keys alone: the checkpoint is signed by the log, and the entry is in the tree that it
 * names.
 * @param keys of the log that is trusted, and of witnesses
 * @param given the entry, for a receipt that leaves it out
 * @throws ReceiptError when it proves nothing, with the reason
 */
export function verifyReceipt(
  text: string,
  keys: readonly VerifierKey[],
  given: Uint8Array | null = null,
): VerifiedReceipt {
  const { entry, leaf, proof, checkpoint: note } = parseReceipt(text);
  const bytes = entry ?? given;
  if (bytes === null) throw new ReceiptError('it leaves out its entry, and none was given');
  const checkpoint = opened(note, keys);
  const leafHash = hashLeaf(bytes);
  const { size, root } = checkpoint;
  if (!verifyInclusion({ leafHash, leaf, size, proof, root }))
    throw new ReceiptError(
      `its entry is not number ${leaf} of the ${size} entries that its checkpoint covers`,
    );
  const auditId = Buffer.from(leafHash).toString('base64url');
  return { entry: Buffer.from(bytes).toString('utf8'), auditId, leaf, checkpoint };
}

function opened(note: string, keys: readonly VerifierKey[]): OpenedCheckpoint {
  try {
    return openCheckpoint(note, keys);
  } catch (error) {
    if (!(error instanceof NoteError)) throw error;
    throw new ReceiptError(`its checkpoint cannot be trusted: ${error.message}`, { cause: error });
  }
}
