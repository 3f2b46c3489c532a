/** Whether the code is authentic: `unknown_key`, `bad_signature`, and twins that are as authentic as their original. */
import { formatCourierCode, signingInput } from '../../../src/domain/courier-code.ts';
import { joinSignature, ORDER, signEs256, splitSignature } from '../es256.ts';
import { ACTIVE, base64url, GREATEST, LEAST, RETIRED, STATUS_LIST_KEY, STRANGER } from '../keys.ts';
import {
  code,
  entered,
  type GateCase,
  gateCase,
  NOW,
  OTHER_COMMUNITY,
  OTHER_PASS,
  type PayloadMembers,
  payloadBytes,
  signatureOf,
  WINDOW,
} from '../world.ts';

const PAYLOAD = payloadBytes();
const SIGNATURE = signatureOf(PAYLOAD);
const { r, s } = splitSignature(SIGNATURE);

const withSignature = (signature: Uint8Array, keyNumber = 17) =>
  formatCourierCode(keyNumber, PAYLOAD, signature);
const unknown = (name: string, text: string, bundle = 'base') =>
  gateCase(`key: ${name}`, 'unknown_key', { code: text, bundle });
const bad = (name: string, text: string) =>
  gateCase(`signature: ${name}`, 'bad_signature', { code: text });

/** The payload of one code under the signature of another. */
const moved = (name: string, changes: Partial<PayloadMembers>) =>
  bad(`made for another ${name}`, formatCourierCode(17, payloadBytes(changes), SIGNATURE));

function withFlippedBit(bit: number): Uint8Array {
  const bytes = Uint8Array.from(SIGNATURE);
  bytes[bit >> 3] = (bytes[bit >> 3] ?? 0) ^ (1 << (bit & 7));
  return bytes;
}

/** Signed over something that is nearly the signing input. */
const over = (input: string) => withSignature(signEs256(ACTIVE.scalar, input));
const under = (header: string) => over(`${base64url(header)}.${base64url(PAYLOAD)}`);

const TWIN = withSignature(joinSignature(r, ORDER - s));

export const signatureCases: readonly GateCase[] = [
  gateCase('key: the active one', 'granted'),
  gateCase('key: a retired one that is still published', 'granted', { code: code({}, RETIRED) }),
  gateCase('key: the least number', 'granted', { code: code({}, LEAST) }),
  gateCase('key: the greatest number', 'granted', { code: code({}, GREATEST) }),
  unknown('a number that is not published', code({}, STRANGER)),
  unknown('a number that is not published, signature by a published one', code({}, ACTIVE, 18)),
  unknown('one less than a published one', code({}, RETIRED, 15)),
  unknown('published with a leading zero', code(), 'odd keys'),
  unknown('published for encryption', code({}, RETIRED), 'odd keys'),
  unknown('published for another algorithm', code({}, LEAST), 'odd keys'),
  unknown('no keys published', code(), 'no keys'),
  gateCase('key: a usable one beside odd ones', 'granted', {
    code: code({}, GREATEST),
    bundle: 'odd keys',
  }),
  bad('by a stranger under a published number', code({}, STRANGER, 17)),
  bad('by one published key under the number of another', code({}, RETIRED, 17)),
  bad('by the status-list key', code({}, STATUS_LIST_KEY, 17)),
  moved('direction', { directions: 1 }),
  moved('community', { communityId: OTHER_COMMUNITY }),
  moved('pass', { passId: OTHER_PASS }),
  moved('window', { notBefore: WINDOW + 30 }),
  moved('lifetime', { lifetimeSeconds: 60 }),
  moved('status index', { statusIndex: 6 }),
  ...[0, 7, 130, 255, 256, 391, 511].map((bit) =>
    bad(`bit ${bit} flipped`, withSignature(withFlippedBit(bit))),
  ),
  bad('all zeros', withSignature(new Uint8Array(64))),
  bad('all ones', withSignature(new Uint8Array(64).fill(255))),
  bad('r is 0', withSignature(joinSignature(0n, s))),
  bad('s is 0', withSignature(joinSignature(r, 0n))),
  bad('r is the order', withSignature(joinSignature(ORDER, s))),
  bad('s is the order', withSignature(joinSignature(r, ORDER))),
  bad('s is the order and s', withSignature(joinSignature(r, (s + ORDER) % (1n << 256n)))),
  bad('r and s exchanged', withSignature(joinSignature(s, r))),
  bad('over the payload alone', over(base64url(PAYLOAD))),
  bad('over the raw payload', withSignature(signEs256(ACTIVE.scalar, PAYLOAD))),
  bad('under a header with white space', under('{"alg": "ES256", "kid": "17"}')),
  bad('under a header with its members exchanged', under('{"kid":"17","alg":"ES256"}')),
  bad('under a header with a number as kid', under('{"alg":"ES256","kid":17}')),
  bad('under a header with a leading zero', under('{"alg":"ES256","kid":"017"}')),
  bad('under a header with a type', under('{"alg":"ES256","kid":"17","typ":"JWT"}')),
  bad('with padded base64', over(`${signingInput(17, PAYLOAD)}==`)),
  gateCase('signature: the twin (r, n−s) is as authentic', 'granted', { code: TWIN }),
  gateCase('signature: another one of the same payload is as authentic', 'granted', {
    code: withSignature(signEs256(ACTIVE.scalar, signingInput(17, PAYLOAD), 1)),
  }),
  gateCase('signature: the twin of a code that was used is used', 'code_used', {
    code: TWIN,
    at: NOW + 40_000,
    memory: [entered(NOW)],
  }),
];
