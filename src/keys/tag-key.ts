/** The keys of one NTAG 424 DNA, derived from a master key, so that a tag that is taken apart betrays no other. */
import { aesCmac } from './aes-cmac.ts';

/**
 * `main`: the application's master key (number 0), without which nobody writes the tag anew; `meta`: encrypts
 * UID and read counter (SDMMetaReadKey); `file`: signs a tap and encrypts file data (SDMFileReadKey).
 */
export type TagKeyPurpose = 'main' | 'meta' | 'file';

/** Makes derived keys another system's, whoever else diversifies from the same master key. */
const SYSTEM = 'courier-pass';
/** The DF name of the tag's one application. @see NFC Forum Type 4 Tag: NDEF Tag Application */
const APPLICATION = Buffer.from('d2760000850101', 'hex');
const UID = /^[0-9a-f]{14}$/i;

const AES_128 = Uint8Array.of(0x01);
const MIN_INPUT_BYTES = 16;
const MAX_INPUT_BYTES = 31;

/**
 * A tag's own key for a purpose: AN10922 over UID ‖ application ‖ system and purpose in ASCII (31 bytes).
 * @param master 16 bytes
 * @param uid 14 hex digits, upper or lower case
 * @throws RangeError when the master key or the UID has another form
 */
export function deriveTagKey(master: Uint8Array, uid: string, purpose: TagKeyPurpose): Uint8Array {
  if (!UID.test(uid)) throw new RangeError('a UID has 14 hex digits');
  const label = Buffer.from(`${SYSTEM} ${purpose}`, 'ascii');
  return diversifyKey(master, Buffer.concat([Buffer.from(uid, 'hex'), APPLICATION, label]));
}

/**
 * A diversified AES-128 key.
 * @see NXP AN10922 §2.2
 * @param master 16 bytes
 * @param input 16–31 bytes; AN10922 pads shorter ones to two blocks, where CMAC does not
 * @throws RangeError when one has another size
 */
export function diversifyKey(master: Uint8Array, input: Uint8Array): Uint8Array {
  if (input.length < MIN_INPUT_BYTES || input.length > MAX_INPUT_BYTES)
    throw new RangeError(`a diversification input has 16 to 31 bytes, got ${input.length}`);
  return aesCmac(master, Buffer.concat([AES_128, input]));
}
