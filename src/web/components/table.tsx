import type { Child } from 'hono/jsx';

export interface Column<Row> {
  readonly title: string;
  readonly cell: (row: Row) => Child;
  /** Numbers stand to the right. */
  readonly align?: 'end';
}

/**
 * Rows under headings. On a phone each row is a block whose cells carry their headings, so nothing scrolls sideways.
 * @param caption what the table lists: read aloud, not shown
 */
export function Table<Row>({
  caption,
  columns,
  rows,
}: {
  readonly caption: string;
  readonly columns: readonly Column<Row>[];
  readonly rows: readonly Row[];
}) {
  return (
    <table class="table">
      <caption class="unseen">{caption}</caption>
      <thead>
        <tr>
          {columns.map(({ title, align }) => (
            <th scope="col" class={align}>
              {title}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {rows.map((row) => (
          <tr>
            {columns.map(({ title, cell, align }) => (
              <td data-title={title} class={align}>
                {cell(row)}
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}
