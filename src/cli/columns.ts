import { textOf } from './json.ts';
import { renderTable } from './table.ts';
import { showInstant } from './when.ts';
import { displayWidth, padToWidth, printable } from './width.ts';

/** A column of a table: its heading, and what of an item it shows. */
export type Column = readonly [heading: string, cell: (item: unknown) => string];

/** A column that shows a member, or a member's member (`posture.posture`). */
export function column(heading: string, path: string): Column {
  return [heading, (item) => textOf(item, path)];
}

/** A column that shows an instant in the time zone of this machine. */
export function timeColumn(heading: string, path: string): Column {
  return [heading, (item) => showInstant(textOf(item, path))];
}

/** The posture in force, with its end. */
export const POSTURE: Column = ['POSTURE', (item) => showPosture(item, 'posture.')];

/** @param prefix of the members `posture`, `until` and `reason` */
export function showPosture(item: unknown, prefix: string): string {
  const until = showInstant(textOf(item, `${prefix}until`));
  const posture = textOf(item, `${prefix}posture`);
  const reason = textOf(item, `${prefix}reason`);
  const set = until === '' ? posture : `${posture} until ${until}`;
  return reason === '' ? set : `${set}: ${reason}`;
}

export function renderItems(columns: readonly Column[], items: readonly unknown[]): string {
  const rows = items.map((item) => columns.map(([, cell]) => cell(item)));
  return renderTable(
    columns.map(([heading]) => heading),
    rows,
  );
}

/** One item, a line for each column that it has something for. */
export function renderItem(columns: readonly Column[], item: unknown): string {
  const lines = columns
    .map(([heading, cell]) => ({ heading, text: cell(item) }))
    .filter(({ text }) => text !== '');
  const width = Math.max(...lines.map(({ heading }) => displayWidth(heading)));
  return lines
    .map(({ heading, text }) => `${padToWidth(heading, width)}  ${printable(text)}\n`)
    .join('');
}
