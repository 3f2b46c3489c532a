/** What is a code at all: `malformed_code` on one side, on the other the next step's reason. */
import { decodeBase45, encodeBase45 } from '../../../src/domain/base45.ts';
import { code, type GateCase, gateCase, payloadBytes, signatureOf } from '../world.ts';

const PLAIN = code();
const BODY = PLAIN.slice(4);

/** The plain code with characters of its body put in place of others. */
function withCharacters(at: number, characters: string): string {
  return `CP1:${BODY.slice(0, at)}${characters}${BODY.slice(at + characters.length)}`;
}

/** The plain code with one of its 93 bytes changed. */
function withByte(at: number, value: number): string {
  const bytes = decodeBase45(BODY) ?? new Uint8Array(93);
  bytes[at] = value;
  return `CP1:${encodeBase45(bytes)}`;
}

const malformed = (name: string, text: string | null) =>
  gateCase(`format: ${name}`, 'malformed_code', { code: text });

const LAST_GROUP = BODY.length - 5;
const LAST_PAIR = BODY.length - 2;

export const formatCases: readonly GateCase[] = [
  gateCase('format: a plain code', 'granted'),
  malformed('nothing presented', null),
  malformed('an empty string', ''),
  malformed('the prefix alone', 'CP1:'),
  malformed('a space', ' '),
  malformed('another text of 144 characters', 'A'.repeat(144)),
  malformed('a web address', 'https://pass.example/t#t=tag_1'),
  malformed('the next version of the prefix', `CP2:${BODY}`),
  malformed('the prefix in lower case', `cp1:${BODY}`),
  malformed('the prefix with another separator', `CP1;${BODY}`),
  malformed('the whole code in lower case', PLAIN.toLowerCase()),
  malformed('143 characters', PLAIN.slice(0, 143)),
  malformed('145 characters', `${PLAIN}0`),
  malformed('one group less', PLAIN.slice(0, 141)),
  malformed('one group more', `${PLAIN}000`),
  malformed('the code twice', PLAIN + PLAIN),
  malformed('over-long: 4096 characters', PLAIN.padEnd(4096, '0')),
  malformed('a leading space', ` ${PLAIN}`),
  malformed('a leading space in place of the first character', ` ${PLAIN.slice(1)}`),
  malformed('a trailing space', `${PLAIN} `),
  malformed('a trailing CR that nobody stripped', `${PLAIN}\r`),
  malformed('a trailing LF that nobody stripped', `${PLAIN}\n`),
  malformed('a trailing CR LF that nobody stripped', `${PLAIN}\r\n`),
  malformed('an LF in place of the last character', `${PLAIN.slice(0, 143)}\n`),
  malformed('a NUL in place of the last character', `${PLAIN.slice(0, 143)}\0`),
  malformed('a NUL in the middle', withCharacters(70, '\0')),
  malformed('a byte order mark in front', `\ufeff${PLAIN}`),
  malformed('one letter in lower case', withCharacters(BODY.search(/[A-Z]/), 'a')),
  malformed('a character outside the alphabet: _', withCharacters(30, '_')),
  malformed('a character outside the alphabet: ,', withCharacters(30, ',')),
  malformed('a character outside the alphabet: ;', withCharacters(30, ';')),
  malformed('a character outside the alphabet: @', withCharacters(30, '@')),
  malformed('a character outside the alphabet: [', withCharacters(30, '[')),
  malformed('a character above 127', withCharacters(30, 'é')),
  malformed('a full-width digit', withCharacters(30, '１')),
  malformed('a character outside the basic plane', withCharacters(30, '🛵')),
  malformed('the first group is 65536', withCharacters(0, 'GGW')),
  malformed('a group in the middle is 65536', withCharacters(69, 'GGW')),
  malformed('the last group is 65536', withCharacters(LAST_GROUP, 'GGW')),
  malformed('a group is the greatest of three digits', withCharacters(69, ':::')),
  malformed('the last pair is 256', withCharacters(LAST_PAIR, 'V5')),
  malformed('the last pair is the greatest of two digits', withCharacters(LAST_PAIR, '::')),
  gateCase('format: a group in the middle is 65535', 'bad_signature', {
    code: withCharacters(69, 'FGW'),
  }),
  gateCase('format: the last pair is 255', 'bad_signature', {
    code: withCharacters(LAST_PAIR, 'U5'),
  }),
  malformed('payload version 0', code({ version: 0 })),
  malformed('payload version 2', code({ version: 2 })),
  malformed('payload version 255', code({ version: 255 })),
  ...[2, 3, 4, 5, 6, 7].map((bit) =>
    malformed(`reserved bit ${bit} of directions is set`, code({ directions: 3 | (1 << bit) })),
  ),
  malformed('a wrong version under a bad signature', withByte(1, 9)),
  malformed(
    'a wrong version under an unknown key',
    `CP1:${encodeBase45(
      Uint8Array.of(18, ...payloadBytes({ version: 2 }), ...signatureOf(payloadBytes())),
    )}`,
  ),
  gateCase('format: directions 0 is well-formed', 'wrong_gate', { code: code({ directions: 0 }) }),
  gateCase('format: a window off the grid is well-formed', 'granted', {
    code: code({ notBefore: Date.UTC(2026, 10, 21, 4, 0, 7) / 1000 }),
  }),
  gateCase('format: a lifetime of 0 s is well-formed', 'granted', {
    code: code({ lifetimeSeconds: 0 }),
  }),
];
