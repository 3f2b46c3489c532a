import { mkdirSync, readdirSync, renameSync, writeFileSync } from 'node:fs';
import { appendFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { systemClock } from '../../gate-simulator/src/hardware/clock.ts';
import {
  type Picture,
  type PictureFate,
  PictureFolder,
} from '../../gate-simulator/src/hardware/picture-folder.ts';
import { COURIER_CODE, pictureOf } from './support/courier-code-picture.ts';
import { ManualClock } from './support/manual-clock.ts';
import { temporaryDirectory } from './support/state-dir.ts';

function watched(fate: PictureFate = 'done', directory = temporaryDirectory()) {
  const handed: Picture[] = [];
  const stop = new AbortController();
  const folder = new PictureFolder(directory, systemClock);
  const ended = folder.watch(async (picture) => {
    handed.push(picture);
    return fate;
  }, stop.signal);
  onTestFinished(async () => {
    stop.abort();
    await ended;
  });
  return { directory, handed };
}

describe('PictureFolder', () => {
  it('hands out each picture once, and moves it to done/', async () => {
    const { directory, handed } = watched();
    const png = await pictureOf(COURIER_CODE, 160);
    writeFileSync(join(directory, 'a.png'), png);
    writeFileSync(join(directory, 'notes.txt'), 'x');
    writeFileSync(join(directory, '.hidden.png'), png);
    await vi.waitFor(() => expect(readdirSync(join(directory, 'done'))).toEqual(['a.png']), 5_000);
    writeFileSync(join(directory, 'b.PNG'), png);
    await vi.waitFor(() => expect(readdirSync(join(directory, 'done'))).toContain('b.PNG'), 5_000);
    expect(handed.map(({ name }) => name)).toEqual(['a.png', 'b.PNG']);
    expect(handed[0]?.png).toEqual(png);
    expect(readdirSync(directory).sort()).toEqual(
      ['.hidden.png', 'done', 'failed', 'judging', 'notes.txt'].sort(),
    );
  });

  it('moves what could not be judged to failed/, and keeps both of two that have one name', async () => {
    const { directory } = watched('failed');
    const png = await pictureOf(COURIER_CODE, 160);
    writeFileSync(join(directory, 'a.png'), png);
    await vi.waitFor(() => expect(readdirSync(join(directory, 'failed'))).toHaveLength(1), 5_000);
    writeFileSync(join(directory, 'a.png'), png);
    await vi.waitFor(
      () => expect(readdirSync(join(directory, 'failed')).sort()).toEqual(['a-2.png', 'a.png']),
      5_000,
    );
  });

  it('waits until a picture is completely written', async () => {
    const { directory, handed } = watched();
    const png = await pictureOf(COURIER_CODE, 160);
    const path = join(directory, 'slow.png');
    writeFileSync(path, '');
    const lookedAgain = async (): Promise<void> => {
      const name = `beacon-${handed.length}.png`;
      writeFileSync(join(directory, `${name}.part`), png);
      renameSync(join(directory, `${name}.part`), join(directory, name));
      await vi.waitFor(() => expect(handed.map((each) => each.name)).toContain(name), 5_000);
    };
    await lookedAgain();
    await appendFile(path, png.subarray(0, 1_000));
    await lookedAgain();
    expect(handed.map(({ name }) => name)).not.toContain('slow.png');
    await appendFile(path, png.subarray(1_000));
    await vi.waitFor(() => expect(handed.map((each) => each.name)).toContain('slow.png'), 5_000);
    expect(handed.find(({ name }) => name === 'slow.png')?.png).toEqual(png);
  });

  it('gives a broken picture up when nothing was added for 5 s, not before', async () => {
    const directory = temporaryDirectory();
    const clock = new ManualClock();
    const handed: string[] = [];
    const stop = new AbortController();
    writeFileSync(join(directory, 'broken.png'), 'half a picture');
    const ended = new PictureFolder(directory, clock).watch(async ({ name }) => {
      handed.push(name);
      stop.abort();
      return 'failed';
    }, stop.signal);
    let lookedAtMs = 0;
    while (handed.length === 0 && lookedAtMs < 20_000) {
      await new Promise((resolve) => setImmediate(resolve));
      if (!clock.hasTimer) continue;
      if (handed.length === 0) lookedAtMs = clock.monotonicMs();
      clock.advance(200);
    }
    await ended;
    expect(lookedAtMs).toBeGreaterThanOrEqual(4_800);
    expect(lookedAtMs).toBeLessThanOrEqual(5_000);
  });

  it('does not judge again what a crash left half judged', async () => {
    const directory = temporaryDirectory();
    mkdirSync(join(directory, 'judging'));
    writeFileSync(join(directory, 'judging', 'a.png'), await pictureOf(COURIER_CODE, 160));
    const { handed } = watched('done', directory);
    await vi.waitFor(
      () => expect(readdirSync(join(directory, 'failed'))).toEqual(['a.png']),
      5_000,
    );
    expect(handed).toEqual([]);
  });
});
