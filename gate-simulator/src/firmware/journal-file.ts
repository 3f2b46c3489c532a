import { createHash } from 'node:crypto';
import type { Disk } from '../hardware/disk.ts';
import { parseJson } from '../wire/json.ts';

const CHECK_CHARACTERS = 8;

/** What a journal held when it was opened. */
export interface JournalContents {
  /** Whole records in the order in which they were written. */
  readonly records: readonly unknown[];
  /** Lines that a power cut or a bad block has damaged, and that were passed over. */
  readonly damaged: number;
}

/**
 * A file of records, one a line, each with a checksum, that only ever grows until it is rewritten as a whole:
 *
 * ```
 * 6f1c2a90 {"event":{"seq":1,"type":"boot",…}}
 * ```
 *
 * A power cut can tear the last line; it has no whole checksum, so it is passed over and the next record starts
 * on a line of its own. Callers write one after the other.
 */
export class JournalFile {
  readonly #disk: Disk;
  readonly #path: string;
  /** Whether the file may end in the middle of a line. */
  #torn: boolean;
  #lines: number;

  private constructor(disk: Disk, path: string, text: string) {
    this.#disk = disk;
    this.#path = path;
    this.#torn = text !== '' && !text.endsWith('\n');
    this.#lines = text.split('\n').length - 1;
  }

  /** Reads the journal; a file that is missing is empty. Changes nothing on disk. */
  static async open(disk: Disk, path: string): Promise<[JournalFile, JournalContents]> {
    const text = (await disk.read(path)) ?? '';
    const lines = text.split('\n').filter((line) => line !== '');
    const records = lines.map(readLine).filter((record) => record !== undefined);
    const damaged = lines.length - records.length;
    return [new JournalFile(disk, path, text), { records, damaged }];
  }

  /** Lines in the file, damaged ones included: when they are many more than what they say, it is time to rewrite. */
  get lines(): number {
    return this.#lines;
  }

  /** Resolves when the records are on disk. Rejects as the disk does; they may then be found there all the same. */
  async append(records: readonly object[]): Promise<void> {
    const text = records.map(writeLine).join('');
    const start = this.#torn ? '\n' : '';
    this.#torn = true;
    await this.#disk.append(this.#path, start + text);
    this.#torn = false;
    this.#lines += records.length;
  }

  /** Puts these records in the place of all. */
  async rewrite(records: readonly object[]): Promise<void> {
    await this.#disk.replace(this.#path, records.map(writeLine).join(''));
    this.#torn = false;
    this.#lines = records.length;
  }
}

function writeLine(record: object): string {
  const json = JSON.stringify(record);
  return `${checkOf(json)} ${json}\n`;
}

function readLine(line: string): unknown {
  const json = line.slice(CHECK_CHARACTERS + 1);
  return line.startsWith(`${checkOf(json)} `) ? parseJson(json) : undefined;
}

function checkOf(json: string): string {
  return createHash('sha256').update(json).digest('hex').slice(0, CHECK_CHARACTERS);
}
