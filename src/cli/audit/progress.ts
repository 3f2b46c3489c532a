import { SingleBar } from 'cli-progress';
import type { Io } from '../io.ts';

/** Shows how far something is to a person at a terminal; to a program nothing. */
export interface Progress {
  at(done: number): void;
  end(): void;
}

/** @param unit e.g. `entries` @param total null: nobody knows yet */
export function showProgress(io: Io, unit: string, total: number | null): Progress {
  if (io.terminal === null) return { at() {}, end() {} };
  const bar = new SingleBar({
    stream: io.terminal,
    format:
      total === null
        ? `{value} ${unit}, {duration_formatted}`
        : `{bar} {percentage} % · {value} of {total} ${unit} · {eta_formatted} to go`,
    hideCursor: true,
    clearOnComplete: true,
    etaBuffer: 100,
    fps: 5,
  });
  bar.start(total ?? 0, 0);
  return { at: (done) => bar.update(done), end: () => bar.stop() };
}
