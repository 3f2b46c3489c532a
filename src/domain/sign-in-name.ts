/** What a person signs in with: a mobile number or an e-mail address, in one writing. */
export type SignInName = string & { readonly '~kind': 'sign-in-name' };

/** E.164: at most 15 digits. */
const PHONE = /^\+[1-9]\d{6,14}$/;
const EMAIL = /^[^\s@"(),:;<>[\]\\]{1,64}@[a-z0-9](?:[a-z0-9.-]{0,252}[a-z0-9])?$/;
const CHINESE_MOBILE = /^1[3-9]\d{9}$/;

/**
 * Reads what a person typed: spaces, dashes and brackets in a number mean nothing, a Chinese mobile number needs no
 * country code, an address is in lower case. Null: neither.
 * @see ITU-T E.164
 */
export function parseSignInName(typed: string): SignInName | null {
  const text = typed.normalize('NFKC').trim();
  if (text.length > 254) return null;
  if (text.includes('@')) {
    const address = text.toLowerCase();
    return EMAIL.test(address) && !address.includes('..') ? (address as SignInName) : null;
  }
  const digits = text.replaceAll(/[\s().-]/g, '').replace(/^00/, '+');
  const number = CHINESE_MOBILE.test(digits) ? `+86${digits}` : digits;
  return PHONE.test(number) ? (number as SignInName) : null;
}
