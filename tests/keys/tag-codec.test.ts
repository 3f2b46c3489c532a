import { createCipheriv } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type TagSettings,
  type TapMirrors,
  tapMirrors,
  tapUrl,
} from '../../gate-simulator/src/hardware/tag.ts';
import { aesCmac } from '../../src/keys/aes-cmac.ts';
import {
  parseTap,
  type TagKeys,
  type TapOutcome,
  type TapParameters,
  verifyTap,
} from '../../src/keys/tag-codec.ts';
import { deriveTagKey, diversifyKey } from '../../src/keys/tag-key.ts';
import { checkProperty } from '../support/property.ts';

const bytes = (hex: string) => Uint8Array.from(Buffer.from(hex, 'hex'));
const hex = (value: Uint8Array) => Buffer.from(value).toString('hex');
const text = (value: string) => Uint8Array.from(Buffer.from(value, 'ascii'));

const ZERO_KEY = '00'.repeat(16);
const BAD: TapOutcome = { kind: 'bad_signature' };

/** The outcome of a tap that must be well-formed. */
function verified(parameters: TapParameters, keys: TagKeys): TapOutcome {
  const tap = parseTap(parameters);
  if (tap === null) throw new Error('the tap is malformed');
  return verifyTap(tap, keys);
}

interface Vector {
  readonly from: string;
  readonly metaKey: string;
  readonly fileKey: string;
  readonly macParam: string;
  readonly tap: TapParameters;
  readonly uid: string;
  readonly counter: number;
  readonly fileData?: Uint8Array;
}

/** Taps published in NXP's AN12196 (Rev. 2.0) and in the tests of icedevml/sdm-backend. */
const VECTORS: readonly Vector[] = [
  {
    from: 'AN12196 §3.4.4.2.1: encrypted PICC data',
    metaKey: ZERO_KEY,
    fileKey: ZERO_KEY,
    macParam: '',
    tap: { piccData: 'EF963FF7828658A599F3041510671E88', cmac: '94EED9EE65337086' },
    uid: '04DE5F1EACC040',
    counter: 61,
  },
  {
    from: 'AN12196 §3.4.4.2.2: encrypted PICC and file data',
    metaKey: ZERO_KEY,
    fileKey: ZERO_KEY,
    macParam: 'cmac',
    tap: {
      piccData: 'FD91EC264309878BE6345CBE53BADF40',
      encFileData: 'CEE9A53E3E463EF1F459635736738962',
      cmac: 'ECC1E7F6C6C73BF6',
    },
    uid: '04958CAA5C5E80',
    counter: 8,
    fileData: text('xxxxxxxxxxxxxxxx'),
  },
  {
    from: 'AN12196 §3.4.3: encrypted file data',
    metaKey: ZERO_KEY,
    fileKey: ZERO_KEY,
    macParam: 'cmac',
    tap: {
      piccData: 'FDE4AFA99B5C820A2C1BB0F1C792D0EB',
      encFileData: '94592FDE69FA06E8E3B6CA686A22842B',
      cmac: 'C48B89C17A233B2C',
    },
    uid: '04958CAA5C5E80',
    counter: 1,
    fileData: text('xxxxxxxxxxxxxxxx'),
  },
  {
    from: 'sdm-backend: keys of its own, the MAC directly behind the file data',
    metaKey: '42aff114f2cb3b6141be6dc95dfc5416',
    fileKey: 'b62a9baf092439bd43c62aee96b970c5',
    macParam: '',
    tap: {
      piccData: '8ACADDEF0A9B62CDAE39A16B83FC14DE',
      encFileData: 'B8436E11F627BB7F543FCC0C1E0D1A89',
      cmac: '238B2543A8DEBAD8',
    },
    uid: '041D3C8A2D6B80',
    counter: 291,
    fileData: text('NTXXqno_oBFpwy-V'),
  },
  {
    from: 'sdm-backend: UID and counter in the clear',
    metaKey: ZERO_KEY,
    fileKey: ZERO_KEY,
    macParam: 'cmac',
    tap: { uid: '041E3C8A2D6B80', counter: '000006', cmac: '4B00064004B0B3D3' },
    uid: '041E3C8A2D6B80',
    counter: 6,
  },
];

function keysOf({ metaKey, fileKey, macParam }: Vector): TagKeys {
  return { metaKey: bytes(metaKey), fileKey: bytes(fileKey), macParam };
}

function outcomeOf({ uid, counter, fileData }: Vector): TapOutcome {
  return { kind: 'authentic', uid, counter, ...(fileData && { fileData }) };
}

function inLowerCase(parameters: TapParameters): TapParameters {
  return JSON.parse(JSON.stringify(parameters, (_, value) => value.toLowerCase?.() ?? value));
}

describe('AES-CMAC', () => {
  const key = bytes('2b7e151628aed2a6abf7158809cf4f3c');
  const message = bytes(
    '6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51' +
      '30c81c46a35ce411e5fbc1191a0a52eff69f2445df4f9b17ad2b417be66c3710',
  );

  it.each([
    [0, 'bb1d6929e95937287fa37d129b756746'],
    [16, '070a16b46b4d4144f79bdd9dd04a287c'],
    [40, 'dfa66747de9ae63030ca32611497c827'],
    [64, '51f0bebf7e3b9d92fc49741779363cfe'],
  ])('is that of RFC 4493 §4 for %i bytes', (length, mac) => {
    expect(hex(aesCmac(key, message.subarray(0, length)))).toBe(mac);
  });

  it('gives the session keys of AN12196 §3.3', () => {
    const fileKey = bytes('5ace7e50ab65d5d51fd5bf5a16b8205b');
    const session = (vector: string) => hex(aesCmac(fileKey, bytes(vector)));
    expect(session('c33c0001008004c767f2066180010000')).toBe('66da61797e23deca5d8eca13bbadf7a9');
    expect(session('3cc30001008004c767f2066180010000')).toBe('3a3e8110e05311f7a3fcf0d969bf2b48');
  });

  it.each([0, 15, 17, 24, 32])('takes no key of %i bytes', (size) => {
    expect(() => aesCmac(new Uint8Array(size), message)).toThrow(RangeError);
  });

  it('leaves key and message as they were', () => {
    const [keyBefore, before] = [hex(key), hex(message)];
    aesCmac(key, message);
    expect([hex(key), hex(message)]).toEqual([keyBefore, before]);
  });
});

describe('a tag’s own keys', () => {
  const master = bytes('00112233445566778899aabbccddeeff');
  const uid = '04782E21801D80';

  it('are diversified as in the example of AN10922 §2.2.1', () => {
    const input = bytes('04782e21801d803042f54e585020416275');
    expect(hex(diversifyKey(master, input))).toBe('a8dd63a3b89d54b37ca802473fda9175');
  });

  it('stay what tags in the field were written with', () => {
    expect(hex(deriveTagKey(master, uid, 'main'))).toBe(OURS.main);
    expect(hex(deriveTagKey(master, uid, 'meta'))).toBe(OURS.meta);
    expect(hex(deriveTagKey(master, uid, 'file'))).toBe(OURS.file);
  });

  it('are the same for a UID in lower case', () => {
    expect(deriveTagKey(master, uid.toLowerCase(), 'file')).toEqual(
      deriveTagKey(master, uid, 'file'),
    );
  });

  it('differ by tag, by purpose and by master key', () => {
    const masters = [master, bytes(ZERO_KEY)];
    const uids = [uid, '04782E21801D81', '05782E21801D80'];
    const keys = masters.flatMap((from) =>
      uids.flatMap((of) =>
        (['main', 'meta', 'file'] as const).map((purpose) => hex(deriveTagKey(from, of, purpose))),
      ),
    );
    expect(new Set(keys).size).toBe(18);
  });

  it.each(['', '04782E21801D8', '04782E21801D800', '04782E21801D8G', '04782E21801D80 '])(
    'are not derived for the UID “%s”',
    (wrong) => {
      expect(() => deriveTagKey(master, wrong, 'file')).toThrow(RangeError);
    },
  );

  it('are derived from 16 to 31 bytes under a master key of 16', () => {
    for (const size of [15, 32])
      expect(() => diversifyKey(master, new Uint8Array(size))).toThrow(RangeError);
    for (const size of [16, 31])
      expect(diversifyKey(master, new Uint8Array(size))).toHaveLength(16);
    expect(() => diversifyKey(new Uint8Array(32), new Uint8Array(17))).toThrow(RangeError);
  });
});

/** By `openssl mac -cipher AES-128-CBC -macopt hexkey:… CMAC` over 01 ‖ UID ‖ D2760000850101 ‖ the label. */
const OURS = {
  main: '8909b8d962a3ae0ffe9874afe5c4570e',
  meta: 'de3309faf7d6cae3f47fbfc0d8820334',
  file: '01140b77b3e81cca2ce25b5b6428fa22',
};

describe('a published tap', () => {
  it.each(VECTORS)('$from', (vector) => {
    expect(verified(vector.tap, keysOf(vector))).toEqual(outcomeOf(vector));
  });

  it.each(VECTORS)('$from, in lower case', (vector) => {
    expect(verified(inLowerCase(vector.tap), keysOf(vector))).toEqual(outcomeOf(vector));
  });

  it.each(VECTORS)('$from, refused under another file key', (vector) => {
    expect(verified(vector.tap, { ...keysOf(vector), fileKey: bytes('01'.repeat(16)) })).toEqual(
      BAD,
    );
  });
});

const UID = '04A1B2C3D4E5F6';
const META_KEY = bytes('8f3b1c2d4e5f60718293a4b5c6d7e8f9');
const FILE_KEY = bytes('0f1e2d3c4b5a69788796a5b4c3d2e1f0');
const FILE_DATA = text('north gate, lane 1, 2026-11-21..');
const KEYS: TagKeys = { metaKey: META_KEY, fileKey: FILE_KEY, macParam: 'cmac' };
const PLAIN: TagSettings = { url: 'https://gate.example/t#t=x', uid: UID, fileKey: FILE_KEY };
const TAGS: readonly [string, TagSettings][] = [
  ['UID and counter in the clear', PLAIN],
  ['encrypted PICC data', { ...PLAIN, metaKey: META_KEY }],
  ['UID and counter in the clear, file data', { ...PLAIN, fileData: FILE_DATA }],
  ['encrypted PICC data, file data', { ...PLAIN, metaKey: META_KEY, fileData: FILE_DATA }],
];

type MirrorName = keyof TapMirrors;
const namesOf = (mirrors: TapMirrors) => Object.keys(mirrors) as MirrorName[];

function withBitFlipped(digits: string, bit: number): string {
  const flipped = bytes(digits);
  flipped[bit >> 3]! ^= 0x80 >> (bit & 7);
  return hex(flipped).toUpperCase();
}

describe.each(TAGS)('a tap with %s', (_, tag) => {
  const mirrors = tapMirrors(tag, 0x010203);
  const expected = (counter: number): TapOutcome => ({
    kind: 'authentic',
    uid: UID,
    counter,
    ...(tag.fileData && { fileData: tag.fileData }),
  });

  it.each([0, 1, 255, 256, 65_536, 2 ** 24 - 1])('is authentic with counter %i', (counter) => {
    expect(verified(tapMirrors(tag, counter), KEYS)).toEqual(expected(counter));
  });

  it('is refused with any one bit of any field flipped', () => {
    let refused = 0;
    for (const name of namesOf(mirrors)) {
      const digits = mirrors[name]!;
      for (let bit = 0; bit < digits.length * 4; bit += 1, refused += 1) {
        const forged = { ...mirrors, [name]: withBitFlipped(digits, bit) };
        expect(verified(forged, KEYS), `${name}, bit ${bit}`).toEqual(BAD);
      }
    }
    expect(refused).toBeGreaterThanOrEqual(7 * 8 + 3 * 8 + 8 * 8);
  });

  it('is refused with a field of another tap, or of another tag', () => {
    const others = [tapMirrors(tag, 0x010204), tapMirrors({ ...tag, uid: '04A1B2C3D4E5F7' }, 1)];
    for (const other of others) {
      for (const name of namesOf(mirrors).filter((each) => mirrors[each] !== other[each])) {
        expect(verified({ ...mirrors, [name]: other[name] }, KEYS), name).toEqual(BAD);
      }
    }
  });

  it('is refused with file data added, left out, cut short or in another order', () => {
    const { encFileData = '', ...rest } = mirrors;
    const first = encFileData.slice(0, 32);
    const second = encFileData.slice(32);
    const forgeries = tag.fileData
      ? [rest, { ...rest, encFileData: first }, { ...rest, encFileData: second + first }]
      : [{ ...rest, encFileData: '00'.repeat(16) }];
    for (const forged of forgeries) expect(verified(forged, KEYS)).toEqual(BAD);
  });

  it('stands in the tag’s URL behind its identifier, the MAC at the end', () => {
    const fixed = { ...tag, random: (size: number) => new Uint8Array(size) };
    const url = tapUrl(fixed, 7);
    const { t, ...parameters } = Object.fromEntries(
      new URLSearchParams(new URL(url).hash.slice(1)),
    );
    expect(url.startsWith('https://gate.example/t#t=x&')).toBe(true);
    expect(url).toMatch(/&cmac=[0-9A-F]{16}$/);
    expect(t).toBe('x');
    expect(parameters).toEqual(tapMirrors(fixed, 7));
    expect(verified(parameters, KEYS)).toEqual(expected(7));
  });
});

describe('a tap', () => {
  const encrypted = { ...PLAIN, metaKey: META_KEY };

  it('is refused under another meta key', () => {
    const { cmac } = tapMirrors(encrypted, 5);
    const other = tapMirrors({ ...encrypted, metaKey: FILE_KEY }, 5);
    expect(verified(other, KEYS)).toEqual(BAD);
    expect(other.cmac).toBe(cmac);
  });

  it.each([
    ['no UID', 0x47],
    ['no counter', 0x87],
    ['neither', 0x07],
    ['a UID of 4 bytes', 0xc4],
    ['a UID of 10 bytes', 0xca],
    ['reserved bits', 0xf7],
    ['nothing', 0x00],
  ])('is refused, though its MAC is right, when its data claims %s', (_, dataTag) => {
    const piccDataOf = (first: number) => {
      const cipher = createCipheriv('aes-128-cbc', META_KEY, new Uint8Array(16));
      const data = [Uint8Array.of(first), bytes(UID), bytes('050000'), new Uint8Array(5)];
      return hex(cipher.setAutoPadding(false).update(Buffer.concat(data)));
    };
    const { cmac } = tapMirrors(encrypted, 5);
    expect(verified({ piccData: piccDataOf(0xc7), cmac }, KEYS).kind).toBe('authentic');
    expect(verified({ piccData: piccDataOf(dataTag), cmac }, KEYS)).toEqual(BAD);
  });

  it('with the MAC’s parameter under another name is refused only where its name is signed', () => {
    const keys = { ...KEYS, macParam: 'c' };
    expect(verified(tapMirrors(encrypted, 5), keys).kind).toBe('authentic');
    const withFile = { ...encrypted, fileData: FILE_DATA };
    expect(verified(tapMirrors(withFile, 5), keys)).toEqual(BAD);
    expect(verified(tapMirrors({ ...withFile, macParam: 'c' }, 5), keys).kind).toBe('authentic');
  });

  it('is the same tap when it is shown decrypted', () => {
    const plain = tapMirrors(PLAIN, 5);
    const { cmac } = tapMirrors(encrypted, 5);
    expect(plain.cmac).toBe(cmac);
    expect(verified(plain, KEYS)).toEqual({ kind: 'authentic', uid: UID, counter: 5 });
  });

  it('never shows the same encrypted data twice, though the counter be the same', () => {
    expect(tapMirrors(encrypted, 5).piccData).not.toBe(tapMirrors(encrypted, 5).piccData);
  });

  it('of any tag is read as it was made', async () => {
    const key = fc.uint8Array({ minLength: 16, maxLength: 16 });
    const settings = fc.record({
      uid: fc.uint8Array({ minLength: 7, maxLength: 7 }).map((uid) => hex(uid).toUpperCase()),
      metaKey: key,
      fileKey: key,
      mirror: fc.constantFrom('encrypted', 'plain'),
      blocks: fc.integer({ min: 0, max: 7 }),
      chars: fc.uint8Array({ minLength: 112, maxLength: 112 }),
      macParam: fc.constantFrom('cmac', 'c', 'm'),
      counter: fc.integer({ min: 0, max: 2 ** 24 - 1 }),
    });
    await checkProperty(
      'tag taps',
      fc.asyncProperty(settings, async ({ mirror, blocks, chars, counter, ...tag }) => {
        const { metaKey, ...plain } = tag;
        const fileData = chars.slice(0, 16 * blocks);
        const made: TagSettings = {
          url: '',
          ...(mirror === 'encrypted' ? tag : plain),
          ...(blocks > 0 && { fileData }),
        };
        expect(verified(tapMirrors(made, counter), tag)).toEqual({
          kind: 'authentic',
          uid: tag.uid,
          counter,
          ...(blocks > 0 && { fileData }),
        });
      }),
      200,
    );
  });
});

describe('the emulated tag', () => {
  it('makes the URL of AN12196 from its keys, UID, counter and padding', () => {
    const tag = {
      url: 'https://ntag.nxp.com/424?x=y',
      uid: '04DE5F1EACC040',
      metaKey: bytes(ZERO_KEY),
      fileKey: bytes(ZERO_KEY),
      random: () => bytes('da5cf60941'),
    };
    expect(tapUrl(tag, 61)).toBe(
      'https://ntag.nxp.com/424?x=y&piccData=EF963FF7828658A599F3041510671E88&cmac=94EED9EE65337086',
    );
  });

  it('makes the published taps whose padding nobody sees', () => {
    const zero = { url: '', fileKey: bytes(ZERO_KEY) };
    const fileData = text('xxxxxxxxxxxxxxxx');
    expect(tapUrl({ ...zero, uid: '041E3C8A2D6B80' }, 6)).toBe(
      '&uid=041E3C8A2D6B80&counter=000006&cmac=4B00064004B0B3D3',
    );
    expect(tapMirrors({ ...zero, uid: '04958CAA5C5E80', fileData }, 8)).toMatchObject({
      encFileData: 'CEE9A53E3E463EF1F459635736738962',
      cmac: 'ECC1E7F6C6C73BF6',
    });
  });

  it.each<[string, Partial<TagSettings>, number]>([
    ['a UID of 6 bytes', { uid: '04A1B2C3D4E5' }, 1],
    ['a counter below 0', {}, -1],
    ['a counter above 24 bits', {}, 2 ** 24],
    ['a counter between two', {}, 0.5],
    ['file data of 15 bytes', { fileData: new Uint8Array(15) }, 1],
    ['no file data at all', { fileData: new Uint8Array(0) }, 1],
    ['a MAC without a name', { macParam: '' }, 1],
  ])('cannot have %s', (_, changes, counter) => {
    expect(() => tapMirrors({ ...PLAIN, ...changes }, counter)).toThrow(RangeError);
  });
});

describe('a malformed tap', () => {
  const piccData = 'EF963FF7828658A599F3041510671E88';
  const encFileData = 'CEE9A53E3E463EF1F459635736738962';
  const cmac = '94EED9EE65337086';
  const uid = '041E3C8A2D6B80';
  const counter = '000006';
  const shapes: Record<string, TapParameters> = {
    piccData: { piccData, cmac },
    encFileData: { piccData, encFileData, cmac },
    cmac: { piccData, cmac },
    uid: { uid, counter, cmac },
    counter: { uid, counter, cmac },
  };

  it.each(Object.entries(shapes))('has a wrong %s', (name, tap) => {
    const right = tap[name as keyof TapParameters]!;
    const wrong = [
      '',
      right.slice(1),
      right.slice(2),
      `0${right}`,
      `00${right}`,
      `${right}\n`,
      ` ${right.slice(1)}`,
      `0x${right.slice(2)}`,
      `G${right.slice(1)}`,
      `${right.slice(0, -1)}é`,
      `${right.slice(0, -1)}０`,
      `${right.slice(0, -1)}=`,
      right.repeat(20),
    ];
    expect(parseTap(tap)).not.toBeNull();
    for (const value of wrong) expect(parseTap({ ...tap, [name]: value }), value).toBeNull();
  });

  it.each<[string, TapParameters]>([
    ['nothing', {}],
    ['no MAC', { piccData }],
    ['a MAC alone', { cmac }],
    ['a UID without its counter', { uid, cmac }],
    ['a counter without its UID', { counter, cmac }],
    ['UID and counter beside encrypted PICC data', { piccData, uid, counter, cmac }],
    ['a UID beside encrypted PICC data', { piccData, uid, cmac }],
    ['wrong PICC data beside UID and counter', { piccData: '', uid, counter, cmac }],
  ])('has %s', (_, tap) => {
    expect(parseTap(tap)).toBeNull();
  });

  it('has no file data, half a block of it, or more than fits into a tag', () => {
    const withFile = (digits: number) =>
      parseTap({ piccData, cmac, encFileData: '0'.repeat(digits) });
    for (const digits of [0, 16, 31, 33, 48, 223, 225, 256])
      expect(withFile(digits), `${digits} digits`).toBeNull();
    for (const digits of [32, 64, 224]) expect(withFile(digits), `${digits} digits`).not.toBeNull();
  });

  it('is not what upper, lower or both cases make', () => {
    expect(parseTap({ piccData: 'eF963FF7828658A599F3041510671e88', cmac })).toEqual(
      parseTap({ piccData, cmac }),
    );
  });

  it('stays an answer, whatever comes', async () => {
    const field = fc.option(fc.oneof(fc.string(), fc.constantFrom(piccData, uid, cmac, counter)), {
      nil: undefined,
    });
    const anything = fc.record({
      piccData: field,
      uid: field,
      counter: field,
      encFileData: field,
      cmac: field,
    });
    await checkProperty(
      'tap parameters',
      fc.asyncProperty(anything, async (parameters) => {
        const tap = parseTap(parameters);
        if (tap !== null) expect(verifyTap(tap, KEYS)).toEqual(BAD);
      }),
      500,
    );
  });
});
