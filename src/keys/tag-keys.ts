/** The keys of tags at gates: made, sealed, and used to judge taps. */
import { identifierBytes } from '../domain/identifier.ts';
import { aesCmac } from './aes-cmac.ts';
import type { Keys, SealedTag, TagKeySet } from './keys.ts';
import { seal, unseal } from './sealing.ts';
import { parseTap, type TagKeys, verifyTap } from './tag-codec.ts';
import { deriveTagKey, diversifyKey } from './tag-key.ts';

const KEY_BYTES = 16;

/** What a key derived from the master key is for: labels keep the purposes apart. */
const FOR_TAG = 'courier-pass tag';
const FOR_COMMUNITY = 'courier-pass com';
const FOR_REQUESTS = 'courier-pass req';

/** @param master the master key in force, 16 bytes */
export function createTagKeys(
  keyEncryptionKey: Uint8Array,
  master: () => Uint8Array,
): Pick<Keys, 'makeTagKeys' | 'checkTap' | 'tapRequestId'> {
  return {
    makeTagKeys({ id, communityId, uid }, given) {
      const ofTag = diversified(master(), FOR_TAG, identifierBytes('tag', id));
      const ofCommunity = diversified(master(), FOR_COMMUNITY, identifierBytes('com', communityId));
      const metaKey = keyFromHex(given.metaKey) ?? deriveTagKey(ofTag, uid, 'meta');
      const fileKey = keyFromHex(given.fileKey) ?? deriveTagKey(ofTag, uid, 'file');
      const isOurs = given.metaKey === undefined && given.fileKey === undefined;
      const made: TagKeySet = {
        ...(isOurs && { mainKey: hex(deriveTagKey(ofCommunity, uid, 'main')) }),
        ...(given.metaKey === undefined && { metaKey: hex(metaKey) }),
        ...(given.fileKey === undefined && { fileKey: hex(fileKey) }),
      };
      const secret = Buffer.concat([metaKey, fileKey]);
      return { sealedKeys: seal(keyEncryptionKey, secret, sealingContext(id)), made };
    },

    checkTap(tag, parameters) {
      const tap = parseTap(parameters);
      if (tap === null) return { kind: 'malformed' };
      const outcome = verifyTap(tap, openTagKeys(keyEncryptionKey, tag));
      const isOwn = outcome.kind === 'authentic' && outcome.uid === tag.uid;
      return isOwn ? outcome : { kind: 'bad_signature' };
    },

    tapRequestId({ tagId, counter, courierId }) {
      const key = diversified(master(), FOR_REQUESTS, identifierBytes('tag', tagId));
      return uuid(aesCmac(key, Buffer.from(`${counter} ${courierId}`, 'ascii')));
    },
  };
}

function diversified(master: Uint8Array, label: string, subject: Uint8Array): Uint8Array {
  return diversifyKey(master, Buffer.concat([Buffer.from(label, 'ascii'), subject]));
}

function sealingContext(id: SealedTag['id']): string {
  return `tag:${id}`;
}

function openTagKeys(keyEncryptionKey: Uint8Array, tag: SealedTag): TagKeys {
  const secret = unseal(keyEncryptionKey, tag.sealedKeys, sealingContext(tag.id));
  return {
    metaKey: secret.subarray(0, KEY_BYTES),
    fileKey: secret.subarray(KEY_BYTES),
    macParam: tag.macParam,
  };
}

function keyFromHex(text: string | undefined): Uint8Array | null {
  return text === undefined ? null : new Uint8Array(Buffer.from(text, 'hex'));
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex').toUpperCase();
}

/** 16 bytes as a UUID of version 8. @see RFC 9562 §5.8 */
function uuid(bytes: Uint8Array): string {
  const [b6 = 0, b8 = 0] = [bytes[6], bytes[8]];
  const marked = Uint8Array.from(bytes)
    .fill((b6 & 0x0f) | 0x80, 6, 7)
    .fill((b8 & 0x3f) | 0x80, 8, 9);
  const text = Buffer.from(marked).toString('hex');
  return text.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}
