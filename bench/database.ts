/** Fills a database with history: what a district has after weeks, written in bulk while no service runs. */
import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { closeSync, fsyncSync, openSync } from 'node:fs';
import Database from 'better-sqlite3';
import { formatIdentifier } from '../src/domain/identifier.ts';

export interface History {
  /** Deliveries that ended, each with its callback, its visit, its decision and its audit entry. */
  readonly ended: number;
  /** Passes with one delivery under way each; the riders are `r-0`, `r-1`, … */
  readonly active: number;
}

const DELIVERIES_PER_PASS = 3;

export function writeHistory(file: string, history: History, now: number): void {
  const db = new Database(file);
  db.pragma('journal_mode = OFF');
  db.pragma('synchronous = OFF');
  db.pragma('cache_size = -1000000');
  db.exec('BEGIN EXCLUSIVE');
  const write = writers(db);
  for (let n = 0; n < history.ended; n += 1) write.ended(n, now - 86_400_000 + (n % 80_000_000));
  for (let n = 0; n < history.active; n += 1) write.active(n, now);
  db.exec('COMMIT');
  db.exec(
    `UPDATE communities SET status_next = ${history.active}, status_list_length = ${2 ** 18}`,
  );
  db.pragma('journal_mode = WAL');
  db.close();
  // On the disk before anything is measured, else its writing back would be measured too.
  const written = openSync(file, 'r+');
  fsyncSync(written);
  closeSync(written);
}

function writers(db: Database.Database) {
  const last = db.prepare<[], { seq: number }>('SELECT max(seq) AS seq FROM audit_entries').get();
  let seq = last?.seq ?? 0;
  const courier = db.prepare('INSERT INTO couriers (id, created_at) VALUES (?, ?)');
  const account = db.prepare(
    'INSERT INTO rider_accounts (platform_no, rider_id, courier_no, vouched_at) VALUES (1, ?, ?, ?)',
  );
  const pass = db.prepare(
    'INSERT INTO passes (id, community_no, courier_no, commitment_salt, status, status_index, review_at, created_at, ended_at) VALUES (?, 1, ?, ?, ?, ?, ?, ?, ?)',
  );
  const delivery = db.prepare(
    `INSERT INTO deliveries (platform_no, delivery_id, status, status_at, newest_at, courier_no, dropoff_no, building, vehicle)
     VALUES (1, ?, ?, ?, ?, ?, 1, ?, 'e-bike')`,
  );
  const link = db.prepare(
    `INSERT INTO pass_deliveries (pass_no, delivery_no, leg) VALUES (?, ?, 'dropoff')`,
  );
  const callback = db.prepare(
    'INSERT INTO callbacks (platform_no, webhook_id, delivery_no, timestamp, status, members) VALUES (1, ?, ?, ?, ?, ?)',
  );
  const visit = db.prepare(
    `INSERT INTO visits (no, id, community_no, pass_no, slot, opened_at, entry_gate_no, last_entry_at, last_entry_gate_no, due_at, due_by, closed_at, exit_gate_no, closed_by)
     VALUES (?, ?, 1, ?, ?, ?, 1, ?, 1, ?, 'timeout', ?, 1, 'exit')`,
  );
  const attempt = db.prepare(
    `INSERT INTO attempts (seq, audit_id, community_no, gate_no, request_id, code_digest, direction, medium, at, source, decision, reason, pass_no, pass_id, visit_no, visit_id, entry_key, code_window, speed_limit_kmh, rules_version)
     VALUES (?, ?, 1, 1, ?, 'AAAAAAAAAAAAAAAA', 'in', 'qr', ?, 'online', 'granted', 'granted', ?, ?, ?, ?, ?, ?, 15, 1)`,
  );
  const entry = db.prepare('INSERT INTO audit_entries (seq, entry) VALUES (?, ?)');
  const id = (prefix: 'cou' | 'pas' | 'vis') => {
    const bytes = randomBytes(8);
    return formatIdentifier(prefix, bytes);
  };
  const members = JSON.stringify({ riderId: 'r', dropoff: { building: '12' } });
  let courierNo = 0;
  let passNo = 0;
  let passId = '';
  let visitNo = 0;

  function newPass(name: string, status: string, statusIndex: number, at: number) {
    courierNo = Number(courier.run(id('cou'), at).lastInsertRowid);
    account.run(name, courierNo, at);
    passId = id('pas');
    const ended = status === 'ended' ? at : null;
    passNo = Number(
      pass.run(passId, courierNo, 'salt', status, statusIndex, at + 7_200_000, at, ended)
        .lastInsertRowid,
    );
  }
  function newDelivery(name: string, status: string, at: number) {
    const no = delivery.run(name, status, at, at, courierNo, '12').lastInsertRowid;
    link.run(passNo, no);
    callback.run(`w-${name}`, no, at, status, members);
  }
  return {
    ended(n: number, at: number) {
      if (n % DELIVERIES_PER_PASS === 0) newPass(`e-${n}`, 'ended', 0, at);
      newDelivery(`e-${n}`, 'delivered', at);
      seq += 1;
      visitNo += 1;
      const window = Math.floor(at / 30_000) * 30 + (n % DELIVERIES_PER_PASS) * 30;
      const text = JSON.stringify({
        at: new Date(at).toISOString(),
        decision: 'granted',
        pass: passId,
        requestId: randomUUID(),
        type: 'decision',
        v: 1,
      });
      const leaf = createHash('sha256').update('\0').update(text).digest();
      entry.run(seq, text);
      const visitId = id('vis');
      attempt.run(
        seq,
        leaf.toString('base64url'),
        randomUUID(),
        at,
        passNo,
        passId,
        visitNo,
        visitId,
        window,
        window,
      );
      visit.run(visitNo, visitId, passNo, visitNo, at, at, at, at + 600_000);
    },
    active(n: number, now: number) {
      newPass(`r-${n}`, 'active', n, now);
      newDelivery(`a-${n}`, 'picked_up', now);
    },
  };
}
