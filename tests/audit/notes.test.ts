import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import {
  formatCheckpoint,
  openCheckpoint,
  parseCheckpoint,
  readCheckpoint,
} from '../../src/audit/checkpoint.ts';
import { Prover } from '../../src/audit/proof.ts';
import { formatReceipt, parseReceipt, verifyReceipt } from '../../src/audit/receipt.ts';
import {
  cosignedText,
  formatNote,
  formatVerifierKey,
  openNote,
  parseNote,
  parseVerifierKey,
  signatureLine,
  type VerifierKey,
  verifierKey,
} from '../../src/audit/signed-note.ts';
import { decodeBundle, encodeBundle, parseTilePath, tilePath } from '../../src/audit/tiles.ts';
import { hashLeaf } from '../../src/audit/tree.ts';
import { TreeBuilder } from '../../src/audit/tree-builder.ts';

// The examples of golang.org/x/mod/sumdb/note.
const PETER = 'PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW';
const ENOCH = 'EnochRoot+af0cfe78+ATtqJ7zOtqQtYqOo0CpvDXNlMhV3HeJDpjrASKGLWdop';
const TEXT =
  'If you think cryptography is the answer to your problem,\n' +
  "then you don't know what your problem is.\n";
const PETER_LINE =
  '— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n';
const ENOCH_LINE =
  '— EnochRoot rwz+eBzmZa0SO3NbfRGzPCpDckykFXSdeX+MNtCOXm2/5n2tiOHp+vAF1aGrQ5ovTG01oOTGwnWLox33WWd1RvMc+QQ=\n';

const peter = parseVerifierKey(PETER);
const enoch = parseVerifierKey(ENOCH);

interface Signer {
  readonly key: VerifierKey;
  readonly privateKey: KeyObject;
}

function signer(name: string, type: VerifierKey['type'] = 'ed25519'): Signer {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const { x = '' } = publicKey.export({ format: 'jwk' });
  return { privateKey, key: verifierKey(name, Buffer.from(x, 'base64url'), type) };
}

function signed(text: string, ...signers: readonly Signer[]): string {
  const lines = signers.map(({ key, privateKey }) =>
    signatureLine(key, sign(null, Buffer.from(text), privateKey)),
  );
  return formatNote(text, lines);
}

describe('verifier keys', () => {
  it('read and write as published', () => {
    expect(formatVerifierKey(peter)).toBe(PETER);
    expect(peter).toMatchObject({ name: 'PeterNeumann', keyId: 'c74f20a3', type: 'ed25519' });
  });

  it('no part of one, and none with a character changed, is one', () => {
    for (let from = 0; from <= PETER.length; from++) {
      for (let to = from + 1; to <= PETER.length; to++) {
        if (from === 0 && to === PETER.length) continue;
        expect(() => parseVerifierKey(PETER.slice(from, to))).toThrow();
      }
      const changed = String.fromCharCode(PETER.charCodeAt(from) + 1);
      const mangled = PETER.slice(0, from) + changed + PETER.slice(from + 1);
      expect(() => parseVerifierKey(mangled)).toThrow();
    }
  });

  it.each([
    [
      'a key too long',
      'PeterNeumann+cc469956+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TWBADKEY==',
    ],
    ['another algorithm', 'PeterNeumann+173116ae+ZRpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW'],
  ])('refuses %s, though its id fits', (_, key) => {
    expect(() => parseVerifierKey(key)).toThrow();
  });

  it('a name with white space or plus is none', () => {
    for (const name of ['', 'a b', 'a+b', 'a\u00a0b', 'a\nb', 'a\u0085b', 'a\u3000b'])
      expect(() => verifierKey(name, new Uint8Array(32))).toThrow();
  });
});

describe('signed notes', () => {
  it('the published examples open', () => {
    expect(openNote(`${TEXT}\n${PETER_LINE}${ENOCH_LINE}`, [peter]).verified).toEqual([
      { key: peter },
    ]);
    const both = openNote(`${TEXT}\n${PETER_LINE}${ENOCH_LINE}`, [peter, enoch]);
    expect(both.text).toBe(TEXT);
    expect(both.verified.map(({ key }) => key.name)).toEqual(['PeterNeumann', 'EnochRoot']);
    const example =
      'This is an example message.\n\n' +
      '— example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n';
    const key = parseVerifierKey(
      'example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k',
    );
    expect(openNote(example, [key]).text).toBe('This is an example message.\n');
  });

  it('the published private key signs the published signature', () => {
    const seed = Buffer.from('AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz', 'base64').subarray(1);
    const privateKey = {
      key: {
        kty: 'OKP',
        crv: 'Ed25519',
        d: seed.toString('base64url'),
        x: Buffer.from(peter.publicKey).toString('base64url'),
      },
      format: 'jwk' as const,
    };
    const line = signatureLine(peter, sign(null, Buffer.from(TEXT), privateKey));
    expect(formatNote(TEXT, [line])).toBe(`${TEXT}\n${PETER_LINE}`);
  });

  it('a note without a signature of a known key is refused', () => {
    expect(() => openNote(`${TEXT}\n${PETER_LINE}`, [])).toThrow(/known key/);
    expect(() => openNote(`${TEXT}\n${PETER_LINE}`, [enoch])).toThrow(/known key/);
    const renamed = PETER_LINE.replace('PeterNeumann', 'CarmenSandiego');
    expect(() => openNote(`${TEXT}\n${renamed}`, [peter])).toThrow(/known key/);
  });

  it('a wrong signature of a known key spoils the note, a right one of another beside it or not', () => {
    const wrong = `${PETER_LINE.slice(0, 60)}ABCD${PETER_LINE.slice(60)}`;
    expect(() => openNote(`${TEXT}\n${wrong}`, [peter])).toThrow(/PeterNeumann\+c74f20a3 is wrong/);
    expect(() => openNote(`${TEXT}\n${wrong}${ENOCH_LINE}`, [peter, enoch])).toThrow(/is wrong/);
  });

  it('a signature that stands there twice counts once', () => {
    const note = `${TEXT}\n${PETER_LINE}${PETER_LINE}${ENOCH_LINE}${ENOCH_LINE}`;
    expect(openNote(note, [peter]).verified).toHaveLength(1);
  });

  it('the text ends at the last empty line', () => {
    const one = signer('example.com/log');
    const note = signed('first\n\nsecond\n', one);
    expect(openNote(note, [one.key]).text).toBe('first\n\nsecond\n');
  });

  it.each([
    ['no signature', TEXT],
    ['an empty signature part', `${TEXT}\n`],
    ['no newline at the end', `${TEXT}\n${PETER_LINE.slice(0, -1)}`],
    ['a control character', `\x01${TEXT}\n${PETER_LINE}`],
    ['a carriage return', `${TEXT}\r\n\n${PETER_LINE}`],
    ['half a surrogate pair', `\ud800${TEXT}\n${PETER_LINE}`],
    ['a name with a space', `${TEXT}\n${PETER_LINE.replace('PeterNeumann', 'Bad Name')}`],
    ['a line that is no signature', `${TEXT}\n${PETER_LINE}Unexpected line.\n`],
    ['a hyphen for the dash', `${TEXT}\n${PETER_LINE.replace('—', '-')}`],
    ['base64 without its padding', `${TEXT}\n${PETER_LINE.replace('=', '')}`],
    ['too many signatures', `${TEXT}\n${PETER_LINE.repeat(101)}`],
  ])('%s is malformed', (_, note) => {
    expect(() => parseNote(note)).toThrow(/malformed note/);
  });

  it('no byte of one can be changed', () => {
    const note = Buffer.from(`${TEXT}\n${PETER_LINE}`);
    for (let at = 0; at < note.length; at++) {
      for (const bit of [1, 32, 128]) {
        const changed = Buffer.from(note);
        changed[at] = (changed[at] ?? 0) ^ bit;
        expect(() => openNote(changed.toString('utf8'), [peter])).toThrow();
      }
    }
  });
});

describe('checkpoints', () => {
  const log = signer('pass.example.cn/audit');
  const root = hashLeaf('x');
  const text = formatCheckpoint({ origin: log.key.name, size: 1, root });

  it('are the three lines of C2SP', () => {
    const example =
      'example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n';
    const parsed = parseCheckpoint(example);
    expect(parsed).toMatchObject({ origin: 'example.com/behind-the-sofa', size: 20_852_163 });
    expect(formatCheckpoint(parsed)).toBe(example);
    expect(parseCheckpoint(`${example}an extension\n`).size).toBe(20_852_163);
  });

  it.each([
    ['no origin', '\n1\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n'],
    ['a leading zero', 'a\n01\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n'],
    ['a negative size', 'a\n-1\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n'],
    [
      'a size past exact numbers',
      'a\n9007199254740993\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n',
    ],
    ['a short root', 'a\n1\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jx\n'],
    ['a root written otherwise', 'a\n1\nCsUYapGGPo4dkMgIAUqom_Xajj7h2fB2MPA3j2jxq2I=\n'],
    ['two lines', 'a\n1\n'],
    ['no newline at the end', 'a\n1\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I='],
    ['an empty extension line', 'a\n1\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\nx\n'],
  ])('%s is malformed', (_, malformed) => {
    expect(() => parseCheckpoint(malformed)).toThrow(/malformed checkpoint/);
  });

  it('are signed by the log, under the name that is the origin', () => {
    const note = signed(text, log);
    expect(openCheckpoint(note, [log.key])).toMatchObject({ origin: log.key.name, size: 1 });
    expect(readCheckpoint(note).size).toBe(1);
    const other = signer('other.example/audit');
    expect(() => openCheckpoint(signed(text, other), [other.key])).toThrow(/pass\.example\.cn/);
  });

  it('carry cosignatures, with the time at which a witness saw them', () => {
    const witness = signer('witness.example/w1', 'cosignature');
    const time = Buffer.alloc(8);
    time.writeBigUInt64BE(1_679_315_147n);
    const message = Buffer.from(cosignedText(text, 1_679_315_147));
    const cosignature = Buffer.concat([time, sign(null, message, witness.privateKey)]);
    const note = signed(text, log) + signatureLine(witness.key, cosignature);
    expect(cosignedText(text, 1_679_315_147)).toBe(`cosignature/v1\ntime 1679315147\n${text}`);
    const opened = openCheckpoint(note, [log.key, witness.key]);
    expect(opened.verified).toEqual([
      { key: log.key },
      { key: witness.key, seenAt: 1_679_315_147 },
    ]);
    // A witness alone does not make a checkpoint, and another time is another signature.
    expect(() => openCheckpoint(note, [witness.key])).toThrow(/not signed/);
    time.writeBigUInt64BE(1_679_315_148n);
    const later = Buffer.concat([time, cosignature.subarray(8)]);
    const moved = signed(text, log) + signatureLine(witness.key, later);
    expect(() => openCheckpoint(moved, [log.key, witness.key])).toThrow(/witness\.example/);
  });

  it('a key for notes and the same key for cosignatures have different ids', () => {
    const cosigner = verifierKey(log.key.name, log.key.publicKey, 'cosignature');
    expect(cosigner.keyId).not.toBe(log.key.keyId);
    expect(parseVerifierKey(formatVerifierKey(cosigner))).toEqual(cosigner);
  });
});

describe('receipts', () => {
  const log = signer('pass.example.cn/audit');
  const entries = Array.from({ length: 11 }, (_, n) => `{"n":${n}}`);
  const builder = new TreeBuilder();
  const tiles = builder.append(Buffer.concat(entries.map((entry) => hashLeaf(entry))));
  const prover = new Prover(async () => tiles[0]?.hashes ?? new Uint8Array());
  const checkpoint = signed(
    formatCheckpoint({ origin: log.key.name, size: entries.length, root: builder.root() }),
    log,
  );
  const receiptOf = async (leaf: number) =>
    formatReceipt({
      entry: Buffer.from(entries[leaf] ?? ''),
      leaf,
      proof: await prover.inclusion(leaf, entries.length),
      checkpoint,
    });

  it('have the lines of tlog-proof', async () => {
    const lines = (await receiptOf(3)).split('\n');
    expect(lines[0]).toBe('c2sp.org/tlog-proof@v1');
    expect(lines[1]).toBe(`extra ${Buffer.from('{"n":3}').toString('base64')}`);
    expect(lines[2]).toBe('index 3');
    expect(lines.slice(3, 7).every((line) => /^[A-Za-z0-9+/]{43}=$/.test(line))).toBe(true);
    expect(lines.slice(7, 9)).toEqual(['', log.key.name]);
  });

  it('verify with the key alone', async () => {
    for (const [leaf, entry] of entries.entries()) {
      const verified = verifyReceipt(await receiptOf(leaf), [log.key]);
      expect(verified).toMatchObject({ entry, leaf });
      expect(verified.auditId).toBe(Buffer.from(hashLeaf(entry)).toString('base64url'));
    }
  });

  it('verify without their entry where it is given', async () => {
    const bare = (await receiptOf(4)).replace(/^extra .*\n/m, '');
    expect(parseReceipt(bare).entry).toBeNull();
    expect(verifyReceipt(bare, [log.key], Buffer.from('{"n":4}')).leaf).toBe(4);
    expect(() => verifyReceipt(bare, [log.key], Buffer.from('{"n":5}'))).toThrow(/not number 4/);
    expect(() => verifyReceipt(bare, [log.key])).toThrow(/leaves out/);
  });

  it('no byte of one can be changed', async () => {
    const receipt = Buffer.from(await receiptOf(6));
    for (let at = 0; at < receipt.length; at++) {
      for (const bit of [1, 32]) {
        const changed = Buffer.from(receipt);
        changed[at] = (changed[at] ?? 0) ^ bit;
        expect(() => verifyReceipt(changed.toString('utf8'), [log.key])).toThrow();
      }
    }
  });

  it('say what is wrong with them', async () => {
    const receipt = await receiptOf(2);
    const another = signer(log.key.name);
    expect(() => verifyReceipt('hello', [log.key])).toThrow(/begins with/);
    expect(() => verifyReceipt(receipt, [another.key])).toThrow(/cannot be trusted: no signature/);
    const moved = receipt.replace('index 2', 'index 3');
    expect(() => verifyReceipt(moved, [log.key])).toThrow(/not number 3 of the 11/);
    expect(() => verifyReceipt(receipt.replace('index 2', 'index 02'), [log.key])).toThrow(/index/);
  });
});

describe('tiles', () => {
  it.each([
    [{ level: 0, tile: 0, width: 256 }, '0/000'],
    [{ level: 0, tile: 1_234_067, width: 256 }, '0/x001/x234/067'],
    [{ level: 1, tile: 999, width: 17 }, '1/999.p/17'],
    [{ level: 'entries', tile: 1_000, width: 1 }, 'entries/x001/000.p/1'],
    [{ level: 63, tile: 5, width: 255 }, '63/005.p/255'],
  ] as const)('%j is at %s', (address, path) => {
    expect(tilePath(address)).toBe(path);
    expect(parseTilePath(path)).toEqual(address);
  });

  it.each([
    '0/0',
    '0/00',
    '00/000',
    '64/000',
    '0/x000/001',
    '0/001/234',
    '0/x001',
    '0/000.p/0',
    '0/000.p/256',
    '0/000.p/01',
    '0/000.p/',
    '/000',
    'entries',
    '-1/000',
    '0/x999/x999/x999/x999/x999/999',
    '0/000/',
  ])('%s is no address', (path) => {
    expect(parseTilePath(path)).toBeNull();
  });

  it('bundles hold entries behind their lengths', () => {
    const entries = ['', 'a', '门', 'x'.repeat(8_192)].map((text) => Buffer.from(text));
    const bundle = encodeBundle(entries);
    expect([...bundle.subarray(0, 6)]).toEqual([0, 0, 0, 1, 0x61, 0]);
    expect(decodeBundle(bundle)).toEqual(entries);
    expect(decodeBundle(bundle.subarray(0, -1))).toBeNull();
    expect(decodeBundle(Uint8Array.of(0))).toBeNull();
    expect(() => encodeBundle([new Uint8Array(8_193)])).toThrow(RangeError);
  });
});
