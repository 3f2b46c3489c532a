/** How the command line ends. Scripts rely on these: a number keeps its meaning for ever. */
export const EXIT = {
  ok: 0,
  /** The server answered, and did not do it. */
  refused: 1,
  /** The command line was not understood; nothing was sent. */
  usage: 2,
  /** The server did not answer: it may or may not have done it. */
  unreachable: 3,
  /** What was checked is not whole, or not authentic. */
  broken: 4,
} as const;
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** The command line cannot be carried out as given. Thrown before anything is changed. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** The server gave no whole answer. */
export class Unreachable extends Error {
  override readonly name = 'Unreachable';
}

/** What was checked is not whole, or not authentic; the report has been shown. */
export class Broken extends Error {
  override readonly name = 'Broken';
}
