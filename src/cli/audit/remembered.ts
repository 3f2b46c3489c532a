/** Checkpoints that were seen before: what nobody who holds the service can change. */
import { readCheckpoint } from '../../audit/checkpoint.ts';
import {
  formatVerifierKey,
  NoteError,
  openNote,
  parseVerifierKey,
  type VerifierKey,
} from '../../audit/signed-note.ts';
import type { Remembered } from '../../audit/verify-log.ts';
import { UsageError } from '../exit.ts';
import type { Io } from '../io.ts';
import { memberOf, parseJson } from '../json.ts';

export interface Memory {
  readonly checkpoints: readonly Remembered[];
  /** The keys that the log had when it was checked first: another one needs to be named. */
  readonly keys: readonly VerifierKey[];
  /** Whether what is added begins on a line of its own. */
  readonly endsInLine: boolean;
}

export const NO_MEMORY: Memory = { checkpoints: [], keys: [], endsInLine: true };

const SIGNATURE = '\u2014 ';

/**
 * Reads a file of checkpoints: lines of JSON `{at, checkpoint, keys?}` and bare notes one after the other, mixed as
 * they come. A file that is not there is an empty one.
 * @throws UsageError when it is no such file
 */
export async function readMemory(io: Io, path: string): Promise<Memory> {
  const text = await readOrEmpty(io, path);
  if (text.trim() === '') return NO_MEMORY;
  const items = itemsOf(text);
  const checkpoints = items.map(({ line, item }) => rememberedOf(item, `${path}:${line}`));
  const keys = items.flatMap(({ item }) => {
    const named = memberOf(item, 'keys');
    return Array.isArray(named) ? named.map((key) => verifierKeyOf(String(key))) : [];
  });
  return { checkpoints, keys: distinct(keys), endsInLine: text.endsWith('\n') };
}

interface Item {
  /** Where it begins, counted from 1. */
  readonly line: number;
  readonly item: unknown;
}

/** A note ends with the last of its signatures, each of which is a line that begins with a dash. @see C2SP signed-note */
function itemsOf(text: string): readonly Item[] {
  const items: Item[] = [];
  let note: string[] = [];
  let begun = 0;
  const endNote = () => {
    if (note.length > 0) items.push({ line: begun, item: { checkpoint: `${note.join('\n')}\n` } });
    note = [];
  };
  for (const [index, written] of text.split('\n').entries()) {
    const at = index + 1;
    const line = written.endsWith('\r') ? written.slice(0, -1) : written;
    const isSigned = note.at(-1)?.startsWith(SIGNATURE) === true;
    if (line.startsWith('{') || (isSigned && !line.startsWith(SIGNATURE))) endNote();
    if (line.startsWith('{')) items.push({ line: at, item: parseJson(line) });
    else if (line !== '' || note.length > 0) {
      if (note.length === 0) begun = at;
      note.push(line);
    }
  }
  endNote();
  return items;
}

async function readOrEmpty(io: Io, path: string): Promise<string> {
  try {
    return await io.read(path);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return '';
    throw new UsageError(`${path} cannot be read.`);
  }
}

function rememberedOf(item: unknown, where: string): Remembered {
  const note = memberOf(item, 'checkpoint');
  try {
    if (typeof note !== 'string') throw new NoteError('there is none');
    return { ...readCheckpoint(note), note };
  } catch (error) {
    if (error instanceof NoteError)
      throw new UsageError(`${where} is no checkpoint: ${error.message}.`);
    throw error;
  }
}

/** @throws UsageError */
export function verifierKeyOf(text: string): VerifierKey {
  try {
    return parseVerifierKey(text);
  } catch (error) {
    if (error instanceof NoteError) throw new UsageError(`That is no key: ${error.message}.`);
    throw error;
  }
}

function distinct(keys: readonly VerifierKey[]): VerifierKey[] {
  return [...new Map(keys.map((key) => [formatVerifierKey(key), key])).values()];
}

/** What is remembered and signed by none of these keys tells nothing: somebody has put it there. */
export function unsigned(memory: Memory, keys: readonly VerifierKey[]): readonly Remembered[] {
  return memory.checkpoints.filter(({ note }) => {
    try {
      openNote(note, keys);
      return false;
    } catch (error) {
      if (error instanceof NoteError) return true;
      throw error;
    }
  });
}

/** Keeps a checkpoint that was found right, when it is newer than all that are kept. @returns whether it was kept */
export async function remember(
  io: Io,
  path: string,
  memory: Memory,
  note: string,
  keys: readonly VerifierKey[],
): Promise<boolean> {
  const { size } = readCheckpoint(note);
  if (memory.checkpoints.some((each) => each.size >= size)) return false;
  const at = new Date(io.now()).toISOString();
  const line = { at, checkpoint: note, keys: keys.map(formatVerifierKey) };
  await io.append(path, `${memory.endsInLine ? '' : '\n'}${JSON.stringify(line)}`);
  return true;
}
