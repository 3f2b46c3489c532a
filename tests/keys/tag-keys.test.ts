import { describe, expect, it } from 'vitest';
import { tapMirrors } from '../../gate-simulator/src/hardware/tag.ts';
import { type CourierId, formatIdentifier } from '../../src/domain/identifier.ts';
import { createTagKeys } from '../../src/keys/tag-keys.ts';

const KEK = new Uint8Array(32).fill(7);
const UID = '04DE5F1EACC040';
const OTHER_UID = '04958CAA5C5E80';
const GIVEN = '42AFF114F2CB3B6141BE6DC95DFC5416';

const eight = (value: number) => new Uint8Array(8).fill(value);
const tagId = (value: number) => formatIdentifier('tag', eight(value));
const communityId = (value: number) => formatIdentifier('com', eight(value));
const courierId = (value: number): CourierId => formatIdentifier('cou', eight(value));
const bytes = (hex = '') => Uint8Array.from(Buffer.from(hex, 'hex'));

const keysOf = (master = 1) => createTagKeys(KEK, () => new Uint8Array(16).fill(master));
const keys = keysOf();
const TAG = { id: tagId(1), communityId: communityId(2), uid: UID };

describe('keys of a tag', () => {
  it('are its own: another tag, UID, community or master key makes others', () => {
    const { made } = keys.makeTagKeys(TAG, {});
    expect(keys.makeTagKeys(TAG, {}).made).toEqual(made);
    const others = [
      keys.makeTagKeys({ ...TAG, id: tagId(9) }, {}).made,
      keys.makeTagKeys({ ...TAG, uid: OTHER_UID }, {}).made,
      keysOf(2).makeTagKeys(TAG, {}).made,
    ];
    const seen = [made, ...others].flatMap(({ metaKey, fileKey }) => [metaKey, fileKey]);
    expect(new Set(seen).size).toBe(8);
  });

  it('have one main key for a UID in a community, which is no other community’s', () => {
    const mainKey = (change: Partial<typeof TAG>) =>
      keys.makeTagKeys({ ...TAG, ...change }, {}).made.mainKey;
    expect(mainKey({ id: tagId(9) })).toBe(mainKey({}));
    expect(mainKey({ communityId: communityId(9) })).not.toBe(mainKey({}));
    expect(mainKey({ uid: OTHER_UID })).not.toBe(mainKey({}));
  });

  it('are shown where they were made, and nowhere else', () => {
    const shown = (given: object) => Object.keys(keys.makeTagKeys(TAG, given).made);
    expect(shown({})).toEqual(['mainKey', 'metaKey', 'fileKey']);
    expect(shown({ fileKey: GIVEN })).toEqual(['metaKey']);
    expect(shown({ metaKey: GIVEN })).toEqual(['fileKey']);
    expect(shown({ metaKey: GIVEN, fileKey: GIVEN })).toEqual([]);
    const { sealedKeys, made } = keys.makeTagKeys(TAG, { metaKey: GIVEN });
    for (const secret of [GIVEN, made.fileKey ?? ''])
      expect(sealedKeys).not.toContain(secret.toLowerCase());
  });
});

describe('a tap', () => {
  const { sealedKeys, made } = keys.makeTagKeys(TAG, {});
  const sealed = { id: TAG.id, uid: UID, sealedKeys, macParam: 'cmac' };
  const written = (uid = UID) => ({
    url: '',
    uid,
    metaKey: bytes(made.metaKey),
    fileKey: bytes(made.fileKey),
  });

  it('of the tag is authentic, under whatever master key came since', () => {
    const tap = tapMirrors(written(), 61);
    expect(keysOf(2).checkTap(sealed, tap)).toEqual({ kind: 'authentic', uid: UID, counter: 61 });
  });

  it('of another tag with the same keys is not', () => {
    expect(keys.checkTap(sealed, tapMirrors(written(OTHER_UID), 1)).kind).toBe('bad_signature');
  });

  it('that no tag writes is malformed', () => {
    expect(keys.checkTap(sealed, { cmac: '00' })).toEqual({ kind: 'malformed' });
  });

  it('is judged with the tag’s own sealed keys only: they open for no other', () => {
    expect(() => keys.checkTap({ ...sealed, id: tagId(9) }, tapMirrors(written(), 1))).toThrow();
  });
});

describe('the requestId of a tap', () => {
  const tap = { tagId: TAG.id, counter: 61, courierId: courierId(3) };

  it('is a UUID of version 8, the same for the same rider, tag and counter', () => {
    const id = keys.tapRequestId(tap);
    expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(keys.tapRequestId(tap)).toBe(id);
  });

  it('is another one for another rider, tag, counter or master key', () => {
    const ids = [
      keys.tapRequestId(tap),
      keys.tapRequestId({ ...tap, courierId: courierId(4) }),
      keys.tapRequestId({ ...tap, tagId: tagId(9) }),
      keys.tapRequestId({ ...tap, counter: 6 }),
      keysOf(2).tapRequestId(tap),
    ];
    expect(new Set(ids).size).toBe(5);
  });
});
