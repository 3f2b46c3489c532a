/** The program in docs/audit-log.md, run as an outsider would run it. */
import { execFile } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Service, startService } from './support/service.ts';
import { temporaryFolder } from './support/temporary-folder.ts';
import { makeKey } from './support/world.ts';

const run = promisify(execFile);
const DOCUMENT = fileURLToPath(new URL('../docs/audit-log.md', import.meta.url));

let service: Service;
let receipt: string;
let entry: string;
let key: string;

beforeAll(async () => {
  service = await startService();
  await Promise.all(Array.from({ length: 20 }, () => makeKey(service, { kind: 'all' })));
  await service.deps.audit.run();
  const [, , , , , , , item] = await service.deps.store.listAuditEntries({ afterSeq: 0, limit: 8 });
  const path = `/v1/audit/receipts/${item?.auditId}`;
  receipt = (await service.call('GET', path, { token: service.operatorKey })).text;
  entry = item?.entry ?? '';
  const { items } = (await service.call('GET', '/v1/audit/keys')).body;
  key = items.find(({ state }: { state: string }) => state === 'active').verifierKey;
});
afterAll(() => service.stop());

async function check(text: string, verifierKey = key) {
  const folder = temporaryFolder();
  const program = /^```js\n([\s\S]*?)^```$/m.exec(readFileSync(DOCUMENT, 'utf8'))?.[1] ?? '';
  writeFileSync(join(folder, 'check.mjs'), program);
  writeFileSync(join(folder, 'file.tlog-proof'), text);
  return run(process.execPath, ['check.mjs', 'file.tlog-proof', verifierKey], { cwd: folder });
}

describe('the program of the document', () => {
  test('prints the entry of a receipt that holds', async () => {
    expect((await check(receipt)).stdout).toBe(`${entry}\n`);
  });

  test.each([
    ['another place', () => receipt.replace('index 7', 'index 8'), /not in the tree/],
    ['a place past the end', () => receipt.replace('index 7', 'index 999'), /so far/],
    ['another entry', () => receipt.replace(/^extra .*$/m, 'extra e30='), /not in the tree/],
    ['another size', () => receipt.replace(/^(\d+)$/m, '1'), /signature is wrong/],
    ['a hash left out', () => receipt.replace(/^index 7\n.*\n/m, 'index 7\n'), /not in the tree/],
    ['no signature', () => receipt.replace(/^— .*$/gm, ''), /no signature/],
    ['something else', () => 'hello', /no receipt/],
  ])('says what does not hold: %s', async (_, spoilt, why) => {
    await expect(check(spoilt())).rejects.toMatchObject({
      code: 1,
      stderr: expect.stringMatching(why),
    });
  });

  test('does not believe another key of the same name', async () => {
    const other = await startService();
    const { items } = (await other.call('GET', '/v1/audit/keys')).body;
    await other.stop();
    const why = expect.stringMatching(/no signature of the key/);
    await expect(check(receipt, items[0].verifierKey)).rejects.toMatchObject({ stderr: why });
  });
});
