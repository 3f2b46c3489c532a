/** Disks that can be full, by whatever means there are here. */
import { execFileSync } from 'node:child_process';
import { closeSync, mkdirSync, openSync, rmSync, statSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished } from 'vitest';
import { temporaryFolder } from './temporary-folder.ts';

/** A disk that can be full: where the database lies, and how its space is taken and given back. */
export interface SmallDisk {
  readonly folder: string;
  fill(child: { readonly pid: number }): void;
  free(child: { readonly pid: number }): void;
}

interface DiskOptions {
  readonly mebibytes: number;
  /** The database file's path in the disk's folder. */
  readonly database: string;
}

/** The kinds of small disk that can be had here, by name; which ones is printed. */
export function smallDisks(
  options: DiskOptions,
): readonly (readonly [name: string, make: () => SmallDisk])[] {
  const { mebibytes } = options;
  const canMount = works('unshare', '--mount', 'mount', '-t', 'tmpfs', 'tmpfs', '/mnt');
  const canLimit = works('prlimit', '--pid', String(process.pid), '--fsize');
  const disks = [
    ...(canMount ? [[`a tmpfs of ${mebibytes} MiB`, () => tmpfs(mebibytes)] as const] : []),
    ...(canLimit ? [['prlimit --fsize', () => fileSizeLimit(options)] as const] : []),
  ];
  const names = disks.map(([name]) => name).join(', ');
  process.stdout.write(`full disk by: ${names || 'no means here'}\n`);
  return disks;
}

/** A file system of its own, which root may mount; full when a ballast file has taken what was left. */
function tmpfs(mebibytes: number): SmallDisk {
  const folder = join(temporaryFolder(), 'disk');
  mkdirSync(folder);
  const size = `size=${mebibytes}m`;
  execFileSync('mount', ['-t', 'tmpfs', '-o', size, 'tmpfs', folder], { stdio: 'ignore' });
  onTestFinished(() => void execFileSync('umount', ['-l', folder]));
  const ballast = join(folder, 'ballast');
  return {
    folder,
    fill() {
      const file = openSync(ballast, 'w');
      try {
        while (writeSync(file, Buffer.alloc(4_096)) > 0);
      } catch (error) {
        expect(error).toMatchObject({ code: 'ENOSPC' });
      } finally {
        closeSync(file);
      }
    },
    free: () => rmSync(ballast),
  };
}

/** A limit on the size of the files that one process writes: what is longer already cannot grow. */
function fileSizeLimit({ database }: DiskOptions): SmallDisk {
  const folder = temporaryFolder();
  const limit = (pid: number, bytes: string) =>
    execFileSync('prlimit', ['--pid', String(pid), `--fsize=${bytes}:`]);
  return {
    folder,
    fill: ({ pid }) => limit(pid, String(statSync(join(folder, `${database}-wal`)).size)),
    free: ({ pid }) => limit(pid, 'unlimited'),
  };
}

/** Whether a kind of disk can be had here. */
function works(command: string, ...args: readonly string[]): boolean {
  try {
    execFileSync(command, args, { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}
