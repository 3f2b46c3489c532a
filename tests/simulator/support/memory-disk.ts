import type { Disk } from '../../../gate-simulator/src/hardware/disk.ts';

/** A disk in memory, which tells what was written in which order, and fails when it is told to. */
export class MemoryDisk implements Disk {
  readonly files = new Map<string, string>();
  /** What was done: `append used-codes.log`, `replace bundle.json`. */
  readonly done: string[] = [];
  /** How many of the next writes fail, after having written so much of the text. */
  failures: { readonly path: RegExp; readonly written: number }[] = [];
  onWrite: (what: string) => void = () => undefined;

  async read(path: string): Promise<string | undefined> {
    return this.files.get(path);
  }

  /** Writes to such files never come back. */
  hangs: RegExp | undefined;

  async append(path: string, text: string): Promise<void> {
    if (this.hangs?.test(path)) await new Promise(() => undefined);
    const [failure] = this.failures;
    if (failure?.path.test(path)) {
      this.failures.shift();
      this.files.set(path, (this.files.get(path) ?? '') + text.slice(0, failure.written));
      throw new Error('ENOSPC: no space left on device');
    }
    this.files.set(path, (this.files.get(path) ?? '') + text);
    this.#note('append', path);
  }

  async replace(path: string, text: string): Promise<void> {
    if (this.hangs?.test(path)) await new Promise(() => undefined);
    const [failure] = this.failures;
    if (failure?.path.test(path)) {
      this.failures.shift();
      throw new Error('ENOSPC: no space left on device');
    }
    this.files.set(path, text);
    this.#note('replace', path);
  }

  #note(what: string, path: string): void {
    const entry = `${what} ${path.split('/').at(-1)}`;
    this.done.push(entry);
    this.onWrite(entry);
  }
}
