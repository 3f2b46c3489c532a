/** What the page asks of the server, and how it tells the phone's clock from the server's. */
import type {
  Alert,
  Conduct,
  Decision,
  Guide,
  HeldPlan,
  Passes,
  Reports,
} from '../../rider/wire.ts';

/** How an answer came: with what was asked for, refused, or not at all. */
export type Asked<Answer> =
  | { readonly kind: 'ok'; readonly value: Answer; readonly offsetMs: number | null }
  | { readonly kind: 'refused'; readonly status: number }
  | { readonly kind: 'unreachable' };

const PATIENCE_MS = 8_000;
/** A photo on a slow line takes its time. */
const REPORT_PATIENCE_MS = 60_000;

export interface NewReport {
  readonly requestId: string;
  readonly communityId: string;
  readonly place: string;
  readonly text: string;
  /** JPEG in base64. */
  readonly photo?: string;
}

async function ask<Answer>(
  path: string,
  init: RequestInit = {},
  patienceMs = PATIENCE_MS,
): Promise<Asked<Answer>> {
  const patience = new AbortController();
  const timer = setTimeout(() => patience.abort(), patienceMs);
  const sentAt = Date.now();
  try {
    const response = await fetch(path, { ...init, signal: patience.signal });
    if (response.status >= 500) return { kind: 'unreachable' };
    if (!response.ok) return { kind: 'refused', status: response.status };
    const value = response.status === 204 ? undefined : await response.json();
    return { kind: 'ok', value, offsetMs: offsetOf(value, sentAt, Date.now()) };
  } catch {
    return { kind: 'unreachable' };
  } finally {
    clearTimeout(timer);
  }
}

/** How far the server's clock is ahead of the phone's: the answer was written about half way. */
function offsetOf(value: unknown, sentAt: number, receivedAt: number): number | null {
  if (typeof value !== 'object' || value === null || !('serverTime' in value)) return null;
  return Date.parse(String(value.serverTime)) - (sentAt + receivedAt) / 2;
}

function post<Answer>(path: string, body: object, patienceMs?: number): Promise<Asked<Answer>> {
  const headers = { 'content-type': 'application/json' };
  return ask(path, { method: 'POST', headers, body: JSON.stringify(body) }, patienceMs);
}

export const server = {
  passes: (codes: number): Promise<Asked<Passes>> => ask(`/v1/rider/passes?codes=${codes}`),
  passesAfter: (codes: number, after: number): Promise<Asked<Passes>> =>
    ask(`/v1/rider/passes?codes=${codes}&after=${new Date(after).toISOString()}`),
  guide: (communityId: string): Promise<Asked<Guide>> =>
    ask(`/v1/communities/${communityId}/rules/guide`),
  plan: (communityId: string): Promise<Asked<HeldPlan>> =>
    ask(`/v1/communities/${communityId}/plan`),
  readLink: (token: string): Promise<Asked<{ readonly holder: 'own' | 'other' | 'unusable' }>> =>
    post('/v1/rider-links/read', { token }),
  openSession: (token: string, join: 'join' | 'alone'): Promise<Asked<unknown>> =>
    post('/v1/rider-sessions', { token, join: join === 'join' }),
  reports: (): Promise<Asked<Reports>> => ask('/v1/rider/reports?limit=20'),
  report: (report: NewReport): Promise<Asked<unknown>> =>
    post('/v1/rider/reports', report, REPORT_PATIENCE_MS),
  alerts: (): Promise<Asked<{ readonly items: readonly Alert[] }>> =>
    ask('/v1/rider/alerts?limit=20'),
  conduct: (): Promise<Asked<{ readonly items: readonly Conduct[] }>> => ask('/v1/rider/conduct'),
  appeal: (alertId: string, text: string): Promise<Asked<unknown>> =>
    post(`/v1/rider/alerts/${alertId}/appeals`, { text }),
  signOut: (): Promise<Asked<unknown>> => ask('/v1/rider-sessions', { method: 'DELETE' }),
};

export interface FeedListener {
  passes(passes: Passes): void;
  decision(decision: Decision): void;
  /** Something was noticed about the rider. */
  alert(alert: Alert): void;
  /** The stream is open, or is not. */
  connected(state: 'open' | 'lost'): void;
}

/** After this a stream that the server ended is asked for again. */
const REOPEN_MS = 3_000;

/** Listens for changes for as long as the page lives; @returns how to begin anew at once */
export function listen(listener: FeedListener): { restart(): void; stop(): void } {
  let source: EventSource | null = null;
  let timer: ReturnType<typeof setTimeout> | undefined;

  function open(): void {
    clearTimeout(timer);
    source?.close();
    const opened = new EventSource('/v1/rider/stream?codes=8');
    source = opened;
    opened.onopen = () => listener.connected('open');
    opened.onerror = () => {
      if (source !== opened) return;
      listener.connected('lost');
      if (opened.readyState === EventSource.CLOSED) timer = setTimeout(open, REOPEN_MS);
    };
    opened.addEventListener('passes', ({ data }) => listener.passes(JSON.parse(data)));
    opened.addEventListener('decision', ({ data }) => listener.decision(JSON.parse(data)));
    opened.addEventListener('alert', ({ data }) => listener.alert(JSON.parse(data)));
  }

  open();
  return {
    restart: open,
    stop() {
      clearTimeout(timer);
      source?.close();
      source = null;
    },
  };
}
