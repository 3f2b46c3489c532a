import { generateKeyPairSync, sign } from 'node:crypto';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openCheckpoint } from '../../src/audit/checkpoint.ts';
import { createSequencer } from '../../src/audit/sequencer.ts';
import { verifierKey } from '../../src/audit/signed-note.ts';
import { StoreUnavailable } from '../../src/store/store.ts';
import { SlowTree } from '../audit/slow-tree.ts';
import { appendEntries } from '../contracts/store/log.ts';
import { expectWholeLog } from '../support/log-checks.ts';
import { smallDisks } from '../support/small-disk.ts';
import { openStoreChild } from '../support/store-child.ts';
import { NOON } from '../support/store-world.ts';

const FILE = 'store.sqlite';
const DISKS = smallDisks({ mebibytes: 4, database: FILE });
const ORIGIN = 'pass.example.cn/audit';
const { privateKey, publicKey } = generateKeyPairSync('ed25519');
const KEY = verifierKey(
  ORIGIN,
  Buffer.from(publicKey.export({ format: 'jwk' }).x ?? '', 'base64url'),
);

describe.runIf(DISKS.length > 0)('a full disk', () => {
  it.each(DISKS)(
    'stops the log as it is, and it goes on when there is space: %s',
    async (_, make) => {
      const disk = make();
      const child = await openStoreChild({ path: join(disk.folder, FILE) });
      const { store } = child;
      const published: string[] = [];
      const sequencer = createSequencer({
        store,
        origin: ORIGIN,
        verifierKeys: () => [KEY],
        sign: (_name, text) => [{ key: KEY, signature: sign(null, Buffer.from(text), privateKey) }],
        now: () => NOON,
        onCheckpoint: ({ note }) => published.push(note),
      });
      await appendEntries(store, 250);
      await sequencer.run();
      const waiting = 400;
      await appendEntries(store, waiting);
      disk.fill(child);
      // First the space is used up that the database's own log has already.
      let isFull = false;
      for (let again = 0; again < 200 && !isFull; again++)
        isFull = await appendEntries(store, 5).then(
          () => false,
          () => true,
        );
      expect(isFull).toBe(true);
      for (let again = 0; again < 5; again++)
        await expect(sequencer.run()).rejects.toBeInstanceOf(StoreUnavailable);
      const size = (await store.readLogTree())?.size ?? 0;
      expect((await store.latestCheckpoint())?.size ?? 0).toBeLessThanOrEqual(size);

      disk.free(child);
      await appendEntries(store, 1);
      await sequencer.run();
      const log = await expectWholeLog(store);
      expect(log.length).toBeGreaterThan(250 + waiting);
      const slow = new SlowTree(log.map(({ text }) => Buffer.from(text)));
      const sizes = published.map((note) => {
        const checkpoint = openCheckpoint(note, [KEY]);
        expect(Buffer.from(checkpoint.root).equals(slow.mth(0, checkpoint.size))).toBe(true);
        return checkpoint.size;
      });
      expect(sizes.at(-1)).toBe(log.length);
      await child.end();
    },
  );
});
