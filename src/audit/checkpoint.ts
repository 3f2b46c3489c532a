/**
 * Checkpoints: what the log says of its tree, as the text of a signed note.
 * @see C2SP tlog-checkpoint
 */
import {
  NoteError,
  type OpenedNote,
  openNote,
  parseNote,
  type VerifierKey,
} from './signed-note.ts';
import { type Hash, hashText, parseHash } from './tree.ts';

/** A tree of the log at one size. */
export interface TreeHead {
  readonly size: number;
  readonly root: Hash;
}

export interface Checkpoint extends TreeHead {
  /** Which log it is. */
  readonly origin: string;
}

/** A checkpoint of which at least one signature by the log itself was verified. */
export interface OpenedCheckpoint extends Checkpoint {
  readonly note: string;
  readonly verified: OpenedNote['verified'];
}

/** The text that is signed. */
export function formatCheckpoint({ origin, size, root }: Checkpoint): string {
  return `${origin}\n${size}\n${hashText(root)}\n`;
}

/** Reads a note's text. Lines after the third are nobody's to interpret here. @throws NoteError when it is malformed */
export function parseCheckpoint(text: string): Checkpoint {
  const [origin, sizeText, rootText, ...rest] = text.split('\n');
  const root = rootText === undefined ? null : parseHash(rootText);
  const isWhole = rest.length > 0 && rest.at(-1) === '' && !rest.slice(0, -1).includes('');
  if (!origin || sizeText === undefined || root === null || !isWhole)
    throw new NoteError('malformed checkpoint');
  const size = /^(0|[1-9]\d*)$/.test(sizeText) ? Number(sizeText) : Number.NaN;
  if (!Number.isSafeInteger(size)) throw new NoteError('malformed checkpoint');
  return { origin, size, root };
}

/** Reads a checkpoint without verifying it: to see which log it says it is from. @throws NoteError when malformed */
export function readCheckpoint(note: string): Checkpoint {
  return parseCheckpoint(parseNote(note).text);
}

/**
 * Verifies a checkpoint: signed by the log, under the name that is its origin. Cosignatures of witnesses among the
 * keys are verified too.
 * @throws NoteError when it is malformed, not signed by the log, or a known key’s signature is wrong
 */
export function openCheckpoint(note: string, keys: readonly VerifierKey[]): OpenedCheckpoint {
  const opened = openNote(note, keys);
  const checkpoint = parseCheckpoint(opened.text);
  const isLogs = opened.verified.some(
    ({ key }) => key.type === 'ed25519' && key.name === checkpoint.origin,
  );
  if (!isLogs) throw new NoteError(`not signed by a known key of ${checkpoint.origin}`);
  return { ...checkpoint, note, verified: opened.verified };
}
