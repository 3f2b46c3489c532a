import { createHash, randomFillSync } from 'node:crypto';
import { deflateSync } from 'node:zlib';
import { beforeAll, describe, expect, it } from 'vitest';
import { packStatusBits } from '../../src/domain/status-list.ts';
import {
  importStatusListKeys,
  MAX_STATUS_LIST_CHARACTERS,
  readStatusList,
  type StatusListKeys,
  statusAt,
  writeBundle,
} from '../../src/gate/index.ts';
import { COMMUNITY, facts, NOW } from '../domain/support.ts';
import { bundleOf, codeKey, jwk, listKey, signedList } from './support.ts';

let keys: StatusListKeys;
beforeAll(async () => {
  keys = await importStatusListKeys({ keys: [jwk('17', codeKey), jwk('sl-1', listKey)] });
});
const read = (jwt: string) =>
  readStatusList(jwt, keys, { communityId: COMMUNITY, minVersion: 0, now: NOW });

describe('a status list', () => {
  it('gives back every bit that was packed, whatever compressed it', async () => {
    const ended = [0, 7, 8, 9_999, 16_383];
    for (const level of [0, 1, 9]) {
      const lst = deflateSync(packStatusBits(16_384, ended), { level });
      const outcome = await read(signedList({ lst, version: 12 }));
      if (outcome.kind === 'refused') throw new Error(outcome.why);
      const { bits, version, issuedAt, expiresAt, ttlSeconds } = outcome.list;
      const found = Array.from({ length: 16_384 }, (_, index) => index).filter(
        (index) => statusAt(bits, index) === 'invalid',
      );
      expect(found).toEqual(ended);
      expect([version, issuedAt, expiresAt, ttlSeconds]).toEqual([12, NOW, NOW + 43_200_000, 300]);
    }
  });

  it('of the greatest size is read even where it does not compress', async () => {
    const bits = randomFillSync(new Uint8Array(131_072));
    const jwt = signedList({ lst: deflateSync(bits, { level: 0 }) });
    expect(jwt.length).toBeLessThanOrEqual(MAX_STATUS_LIST_CHARACTERS);
    expect(await read(jwt)).toMatchObject({ kind: 'read', list: { bits } });
  });

  it('that is a bomb of 100 MB is refused, and hardly takes memory', async () => {
    const jwt = signedList({ lst: deflateSync(new Uint8Array(100_000_000)) });
    expect(jwt.length).toBeLessThan(MAX_STATUS_LIST_CHARACTERS);
    const before = process.memoryUsage().arrayBuffers;
    expect(await read(jwt)).toEqual({ kind: 'refused', why: 'too_large' });
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(10_000_000);
  });

  it('that is over-long is refused before anything is looked at', async () => {
    const jwt = 'A'.repeat(MAX_STATUS_LIST_CHARACTERS + 1);
    expect(await read(jwt)).toEqual({ kind: 'refused', why: 'too_large' });
  });

  it('cut at any byte of its stream is malformed', async () => {
    const lst = deflateSync(packStatusBits(1024, [1, 100, 1000]));
    for (let length = 0; length < lst.length; length++) {
      expect(await read(signedList({ lst: lst.subarray(0, length) })), `${length}`).toEqual({
        kind: 'refused',
        why: 'malformed',
      });
    }
  });

  it('and any text whatever gets an answer', async () => {
    for (const text of [
      '',
      '.',
      '..',
      'e30.e30.',
      'e30.e30.AA',
      '{}',
      '\0',
      '🛵.🛵.🛵',
      `${'a.'.repeat(9)}`,
    ])
      expect((await read(text)).kind, text).toBe('refused');
  });
});

describe('the keys for status lists', () => {
  it('are those whose kid starts with sl-, and no courier-code key', async () => {
    expect([...keys.keys()]).toEqual(['sl-1']);
  });

  it('are refused when a kid stands for two', async () => {
    const twice = { keys: [jwk('sl-1', listKey), jwk('sl-1', codeKey)] };
    await expect(importStatusListKeys(twice)).rejects.toThrow(TypeError);
  });
});

describe('the size of a bundle', () => {
  it('is under 16 KiB for 10,000 passes of which 1 % have ended, in a list of 16,384', () => {
    const ended = new Set<number>();
    for (let draw = 0; ended.size < 100; draw++) {
      const digest = createHash('sha256').update(`draw ${draw}`).digest();
      ended.add(digest.readUInt32BE() % 10_000);
    }
    const week = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const;
    const hours = [
      { days: week, from: '06:00', to: '09:30' },
      { days: week, from: '10:30', to: '14:00' },
      { days: week, from: '16:30', to: '23:00' },
    ];
    const guardConfirmation = { hours, vehicles: [], conductPoints: null };
    const source = facts({ rules: { hours, guardConfirmation } });
    const retired = Array.from({ length: 6 }, (_, number) => jwk(String(number), codeKey));
    const jwks = {
      keys: [...retired, jwk('17', codeKey), jwk('sl-1', listKey), jwk('sl-2', listKey)],
    };
    const bundle = bundleOf(source, NOW, { jwks }, { length: 16_384, ended });
    const bytes = Buffer.byteLength(JSON.stringify(writeBundle(bundle)));
    process.stdout.write(
      `a list of 16,384 with 100 set: ${bundle.statusList.length} bytes; its bundle: ${bytes} bytes\n`,
    );
    expect(bytes).toBeLessThan(16 * 1024);
  });
});
