import { expect, it } from 'vitest';
import { DAY_MS } from '../../../src/domain/clock.ts';
import type { KeyPurpose, KeyRecord, KeyState } from '../../../src/store/store.ts';
import { entriesOf, freshStore, type OpenStore } from '../../support/store-under-test.ts';
import { ACTOR, NOON } from '../../support/store-world.ts';

export function describeKeys(open: OpenStore): void {
  const under = freshStore(open);

  function key(
    kid: string,
    state: KeyState,
    purpose: KeyPurpose = 'courier-code',
    at = NOON,
  ): KeyRecord {
    return {
      purpose,
      kid,
      state,
      publicJwk: `{"kid":"${kid}"}`,
      sealedPrivate: 'sealed',
      createdAt: at,
      stateSince: at,
    };
  }
  function move(kid: string, from: KeyState, to: KeyState, purpose: KeyPurpose = 'courier-code') {
    return { purpose, kid, from, to };
  }
  const change = (
    insert: readonly KeyRecord[],
    moves: readonly ReturnType<typeof move>[],
    now = NOON,
  ) => under.store.changeKeys({ insert, move: moves, actor: ACTOR, now });
  const states = async (purpose: KeyPurpose = 'courier-code') =>
    (await under.store.listKeys())
      .filter((record) => record.purpose === purpose)
      .map(({ kid, state }) => `${kid} ${state}`)
      .sort();

  it('lists keys as they were inserted, of each purpose, over a restart too', async () => {
    const records = [
      key('1', 'active'),
      key('2', 'next'),
      { ...key('t', 'active', 'token'), publicJwk: null },
    ];
    expect(await change(records, [])).toEqual({ kind: 'ok', value: null });
    expect(await under.store.listKeys()).toEqual(records);
    await under.reopen();
    expect(await under.store.listKeys()).toEqual(records);
  });

  it('rotates in one step: active retires, next becomes active, a new next is there', async () => {
    await change([key('1', 'active'), key('2', 'next')], []);
    const rotate = [move('1', 'active', 'retired'), move('2', 'next', 'active')];
    expect(
      await change([key('3', 'next', 'courier-code', NOON + 1)], rotate, NOON + 1),
    ).toMatchObject({ kind: 'ok' });
    expect(await states()).toEqual(['1 retired', '2 active', '3 next']);
    const second = (await under.store.listKeys()).find(({ kid }) => kid === '2');
    expect(second).toMatchObject({ createdAt: NOON, stateSince: NOON + 1 });
  });

  it('takes the moves of a rotation in any order', async () => {
    await change([key('1', 'active'), key('2', 'next')], []);
    const rotate = [move('2', 'next', 'active'), move('1', 'active', 'retired')];
    expect(await change([key('3', 'next')], rotate)).toMatchObject({ kind: 'ok' });
    expect(await states()).toEqual(['1 retired', '2 active', '3 next']);
  });

  it.each([
    [
      'a key that is not in the state named',
      [],
      [move('2', 'next', 'active'), move('1', 'retired', 'revoked')],
    ],
    [
      'a key that does not exist',
      [key('3', 'next')],
      [move('2', 'next', 'active'), move('9', 'active', 'retired')],
    ],
    ['a key of another purpose', [], [move('1', 'active', 'retired', 'token')]],
    ['a second next key', [key('3', 'next')], []],
    ['a second active key', [key('3', 'active')], []],
    ['two next keys at once', [key('3', 'next'), key('4', 'next')], [move('2', 'next', 'revoked')]],
    ['a next key made active beside the active one', [], [move('2', 'next', 'active')]],
  ])('refuses the whole change for %s, and does nothing of it', async (_what, insert, moves) => {
    await change([key('1', 'active'), key('2', 'next')], []);
    const entries = await entriesOf(under.store, async () => {
      expect(await change(insert, moves)).toMatchObject({ kind: 'conflict' });
    });
    expect(entries).toEqual([]);
    expect(await states()).toEqual(['1 active', '2 next']);
  });

  it('lets one of several rotations at the same time win', async () => {
    await change([key('1', 'active'), key('2', 'next')], []);
    const rotations = Array.from({ length: 10 }, (_, index) =>
      change(
        [key(`${10 + index}`, 'next')],
        [move('1', 'active', 'retired'), move('2', 'next', 'active')],
      ),
    );
    const kinds = (await Promise.all(rotations)).map(({ kind }) => kind);
    expect(kinds.filter((kind) => kind === 'ok')).toHaveLength(1);
    expect(await states()).toHaveLength(3);
  });

  it('keeps an active and a next key of each purpose apart', async () => {
    const both = [
      key('1', 'active'),
      key('2', 'next'),
      key('t1', 'active', 'token'),
      key('t2', 'next', 'token'),
    ];
    expect(await change(both, [])).toMatchObject({ kind: 'ok' });
    expect(await states('token')).toEqual(['t1 active', 't2 next']);
  });

  it('lists a revoked key no more', async () => {
    await change([key('1', 'active'), key('2', 'next')], []);
    await change([key('3', 'next')], [move('2', 'next', 'revoked')]);
    expect(await states()).toEqual(['1 active', '3 next']);
  });

  it('keeps a courier-code key that was revoked, and since when, for what was signed before', async () => {
    await change([key('1', 'active'), key('t1', 'active', 'token')], []);
    expect(await under.store.listRevokedKeys('courier-code')).toEqual([]);
    await change(
      [key('2', 'active'), key('t2', 'active', 'token')],
      [move('1', 'active', 'revoked'), { ...move('t1', 'active', 'revoked'), purpose: 'token' }],
      NOON + 5,
    );
    expect(await under.store.listRevokedKeys('courier-code')).toEqual([
      { ...key('1', 'revoked'), stateSince: NOON + 5 },
    ]);
  });

  it('takes the newest of the keys that have had one number', async () => {
    await change([key('7', 'retired', 'courier-code', NOON - 500 * DAY_MS)], []);
    await change([key('7', 'active'), key('8', 'next')], []);
    await change([], [move('7', 'active', 'retired'), move('8', 'next', 'active')], NOON + 1);
    await change([], [move('7', 'retired', 'revoked')], NOON + 2);
    const left = (await under.store.listKeys()).filter(({ kid }) => kid === '7');
    expect(left).toMatchObject([{ state: 'retired', stateSince: NOON - 500 * DAY_MS }]);
  });

  it('names the numbers of courier-code keys in force, however old they are', async () => {
    await change([key('1', 'active'), key('2', 'next'), key('3', 'retired')], []);
    await change([key('4', 'revoked'), key('tok-1', 'active', 'token')], []);
    const later = NOON + 401 * DAY_MS;
    const numbers = await under.store.keyNumbersSince(later - 400 * DAY_MS);
    expect(numbers.toSorted()).toEqual([1, 2]);
  });

  it('names the numbers of courier-code keys made since, revoked ones too, and no other keys', async () => {
    const old = NOON - 401 * DAY_MS;
    await change([key('7', 'retired', 'courier-code', old)], []);
    await change([key('1', 'active'), key('2', 'next'), key('tok-1', 'active', 'token')], []);
    await change([], [move('2', 'next', 'revoked')]);
    expect((await under.store.keyNumbersSince(NOON - 400 * DAY_MS)).toSorted()).toEqual([1, 2]);
    expect((await under.store.keyNumbersSince(NOON)).toSorted()).toEqual([1, 2]);
    expect(await under.store.keyNumbersSince(NOON + 1)).toEqual([1]);
    expect((await under.store.keyNumbersSince(old)).toSorted()).toEqual([1, 2, 7]);
  });
}
