import { displayWidth, padToWidth, printable } from './width.ts';

const GAP = '  ';
const NOTHING = '–';

/**
 * Lines of cells under their headings, aligned by display width. No cell is cut: identifiers can be copied. An
 * empty cell is a dash.
 */
export function renderTable(
  headings: readonly string[],
  rows: readonly (readonly string[])[],
): string {
  const lines = [headings, ...rows.map((row) => headings.map((_, index) => cellText(row[index])))];
  const widths = headings.map((_, index) =>
    Math.max(...lines.map((line) => displayWidth(line[index] ?? ''))),
  );
  return lines.map((line) => renderLine(line, widths)).join('');
}

/** One line of a table whose columns have widths that were agreed before. */
export function renderLine(cells: readonly string[], widths: readonly number[]): string {
  const padded = widths.map((width, index) => padToWidth(cellText(cells[index]), width));
  return `${padded.join(GAP).trimEnd()}\n`;
}

function cellText(text: string | undefined): string {
  return text === undefined || text === '' ? NOTHING : printable(text);
}
