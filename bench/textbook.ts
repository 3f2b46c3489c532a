/**
 * Verify as a tutorial would write it: the code is a JWT checked with jose, the pass is selected with drizzle, and
 * each insert is a transaction of its own with its own fsync.
 */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { serve } from '@hono/node-server';
import Database from 'better-sqlite3';
import { eq } from 'drizzle-orm';
import { drizzle } from 'drizzle-orm/better-sqlite3';
import { integer, sqliteTable, text } from 'drizzle-orm/sqlite-core';
import { Hono } from 'hono';
import { generateKeyPair, jwtVerify, SignJWT } from 'jose';

const passes = sqliteTable('passes', {
  id: text('id').primaryKey(),
  status: text('status').notNull(),
});
const visits = sqliteTable('visits', {
  id: text('id').primaryKey(),
  passId: text('pass_id').notNull(),
  at: integer('at').notNull(),
});
const attempts = sqliteTable('attempts', {
  id: text('id').primaryKey(),
  passId: text('pass_id').notNull(),
  reason: text('reason').notNull(),
});

const sqlite = new Database(join(mkdtempSync(join(tmpdir(), 'textbook-')), 'database.sqlite'));
sqlite.pragma('journal_mode = WAL');
sqlite.pragma('synchronous = FULL');
sqlite.exec(`CREATE TABLE passes (id TEXT PRIMARY KEY, status TEXT NOT NULL);
  CREATE TABLE visits (id TEXT PRIMARY KEY, pass_id TEXT NOT NULL, at INTEGER NOT NULL);
  CREATE TABLE attempts (id TEXT PRIMARY KEY, pass_id TEXT NOT NULL, reason TEXT NOT NULL);`);
const db = drizzle(sqlite);
db.insert(passes).values({ id: 'pas_1', status: 'active' }).run();

const { privateKey, publicKey } = await generateKeyPair('ES256');
const code = await new SignJWT({ pass: 'pas_1' })
  .setProtectedHeader({ alg: 'ES256' })
  .setExpirationTime('1h')
  .sign(privateKey);

const app = new Hono();
app.get('/code', (c) => c.text(code));
app.post('/v1/verify', async (c) => {
  const body: { requestId: string; code: string } = await c.req.json();
  const { payload } = await jwtVerify(body.code, publicKey, { algorithms: ['ES256'] });
  const pass = db
    .select()
    .from(passes)
    .where(eq(passes.id, String(payload['pass'])))
    .get();
  if (pass?.status !== 'active') return c.json({ decision: 'denied' });
  db.insert(visits).values({ id: crypto.randomUUID(), passId: pass.id, at: Date.now() }).run();
  db.insert(attempts).values({ id: body.requestId, passId: pass.id, reason: 'granted' }).run();
  return c.json({ decision: 'granted' });
});
serve({ fetch: app.fetch, port: 0, hostname: '127.0.0.1' }, ({ port }) => {
  process.stdout.write(`listening on http://127.0.0.1:${port}\n`);
});
