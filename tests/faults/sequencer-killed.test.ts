import { generateKeyPairSync } from 'node:crypto';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { openCheckpoint } from '../../src/audit/checkpoint.ts';
import { tileReader } from '../../src/audit/log-state.ts';
import { Prover } from '../../src/audit/proof.ts';
import { verifierKey } from '../../src/audit/signed-note.ts';
import { openSqliteStore } from '../../src/store/sqlite/open.ts';
import { SlowTree } from '../audit/slow-tree.ts';
import { expectWholeLog } from '../support/log-checks.ts';
import { linesOf, startScript } from '../support/store-child.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const ORIGIN = 'pass.example.cn/audit';
const { privateKey, publicKey } = generateKeyPairSync('ed25519');
const KEY = verifierKey(
  ORIGIN,
  Buffer.from(publicKey.export({ format: 'jwk' }).x ?? '', 'base64url'),
);

const OPERATIONS = ['openLog', 'readUnsequenced', 'growLog', 'putCheckpoint'] as const;
const MOMENTS = ['before', 'during', 'after'] as const;
const STEPS = OPERATIONS.flatMap((operation) =>
  MOMENTS.map((when) => ({ operation, when, call: operation === 'openLog' ? 1 : 5 })),
);

it('holds together with every checkpoint that it announced, after kill -9 at each step of integration', async () => {
  const path = join(temporaryFolder(), 'store.sqlite');
  const said: string[] = [];
  for (const step of STEPS) {
    const pem = privateKey.export({ type: 'pkcs8', format: 'pem' });
    const plan = { ...step, origin: ORIGIN, privateKey: pem };
    const child = startScript('sequencer-child.mjs', path, JSON.stringify(plan));
    for await (const line of linesOf(child)) said.push(JSON.parse(line));
    if (child.exitCode === null && child.signalCode === null)
      await new Promise((resolve) => child.once('exit', resolve));
    const where = `${step.when} ${step.operation}`;
    expect(child.signalCode, where).toBe('SIGKILL');

    const store = await openSqliteStore({ path });
    const log = await expectWholeLog(store);
    const slow = new SlowTree(log.map(({ text }) => Buffer.from(text)));
    const size = (await store.readLogTree())?.size ?? 0;
    const prover = new Prover(tileReader(store));
    const root = await prover.root(size);
    expect(Buffer.from(root).equals(slow.mth(0, size)), where).toBe(true);
    const latest = await store.latestCheckpoint();
    for (const note of latest === null ? said : [...said, latest.note]) {
      const checkpoint = openCheckpoint(note, [KEY]);
      expect(checkpoint.size, where).toBeLessThanOrEqual(latest?.size ?? 0);
      expect(Buffer.from(checkpoint.root).equals(slow.mth(0, checkpoint.size)), where).toBe(true);
    }
    await store.close();
  }
  expect(said.length).toBeGreaterThan(STEPS.length);
}, 120_000);
