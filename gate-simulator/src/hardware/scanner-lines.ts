import type { Readable } from 'node:stream';

/** Far above a code's 144 characters; what is longer is cut, and is malformed either way. */
const MAX_LINE_CHARACTERS = 4_096;

/** A carriage return that nothing follows for this long was the whole line end. */
const QUIET_MS = 50;

/** A line feed ends a line; so does a carriage return, unless another line end follows it. */
const LINE_END = /\n|\r(?=[^\r\n])/;

/**
 * The text without the one CR, LF or CRLF at its end that a scanner types after a code.
 * Nothing else is taken away: spaces are data.
 */
export function stripLineEnd(text: string): string {
  return text.replace(/(?:\r\n|\r|\n)$/, '');
}

/**
 * The codes that a USB scanner types, one a line, each less its line end, as soon as the line is whole.
 * Takes no more from the scanner while a line is being dealt with.
 */
export async function* scannerLines(input: Readable): AsyncGenerator<string> {
  let typed = '';
  for await (const piece of pieces(input)) {
    typed += piece ?? '';
    for (let end = LINE_END.exec(typed); end !== null; end = LINE_END.exec(typed)) {
      const line = typed.slice(0, end.index + 1);
      typed = typed.slice(end.index + 1);
      yield cut(stripLineEnd(line));
    }
    if (piece === undefined && typed.endsWith('\r')) {
      yield cut(stripLineEnd(typed));
      typed = '';
    }
    if (typed.length > MAX_LINE_CHARACTERS + 2) {
      typed = typed.slice(0, MAX_LINE_CHARACTERS) + typed.slice(-1).replace(/[^\r]/, '');
    }
  }
  if (typed !== '') yield cut(stripLineEnd(typed));
}

function cut(line: string): string {
  return line.slice(0, MAX_LINE_CHARACTERS);
}

/** What arrives, and undefined each time that nothing has arrived for `QUIET_MS`. */
async function* pieces(input: Readable): AsyncGenerator<string | undefined> {
  input.setEncoding('utf8');
  const source: AsyncIterator<string> = input[Symbol.asyncIterator]();
  let arriving = take(source);
  let arrived: IteratorResult<string> | undefined = await arriving;
  while (arrived?.done !== true) {
    if (arrived === undefined) {
      yield undefined;
      arrived = await arriving;
    } else {
      arriving = take(source);
      yield arrived.value;
      arrived = await orQuiet(arriving);
    }
  }
}

/** A failure is for who awaits the piece, not for the process. */
function take(source: AsyncIterator<string>): Promise<IteratorResult<string>> {
  const piece = source.next();
  piece.catch(() => undefined);
  return piece;
}

function orQuiet<T>(promise: Promise<T>): Promise<T | undefined> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, QUIET_MS, undefined);
    promise.finally(() => clearTimeout(timer)).then(resolve, reject);
  });
}
