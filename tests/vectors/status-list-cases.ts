/** Status lists: what is taken, what is refused and why. */
import { packStatusBits, statusListPath } from '../../src/domain/status-list.ts';
import { ACTIVE, base64url, STATUS_LIST_KEY, STRANGER, signJws, type TestKey } from './keys.ts';
import {
  COMMUNITY,
  LIST_HEADER,
  MADE,
  NOW,
  OTHER_COMMUNITY,
  statusList,
  timeText,
} from './world.ts';
import { storedStream, zerosStream } from './zlib-stream.ts';

export interface StatusListCase {
  readonly name: string;
  readonly jwt: string;
  readonly communityId: string;
  readonly minVersion: number;
  readonly now: string;
  readonly expected:
    | {
        readonly kind: 'read';
        readonly version: number;
        readonly entries: number;
        /** The indexes whose bit is set. */
        readonly invalid: readonly number[];
      }
    | { readonly kind: 'refused'; readonly why: string };
}

type Given = Partial<Pick<StatusListCase, 'communityId' | 'minVersion'>> & { readonly at?: number };

const [ACTIVE_HEADER, STRANGER_HEADER] = ['17', 'sl-2'].map((kid) => ({ ...LIST_HEADER, kid }));

function read(
  name: string,
  jwt: string,
  entries: number,
  invalid: readonly number[],
  given: Given = {},
): StatusListCase {
  return { ...asked(name, jwt, given), expected: { kind: 'read', version: 7, entries, invalid } };
}

function refused(name: string, jwt: string, why: string, given: Given = {}): StatusListCase {
  return { ...asked(name, jwt, given), expected: { kind: 'refused', why } };
}

function asked(name: string, jwt: string, { at = NOW, ...rest }: Given) {
  return { name, jwt, communityId: COMMUNITY, minVersion: 7, now: timeText(at), ...rest };
}

/** A list with some claims changed; undefined leaves one out. */
function withClaims(
  changes: object,
  key: TestKey = STATUS_LIST_KEY,
  header: object | undefined = LIST_HEADER,
): string {
  return signJws(key, header, {
    sub: `https://pass.example${statusListPath(COMMUNITY)}`,
    iat: MADE / 1000,
    exp: MADE / 1000 + 3600,
    ttl: 300,
    version: 7,
    status_list: { bits: 1, lst: base64url(storedStream(packStatusBits(64, [1]))) },
    ...changes,
  });
}

const withLst = (lst: string) => withClaims({ status_list: { bits: 1, lst } });
const stream = Buffer.from(storedStream(packStatusBits(64, [1])));
const corrupt = Buffer.from(stream);
corrupt[8] = (corrupt[8] ?? 0) ^ 1;
const GREATEST_BYTES = 131_072;
const good = withClaims({});
const [head = '', body = '', signature = ''] = good.split('.');
const second = MADE / 1000;

export const statusListCases: readonly StatusListCase[] = [
  read('plain', statusList(), 64, [1, 8, 15, 63]),
  read('the vector of the draft', withLst('eNrbuRgAAhcBXQ'), 16, [0, 3, 4, 5, 7, 8, 9, 13, 15]),
  read('empty', withLst(base64url(storedStream(new Uint8Array(0)))), 0, []),
  read('compressed: 16,384 entries', withLst(base64url(zerosStream(2048))), 16_384, []),
  read('the greatest size', withLst(base64url(zerosStream(GREATEST_BYTES))), 1_048_576, []),
  refused(
    'a byte above the greatest size',
    withLst(base64url(zerosStream(GREATEST_BYTES + 1))),
    'too_large',
  ),
  refused('a bomb: 1 MiB', withLst(base64url(zerosStream(1_048_576))), 'too_large'),
  refused('cut stream', withLst(base64url(stream.subarray(0, -1))), 'malformed'),
  refused('cut to its header', withLst(base64url(stream.subarray(0, 2))), 'malformed'),
  refused('a wrong checksum', withLst(base64url(corrupt)), 'malformed'),
  refused('no stream', withLst(''), 'malformed'),
  refused('raw bits, not compressed', withLst(base64url(packStatusBits(64, [1]))), 'malformed'),
  refused('not base64url', withLst('eNrb*'), 'malformed'),
  refused(
    'two bits an entry',
    withClaims({ status_list: { bits: 2, lst: base64url(stream) } }),
    'malformed',
  ),
  refused('no list', withClaims({ status_list: undefined }), 'malformed'),
  refused('no version', withClaims({ version: undefined }), 'malformed'),
  refused('a version in text', withClaims({ version: '7' }), 'malformed'),
  refused('a negative version', withClaims({ version: -1 }), 'malformed'),
  refused('no iat', withClaims({ iat: undefined }), 'malformed'),
  refused('no exp', withClaims({ exp: undefined }), 'malformed'),
  read('no ttl', withClaims({ ttl: undefined }), 64, [1]),
  refused('a ttl in text', withClaims({ ttl: '300' }), 'malformed'),
  refused('claims that are no JSON', signJws(STATUS_LIST_KEY, LIST_HEADER, '{'), 'malformed'),
  refused('claims that are null', signJws(STATUS_LIST_KEY, LIST_HEADER, 'null'), 'malformed'),
  refused('no JWT', 'status list', 'malformed'),
  refused('an empty string', '', 'malformed'),
  refused('two parts', `${head}.${body}`, 'malformed'),
  refused('no signature', `${head}.${body}.`, 'bad_signature'),
  refused('another signature', `${head}.${body}.${'A'.repeat(signature.length)}`, 'bad_signature'),
  refused(
    'of another type',
    withClaims({}, STATUS_LIST_KEY, { ...LIST_HEADER, typ: 'JWT' }),
    'malformed',
  ),
  refused(
    'of no type',
    withClaims({}, STATUS_LIST_KEY, { alg: 'ES256', kid: 'sl-1' }),
    'malformed',
  ),
  refused(
    'alg none',
    `${base64url(JSON.stringify({ ...LIST_HEADER, alg: 'none' }))}.${body}.`,
    'malformed',
  ),
  refused(
    'alg HS256',
    withClaims({}, STATUS_LIST_KEY, { ...LIST_HEADER, alg: 'HS256' }),
    'malformed',
  ),
  refused(
    'with critical headers',
    withClaims({}, STATUS_LIST_KEY, { ...LIST_HEADER, crit: ['x'], x: 1 }),
    'malformed',
  ),
  refused(
    'no kid',
    withClaims({}, STATUS_LIST_KEY, { alg: 'ES256', typ: LIST_HEADER.typ }),
    'malformed',
  ),
  refused('by a courier-code key', withClaims({}, ACTIVE, ACTIVE_HEADER), 'unknown_key'),
  refused(
    'by a key that is not published',
    withClaims({}, STRANGER, STRANGER_HEADER),
    'unknown_key',
  ),
  refused('by a stranger under a published kid', withClaims({}, STRANGER), 'bad_signature'),
  refused('of another community', statusList({ communityId: OTHER_COMMUNITY }), 'wrong_community'),
  refused('asked for another community', good, 'wrong_community', { communityId: OTHER_COMMUNITY }),
  refused('of no address', withClaims({ sub: '' }), 'wrong_community'),
  read('a version above the greatest seen', good, 64, [1], { minVersion: 6 }),
  read('the version seen before', good, 64, [1], { minVersion: 7 }),
  refused('a version below the greatest seen', good, 'older_version', { minVersion: 8 }),
  read('4999 ms before it was issued', good, 64, [1], { at: second * 1000 - 4_999 }),
  refused('5 s before it was issued', good, 'not_yet_valid', { at: second * 1000 - 5_000 }),
  read('1 ms before it expires', good, 64, [1], { at: (second + 3600) * 1000 - 1 }),
  refused('when it expires', good, 'expired', { at: (second + 3600) * 1000 }),
];
