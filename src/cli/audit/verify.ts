/** `audit verify`: against a server, an export or a database file. */
import { openCheckpoint } from '../../audit/checkpoint.ts';
import { formatVerifierKey, NoteError, type VerifierKey } from '../../audit/signed-note.ts';
import { hashText, sameHash } from '../../audit/tree.ts';
import { keysOfExport, sizeOfExport, verifyExport } from '../../audit/verify-export.ts';
import { type Finding, type LogReport, verifyLog } from '../../audit/verify-log.ts';
import type { ApiClient } from '../api-client.ts';
import { UsageError } from '../exit.ts';
import type { Io } from '../io.ts';
import { DatabaseSource, digest } from './database-source.ts';
import { showProgress } from './progress.ts';
import {
  type Memory,
  NO_MEMORY,
  readMemory,
  remember,
  unsigned,
  verifierKeyOf,
} from './remembered.ts';
import { openServerSource } from './server-source.ts';

export interface VerifyChoice {
  /** Keys that the person named. */
  readonly keys: readonly string[];
  /** A file of checkpoints; null: none is remembered. */
  readonly remembered: string | null;
}

/** What was found of a log, for a program; a person reads it line by line. */
export interface Verdict {
  readonly whole: boolean;
  readonly of: string;
  readonly entries: number;
  readonly dropped: number;
  /** Null: it leaves out entries by its nature. */
  readonly complete: boolean | null;
  readonly commitments: number | null;
  readonly erased: number | null;
  readonly checkpoint: { readonly size: number; readonly root: string } | null;
  readonly key: { readonly from: KeySource; readonly verifierKeys: readonly string[] };
  /** Remembered checkpoints that it was held against. */
  readonly remembered: number;
  /** Of an export: the size of the newest remembered checkpoint, where the log was longer then. */
  readonly outgrownBy: number | null;
  readonly findings: readonly Finding[];
}
/** Where the key that was believed came from. */
type KeySource = 'given' | 'remembered' | 'checked';

interface Trust {
  readonly keys: readonly VerifierKey[];
  readonly from: KeySource;
  readonly memory: Memory;
}

async function trust(io: Io, choice: VerifyChoice, named: readonly string[]): Promise<Trust> {
  const memory = choice.remembered === null ? NO_MEMORY : await readMemory(io, choice.remembered);
  if (choice.keys.length > 0)
    return { keys: choice.keys.map(verifierKeyOf), from: 'given', memory };
  if (memory.keys.length > 0) return { keys: memory.keys, from: 'remembered', memory };
  return { keys: named.map(verifierKeyOf), from: 'checked', memory };
}

export async function verifyServer(
  io: Io,
  client: ApiClient,
  choice: VerifyChoice,
): Promise<Verdict> {
  const { source, keys } = await openServerSource(client);
  const trusted = await trust(io, choice, keys);
  const progress = showProgress(io, 'entries', source.size);
  const report = await verifyLog(source, {
    keys: trusted.keys,
    remembered: trusted.memory.checkpoints,
    progress: progress.at,
  }).finally(progress.end);
  return finish(io, choice, trusted, {
    ...ofLog(report, trusted),
    of: client.server,
    note: source.checkpoint,
    commitments: null,
    erased: null,
  });
}

export async function verifyDatabase(io: Io, path: string, choice: VerifyChoice): Promise<Verdict> {
  const source = new DatabaseSource(path);
  try {
    const trusted = await trust(io, choice, source.keys());
    const kept = source.checkpoints();
    const progress = showProgress(io, 'entries', source.size);
    const tiles = new Map<string, string>();
    const commitments = source.commitments();
    const report = await verifyLog(source, {
      keys: trusted.keys,
      remembered: trusted.memory.checkpoints,
      rootsAt: kept.map(({ size }) => size),
      progress: progress.at,
      entry: (leaf, bytes) => commitments.entry(leaf, bytes),
      tile: ({ level, tile, hashes }) => tiles.set(`${level}/${tile}`, digest(hashes)),
    }).finally(progress.end);
    const root = report.roots.get(source.size);
    const findings = [
      ...report.findings,
      ...keptFindings(kept, report, trusted.keys),
      ...(root === undefined ? [] : source.treeFindings(hashText(root), tiles)),
      ...source.linkFindings(),
      ...commitments.findings(),
    ];
    return finish(io, choice, trusted, {
      ...ofLog({ ...report, findings }, trusted),
      of: path,
      note: source.checkpoint,
      commitments: commitments.proved,
      erased: commitments.erased,
    });
  } finally {
    source.close();
  }
}

/** The checkpoints that the database keeps are all of this tree, and stand under their own size. */
function keptFindings(
  kept: readonly { readonly size: number; readonly note: string }[],
  { roots }: LogReport,
  keys: readonly VerifierKey[],
): Finding[] {
  return kept.flatMap(({ size, note }, index) => {
    const wrong = (why: string) => [
      { from: null, text: `The checkpoint of ${size} entries that is kept ${why}.` },
    ];
    try {
      const checkpoint = openCheckpoint(note, keys);
      const root = roots.get(checkpoint.size);
      const fits =
        checkpoint.size === size && root !== undefined && sameHash(root, checkpoint.root);
      const isNewest = index === kept.length - 1; // told of already, but for its size
      return fits || (isNewest && checkpoint.size === size) ? [] : wrong('is not one of this tree');
    } catch (error) {
      if (!(error instanceof NoteError)) throw error;
      return index === kept.length - 1 ? [] : wrong(`cannot be trusted: ${error.message}`);
    }
  });
}

export async function verifyExportFile(
  io: Io,
  path: string,
  choice: VerifyChoice,
): Promise<Verdict> {
  const first = await firstLine(io, path);
  const { named, size } = readHeader(path, first);
  const trusted = await trust(io, choice, named);
  const progress = showProgress(io, 'entries', size);
  const report = await verifyExport(io.lines(path), {
    keys: trusted.keys,
    remembered: trusted.memory.checkpoints,
    progress: progress.at,
  }).finally(progress.end);
  return finish(io, choice, trusted, {
    ...report,
    dropped: 0,
    of: path,
    note: report.checkpoint === null ? null : noteOf(first),
  });
}

function readHeader(path: string, first: string): { named: readonly string[]; size: number } {
  try {
    return { named: keysOfExport(first), size: sizeOfExport(first) };
  } catch (error) {
    if (error instanceof RangeError)
      throw new UsageError(`${path} is no export: ${error.message}.`);
    throw error;
  }
}

function noteOf(first: string): string {
  return (JSON.parse(first) as { checkpoint: string }).checkpoint;
}

async function firstLine(io: Io, path: string): Promise<string> {
  if (path === '-') throw new UsageError('An export is read twice: give a file.');
  try {
    for await (const line of io.lines(path)) return line;
    return '';
  } catch (error) {
    if (error instanceof Error && 'code' in error)
      throw new UsageError(`${path} cannot be read (${String(error.code)}).`);
    throw error;
  }
}

type Found = Omit<Verdict, 'whole' | 'checkpoint' | 'key' | 'remembered'> & {
  readonly held: number;
  readonly checkpoint: LogReport['checkpoint'];
  readonly note: string | null;
};

function ofLog(
  report: LogReport,
  { memory }: Trust,
): Omit<Found, 'of' | 'note' | 'commitments' | 'erased'> {
  const { checked, dropped, checkpoint, findings } = report;
  const held = memory.checkpoints.length;
  return {
    entries: checked,
    dropped,
    complete: true,
    checkpoint,
    held,
    outgrownBy: null,
    findings,
  };
}

/** The verdict; a log that is whole has its newest checkpoint remembered. */
async function finish(
  io: Io,
  choice: VerifyChoice,
  { keys, from, memory }: Trust,
  { note, checkpoint, held, findings, ...found }: Found,
): Promise<Verdict> {
  const strangers = unsigned(memory, keys).map(({ size }) => ({
    from: null,
    text: `The remembered checkpoint of ${size} entries is signed by no key that is believed.`,
  }));
  const all = [...strangers, ...findings];
  const whole = all.length === 0;
  if (whole && note !== null && choice.remembered !== null)
    await remember(io, choice.remembered, memory, note, keys);
  return {
    whole,
    ...found,
    checkpoint: checkpoint && { size: checkpoint.size, root: hashText(checkpoint.root) },
    key: { from, verifierKeys: keys.map(formatVerifierKey) },
    remembered: held,
    findings: all,
  };
}

/** A verdict in words. */
export function describeVerdict(verdict: Verdict): string {
  const { of, entries, dropped, checkpoint, commitments, erased, key, findings } = verdict;
  const lines = [
    `${of}: ${entries} entries read and hashed${dropped === 0 ? '' : `, ${dropped} dropped after their time`}.`,
    checkpoint === null
      ? 'No checkpoint is signed by a key that is believed.'
      : `Checkpoint of ${checkpoint.size} entries, root ${checkpoint.root}.`,
    ...(commitments === null
      ? []
      : [`Holders of passes: ${commitments} commitments proved, ${erased ?? 0} erased.`]),
    verdict.remembered === 0
      ? 'Held against no remembered checkpoint: who can write everything, key included, is not found out (--remembered).'
      : `Held against ${verdict.remembered} remembered checkpoints.`,
    ...(verdict.outgrownBy === null
      ? []
      : [
          `A newer checkpoint, of ${verdict.outgrownBy} entries, is remembered: the export is of an earlier time and was not held against it.`,
        ]),
    ...(key.from === 'checked'
      ? [
          `The key was taken from what was checked. Compare it with one that you have from elsewhere (--key): ${key.verifierKeys.join(' ')}`,
        ]
      : []),
    ...(verdict.complete === false
      ? ['It holds a part of the log: it proves what is in it, not that nothing was left out.']
      : []),
  ];
  const result = verdict.whole
    ? ['Whole: nothing was changed, taken out, added or put elsewhere.']
    : [`NOT WHOLE, ${firstOf(findings)}:`, ...findings.map(({ text }) => `  ${text}`)];
  return `${[...lines, ...result].join('\n')}\n`;
}

function firstOf(findings: readonly Finding[]): string {
  const places = findings.flatMap(({ from }) => (from === null ? [] : [from]));
  return places.length === 0 ? 'of no single entry' : `from entry ${Math.min(...places)} on`;
}
