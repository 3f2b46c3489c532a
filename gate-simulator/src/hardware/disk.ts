import { open, readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { syncDirectory, writeFileAtomic } from '../firmware/atomic-file.ts';

/**
 * Where a gate keeps what must survive a loss of power. What was awaited is there afterwards.
 * Rejects as `node:fs` does; then the change may be there wholly, in part, or not at all.
 */
export interface Disk {
  /** Undefined: there is no such file. */
  read(path: string): Promise<string | undefined>;
  /** Adds to the end of a file, which is made when it is missing, with mode 0600. A power cut may tear the text. */
  append(path: string, text: string): Promise<void>;
  /** Replaces a file as a whole: after a power cut it holds the old text or the new one. */
  replace(path: string, text: string): Promise<void>;
}

export const systemDisk: Disk = {
  read: async (path) => {
    try {
      return await readFile(path, 'utf8');
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
      throw error;
    }
  },
  append: async (path, text) => {
    const file = await open(path, 'a', 0o600);
    try {
      const { size } = await file.stat();
      await file.writeFile(text);
      await file.datasync();
      if (size === 0) await syncDirectory(dirname(path));
    } finally {
      await file.close();
    }
  },
  replace: writeFileAtomic,
};
