/** What `If-Match` asks of a versioned resource whose entity tags are quoted version numbers. @see RFC 9110 §13.1.1 */
export type IfMatch =
  /** No condition: the header is absent, or is `*` and the resource exists. */
  | { readonly kind: 'any' }
  /** One of these versions; empty: none can match. */
  | { readonly kind: 'versions'; readonly versions: readonly number[] };

/** A weak tag, or one that is not ours, matches nothing. */
export function parseIfMatch(header: string | undefined): IfMatch {
  if (header === undefined || header.trim() === '*') return { kind: 'any' };
  const versions = header
    .split(',')
    .map((tag) => /^"(\d{1,9})"$/.exec(tag.trim())?.[1])
    .flatMap((version) => (version === undefined ? [] : [Number(version)]));
  return { kind: 'versions', versions };
}

/** Whether `If-None-Match` names this entity tag: the client has it already. @see RFC 9110 §13.1.2 */
export function isKnown(header: string | undefined, tag: string): boolean {
  if (header === undefined) return false;
  const tags = header.split(',').map((item) => item.trim().replace(/^W\//, ''));
  return tags.includes('*') || tags.includes(tag);
}

export function versionTag(version: number): string {
  return `"${version}"`;
}
