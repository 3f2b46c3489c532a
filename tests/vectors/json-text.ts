/** JSON as the repository's formatter leaves it: what fits in 100 columns on one line, the rest opened up. */
const WIDTH = 100;

export function jsonText(value: unknown): string {
  return `${write(value, 0, 0)}\n`;
}

/** @param indent of the line @param used columns of the line before and after the value */
function write(value: unknown, indent: number, used: number): string {
  const flat = oneLine(value);
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  if (flat !== null && used + flat.length <= WIDTH) return flat;
  const inner = indent + 2;
  const pad = `\n${' '.repeat(inner)}`;
  const end = `\n${' '.repeat(indent)}`;
  if (Array.isArray(value)) {
    const items = value.map((item) => write(item, inner, inner + 1));
    return `[${pad}${items.join(`,${pad}`)}${end}]`;
  }
  const members = membersOf(value).map(([name, member]) => {
    const key = `${JSON.stringify(name)}: `;
    return key + write(member, inner, inner + key.length + 1);
  });
  return `{${pad}${members.join(`,${pad}`)}${end}}`;
}

/** Null where it is never put on one line: lists of several objects or lists. */
function oneLine(value: unknown): string | null {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const isList = Array.isArray(value);
  if (isList && value.length > 1 && value.every(hasSeveral)) return null;
  const parts = isList
    ? value.map(oneLine)
    : membersOf(value).map(([name, member]) => {
        const text = oneLine(member);
        return text === null ? null : `${JSON.stringify(name)}: ${text}`;
      });
  if (parts.includes(null)) return null;
  if (parts.length === 0) return isList ? '[]' : '{}';
  return isList ? `[${parts.join(', ')}]` : `{ ${parts.join(', ')} }`;
}

function hasSeveral(value: unknown): boolean {
  return typeof value === 'object' && value !== null && Object.keys(value).length > 1;
}

function membersOf(value: unknown): [string, unknown][] {
  return Object.entries(value ?? {}).filter(([, member]) => member !== undefined);
}
