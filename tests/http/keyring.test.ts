import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { compactVerify, importJWK, type JWK } from 'jose';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { LIMITS } from '../../src/config.ts';
import { DAY_MS, MINUTE_MS } from '../../src/domain/clock.ts';
import { signingInput } from '../../src/domain/courier-code.ts';
import { formatIdentifier } from '../../src/domain/identifier.ts';
import { loadKeyEncryptionKey } from '../../src/keys/key-encryption-key.ts';
import { openKeyring } from '../../src/keys/keyring.ts';
import type { Keys, RevokeKeyOutcome } from '../../src/keys/keys.ts';
import { seal, unseal } from '../../src/keys/sealing.ts';
import { openSqliteStore } from '../../src/store/sqlite/open.ts';
import { type Store, StoreUnavailable } from '../../src/store/store.ts';
import { NOON } from '../support/service.ts';

const KEK = new Uint8Array(32).fill(7);
const GATE = {
  gateId: formatIdentifier('gat', new Uint8Array(8).fill(1)),
  communityId: formatIdentifier('com', new Uint8Array(8).fill(2)),
  epoch: 0,
};

let folder: string;
let store: Store;
let keys: Keys;

const open = (keyEncryptionKey = KEK, now = NOON) =>
  openKeyring({ store, keyEncryptionKey, limits: LIMITS }, now);

type KeyStore = Parameters<typeof openKeyring>[0]['store'];

/** Keys of another process on the same store, some of whose operations are in the test's hands. */
const openBeside = (changes: Partial<KeyStore>) => {
  const beside: KeyStore = {
    listKeys: () => store.listKeys(),
    listRevokedKeys: (purpose) => store.listRevokedKeys(purpose),
    keyNumbersSince: (since) => store.keyNumbersSince(since),
    changeKeys: (change) => store.changeKeys(change),
    ...changes,
  };
  return openKeyring({ store: beside, keyEncryptionKey: KEK, limits: LIMITS }, NOON);
};

/** Uses up every key number but those in force and some that are left free. */
async function useUpNumbers(at: number, free: readonly string[] = []): Promise<void> {
  const kept = [...kids('courier-code', 'active'), ...kids('courier-code', 'next'), ...free];
  const numbers = Array.from({ length: 256 }, (_, number) => String(number));
  const insert = numbers
    .filter((kid) => !kept.includes(kid))
    .map((kid) => ({
      purpose: 'courier-code' as const,
      kid,
      state: 'revoked' as const,
      publicJwk: null,
      sealedPrivate: 'x',
      createdAt: at,
      stateSince: at,
    }));
  await store.changeKeys({ insert, move: [], actor: 'test', now: at });
}

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'courier-pass-test-'));
  store = await openSqliteStore({ path: join(folder, 'test.db') });
  keys = await open();
});
afterEach(async () => {
  await store.close();
  await rm(folder, { recursive: true });
});

const kids = (purpose: string, state: string) =>
  keys
    .list()
    .filter((key) => key.purpose === purpose && key.state === state)
    .map(({ kid }) => kid);
const published = () => keys.jwks().keys.map(({ kid }) => kid as string);
/** Of courier codes alone: the keys of status lists have no number. */
const publishedNumbers = () => published().filter((kid) => /^\d+$/.test(kid));

describe('a first start', () => {
  test('makes an active and a next key for each purpose', () => {
    for (const purpose of ['courier-code', 'status-list', 'tag', 'token']) {
      expect(kids(purpose, 'active')).toHaveLength(1);
      expect(kids(purpose, 'next')).toHaveLength(1);
    }
    expect(published()).toEqual(
      expect.arrayContaining([...kids('courier-code', 'active'), ...kids('courier-code', 'next')]),
    );
  });

  test('is the only one that does: a second start finds the same keys', async () => {
    const before = keys.list();
    expect((await open()).list()).toEqual(before);
  });

  test('stores no private key in the clear, and another key-encryption key opens nothing', async () => {
    await expect(open(new Uint8Array(32).fill(8))).rejects.toThrow('KEY_ENCRYPTION_KEY');
    const [record] = await store.listKeys();
    expect(JSON.stringify(record)).not.toContain('"d"');
  });
});

describe('courier-code keys', () => {
  const payload = new Uint8Array(28).map((_, index) => index);

  test('sign what any JOSE library verifies with the published key', async () => {
    const { keyNumber, signature } = keys.signCode(payload);
    expect(signature).toHaveLength(64);
    const jwk = keys.jwks().keys.find(({ kid }) => kid === String(keyNumber)) as JWK;
    const jws = `${signingInput(keyNumber, payload)}.${Buffer.from(signature).toString('base64url')}`;
    const verified = await compactVerify(jws, await importJWK(jwk, 'ES256'));
    expect(verified.protectedHeader).toEqual({ alg: 'ES256', kid: String(keyNumber) });
    expect([...verified.payload]).toEqual([...payload]);
  });

  test('tell authentic from forged and from unknown', async () => {
    const { keyNumber, signature } = keys.signCode(payload);
    const code = { keyNumber, signature, payloadBytes: payload } as never;
    expect(await keys.verifyCode(code)).toBe('authentic');
    const forged = new Uint8Array(payload).fill(9);
    expect(await keys.verifyCode({ keyNumber, signature, payloadBytes: forged } as never)).toBe(
      'bad_signature',
    );
    const unknown = [...Array(256).keys()].find((number) => !published().includes(String(number)));
    expect(
      await keys.verifyCode({ keyNumber: unknown, signature, payloadBytes: payload } as never),
    ).toBe('unknown_key');
  });

  test('a retired key stays published until its last code has expired, and no longer', async () => {
    const [old] = kids('courier-code', 'active');
    await keys.rotate('courier-code', 'test', NOON);
    expect(keys.signCode(payload).keyNumber).not.toBe(Number(old));
    await keys.refresh(NOON + LIMITS.retiredCodeKeyMs);
    expect(published()).toContain(old);
    expect(keys.isPublished(Number(old))).toBe(true);
    await keys.refresh(NOON + LIMITS.retiredCodeKeyMs + 1);
    expect(published()).not.toContain(old);
    expect(LIMITS.retiredCodeKeyMs).toBeGreaterThanOrEqual(LIMITS.codesAheadMs + 15_000);
  });

  test('revoking the active key promotes the next at once', async () => {
    const [active] = kids('courier-code', 'active');
    const [next] = kids('courier-code', 'next');
    expect(await keys.revoke('courier-code', active as string, 'test', NOON)).toBe('revoked');
    expect(kids('courier-code', 'active')).toEqual([next]);
    expect(kids('courier-code', 'next')).toHaveLength(1);
    expect(keys.isPublished(Number(active))).toBe(false);
    expect(await keys.revoke('courier-code', active as string, 'test', NOON)).toBe('not_found');
  });

  test('revoking the next key makes another next one', async () => {
    const [next] = kids('courier-code', 'next');
    expect(await keys.revoke('courier-code', next as string, 'test', NOON)).toBe('revoked');
    expect(kids('courier-code', 'next')).toHaveLength(1);
    expect(kids('courier-code', 'next')).not.toContain(next);
  });

  test('no number comes back within 400 days', async () => {
    const seen = new Set<string>(kids('courier-code', 'active'));
    for (const kid of kids('courier-code', 'next')) seen.add(kid);
    for (let day = 1; day <= 30; day++) {
      await keys.rotate('courier-code', 'test', NOON + day * DAY_MS);
      const [next] = kids('courier-code', 'next');
      expect(seen.has(next as string)).toBe(false);
      seen.add(next as string);
    }
  });

  test('what another process rotated is taken over', async () => {
    const other = await open();
    await other.rotate('courier-code', 'test', NOON);
    await keys.refresh(NOON);
    expect(keys.list()).toEqual(other.list());
  });
});

describe('after more than 400 days', () => {
  const LATER = NOON + 401 * DAY_MS;

  test('the numbers in force are not drawn again, and the service starts', async () => {
    const [active] = kids('courier-code', 'active');
    const [next] = kids('courier-code', 'next');
    const free = [...Array(256).keys()].map(String).find((kid) => kid !== active && kid !== next);
    await useUpNumbers(LATER, [free as string]);
    await keys.rotate('courier-code', 'test', LATER);
    expect(kids('courier-code', 'active')).toEqual([next]);
    expect(kids('courier-code', 'next')).toEqual([free]);
    expect((await open(KEK, LATER)).list()).toEqual(keys.list());
  });

  test('a number that has rested is free again, and its new key is the one that is revoked', async () => {
    const [first] = kids('courier-code', 'active');
    await keys.rotate('courier-code', 'test', NOON);
    await useUpNumbers(LATER, [first as string]);
    await keys.rotate('courier-code', 'test', LATER);
    expect(kids('courier-code', 'next')).toEqual([first]);
    expect(await keys.revoke('courier-code', first as string, 'test', LATER)).toBe('revoked');
    expect(published()).not.toContain(first);
    expect((await open(KEK, LATER)).isPublished(Number(first))).toBe(false);
  });
});

describe('when every key number is used up', () => {
  beforeEach(() => useUpNumbers(NOON));

  test('there is no rotation, and nothing has changed', async () => {
    const before = keys.list();
    expect(await keys.rotate('courier-code', 'test', NOON)).toBeNull();
    expect(keys.list()).toEqual(before);
    expect(await keys.rotate('token', 'test', NOON)).not.toBeNull();
  });

  test('the active key is revoked and the next one signs, without one after it', async () => {
    const [active] = kids('courier-code', 'active');
    const [next] = kids('courier-code', 'next');
    expect(await keys.revoke('courier-code', active as string, 'test', NOON)).toBe('revoked');
    expect(publishedNumbers()).toEqual([next]);
    expect(String(keys.signCode(new Uint8Array(28)).keyNumber)).toBe(next);
    expect(await keys.rotate('courier-code', 'test', NOON)).toBeNull();
    expect((await open()).list()).toEqual(keys.list());
  });

  test('the next key is revoked', async () => {
    const [next] = kids('courier-code', 'next');
    expect(await keys.revoke('courier-code', next as string, 'test', NOON)).toBe('revoked');
    expect(publishedNumbers()).toEqual(kids('courier-code', 'active'));
  });

  test('the only key that can sign stays until another can', async () => {
    const [active] = kids('courier-code', 'active');
    const [next] = kids('courier-code', 'next');
    await keys.revoke('courier-code', next as string, 'test', NOON);
    const revoke = (at: number) => keys.revoke('courier-code', active as string, 'test', at);
    expect(await revoke(NOON)).toBe('no_successor');
    expect(publishedNumbers()).toEqual([active]);
    const later = NOON + 401 * DAY_MS;
    await keys.refresh(later);
    expect(kids('courier-code', 'next')).toHaveLength(1);
    expect(await revoke(later)).toBe('revoked');
    expect(publishedNumbers()).not.toContain(active);
  });
});

describe('changes at the same time', () => {
  test.each(['courier-code', 'token'] as const)(
    'a %s key that was revoked is in force no more, whatever rotates',
    async (purpose) => {
      for (let round = 0; round < 8; round++) {
        const [active = ''] = kids(purpose, 'active');
        const [, outcome] = await Promise.all([
          keys.rotate(purpose, 'test', NOON),
          keys.revoke(purpose, active, 'test', NOON),
          keys.rotate(purpose, 'test', NOON),
        ]);
        expect(outcome).toBe('revoked');
        expect(keys.list().map(({ kid }) => kid)).not.toContain(active);
        expect((await store.listKeys()).map(({ kid }) => kid)).not.toContain(active);
      }
    },
  );

  test('another process that rotates in between does not save a key from being revoked', async () => {
    let rotations = 3;
    const beside = await openBeside({
      async changeKeys(change) {
        if (rotations-- > 0) await keys.rotate('courier-code', 'other', NOON);
        return store.changeKeys(change);
      },
    });
    const [active = ''] = kids('courier-code', 'active');
    expect(await beside.revoke('courier-code', active, 'test', NOON)).toBe('revoked');
    expect(beside.isPublished(Number(active))).toBe(false);
    await keys.refresh(NOON);
    expect(keys.isPublished(Number(active))).toBe(false);
  });

  test('a key that another process revokes in between is not found', async () => {
    const [active = ''] = kids('courier-code', 'active');
    const beside = await openBeside({
      async changeKeys(change) {
        await keys.revoke('courier-code', active, 'other', NOON);
        return store.changeKeys(change);
      },
    });
    expect(await beside.revoke('courier-code', active, 'test', NOON)).toBe('not_found');
    expect(beside.isPublished(Number(active))).toBe(false);
  });

  test('a rotation that another process makes in between counts; a revocation of the next key does not', async () => {
    const [active = ''] = kids('courier-code', 'active');
    const [next = ''] = kids('courier-code', 'next');
    let first = true;
    const beside = await openBeside({
      async changeKeys(change) {
        if (first) await keys.revoke('courier-code', next, 'other', NOON);
        first = false;
        return store.changeKeys(change);
      },
    });
    await beside.rotate('courier-code', 'test', NOON);
    await keys.refresh(NOON);
    expect(kids('courier-code', 'retired')).toEqual([active]);
  });

  test('what cannot be changed is not said to be', async () => {
    const beside = await openBeside({
      changeKeys: async () => ({ kind: 'conflict', detail: 'always' }),
    });
    const [active = ''] = kids('courier-code', 'active');
    const tried: Promise<RevokeKeyOutcome> = beside.revoke('courier-code', active, 'test', NOON);
    await expect(tried).rejects.toThrow(StoreUnavailable);
    await expect(beside.rotate('courier-code', 'test', NOON)).rejects.toThrow(StoreUnavailable);
  });

  test('an older reading of the store does not bring a revoked key back', async () => {
    let release: (() => void) | null = null;
    let slow = false;
    const beside = await openBeside({
      async listKeys() {
        const records = await store.listKeys();
        if (!slow) return records;
        slow = false;
        await new Promise<void>((resolve) => {
          release = resolve;
        });
        return records;
      },
    });
    const [active = ''] = kids('courier-code', 'active');
    slow = true;
    const reading = beside.refresh(NOON);
    const revoking = beside.revoke('courier-code', active, 'test', NOON);
    await Promise.race([revoking, setTimeout(300)]);
    (release as (() => void) | null)?.();
    await Promise.all([reading, revoking]);
    expect(beside.isPublished(Number(active))).toBe(false);
  });
});

describe('gate tokens', () => {
  test('are read until they expire', async () => {
    const { token, expiresInSeconds } = await keys.issueGateToken(GATE, NOON);
    expect(expiresInSeconds).toBe(900);
    const expiresAt = NOON + 15 * MINUTE_MS;
    expect(await keys.readGateToken(token, NOON)).toEqual({ ...GATE, expiresAt });
    expect(await keys.readGateToken(token, expiresAt - 1)).toEqual({ ...GATE, expiresAt });
    expect(await keys.readGateToken(token, expiresAt)).toBeNull();
  });

  test('that were changed, or are none, are null', async () => {
    const { token } = await keys.issueGateToken(GATE, NOON);
    const [header, payload, signature] = token.split('.');
    for (const wrong of [
      '',
      'x',
      `${header}.${payload}.AAAA`,
      `${header}.${payload}.`,
      `${payload}.${header}.${signature}`,
    ]) {
      expect(await keys.readGateToken(wrong, NOON)).toBeNull();
    }
  });

  test('outlive a rotation of their key, but not its revocation', async () => {
    const [kid] = kids('token', 'active');
    const { token } = await keys.issueGateToken(GATE, NOON);
    await keys.rotate('token', 'test', NOON);
    expect(await keys.readGateToken(token, NOON)).not.toBeNull();
    await keys.revoke('token', kid as string, 'test', NOON);
    expect(await keys.readGateToken(token, NOON)).toBeNull();
  });
});

describe('sealing', () => {
  test('opens under the same key and context only', () => {
    const secret = new TextEncoder().encode('whsec_abc');
    const sealed = seal(KEK, secret, 'webhook:a');
    expect(sealed).not.toBe(seal(KEK, secret, 'webhook:a'));
    expect(unseal(KEK, sealed, 'webhook:a')).toEqual(secret);
    expect(() => unseal(KEK, sealed, 'webhook:b')).toThrow();
    expect(() => unseal(new Uint8Array(32), sealed, 'webhook:a')).toThrow();
    expect(() => unseal(KEK, `${sealed.slice(0, -2)}AA`, 'webhook:a')).toThrow();
    expect(() => unseal(KEK, 'v1.', 'webhook:a')).toThrow();
  });
});

describe('the file of the key-encryption key', () => {
  test('is made once, whole, readable by its owner only', async () => {
    const both = await Promise.all(
      [1, 2].map(() => loadKeyEncryptionKey({ configured: null, dataDir: folder })),
    );
    expect(both[0]).toEqual(both[1]);
    const path = join(folder, 'key-encryption-key');
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect(await readFile(path, 'utf8')).toMatch(/^[0-9a-f]{64}\n$/);
    expect((await readdir(folder)).filter((name) => name.startsWith('key-'))).toEqual([
      'key-encryption-key',
    ]);
  });

  test('is not made when a key is configured', async () => {
    expect(await loadKeyEncryptionKey({ configured: KEK, dataDir: folder })).toBe(KEK);
    expect(await readdir(folder)).not.toContain('key-encryption-key');
  });

  test('a lost key file beside a database is an error, and no other is made in its place', async () => {
    const database = join(folder, 'courier-pass.db');
    await writeFile(database, '');
    const load = loadKeyEncryptionKey({ configured: null, dataDir: folder, database });
    await expect(load).rejects.toThrow('put it back');
    expect(await readdir(folder)).not.toContain('key-encryption-key');
  });
});
