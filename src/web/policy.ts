/** Only our own files run and are spoken to; nobody frames the page. Nothing inline: neither script nor style. */
const POLICY = {
  'default-src': "'none'",
  'script-src': "'self'",
  'style-src': "'self'",
  'img-src': "'self' blob:",
  'connect-src': "'self'",
  'manifest-src': "'self'",
  'worker-src': "'self'",
  'media-src': "'self' blob:",
  'form-action': "'self'",
  'base-uri': "'none'",
  'frame-ancestors': "'none'",
} as const;

/** Directives that a page widens, such as `{ 'script-src': "'self' 'wasm-unsafe-eval'" }`. */
export type PolicyChange = Partial<Record<keyof typeof POLICY, string>>;

/** The Content-Security-Policy of a page. @see CSP Level 3 */
export function contentSecurityPolicy(change: PolicyChange = {}): string {
  return Object.entries({ ...POLICY, ...change })
    .map(([directive, sources]) => `${directive} ${sources}`)
    .join('; ');
}
