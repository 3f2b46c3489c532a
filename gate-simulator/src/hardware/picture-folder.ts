import { mkdir, open, readdir, readFile, rename } from 'node:fs/promises';
import { join, parse } from 'node:path';
import { type Clock, pause } from './clock.ts';

const LOOK_EVERY_MS = 200;

/** A file that does not end as a PNG does is taken for broken when nothing was added for this long. */
const GIVEN_UP_AFTER_MS = 5_000;

/** The last chunk of every PNG. @see PNG (W3C) §11.2.5 IEND */
const PNG_END = Buffer.from('0000000049454e44ae426082', 'hex');

export interface Picture {
  readonly name: string;
  readonly png: Uint8Array;
}

/** Where a picture goes afterwards. */
export type PictureFate = 'done' | 'failed';

/**
 * A directory into which a camera puts pictures. Each `*.png` is handed out once, when it is completely
 * written, oldest name first. It is moved to `judging/` before, and to `done/` or `failed/` after;
 * what a crash left in `judging/` goes to `failed/` and is not judged again.
 */
export class PictureFolder {
  readonly #directory: string;
  readonly #clock: Clock;
  /** Pictures that are not complete yet, and since when they have their length. */
  readonly #growing = new Map<string, { bytes: number; sinceMs: number }>();

  constructor(directory: string, clock: Clock) {
    this.#directory = directory;
    this.#clock = clock;
  }

  /** Hands out pictures until `stop` is aborted; the one in hand is finished. */
  async watch(
    handle: (picture: Picture) => Promise<PictureFate>,
    stop: AbortSignal,
  ): Promise<void> {
    for (const name of ['judging', 'done', 'failed']) {
      await mkdir(join(this.#directory, name), { recursive: true });
    }
    for (const name of await readdir(join(this.#directory, 'judging'))) {
      await this.#move(join('judging', name), 'failed');
    }
    for (;;) {
      for (const name of await this.#complete()) {
        if (stop.aborted) return;
        await this.#handOut(name, handle);
      }
      if (stop.aborted) return;
      await pause(this.#clock, LOOK_EVERY_MS);
    }
  }

  async #handOut(name: string, handle: (picture: Picture) => Promise<PictureFate>): Promise<void> {
    const claimed = join('judging', name);
    const from = join(this.#directory, name);
    const claim = await unlessGone(
      rename(from, join(this.#directory, claimed)).then(() => claimed),
    );
    if (claim === undefined) return;
    const png = await readFile(join(this.#directory, claimed));
    await this.#move(claimed, await handle({ name, png }));
  }

  async #complete(): Promise<string[]> {
    const entries = await readdir(this.#directory, { withFileTypes: true });
    const names = entries
      .filter((entry) => entry.isFile() && /^[^.].*\.png$/i.test(entry.name))
      .map((entry) => entry.name)
      .sort();
    for (const name of this.#growing.keys()) {
      if (!names.includes(name)) this.#growing.delete(name);
    }
    const complete: string[] = [];
    for (const name of names) if (await this.#isComplete(name)) complete.push(name);
    return complete;
  }

  async #isComplete(name: string): Promise<boolean> {
    const end = await unlessGone(readEnd(join(this.#directory, name)));
    if (end === undefined) return false;
    if (end.last.equals(PNG_END)) return true;
    const nowMs = this.#clock.monotonicMs();
    const before = this.#growing.get(name);
    if (before === undefined || before.bytes !== end.bytes) {
      this.#growing.set(name, { bytes: end.bytes, sinceMs: nowMs });
      return false;
    }
    return nowMs - before.sinceMs >= GIVEN_UP_AFTER_MS;
  }

  /** An earlier picture of the same name is kept. */
  async #move(from: string, fate: PictureFate): Promise<void> {
    const { name, ext } = parse(from);
    const taken = new Set(await readdir(join(this.#directory, fate)));
    let target = `${name}${ext}`;
    for (let copy = 2; taken.has(target); copy += 1) target = `${name}-${copy}${ext}`;
    await rename(join(this.#directory, from), join(this.#directory, fate, target));
  }
}

/** The file's length and its last bytes, as many as a PNG's last chunk has. */
async function readEnd(path: string): Promise<{ bytes: number; last: Buffer }> {
  const file = await open(path, 'r');
  try {
    const { size } = await file.stat();
    const last = Buffer.alloc(PNG_END.length);
    await file.read(last, 0, last.length, Math.max(0, size - last.length));
    return { bytes: size, last };
  } finally {
    await file.close();
  }
}

/** Undefined when the file is not there any more: somebody else took it away. */
async function unlessGone<T>(promise: Promise<T>): Promise<T | undefined> {
  try {
    return await promise;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
