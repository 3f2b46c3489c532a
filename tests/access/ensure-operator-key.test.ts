import { join } from 'node:path';
import { beforeEach, expect, onTestFinished, test } from 'vitest';
import { ensureOperatorKey } from '../../src/access/ensure-operator-key.ts';
import { hashSecret } from '../../src/access/secrets.ts';
import { openSqliteStore } from '../../src/store/sqlite/open.ts';
import type { Scope, Store } from '../../src/store/store.ts';
import { NOON } from '../support/service.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

let store: Store;

beforeEach(async () => {
  store = await openSqliteStore({ path: join(temporaryFolder(), 'test.db') });
  onTestFinished(() => store.close());
});

const ensure = () => ensureOperatorKey({ store, now: () => NOON }, async () => 'the operator key');
const make = (scope: Scope, hash: string) =>
  store.createApiKey({ name: 'a key', scope, hash, actor: 'test', now: NOON });

test('an operator key is made once', async () => {
  expect(await ensure()).toBe(true);
  expect(await store.findApiKey(hashSecret('the operator key'))).toMatchObject({
    scope: { kind: 'all' },
  });
  expect(await ensure()).toBe(false);
});

test('keys of other scopes, however many, do not stand in for one', async () => {
  for (let count = 0; count < 201; count++)
    await make({ kind: 'district', district: 'a' }, `hash-${count}`);
  expect(await ensure()).toBe(true);
});

test('an operator key behind many others is found', async () => {
  for (let count = 0; count < 201; count++)
    await make({ kind: 'district', district: 'a' }, `hash-${count}`);
  await make({ kind: 'all' }, 'hash-all');
  expect(await ensure()).toBe(false);
});
