/**
 * Public identifiers: a prefix and 13 lower-case Crockford base32 characters that hold a 64-bit random
 * number, big-endian, behind one zero bit.
 */

/** A string that is known to be an identifier of one kind; the member exists for the compiler alone. */
type Branded<Name extends string> = string & { readonly '~kind': Name };

export type CommunityId = Branded<'com'>;
export type GateId = Branded<'gat'>;
export type PassId = Branded<'pas'>;
export type VisitId = Branded<'vis'>;
export type AlertId = Branded<'alr'>;
export type CourierId = Branded<'cou'>;
export type ApiKeyId = Branded<'key'>;
export type TagId = Branded<'tag'>;
export type CommandId = Branded<'cmd'>;
export type AppealId = Branded<'apl'>;
export type SanctionId = Branded<'san'>;
export type NotifyEndpointId = Branded<'ntf'>;
export type NotificationId = Branded<'msg'>;
export type AccountId = Branded<'acc'>;
export type InvitationId = Branded<'inv'>;
export type ReportId = Branded<'rep'>;

/** The kinds of identifier by their prefix. */
export interface IdentifierKinds {
  com: CommunityId;
  gat: GateId;
  pas: PassId;
  vis: VisitId;
  alr: AlertId;
  cou: CourierId;
  key: ApiKeyId;
  tag: TagId;
  cmd: CommandId;
  apl: AppealId;
  san: SanctionId;
  ntf: NotifyEndpointId;
  msg: NotificationId;
  acc: AccountId;
  inv: InvitationId;
  rep: ReportId;
}
export type IdentifierPrefix = keyof IdentifierKinds;

const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz';
const VALUES = new Map([...ALPHABET].map((character, value) => [character, value]));
const BODY = /^[0-9a-f][0-9a-hjkmnp-tv-z]{12}$/;

/** Writes 8 bytes as an identifier. @param bytes exactly 8 bytes, big-endian */
export function formatIdentifier<P extends IdentifierPrefix>(
  prefix: P,
  bytes: Uint8Array,
): IdentifierKinds[P] {
  if (bytes.length !== 8) throw new RangeError(`an identifier has 8 bytes, got ${bytes.length}`);
  let body = '';
  let buffered = 0; // the value of the bits not written yet
  let bits = 1; // the leading zero bit
  for (const byte of bytes) {
    buffered = (buffered << 8) | byte;
    bits += 8;
    while (bits >= 5) {
      bits -= 5;
      body += ALPHABET.charAt((buffered >>> bits) & 31);
    }
    buffered &= (1 << bits) - 1;
  }
  return `${prefix}_${body}` as IdentifierKinds[P];
}

/** The 8 bytes of an identifier. @throws RangeError when it is not one of that kind */
export function identifierBytes(prefix: IdentifierPrefix, id: string): Uint8Array {
  if (!isIdentifier(prefix, id)) throw new RangeError(`not an identifier of kind ${prefix}`);
  const bytes = new Uint8Array(8);
  let buffered = 0;
  let bits = -1; // the leading zero bit is dropped
  let index = 0;
  for (const character of id.slice(4)) {
    buffered = (buffered << 5) | (VALUES.get(character) ?? 0);
    bits += 5;
    if (bits >= 8) {
      bits -= 8;
      bytes[index++] = (buffered >>> bits) & 255;
      buffered &= (1 << bits) - 1;
    }
  }
  return bytes;
}

/** Whether a string is an identifier of that kind, in its one canonical writing. */
export function isIdentifier<P extends IdentifierPrefix>(
  prefix: P,
  id: string,
): id is IdentifierKinds[P] {
  return id.length === 17 && id.startsWith(`${prefix}_`) && BODY.test(id.slice(4));
}
