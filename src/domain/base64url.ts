const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';

/** base64url without padding, in any JavaScript: browsers have no `Buffer`. For short texts. @see RFC 4648 §5 */
export function encodeBase64url(bytes: Uint8Array): string {
  let text = '';
  for (let at = 0; at < bytes.length; at += 3) {
    const left = bytes.length - at;
    const group = ((bytes[at] ?? 0) << 16) | ((bytes[at + 1] ?? 0) << 8) | (bytes[at + 2] ?? 0);
    text += character(group >> 18) + character(group >> 12);
    if (left > 1) text += character(group >> 6);
    if (left > 2) text += character(group);
  }
  return text;
}

const character = (value: number): string => ALPHABET.charAt(value & 63);
