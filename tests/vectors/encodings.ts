/** Identifiers, base45, one code taken apart, and a code as NFC carries it. */
import { decodeBase45, encodeBase45 } from '../../src/domain/base45.ts';
import { formatIdentifier } from '../../src/domain/identifier.ts';
import { signingInput, writeNdefCode } from '../../src/gate/index.ts';
import { ACTIVE, base64url } from './keys.ts';
import { code, payloadBytes, signatureOf } from './world.ts';

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');

const NUMBERS = [
  '0000000000000000',
  '0000000000000001',
  '000000000000001f',
  '0000000000000020',
  '0123456789abcdef',
  '7fffffffffffffff',
  '8000000000000000',
  'f000000000000001',
  'fedcba9876543210',
  'ffffffffffffffff',
];

/** Texts that are no identifier, whatever the kind. */
const NO_IDENTIFIERS = [
  ['', 'empty'],
  ['com_', 'no number'],
  ['com_000000000000', 'one character less'],
  ['com_00000000000000', 'one character more'],
  ['COM_0000000000000', 'prefix in upper case'],
  ['com_000000000000A', 'upper case'],
  ['com_000000000000i', 'a letter that is not used: i'],
  ['com_000000000000l', 'a letter that is not used: l'],
  ['com_000000000000o', 'a letter that is not used: o'],
  ['com_000000000000u', 'a letter that is not used: u'],
  ['com_g000000000000', 'the leading bit is set'],
  ['com_z000000000000', 'the leading bit is set, greatest'],
  ['com-0000000000000', 'another separator'],
  [' com_000000000000', 'a leading space'],
  ['com_000000000000\n', 'a line feed'],
  ['vis_0000000000000', 'of another kind than was asked for'],
] as const;

const BYTES = [
  '',
  '00',
  'ff',
  '0000',
  'ffff',
  '4142',
  '00ff',
  'ff00',
  '48656c6c6f2121',
  '626173652d3435',
  '6965746621',
];

const NO_BASE45 = [
  ['0', 'one character'],
  ['0000', 'one character left over'],
  ['GGW', 'a group of 65536'],
  [':::', 'the greatest group'],
  ['V5', 'a last pair of 256'],
  ['::', 'the greatest pair'],
  ['bb8', 'lower case'],
  ['00_', 'outside the alphabet'],
  ['00\n', 'a line feed'],
  ['é00', 'above 127'],
] as const;

const payload = payloadBytes();
const text = code();

export const encodings = {
  identifiers: {
    valid: (['com', 'gat', 'pas'] as const).flatMap((prefix) =>
      NUMBERS.map((number) => ({
        prefix,
        hex: number,
        text: formatIdentifier(prefix, Buffer.from(number, 'hex')),
      })),
    ),
    invalid: NO_IDENTIFIERS.map(([given, why]) => ({ prefix: 'com', text: given, why })),
  },
  base45: {
    valid: BYTES.map((given) => ({ hex: given, text: encodeBase45(Buffer.from(given, 'hex')) })),
    invalid: NO_BASE45.map(([given, why]) => ({ text: given, why })),
  },
  code: {
    keyNumber: 17,
    payload: hex(payload),
    signature: hex(signatureOf(payload, ACTIVE)),
    bytes: hex(decodeBase45(text.slice(4)) ?? new Uint8Array(0)),
    code: text,
    jws: `${signingInput(17, payload)}.${base64url(signatureOf(payload, ACTIVE))}`,
    ndef: hex(writeNdefCode(text)),
  },
};
