import { expect, test } from 'vitest';
import { renderTable } from '../../src/cli/table.ts';
import { displayWidth, padToWidth, printable } from '../../src/cli/width.ts';

test.each([
  ['', 0],
  ['gate', 4],
  ['东湖花园', 8],
  ['东湖 A 区', 9],
  ['（北门）', 8],
  ['ｶﾅ', 2],
  ['한글', 4],
  ['é', 1],
  ['e\u0301', 1],
  ['🛵', 2],
  ['👨‍👩‍👧', 2],
  ['✔️', 2],
  ['—“”…', 4],
  ['𠮷', 2],
])('%j takes %i columns', (text, width) => {
  expect(displayWidth(text)).toBe(width);
  expect(displayWidth(padToWidth(text, 12))).toBe(12);
});

test('what is wider than its column is not cut', () => {
  expect(padToWidth('东湖花园', 3)).toBe('东湖花园');
});

test('columns align whatever they hold, and an empty cell is a dash', () => {
  const table = renderTable(
    ['NAME', 'KIND'],
    [
      ['东湖花园', 'strict'],
      ['Optics Valley', ''],
    ],
  );
  expect(table).toBe('NAME           KIND\n东湖花园       strict\nOptics Valley  –\n');
});

test('a table without rows is its headings', () => {
  expect(renderTable(['A', 'B'], [])).toBe('A  B\n');
});

test('nothing that a server says moves the cursor, breaks a line or turns the writing direction', () => {
  expect(printable('a\u001b[2Jb\nc\td\u202ee\u2028')).toBe(
    'a\ufffd[2Jb\ufffdc\ufffdd\ufffde\ufffd',
  );
  expect(renderTable(['A'], [['x\ny']])).toBe('A\nx\ufffdy\n');
});
