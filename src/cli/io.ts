import type { Millis } from '../domain/clock.ts';

/** What the command line touches of its machine, passed in by `main`. */
export interface Io {
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Writes to standard output: answers, and nothing else. */
  out(text: string): void;
  /** Writes to standard error: what went wrong, and what a person should know. */
  err(text: string): void;
  /** The content of a file; `-` is standard input. Rejects as the file system does. */
  read(path: string): Promise<string>;
  /** The lines of a file, however large; `-` is standard input. Rejects as the file system does. */
  lines(path: string): AsyncIterable<string>;
  /** Writes what comes to a file, no faster than it can be written; `-` is standard output. */
  save(path: string, chunks: AsyncIterable<Uint8Array>): Promise<void>;
  /** Adds a line to a file, which is made where there is none. */
  append(path: string, line: string): Promise<void>;
  /** Where a person watches: a terminal on standard error; null: nobody does. */
  readonly terminal: NodeJS.WriteStream | null;
  now(): Millis;
  /** From the first call on, an interrupt asks to stop instead of killing the process. */
  stopSignal(): AbortSignal;
}
