import type { Command } from 'commander';
import { ApiClient } from './api-client.ts';
import { type ConnectionOptions, readConnection } from './connection.ts';
import type { Io } from './io.ts';

/** What a command works with. */
export interface Session {
  readonly client: ApiClient;
  readonly io: Io;
  /** `json`: what a program reads; `text`: what a person reads. */
  readonly format: 'json' | 'text';
}

/** The options that every command takes. */
interface GlobalOptions extends ConnectionOptions {
  readonly json?: true;
}

/**
 * The handler of a command: opens a session from the global options, then runs it with the command's own
 * arguments and, last, its options, which commander has judged.
 */
export function withSession<Given extends readonly unknown[]>(
  io: Io,
  run: (session: Session, ...given: Given) => Promise<void>,
): (...given: [...Given, Command]) => Promise<void> {
  return async (...given) => {
    const command = given[given.length - 1] as Command;
    const options: GlobalOptions = command.optsWithGlobals();
    const client = new ApiClient(await readConnection(options, io));
    const format = options.json ? 'json' : 'text';
    await run({ client, io, format }, ...(given.slice(0, -1) as unknown as Given));
  };
}

/** Shows an answer: the document itself to a program, `render`ed to a person. */
export function show({ io, format }: Session, document: unknown, render: () => string): void {
  io.out(format === 'json' ? `${JSON.stringify(document, null, 2)}\n` : render());
}

/** Tells a person something beside the answer. */
export function note({ io, format }: Session, text: string): void {
  if (format === 'text') io.err(`${text}\n`);
}

/** Shows that something was done of which the service answers nothing. */
export function showDone(session: Session, text: string): void {
  show(session, {}, () => `${text}\n`);
}
