/** The audit log, checked from outside: what it finds, and what it says. */
import { appendFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type Database from 'better-sqlite3';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  type AuditWorld,
  auditWorld,
  rewriteAll,
  signedCheckpoint,
  tamper,
} from '../support/audit-world.ts';
import { checkProperty } from '../support/property.ts';
import { run } from './support.ts';

let world: AuditWorld;
beforeAll(async () => {
  world = await auditWorld();
});
afterAll(() => world.stop());

let files = 0;
const newFile = (name = 'file') => join(world.folder, `${name}-${++files}`);
const offline = (given: readonly string[]) =>
  run([...given, '--server', 'http://127.0.0.1:1'], { environment: {} });
/** Checks a database file with the key that was kept elsewhere. */
const check = (path: string, given: readonly string[] = []) =>
  offline(['audit', 'verify', '--database', path, '--key', world.key, ...given]);

describe('audit verify of a log that is whole', () => {
  it('says so of a server, and remembers the newest checkpoint that was right', async () => {
    const remembered = newFile('remembered');
    const first = await world.cli(['audit', 'verify', '--remembered', remembered]);
    expect(first).toMatchObject({ code: 0, err: '' });
    expect(first.out).toMatch(
      /^http\S+: \d{3} entries read and hashed\.\nCheckpoint of \d{3} entries/,
    );
    expect(first.out).toMatch(/Whole: nothing was changed, taken out, added or put elsewhere\.\n$/);
    expect(first.out).toContain('The key was taken from what was checked.');
    await world.grow(5);
    const second = await world.cli(['audit', 'verify', '--remembered', remembered]);
    expect(second.out).toContain('Held against 1 remembered checkpoints.');
    expect(second.out).not.toContain('The key was taken');
    const sizes = readFileSync(remembered, 'utf8')
      .trim()
      .split('\n')
      .map((line) => Number(JSON.parse(line).checkpoint.split('\n')[1]));
    expect(sizes).toHaveLength(2);
    expect((sizes[1] ?? 0) - (sizes[0] ?? 0)).toBe(5);
  });

  it('holds it against bare notes that were appended one by one, and keeps the file readable', async () => {
    const remembered = newFile('checkpoints.txt');
    const verify = () =>
      world.cli(['audit', 'verify', '--key', world.key, '--remembered', remembered]);
    const fetched = async () => (await world.service.call('GET', '/v1/audit/checkpoint')).text;
    await world.grow(1);
    const first = await fetched();
    await world.grow(1);
    // As an editor may leave it: no newline at the end.
    writeFileSync(remembered, `${first}${await fetched()}`.trimEnd());
    await world.grow(1);
    const held = await verify();
    expect(held, held.err).toMatchObject({ code: 0 });
    expect(held.out).toContain('Held against 2 remembered checkpoints.');
    await world.grow(1);
    appendFileSync(remembered, `\n${await fetched()}`);
    const mixed = await verify();
    expect(mixed, mixed.err).toMatchObject({ code: 0 });
    expect(mixed.out).toContain('Held against 4 remembered checkpoints.');

    const path = world.copy();
    tamper(path, (database) => {
      database.prepare('UPDATE audit_entries SET entry = entry || ? WHERE seq = 20').run(' ');
      rewriteAll(database, world.service);
    });
    expect(await check(path, ['--remembered', remembered])).toMatchObject({ code: 4 });

    writeFileSync(remembered, `${first}404 page not found\n`);
    const spoilt = await verify();
    expect(spoilt.code).toBe(2);
    expect(spoilt.err).toContain(`${remembered}:${first.split('\n').length} is no checkpoint`);
  });

  it('says so of a database file, with every commitment to a holder', async () => {
    const { code, out } = await check(world.copy());
    expect(code).toBe(0);
    expect(out).toContain('Holders of passes: 2 commitments proved, 0 erased.');
  });

  it('says so of an export, whole or in part', async () => {
    const file = newFile('export');
    expect(await world.cli(['audit', 'export', '--out', file])).toMatchObject({
      code: 0,
      out: `Written to ${file}.\n`,
    });
    const whole = await offline(['audit', 'verify', '--file', file, '--key', world.key]);
    expect(whole).toMatchObject({ code: 0 });
    expect(whole.out).not.toContain('It holds a part');
    const part = newFile('export');
    await world.cli(['audit', 'export', '--community', world.communityId, '--out', part]);
    const checked = await offline(['audit', 'verify', '--file', part, '--key', world.key]);
    expect(checked).toMatchObject({ code: 0 });
    expect(checked.out).toContain('it proves what is in it, not that nothing was left out');
  });

  it('answers a program with one document', async () => {
    const verdict = await world.json(['audit', 'verify', '--key', world.key]);
    expect(verdict).toMatchObject({
      whole: true,
      findings: [],
      dropped: 0,
      key: { from: 'given', verifierKeys: [world.key] },
    });
    expect(verdict.entries).toBe(verdict.checkpoint.size);
  });

  it('does not believe another key', async () => {
    const other = 'other.example/audit+530d903a+AWBwBjNTKCTLgWIF8o0xqxLwDWJmHM0xMO9PJYAh6Fjm';
    const { code, err } = await offline([
      'audit',
      'verify',
      '--database',
      world.copy(),
      '--key',
      other,
    ]);
    expect({ code, err }).toMatchObject({
      code: 2,
      err: expect.stringContaining('That is no key'),
    });
  });
});

describe('audit verify of a database that somebody has written to', () => {
  const entryAt = (database: Database.Database, leaf: number) =>
    database
      .prepare<[number], { seq: number; entry: string }>(
        'SELECT seq, entry FROM audit_entries WHERE seq = ?',
      )
      .get(leaf + 1) ?? { seq: 0, entry: '' };
  const size = (database: Database.Database) =>
    database.prepare<[], { size: number }>('SELECT size FROM log_tree').get()?.size ?? 0;

  async function tampered(
    change: (database: Database.Database) => void,
    given: readonly string[] = [],
  ) {
    const path = world.copy();
    tamper(path, change);
    const result = await check(path, given);
    return { ...result, path };
  }

  it('names an entry that was edited', async () => {
    const { code, out, err } = await tampered((database) => {
      const { seq, entry } = entryAt(database, 100);
      database
        .prepare('UPDATE audit_entries SET entry = ? WHERE seq = ?')
        .run(entry.replace('"v":1', '"v":2'), seq);
    });
    expect({ code, err }).toEqual({ code: 4, err: 'The log is not whole.\n' });
    expect(out).toContain('NOT WHOLE, from entry 100 on:');
    expect(out).toContain('Entry 100 is not as logged: the tree holds another hash.');
    expect(out).not.toContain('The tree over');
  });

  it('says that the tree was changed where the entries are those that were signed', async () => {
    const { code, out } = await tampered((database) => {
      const tile = database
        .prepare<[], { hashes: Buffer }>(
          'SELECT hashes FROM log_tiles WHERE level = 0 AND tile = 0',
        )
        .get();
      const hashes = Buffer.from(tile?.hashes ?? []);
      hashes[50 * 32] = (hashes[50 * 32] ?? 0) ^ 1;
      database.prepare('UPDATE log_tiles SET hashes = ? WHERE level = 0 AND tile = 0').run(hashes);
    });
    expect(code).toBe(4);
    expect(out).toContain(
      'The entries are those that were signed: it is the tree’s hashes that were changed.',
    );
  });

  it('names a middle row that is gone', async () => {
    const { code, out } = await tampered((database) =>
      database.exec('DELETE FROM audit_entries WHERE seq = 101'),
    );
    expect(code).toBe(4);
    expect(out).toContain('Entry 100 is missing: taken out of the log.');
    expect(out).toContain('NOT WHOLE, from entry 100 on:');
  });

  it('names the last row when it is gone', async () => {
    let last = 0;
    const { code, out } = await tampered((database) => {
      last = size(database) - 1;
      database.exec('DELETE FROM audit_entries WHERE seq = (SELECT max(seq) FROM audit_entries)');
    });
    expect(code).toBe(4);
    expect(out).toContain(`Entry ${last} is missing: taken out of the log.`);
  });

  it('says that all rows are gone', async () => {
    const { code, out } = await tampered((database) => database.exec('DELETE FROM audit_entries'));
    expect(code).toBe(4);
    expect(out).toMatch(/Entries 0 to \d{3} are missing: taken out of the log\./);
    expect(out).toContain('NOT WHOLE, from entry 0 on:');
    expect(out).toContain('has no entry any more');
  });

  it('names two entries that changed places', async () => {
    const { code, out } = await tampered((database) => {
      const [a, b] = [entryAt(database, 7), entryAt(database, 200)];
      const put = database.prepare('UPDATE audit_entries SET entry = ? WHERE seq = ?');
      put.run(b.entry, a.seq);
      put.run(a.entry, b.seq);
    });
    expect(code).toBe(4);
    expect(out).toContain('Entry 7 is not as logged');
    expect(out).toContain('Entry 200 is not as logged');
  });

  it('misses a newest entry, which has no place in the tree yet, by the decision that was answered', async () => {
    const path = world.copy();
    tamper(path, (database) => {
      const { seq } = database
        .prepare<[], { seq: number }>('SELECT max(seq) AS seq FROM attempts')
        .get() ?? { seq: 0 };
      const last = database.prepare<[], { seq: number }>(
        'SELECT max(seq) AS seq FROM audit_entries',
      );
      const next = (last.get()?.seq ?? 0) + 2; // the number between is another’s that is gone too
      database
        .prepare('UPDATE attempts SET seq = ?, audit_id = ? WHERE seq = ?')
        .run(next - 1, 'A'.repeat(43), seq);
      database.prepare('INSERT INTO audit_entries (seq, entry) VALUES (?, ?)').run(next, '{}');
    });
    const { code, out } = await check(path);
    expect(code).toBe(4);
    expect(out).toContain(
      'Of the newest entries, which have no place in the tree yet, 1 are missing.',
    );
    expect(out).toContain(
      `The decision that was answered under ${'A'.repeat(43)} has no entry any more.`,
    );
  });

  it('says whose pass was given to another', async () => {
    const { code, out } = await tampered((database) =>
      database.exec('UPDATE passes SET courier_no = 3 - courier_no'),
    );
    expect(code).toBe(4);
    expect(out).toMatch(/Entry \d+ commits to another holder of pas_\w+ than its row names/);
  });

  it('finds any bit of any row that was flipped', async () => {
    const whole = world.copy();
    const columns = tamper(whole, (database) => {
      const all: [table: string, column: string][] = [
        ['audit_entries', 'entry'],
        ['audit_entries', 'seq'],
        ['log_tiles', 'hashes'],
        ['log_tiles', 'tile'],
        ['log_tree', 'root'],
        ['log_tree', 'size'],
        ['log_checkpoints', 'note'],
        ['log_checkpoints', 'size'],
        ['log_runs', 'first_leaf'],
        ['log_runs', 'first_seq'],
        ['log_runs', 'count'],
        ['log_lookup', 'prefix'],
        ['log_lookup', 'leaf'],
        ['attempts', 'audit_id'],
        ['passes', 'commitment_salt'],
      ];
      return all.map(([table, column]) => {
        const key = table === 'log_lookup' ? 'leaf' : 'rowid';
        const rows = database
          .prepare<[], { row: number; value: unknown }>(
            `SELECT ${key} AS row, ${column} AS value FROM ${table} WHERE ${column} IS NOT NULL`,
          )
          .all();
        return { table, column, key, rows };
      });
    });
    await checkProperty(
      'a flipped bit',
      fc.asyncProperty(
        fc.constantFrom(...columns),
        fc.nat(),
        fc.nat(),
        fc.nat(7),
        async ({ table, column, key, rows }, rowChoice, byteChoice, bit) => {
          const row = rows[rowChoice % rows.length];
          if (row === undefined) throw new Error(`${table} is empty`);
          const path = newFile('flipped');
          writeFileSync(path, readFileSync(whole));
          tamper(path, (database) =>
            database
              .prepare(`UPDATE OR REPLACE ${table} SET ${column} = ? WHERE ${key} = ?`)
              .run(flipped(row.value, byteChoice, bit), row.row),
          );
          const { code, out } = await check(path);
          if (code !== 4)
            throw new Error(`not found: ${table}.${column} of row ${row.row}: ${out}`);
        },
      ),
      120,
    );
  });

  describe('by somebody who can rewrite everything, with our own key', () => {
    const edit = (database: Database.Database) => {
      const { seq, entry } = entryAt(database, 60);
      database
        .prepare('UPDATE audit_entries SET entry = ? WHERE seq = ?')
        .run(entry.replace('"at":"2026', '"at":"2025'), seq);
      rewriteAll(database, world.service);
    };

    it('finds nothing in the file alone, and the truth by a checkpoint that somebody else has kept', async () => {
      const remembered = newFile('remembered');
      await check(world.copy(), ['--remembered', remembered]);
      const { code, out, path } = await tampered(edit);
      expect(code, out).toBe(0);
      expect(out).toContain('Held against no remembered checkpoint');
      const held = await check(path, ['--remembered', remembered]);
      expect(held.code).toBe(4);
      expect(held.out).toMatch(
        /The first \d{3} entries are not those of the checkpoint that is remembered: history was rewritten somewhere in entries 0 to \d{3}\./,
      );
    });

    it('says between which checkpoints history was rewritten', async () => {
      const remembered = newFile('remembered');
      await check(world.copy(), ['--remembered', remembered]);
      await world.grow(40);
      await check(world.copy(), ['--remembered', remembered]);
      const sizes = readFileSync(remembered, 'utf8')
        .trim()
        .split('\n')
        .map((line) => Number(JSON.parse(line).checkpoint.split('\n')[1]));
      const [from = 0, to = 0] = sizes;
      const path = world.copy();
      tamper(path, (database) => {
        const { seq, entry } = entryAt(database, from + 10);
        database
          .prepare('UPDATE audit_entries SET entry = ? WHERE seq = ?')
          .run(entry.replace('"v":1', '"v":3'), seq);
        rewriteAll(database, world.service);
      });
      const { code, out } = await check(path, ['--remembered', remembered]);
      expect(code).toBe(4);
      expect(out).toContain(`somewhere in entries ${from} to ${to - 1}.`);
    });

    it('says that the end was cut off', async () => {
      const remembered = newFile('remembered');
      await check(world.copy(), ['--remembered', remembered]);
      const path = world.copy();
      const kept = tamper(path, (database) => {
        const left = size(database) - 20;
        database.prepare('DELETE FROM audit_entries WHERE seq > ?').run(left);
        database.prepare('DELETE FROM attempts WHERE seq > ?').run(left);
        rewriteAll(database, world.service);
        return left;
      });
      expect(await check(path)).toMatchObject({ code: 0 });
      const { code, out } = await check(path, ['--remembered', remembered]);
      expect(code).toBe(4);
      expect(out).toContain(
        `is remembered, and the log has ${kept}: entries ${kept} to ${kept + 19} were cut off.`,
      );
    });

    it('does not take a broken log’s checkpoint into its memory', async () => {
      const remembered = newFile('remembered');
      await check(world.copy(), ['--remembered', remembered]);
      const before = readFileSync(remembered, 'utf8');
      await world.grow(3);
      const path = world.copy();
      tamper(path, edit);
      await check(path, ['--remembered', remembered]);
      expect(readFileSync(remembered, 'utf8')).toBe(before);
    });
  });
});

/** A value with one bit changed. */
function flipped(value: unknown, byte: number, bit: number): unknown {
  if (typeof value === 'number') return value ^ (1 << bit);
  const bytes = Buffer.from(value as string | Buffer);
  const at = byte % bytes.length;
  bytes[at] = (bytes[at] ?? 0) ^ (1 << bit);
  return typeof value === 'string' ? bytes.toString('latin1') : bytes;
}

describe('audit verify of an export that somebody has written to', () => {
  let lines: string[] = [];
  beforeAll(async () => {
    const { out } = await world.cli(['audit', 'export']);
    lines = out.trimEnd().split('\n');
  });

  async function checked(changed: readonly string[], given: readonly string[] = []) {
    const file = newFile('export');
    writeFileSync(file, changed.map((line) => `${line}\n`).join(''));
    return offline(['audit', 'verify', '--file', file, '--key', world.key, ...given]);
  }
  const at = (leaf: number) => leaf + 1;

  it('names an entry that was edited, with its line', async () => {
    const changed = lines.with(at(50), (lines[at(50)] ?? '').replace('"v":1', '"v":2'));
    const { code, out } = await checked(changed);
    expect(code).toBe(4);
    expect(out).toContain('Entry 50 (line 52) is not as logged: it does not hash to its audit id.');
  });

  it('names an entry that was put in with a hash of its own', async () => {
    const line = JSON.parse(lines[at(50)] ?? '');
    const other = JSON.parse(lines[at(51)] ?? '');
    const changed = lines.with(
      at(50),
      JSON.stringify({ ...line, entry: other.entry, auditId: other.auditId }),
    );
    const { code, out } = await checked(changed);
    expect(code).toBe(4);
    expect(out).toContain(
      'Entry 50 (line 52) is not in the tree that was signed: its proof does not hold.',
    );
  });

  it('sees lines that were taken out, changed places, or were cut off', async () => {
    const without = await checked(lines.toSpliced(at(50), 1));
    expect(without.code).toBe(4);
    expect(without.out).toMatch(/says that it has \d+ entries, and there are \d+/);
    const swapped = await checked(
      lines.with(at(50), lines[at(51)] ?? '').with(at(51), lines[at(50)] ?? ''),
    );
    expect(swapped.code).toBe(4);
    expect(swapped.out).toContain(
      'Entry 50 (line 53) stands after entry 51: the order was changed.',
    );
    const cut = await checked(lines.slice(0, at(80)));
    expect(cut.code).toBe(4);
    expect(cut.out).toContain('The export ends in the middle, after entry 79: it was cut off.');
  });

  it('finds any bit that was flipped in an entry, its place, its audit id or its proof', async () => {
    await checkProperty(
      'a flipped bit of an export',
      fc.asyncProperty(
        fc.nat(lines.length - 3),
        fc.constantFrom('leaf', 'auditId', 'entry', 'proof'),
        fc.nat(),
        fc.nat(6),
        async (leaf, member, byte, bit) => {
          const line = lines[at(leaf)] ?? '';
          const value = JSON.parse(line)[member];
          const written = JSON.stringify(value);
          const start = line.indexOf(`"${member}":${written}`) + member.length + 3;
          const bytes = Buffer.from(line);
          const place = start + (byte % written.length);
          bytes[place] = (bytes[place] ?? 0) ^ (1 << bit);
          const { code, out } = await checked(lines.with(at(leaf), bytes.toString('latin1')));
          if (code !== 4) throw new Error(`not found: ${bytes.toString('latin1')}: ${out}`);
        },
      ),
      60,
    );
  });

  it('does not believe a checkpoint whose signature is wrong, or one that another remembers differently', async () => {
    const header = JSON.parse(lines[0] ?? '');
    const sizeLine = header.checkpoint.split('\n')[1];
    const wrong = header.checkpoint.replace(`\n${sizeLine}\n`, `\n${Number(sizeLine) + 1}\n`);
    const { code, out } = await checked(
      lines.with(0, JSON.stringify({ ...header, checkpoint: wrong })),
    );
    expect(code).toBe(4);
    expect(out).toContain('The checkpoint cannot be trusted: the signature of');
  });

  it('holds a whole export against what is remembered', async () => {
    const remembered = newFile('remembered');
    await world.cli(['audit', 'verify', '--remembered', remembered]);
    await world.grow(2);
    const { out } = await world.cli(['audit', 'export']);
    const newer = out.trimEnd().split('\n');
    const held = await checked(newer, ['--remembered', remembered]);
    expect(held.code, held.out).toBe(0);
    expect(held.out).toContain('Held against 1 remembered checkpoints.');
    const otherRoot = newFile('remembered');
    const { checkpoint } = JSON.parse(readFileSync(remembered, 'utf8').split('\n')[0] ?? '');
    const [origin, size] = checkpoint.split('\n');
    const tree = { origin, size: Number(size), root: new Uint8Array(32) };
    const forged = signedCheckpoint(tree, world.service.deps);
    writeFileSync(otherRoot, `${JSON.stringify({ checkpoint: forged })}\n`);
    const forked = await checked(newer, ['--remembered', otherRoot]);
    expect(forked.code).toBe(4);
    expect(forked.out).toContain('history was rewritten somewhere in entries 0 to');
  });

  it('takes an older export as of its time, and holds it against what is remembered of that time', async () => {
    const remembered = newFile('remembered');
    await world.grow(2);
    const newer = await world.cli(['audit', 'verify', '--remembered', remembered]);
    const { size } = JSON.parse((await world.cli(['audit', 'verify', '--json'])).out).checkpoint;
    expect(newer.code).toBe(0);
    const older = await checked(lines, ['--remembered', remembered]);
    expect(older.code, older.out).toBe(0);
    expect(older.out).toContain(
      `A newer checkpoint, of ${size} entries, is remembered: the export is of an earlier time and was not held against it.`,
    );
    expect(older.out).toContain('Held against no remembered checkpoint');
    // The file is as it was: what is older is not added.
    expect(readFileSync(remembered, 'utf8').trim().split('\n')).toHaveLength(1);
  });

  it('is told apart from what is no export', async () => {
    const file = newFile('nothing');
    writeFileSync(file, 'hello\n');
    const { code, err } = await offline(['audit', 'verify', '--file', file]);
    expect({ code, err }).toEqual({
      code: 2,
      err: `${file} is no export: its first line is not that of an export.\n`,
    });
    const missing = await offline(['audit', 'verify', '--file', '/nonexistent']);
    expect(missing.code).toBe(2);
  });
});

describe('audit export', () => {
  const entriesIn = (out: string) =>
    out
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line))
      .filter(({ kind }) => kind === 'entry');

  it('gives the entries of a community, of a time, of a courier’s passes', async () => {
    const own = entriesIn(
      (await world.cli(['audit', 'export', '--community', world.communityId])).out,
    );
    expect(own.length).toBeGreaterThan(4);
    for (const { entry } of own) expect(entry.community).toBe(world.communityId);
    const late = await world.cli(['audit', 'export', '--since', '2026-12-31T00:00:00Z']);
    expect(entriesIn(late.out)).toEqual([]);
    const early = await world.cli(['audit', 'export', '--until', '2026-12-31T00:00:00Z']);
    expect(entriesIn(early.out).length).toBeGreaterThan(200);
    const riders = entriesIn(
      (await world.cli(['audit', 'export', '--courier', world.courierId])).out,
    );
    expect(riders.map(({ entry }) => entry.type)).toEqual([
      'pass.created',
      'decision',
      'decision',
      'pass.ended',
    ]);
    for (const { courier } of riders) expect(courier).toBe(world.courierId);
    expect(riders[0].salt).toMatch(/^[\w-]{22}$/);
  });

  it('writes a table for spreadsheets', async () => {
    const { out } = await world.cli([
      'audit',
      'export',
      '--courier',
      world.courierId,
      '--format',
      'csv',
    ]);
    const lines = out.split('\r\n');
    expect(lines[0]).toBe('kind,leaf,auditId,at,type,community,gate,pass,courier,salt,entry,proof');
    expect(lines[1]).toMatch(/^checkpoint,,,2026-/);
    expect(lines.filter((line) => line.startsWith('entry,'))).toHaveLength(4);
    expect(out).toMatch(/\r\nend,4,,,,,,,,,,\r\n$/);
  });

  it('gives a manager the manager’s own and nobody else’s', async () => {
    const body = { name: 'x', scope: { kind: 'community', communityId: world.communityId } };
    const made = await world.service.call('POST', '/v1/api-keys', {
      token: world.service.operatorKey,
      body,
    });
    const environment = { ...world.environment, COURIER_PASS_API_KEY: made.body.key };
    const { out } = await run(['audit', 'export'], { environment });
    const entries = entriesIn(out);
    expect(entries.length).toBeGreaterThan(4);
    for (const { entry } of entries) expect(entry.community).toBe(world.communityId);
    const foreign = await run(['audit', 'export', '--community', world.otherCommunityId], {
      environment,
    });
    expect(foreign).toMatchObject({ code: 1, out: '' });
    const file = newFile('never');
    await run(['audit', 'export', '--community', world.otherCommunityId, '--out', file], {
      environment,
    });
    expect(existsSync(file)).toBe(false);
  });
});

describe('audit receipt verify', () => {
  async function receipt(auditId: string): Promise<string> {
    const path = `/v1/audit/receipts/${auditId}`;
    const { text, status } = await world.service.call('GET', path, {
      token: world.service.operatorKey,
    });
    expect(status).toBe(200);
    const file = newFile('receipt');
    writeFileSync(file, text);
    return file;
  }

  it('shows the entry, offline, with the public key alone', async () => {
    const [auditId = ''] = world.auditIds;
    const file = await receipt(auditId);
    const { code, out } = await offline(['audit', 'receipt', 'verify', file, '--key', world.key]);
    expect(code).toBe(0);
    expect(out).toContain(`The entry ${auditId} is number`);
    expect(out).toContain('"decision": "granted"');
    const json = await offline(['audit', 'receipt', 'verify', file, '--key', world.key, '--json']);
    expect(JSON.parse(json.out)).toMatchObject({ whole: true, auditId });
  });

  it('takes the key from what was remembered, and asks for one where there is none', async () => {
    const remembered = newFile('remembered');
    await check(world.copy(), ['--remembered', remembered]);
    const file = await receipt(world.auditIds[1] ?? '');
    expect(
      await offline(['audit', 'receipt', 'verify', file, '--remembered', remembered]),
    ).toMatchObject({ code: 0 });
    expect(await offline(['audit', 'receipt', 'verify', file])).toMatchObject({
      code: 2,
      err: expect.stringContaining('Give the public key of the log'),
    });
  });

  it('finds any byte of a receipt that was changed', async () => {
    const file = await receipt(world.auditIds[2] ?? '');
    const text = readFileSync(file);
    await checkProperty(
      'a changed receipt',
      fc.asyncProperty(fc.nat(text.length - 1), fc.nat(6), async (place, bit) => {
        const changed = Buffer.from(text);
        changed[place] = (changed[place] ?? 0) ^ (1 << bit);
        const path = newFile('receipt');
        writeFileSync(path, changed);
        const given = ['audit', 'receipt', 'verify', path, '--key', world.key];
        const { code, out } = await offline(given);
        if (code !== 4) throw new Error(`byte ${place}, bit ${bit}: ${out}`);
      }),
      100,
    );
  });
});

describe('audit check-views', () => {
  const views = (path: string) => offline(['audit', 'check-views', '--database', path]);

  it('makes decisions and visits anew from the log, and says that the tables show the same', async () => {
    const { code, out } = await views(world.copy());
    expect({ code, out }).toEqual({
      code: 0,
      out: expect.stringMatching(
        /: 4 decisions and 2 visits made anew from the log, 0 of them inside; 0 more visits were corrected by what came late\.\nThe tables show the same\.\n$/,
      ),
    });
  });

  it.each([
    ["UPDATE visits SET closed_by = 'timeout'", /Visit vis_\w+: the log tells another closedBy\./],
    ['DELETE FROM visits WHERE no = 1', /Visit vis_\w+: the log tells another id\./],
    [
      "INSERT INTO visits SELECT 99, 'vis_0000000000000', community_no, pass_no, 99, opened_at, entry_gate_no, last_entry_at, last_entry_gate_no, 0, NULL, due_at, due_by, closed_at, exit_gate_no, closed_by FROM visits WHERE no = 1",
      /Visit vis_0000000000000: the log has none\./,
    ],
    ["UPDATE attempts SET decision = 'denied'", /Decision \d+: the log tells another decision\./],
    ['DELETE FROM attempts', /Pass pas_\w+: the log tells of 1 entries, the table of none\./],
    ['UPDATE attempts SET entry_key = NULL', /the log tells of 1 entries, the table of none\./],
  ])('tells what differs after: %s', async (sql, said) => {
    const path = world.copy();
    tamper(path, (database) => database.exec(sql));
    const { code, out, err } = await views(path);
    expect({ code, err }).toEqual({ code: 4, err: 'The tables are not what the log tells.\n' });
    expect(out).toMatch(said);
  });
});
