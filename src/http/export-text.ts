/** How an export of the audit log is written: a JSON object on each line, or a table for a spreadsheet. */
import type { ExportRecord } from '../access/export-audit.ts';
import { formatTime } from './answer.ts';

export type ExportFormat = 'ndjson' | 'csv';

export const EXPORT_TYPES: Readonly<Record<ExportFormat, string>> = {
  ndjson: 'application/x-ndjson',
  csv: 'text/csv; charset=utf-8',
};

/** The version of both writings. */
const VERSION = 1;

/** The line of a record, with its end. The entry stands in it as it is on the log: canonical JSON. */
export function exportLine(record: ExportRecord, format: ExportFormat): string {
  return format === 'csv' ? csvLines(record) : `${jsonLine(record)}\n`;
}

function jsonLine(record: ExportRecord): string {
  switch (record.kind) {
    case 'header': {
      const { kind, at, filter, ...members } = record;
      return JSON.stringify({
        kind,
        format: 'courier-pass-audit-export',
        version: VERSION,
        at: formatTime(at),
        ...members,
        filter: {
          communities: filter.communities,
          courierId: filter.courierId,
          since: filter.since === null ? null : formatTime(filter.since),
          until: filter.until === null ? null : formatTime(filter.until),
        },
      });
    }
    case 'entry': {
      const { leaf, auditId, courier, salt, entry, proof } = record;
      const whose = courier === null ? '' : `,"courier":"${courier}"`;
      const proves = salt === null ? '' : `,"salt":"${salt}"`;
      const hashes = proof.length === 0 ? '' : `"${proof.join('","')}"`;
      return `{"kind":"entry","leaf":${leaf},"auditId":"${auditId}"${whose}${proves},"entry":${entry},"proof":[${hashes}]}`;
    }
    case 'end':
      return JSON.stringify(record);
  }
}

const COLUMNS = [
  'kind',
  'leaf',
  'auditId',
  'at',
  'type',
  'community',
  'gate',
  'pass',
  'courier',
  'salt',
  'entry',
  'proof',
] as const;
type Row = Readonly<Partial<Record<(typeof COLUMNS)[number], unknown>>>;

/** In a table the checkpoint stands where entries stand, and its keys where proofs do. */
function csvLines(record: ExportRecord): string {
  switch (record.kind) {
    case 'header': {
      const { at, checkpoint, keys } = record;
      const row = { kind: 'checkpoint', at: formatTime(at), entry: checkpoint };
      return csvLine(COLUMNS) + csvRow({ ...row, proof: keys.join(' ') });
    }
    case 'entry': {
      const { kind, leaf, auditId, courier, salt, entry, proof } = record;
      const { at, type, community, gate, pass } = JSON.parse(entry) as Row;
      const row = { kind, leaf, auditId, at, type, community, gate, pass, courier, salt, entry };
      return csvRow({ ...row, proof: proof.join(' ') });
    }
    case 'end':
      return csvRow({ kind: 'end', leaf: record.entries });
  }
}

function csvRow(row: Row): string {
  return csvLine(COLUMNS.map((column) => row[column] ?? ''));
}

/** @see RFC 4180 §2 */
function csvLine(cells: readonly unknown[]): string {
  const written = cells.map((cell) => {
    const text = String(cell);
    return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  });
  return `${written.join(',')}\r\n`;
}
