/** Reads request bodies: never more than the limit. */
import type { Context } from 'hono';
import { BodyTooLong, headerOf, readBodyBytes } from './incoming.ts';
import { Problem } from './problem.ts';

const utf8 = new TextDecoder('utf-8', { fatal: true });

/** The JSON value of the body. @throws Problem 415, 413, or 400 where it is not UTF-8 or not JSON */
export async function readJson(c: Context, maxBytes: number): Promise<unknown> {
  requireContentType(c, 'application/json');
  return parseJson(await readBytes(c, maxBytes));
}

/** As {@link readJson}; of no body at all an empty object. */
export async function readJsonIfAny(c: Context, maxBytes: number): Promise<unknown> {
  const bytes = await readBytes(c, maxBytes);
  if (bytes.length === 0) return {};
  requireContentType(c, 'application/json');
  return parseJson(bytes);
}

/** The JSON value that the bytes hold. @throws Problem 400 where they are not UTF-8 or not JSON */
export function parseJson(bytes: Uint8Array): unknown {
  const text = decode(bytes);
  try {
    return JSON.parse(text);
  } catch {
    throw new Problem('malformed_request', 'The body is not JSON.');
  }
}

/** The members of a form. @throws Problem 415, 413, or 400 where it is not UTF-8 or repeats a member */
export async function readForm(c: Context, maxBytes: number): Promise<Record<string, string>> {
  requireContentType(c, 'application/x-www-form-urlencoded');
  const form = new URLSearchParams(decode(await readBytes(c, maxBytes)));
  const members = Object.fromEntries(form);
  if (Object.keys(members).length === form.size) return members;
  throw new Problem('malformed_request', 'The form repeats a member.');
}

/** The bytes of the body as they came, whatever the content type. @throws Problem 413 or 400 */
export async function readBytes(c: Context, maxBytes: number): Promise<Uint8Array> {
  if (Number(headerOf(c, 'content-length') ?? 0) > maxBytes) throw bodyTooLarge(maxBytes);
  try {
    return await readBodyBytes(c, maxBytes);
  } catch (error) {
    if (error instanceof BodyTooLong) throw bodyTooLarge(maxBytes);
    throw new Problem('malformed_request', 'The body ended before its end.');
  }
}

function requireContentType(c: Context, expected: string): void {
  const given = headerOf(c, 'content-type');
  if (given === expected || (given !== undefined && isType(given, expected))) return;
  throw new Problem('unsupported_media_type', `Send the body as ${expected} in UTF-8.`);
}

function isType(given: string, expected: string): boolean {
  const [type = '', ...parameters] = given.toLowerCase().split(';');
  return (
    type.trim() === expected &&
    parameters.every((parameter) => {
      const [name = '', value = ''] = parameter.split('=');
      return name.trim() !== 'charset' || /^"?utf-?8"?$/.test(value.trim());
    })
  );
}

function decode(bytes: Uint8Array): string {
  try {
    return utf8.decode(bytes);
  } catch {
    throw new Problem('malformed_request', 'The body is not UTF-8.');
  }
}

function bodyTooLarge(maxBytes: number): Problem {
  return new Problem('body_too_large', `At most ${maxBytes} bytes are accepted here.`);
}
