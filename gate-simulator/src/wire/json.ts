/** A successful answer without a member that the contract promises. */
export class UnexpectedAnswer extends Error {
  override readonly name = 'UnexpectedAnswer';
}

export type JsonObject = Readonly<Record<string, unknown>>;

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The JSON value of `body`, or undefined when it is none. */
export function parseJson(body: Buffer | string): unknown {
  try {
    return JSON.parse(body.toString());
  } catch {
    return undefined;
  }
}

/** @throws {UnexpectedAnswer} unless `value` is an object whose member `name` is a string. */
export function textMember(value: unknown, name: string): string {
  const member = isObject(value) ? value[name] : undefined;
  if (typeof member !== 'string') throw new UnexpectedAnswer(`the answer has no text "${name}"`);
  return member;
}

/** The member, when `value` is an object that has it as a string. */
export function optionalText(value: unknown, name: string): string | undefined {
  const member = isObject(value) ? value[name] : undefined;
  return typeof member === 'string' ? member : undefined;
}

/** The member, when `value` is an object that has it as a finite number. */
export function optionalNumber(value: unknown, name: string): number | undefined {
  const member = isObject(value) ? value[name] : undefined;
  return typeof member === 'number' && Number.isFinite(member) ? member : undefined;
}

/** @throws {UnexpectedAnswer} unless `value` is an object whose member `name` is a finite number. */
export function numberMember(value: unknown, name: string): number {
  const member = isObject(value) ? value[name] : undefined;
  if (typeof member !== 'number' || !Number.isFinite(member)) {
    throw new UnexpectedAnswer(`the answer has no number "${name}"`);
  }
  return member;
}

/** @throws {UnexpectedAnswer} unless `value` is an object whose member `name` is an array. */
export function listMember(value: unknown, name: string): readonly unknown[] {
  const member = isObject(value) ? value[name] : undefined;
  if (!Array.isArray(member)) throw new UnexpectedAnswer(`the answer has no list "${name}"`);
  return member;
}
