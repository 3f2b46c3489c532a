/** One question to the service, and how its answer came. */
import { learnTime } from './clock.ts';

export type Asked<Answer> =
  | { readonly kind: 'ok'; readonly value: Answer }
  | { readonly kind: 'refused'; readonly status: number; readonly code: string | null }
  | { readonly kind: 'unreachable' };

export const PATIENCE_MS = 8_000;

/** Asks once. What the server could not do itself counts as not reached. */
export async function ask<Answer>(
  path: string,
  init: RequestInit = {},
  patienceMs: number = PATIENCE_MS,
): Promise<Asked<Answer>> {
  const patience = new AbortController();
  const timer = setTimeout(() => patience.abort(), patienceMs);
  const sentAt = Date.now();
  try {
    const response = await fetch(path, { cache: 'no-store', ...init, signal: patience.signal });
    const value = response.status === 204 ? undefined : await response.json();
    learnTime(value?.serverTime ?? response.headers.get('date'), sentAt, Date.now());
    if (response.ok) return { kind: 'ok', value };
    if (response.status >= 500) return { kind: 'unreachable' };
    const code = value?.code ?? value?.error;
    return { kind: 'refused', status: response.status, code: code ?? null };
  } catch {
    return { kind: 'unreachable' };
  } finally {
    clearTimeout(timer);
  }
}

/** A POST of JSON. */
export function posting(body: unknown): RequestInit {
  const headers = { 'content-type': 'application/json' };
  return { method: 'POST', headers, body: JSON.stringify(body) };
}
