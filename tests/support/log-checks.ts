import Database from 'better-sqlite3';
import { expect } from 'vitest';
import type { Store } from '../../src/store/store.ts';
import { type LoggedEntry, type Row, readLog, sha256 } from './store-under-test.ts';

/** Checks that a log has no gap and names its entries rightly; returns it. */
export async function expectWholeLog(store: Store): Promise<LoggedEntry[]> {
  const log = await readLog(store);
  expect(log.map(({ seq }) => seq)).toEqual(log.map((_, index) => index + 1));
  for (const { auditId, text } of log) expect(auditId).toBe(sha256(`\0${text}`));
  expect(new Set(log.map(({ auditId }) => auditId)).size).toBe(log.length);
  return log;
}

/** Checks in the file itself that nothing is half-written: every effect has its entry and every entry its effect. */
export function expectNothingHalfWritten(path: string): void {
  const database = new Database(path, { readonly: true });
  try {
    const rows = (sql: string) => database.prepare<[], Row>(sql).all();
    expect(rows('PRAGMA integrity_check')).toEqual([{ integrity_check: 'ok' }]);
    const entries = (type: string) => `json_extract(entry, '$.type') = '${type}'`;
    const decisions = `SELECT seq FROM audit_entries WHERE ${entries('decision')}`;
    expect(rows(`SELECT seq FROM attempts EXCEPT ${decisions}`)).toEqual([]);
    expect(rows(`${decisions} EXCEPT SELECT seq FROM attempts`)).toEqual([]);
    const passes = `SELECT json_extract(entry, '$.pass') FROM audit_entries WHERE ${entries('pass.created')}`;
    expect(rows(`SELECT id FROM passes EXCEPT ${passes}`)).toEqual([]);
    expect(rows(`${passes} EXCEPT SELECT id FROM passes`)).toEqual([]);
    // What became known late may split a visit, and join what was two: the log says so.
    const corrected = `SELECT json_extract(entry, '$.visit') FROM audit_entries WHERE ${entries('visit.corrected')}`;
    const granted = 'SELECT visit_id FROM attempts WHERE visit_id IS NOT NULL';
    expect(rows(`SELECT id FROM visits EXCEPT ${granted} EXCEPT ${corrected}`)).toEqual([]);
    expect(rows(`${granted} EXCEPT SELECT id FROM visits EXCEPT ${corrected}`)).toEqual([]);
    const twice = `SELECT pass_no, entry_key FROM attempts WHERE entry_key IS NOT NULL
      GROUP BY pass_no, entry_key HAVING count(*) > 1`;
    expect(rows(twice)).toEqual([]);
  } finally {
    database.close();
  }
}
