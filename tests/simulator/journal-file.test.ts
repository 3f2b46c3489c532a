import { describe, expect, it } from 'vitest';
import { JournalFile } from '../../gate-simulator/src/firmware/journal-file.ts';
import { MemoryDisk } from './support/memory-disk.ts';

const PATH = 'journal.log';
const RECORDS = [{ a: 1 }, { b: '二' }, { c: [3, 4] }];

async function written(): Promise<MemoryDisk> {
  const disk = new MemoryDisk();
  const [journal] = await JournalFile.open(disk, PATH);
  for (const record of RECORDS) await journal.append([record]);
  return disk;
}

describe('a journal', () => {
  it('gives back what was appended, in its order', async () => {
    const [, contents] = await JournalFile.open(await written(), PATH);
    expect(contents).toEqual({ records: RECORDS, damaged: 0 });
  });

  it('is empty when there is no file', async () => {
    const [journal, contents] = await JournalFile.open(new MemoryDisk(), PATH);
    expect([journal.lines, contents]).toEqual([0, { records: [], damaged: 0 }]);
  });

  it('drops a last line that was torn at any character, and goes on after it', async () => {
    const whole = (await written()).files.get(PATH) ?? '';
    const lastLine = whole.lastIndexOf('\n', whole.length - 2) + 1;
    for (let length = lastLine; length < whole.length; length += 1) {
      const disk = new MemoryDisk();
      disk.files.set(PATH, whole.slice(0, length));
      const [journal, { records, damaged }] = await JournalFile.open(disk, PATH);
      // The line's end alone may be missing: then the record is whole.
      const survives = length === whole.length - 1;
      expect(records).toEqual(survives ? RECORDS : RECORDS.slice(0, 2));
      expect(damaged).toBe(survives || length === lastLine ? 0 : 1);
      await journal.append([{ d: 5 }]);
      const [, again] = await JournalFile.open(disk, PATH);
      expect(again.records).toEqual([...records, { d: 5 }]);
    }
  });

  it('passes over a line in the middle that a bad block has changed', async () => {
    const disk = await written();
    disk.files.set(PATH, (disk.files.get(PATH) ?? '').replace('二', '三'));
    const [, contents] = await JournalFile.open(disk, PATH);
    expect(contents).toEqual({ records: [RECORDS[0], RECORDS[2]], damaged: 1 });
  });

  it('starts a new line after a write that failed half-way', async () => {
    const disk = await written();
    const [journal] = await JournalFile.open(disk, PATH);
    disk.failures = [{ path: /journal/, written: 12 }];
    await expect(journal.append([{ lost: true }])).rejects.toThrow('ENOSPC');
    await journal.append([{ d: 5 }]);
    const [, { records, damaged }] = await JournalFile.open(disk, PATH);
    expect([records, damaged]).toEqual([[...RECORDS, { d: 5 }], 1]);
  });

  it('is replaced as a whole when it is rewritten', async () => {
    const disk = await written();
    const [journal] = await JournalFile.open(disk, PATH);
    await journal.rewrite([{ only: 1 }]);
    await journal.append([{ later: 2 }]);
    const [, { records }] = await JournalFile.open(disk, PATH);
    expect(records).toEqual([{ only: 1 }, { later: 2 }]);
    expect(journal.lines).toBe(2);
  });
});
