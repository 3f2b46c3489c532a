/** Reading answers of which nothing is taken for granted: members may be missing, and others may have been added. */

export type JsonObject = Readonly<Record<string, unknown>>;

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The JSON value of a text; undefined when it is none. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** A member, or a member's member (`community.name`); undefined where there is none. */
export function memberOf(value: unknown, path: string): unknown {
  let member = value;
  for (const name of path.split('.')) {
    if (!isObject(member) || !Object.hasOwn(member, name)) return undefined;
    member = member[name];
  }
  return member;
}

/** A member that is a list; empty where it is not. */
export function listOf(value: unknown, path: string): readonly unknown[] {
  const member = memberOf(value, path);
  return Array.isArray(member) ? member : [];
}

/** A member as text to show; empty where there is none. */
export function textOf(value: unknown, path: string): string {
  return showValue(memberOf(value, path));
}

function showValue(value: unknown): string {
  if (value === undefined || value === null) return '';
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  if (Array.isArray(value)) return value.map(showValue).join(', ');
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}
