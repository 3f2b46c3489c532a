/** A service with a log of some hundred entries, and files of it to tamper with. */
import { randomUUID } from 'node:crypto';
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { type Checkpoint, formatCheckpoint } from '../../src/audit/checkpoint.ts';
import { formatNote, signatureLine, verifierKey } from '../../src/audit/signed-note.ts';
import { hashLeaf, hashText } from '../../src/audit/tree.ts';
import { TreeBuilder } from '../../src/audit/tree-builder.ts';
import { type ListeningService, listenService } from '../cli/support.ts';
import type { Service } from './service.ts';
import {
  makeCommunity,
  makeDelivery,
  makeGate,
  makePlatform,
  presentCode,
  signIn,
  verify,
} from './world.ts';

export interface AuditWorld extends ListeningService {
  /** As C2SP writes it. */
  readonly key: string;
  readonly communityId: string;
  readonly otherCommunityId: string;
  readonly courierId: string;
  readonly auditIds: readonly string[];
  /** A folder for files of the test. */
  readonly folder: string;
  /** So many entries more. */
  grow(count: number): Promise<void>;
  /** Copies the database as it is now. */
  copy(): string;
}

export async function auditWorld(entries = 300): Promise<AuditWorld> {
  const listening = await listenService();
  const { service } = listening;
  const folder = mkdtempSync(join(tmpdir(), 'courier-pass-audit-'));
  const platform = await makePlatform(service, 'kuai');
  const communityId = await makeCommunity(service);
  const otherCommunityId = await makeCommunity(service);
  const auditIds: string[] = [];
  for (const [index, id] of [communityId, otherCommunityId].entries()) {
    const gate = await makeGate(service, id);
    const riderId = `r-${index}`;
    await makeDelivery(service, platform, { communityId: id, riderId, deliveryId: riderId });
    const rider = await signIn(service, platform, riderId);
    const code = await presentCode(service, rider);
    for (const direction of ['in', 'out'])
      auditIds.push((await verify(service, gate, { code, direction })).body.auditId);
    await makeDelivery(service, platform, {
      communityId: id,
      riderId,
      deliveryId: riderId,
      status: 'delivered',
    });
  }
  const path = `/v1/communities/${communityId}/visits`;
  const visits = await service.call('GET', path, { token: service.operatorKey });
  const grow = async (count: number) => {
    await addEntries(service, count);
    await service.deps.audit.run();
  };
  await service.deps.audit.run();
  await grow(entries);
  return {
    ...listening,
    key: service.deps.audit.publishedKeys()[0]?.verifierKey ?? '',
    communityId,
    otherCommunityId,
    courierId: visits.body.items[0].courierId,
    auditIds,
    folder,
    grow,
    copy: () => copyDatabase(service, folder),
    async stop() {
      await listening.stop();
      rmSync(folder, { recursive: true });
    },
  };
}

async function addEntries({ deps, clock }: Service, count: number): Promise<void> {
  const made = Array.from({ length: count }, () =>
    deps.store.createApiKey({
      name: 'x',
      scope: { kind: 'all' },
      hash: randomUUID(),
      actor: 'key:key_0000000000000',
      now: clock.now(),
    }),
  );
  await Promise.all(made);
}

let copies = 0;

function copyDatabase({ deps }: Service, folder: string): string {
  const to = join(folder, `copy-${++copies}.db`);
  const database = new Database(join(deps.config.dataDir, 'courier-pass.db'));
  try {
    database.pragma('wal_checkpoint(TRUNCATE)');
    copyFileSync(join(deps.config.dataDir, 'courier-pass.db'), to);
  } finally {
    database.close();
  }
  return to;
}

/** Opens a copy as somebody does who may write the file: without triggers. */
export function tamper<T>(path: string, change: (database: Database.Database) => T): T {
  const database = new Database(path);
  try {
    database.pragma('journal_mode = DELETE');
    const triggers = database
      .prepare<[], { name: string }>("SELECT name FROM sqlite_master WHERE type = 'trigger'")
      .all();
    for (const { name } of triggers) database.exec(`DROP TRIGGER "${name}"`);
    return change(database);
  } finally {
    database.close();
  }
}

/** Makes everything fit the entries that there are: tiles, look-up, root, places, and a checkpoint signed with our own key. */
export function rewriteAll(database: Database.Database, { deps }: Service): void {
  const origin = deps.audit.origin;
  const entries = database
    .prepare<[], { seq: number; entry: string }>(
      'SELECT seq, entry FROM audit_entries ORDER BY seq',
    )
    .all();
  const builder = new TreeBuilder();
  const hashes = entries.map(({ entry }) => hashLeaf(entry));
  database.exec(
    'DELETE FROM log_tiles; DELETE FROM log_lookup; DELETE FROM log_runs; DELETE FROM log_checkpoints',
  );
  const putTile = database.prepare(
    'INSERT OR REPLACE INTO log_tiles (level, tile, hashes) VALUES (?, ?, ?)',
  );
  for (const { level, tile, hashes: of } of builder.append(Buffer.concat(hashes)))
    putTile.run(level, tile, Buffer.from(of));
  const lookUp = database.prepare(
    'INSERT INTO log_lookup (segment, prefix, leaf) VALUES (0, ?, ?)',
  );
  for (const [leaf, hash] of hashes.entries()) lookUp.run(Buffer.from(hash).readUIntBE(0, 6), leaf);
  const run = database.prepare(
    'INSERT INTO log_runs (first_leaf, first_seq, count) VALUES (?, ?, 1)',
  );
  for (const [leaf, { seq }] of entries.entries()) run.run(leaf, seq);
  const audited = database.prepare('UPDATE attempts SET audit_id = ? WHERE seq = ?');
  for (const [leaf, { seq }] of entries.entries())
    audited.run(Buffer.from(hashes[leaf] ?? []).toString('base64url'), seq);
  const { size } = builder;
  const root = builder.root();
  database.prepare('UPDATE log_tree SET size = ?, root = ?').run(size, hashText(root));
  database
    .prepare('INSERT INTO log_checkpoints (size, note, at) VALUES (?, ?, 0)')
    .run(size, signedCheckpoint({ origin, size, root }, deps));
}

/** A checkpoint of whatever tree, signed with our own key. */
export function signedCheckpoint(checkpoint: Checkpoint, { keys, now }: Service['deps']): string {
  const text = formatCheckpoint(checkpoint);
  const lines = keys
    .signCheckpoint(text, now())
    .map(({ publicKey, signature }) =>
      signatureLine(verifierKey(checkpoint.origin, publicKey), signature),
    );
  return formatNote(text, lines);
}
