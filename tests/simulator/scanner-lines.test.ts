import { PassThrough, Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { scannerLines, stripLineEnd } from '../../gate-simulator/src/hardware/scanner-lines.ts';

describe('stripLineEnd takes one line end away and nothing else', () => {
  it.each([
    ['CP1:A', 'CP1:A'],
    ['CP1:A\n', 'CP1:A'],
    ['CP1:A\r', 'CP1:A'],
    ['CP1:A\r\n', 'CP1:A'],
    ['CP1:A\n\n', 'CP1:A\n'],
    ['CP1:A\r\r\n', 'CP1:A\r'],
    ['CP1:A\n\r', 'CP1:A\n'],
    [' CP1:A \t\n', ' CP1:A \t'],
    ['\r\nCP1:A', '\r\nCP1:A'],
    ['\n', ''],
    ['', ''],
  ])('%j', (typed, expected) => {
    expect(stripLineEnd(typed)).toBe(expected);
  });
});

async function linesOf(...typed: string[]): Promise<string[]> {
  const lines: string[] = [];
  for await (const line of scannerLines(Readable.from(typed.map((each) => Buffer.from(each))))) {
    lines.push(line);
  }
  return lines;
}

describe('scannerLines', () => {
  it('reads codes whatever the scanner types after them', async () => {
    expect(await linesOf('A\nB\n')).toEqual(['A', 'B']);
    expect(await linesOf('A\r\nB\r\n')).toEqual(['A', 'B']);
    expect(await linesOf('A\rB\r')).toEqual(['A', 'B']);
  });

  it('joins a code that arrives in pieces, cut anywhere', async () => {
    expect(await linesOf('CP1', ':A', '\r', '\nB', '\r\n')).toEqual(['CP1:A', 'B']);
  });

  it('reads a last code without a line end', async () => {
    expect(await linesOf('A\nB')).toEqual(['A', 'B']);
  });

  it('keeps spaces, and a second line end character', async () => {
    expect(await linesOf(' A \n', 'B\r\r\n')).toEqual([' A ', 'B\r']);
  });

  it('an empty line is an empty code', async () => {
    expect(await linesOf('\nA\n')).toEqual(['', 'A']);
  });

  it('hands out a code that ends in CR alone without waiting for the next', async () => {
    const scanner = new PassThrough();
    const lines = scannerLines(scanner);
    scanner.write('A\r');
    expect(await lines.next()).toEqual({ done: false, value: 'A' });
    scanner.write('B\r');
    expect(await lines.next()).toEqual({ done: false, value: 'B' });
    scanner.end();
    expect(await lines.next()).toEqual({ done: true, value: undefined });
  });

  it('cuts a line without end, and reads the code after it', async () => {
    const endless = 'X'.repeat(10_000);
    const [first, second] = await linesOf(endless, endless, endless, '\r', '\nA\n');
    expect(first).toBe('X'.repeat(4_096));
    expect(second).toBe('A');
  });
});
