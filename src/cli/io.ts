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
  now(): Millis;
  /** From the first call on, an interrupt asks to stop instead of killing the process. */
  stopSignal(): AbortSignal;
}
