import { CommanderError } from 'commander';
import { Broken, EXIT, type ExitCode, Unreachable, UsageError } from './exit.ts';
import type { Io } from './io.ts';
import { Refused } from './problem.ts';
import { createProgram } from './program.ts';

/**
 * Runs one command line. Answers go to standard output only when there is one; whatever failed is told on
 * standard error.
 * @param given the arguments, without node and script
 * @throws what is a defect of ours, and nothing else
 */
export async function runCli(given: readonly string[], io: Io): Promise<ExitCode> {
  try {
    await createProgram(io).parseAsync(given, { from: 'user' });
    return EXIT.ok;
  } catch (error) {
    // Commander has told by itself what it did not understand, or shown the help that was asked for.
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
    if (error instanceof Broken) {
      io.err(`${error.message}\n`);
      return EXIT.broken;
    }
    if (
      !(error instanceof UsageError || error instanceof Refused || error instanceof Unreachable)
    ) {
      throw error;
    }
    io.err(`${error.message}${whenToRetry(error)}\n`);
    return exitCodeOf(error);
  }
}

function whenToRetry(error: Error): string {
  const seconds = error instanceof Refused ? error.retryAfterSeconds : null;
  return seconds === null ? '' : `\nTry again after ${seconds} s.`;
}

function exitCodeOf(error: UsageError | Refused | Unreachable): ExitCode {
  if (error instanceof UsageError) return EXIT.usage;
  return error instanceof Refused ? EXIT.refused : EXIT.unreachable;
}
