/**
 * Checkpoints in a file beside the service, one JSON object a line: `{"at": …, "checkpoint": …}`. Lines are appended,
 * never changed, so the file may lie where this machine can only append.
 */
import { open, readFile } from 'node:fs/promises';
import type { Millis } from '../domain/clock.ts';
import { type Checkpoint, openCheckpoint, readCheckpoint } from './checkpoint.ts';
import { NoteError, type VerifierKey } from './signed-note.ts';

const NEWLINE = 0x0a;

/** Appends a checkpoint; it is on the disk when this resolves. */
export async function appendCheckpoint(path: string, note: string, now: Millis): Promise<void> {
  const file = await open(path, 'a+', 0o644);
  try {
    const line = JSON.stringify({ at: new Date(now).toISOString(), checkpoint: note });
    // After a crash a line may have been left half written: the next begins anew.
    await file.appendFile(`${(await endsInLine(file)) ? '' : '\n'}${line}\n`);
    await file.sync();
  } finally {
    await file.close();
  }
}

async function endsInLine(file: Awaited<ReturnType<typeof open>>): Promise<boolean> {
  const { size } = await file.stat();
  if (size === 0) return true;
  const { buffer } = await file.read(Buffer.alloc(1), 0, 1, size - 1);
  return buffer[0] === NEWLINE;
}

/** What a file of checkpoints says of a log. */
export interface Remembered {
  /** Those of the log, signed by one of its keys. */
  readonly checkpoints: readonly Checkpoint[];
  /** Checkpoints under the log’s name that no key which it ever had has signed. */
  readonly strangers: number;
  /** Lines that are no checkpoint. */
  readonly malformed: number;
}

export interface LogKeys {
  readonly inForce: readonly VerifierKey[];
  /** What they signed is no stranger's, and is not believed: whoever took one may have signed it. */
  readonly revoked: readonly VerifierKey[];
}

/** So many lines from the end are looked at: a week of checkpoints, one a minute. */
const MOST_LINES = 10_000;

/** Reads the newest checkpoints of one log. A file that does not exist remembers nothing. */
export async function readCheckpointFile(
  path: string,
  origin: string,
  { inForce, revoked }: LogKeys,
): Promise<Remembered> {
  const checkpoints: Checkpoint[] = [];
  let [strangers, malformed] = [0, 0];
  const lines = (await readOrNothing(path)).split('\n').filter((each) => each !== '');
  for (const line of lines.slice(-MOST_LINES)) {
    const note = noteIn(line);
    const claimed = note === null ? null : read(note);
    if (note === null || claimed === null) malformed += 1;
    else if (claimed.origin === origin) {
      if (isSigned(note, inForce)) checkpoints.push(claimed);
      else if (!isSigned(note, revoked)) strangers += 1;
    }
  }
  return { checkpoints, strangers, malformed };
}

/** The names of all logs of which a file remembers something. */
export async function originsIn(path: string): Promise<ReadonlySet<string>> {
  const notes = (await readOrNothing(path)).split('\n').map(noteIn);
  const found = notes.flatMap((note) => (note === null ? [] : [read(note)?.origin]));
  return new Set(found.filter((origin) => origin !== undefined));
}

async function readOrNothing(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return '';
    throw error;
  }
}

function noteIn(line: string): string | null {
  try {
    const { checkpoint } = JSON.parse(line) as { checkpoint?: unknown };
    return typeof checkpoint === 'string' ? checkpoint : null;
  } catch {
    return null;
  }
}

function read(note: string): Checkpoint | null {
  return orNull(() => readCheckpoint(note));
}

function isSigned(note: string, keys: readonly VerifierKey[]): boolean {
  return orNull(() => openCheckpoint(note, keys)) !== null;
}

function orNull<T>(attempt: () => T): T | null {
  try {
    return attempt();
  } catch (error) {
    if (error instanceof NoteError) return null;
    throw error;
  }
}
