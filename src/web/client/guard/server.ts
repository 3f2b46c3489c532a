/** What the page asks: as the person who is signed in where there is one, else as the device. */
import type {
  Alert,
  Command,
  Decision,
  Gate,
  OpenOrder,
  Order,
  Page,
  SeenDecision,
  Visit,
} from '../../guard/wire.ts';
import { type Asked, ask, posting } from './ask.ts';
import { askAsDevice, openAsDevice } from './device.ts';
import { change, read } from './state.ts';

const NOBODY = { kind: 'refused', status: 401, code: null } as const;

/** Whether a person of this community is signed in. */
export function hasPerson(): boolean {
  const { account, communityId } = read();
  return account !== null && account.communityId === communityId;
}

/** As the person; a session that has ended leaves the device. */
async function supervise<Answer>(path: string, init?: RequestInit): Promise<Asked<Answer>> {
  if (hasPerson()) {
    const asked = await ask<Answer>(path, init);
    if (asked.kind !== 'refused' || asked.status !== 401) return noted(asked);
    change({ account: null });
  }
  return asDevice(path, init);
}

/** As the device. Where its token is refused for good, this phone is no gate any more. */
async function asDevice<Answer>(
  path: string,
  init?: RequestInit,
  patienceMs?: number,
): Promise<Asked<Answer>> {
  const { device } = read();
  if (device === null) return NOBODY;
  const asked = await askAsDevice<Answer>(device, path, init, patienceMs);
  if (asked.kind === 'refused' && asked.status === 401) change({ enrolTrouble: 'revoked' });
  return noted(asked);
}

/** Whether there is a network shows in every answer. */
function noted<Answer>(asked: Asked<Answer>): Asked<Answer> {
  const network = asked.kind === 'unreachable' ? 'offline' : 'online';
  if (read().network !== network) change({ network });
  return asked;
}

const inCommunity = (path: string) => `/v1/communities/${read().communityId}${path}`;

export interface VerifyRequest {
  readonly requestId: string;
  readonly code: string;
  readonly medium: 'qr';
  readonly direction: 'in' | 'out';
  readonly scannedAt: string;
}

export const server = {
  verify: (request: VerifyRequest, patienceMs: number): Promise<Asked<Decision>> =>
    asDevice('/v1/verify', posting(request), patienceMs),
  gates: (): Promise<Asked<Page<Gate>>> => supervise(inCommunity('/gates?limit=200')),
  visits: (): Promise<Asked<Page<Visit>>> => supervise(inCommunity('/visits?open=true&limit=50')),
  alerts: (): Promise<Asked<Page<Alert>>> => supervise(inCommunity('/alerts?limit=30')),
  decisions: (): Promise<Asked<Page<SeenDecision>>> =>
    supervise(inCommunity('/decisions?limit=30')),
  orders: (passIds: readonly string[]): Promise<Asked<Page<Order>>> =>
    supervise(inCommunity(`/orders?passes=${passIds.join(',')}`)),
  confirm: (auditId: string): Promise<Asked<SeenDecision>> =>
    supervise(`/v1/decisions/${auditId}/confirm`, { method: 'POST' }),
  admit: (gateId: string, reason: string): Promise<Asked<SeenDecision>> =>
    supervise(inCommunity('/admissions'), posting({ gateId, reason })),
  open: (gateId: string, reason: string): Promise<Asked<OpenOrder>> =>
    supervise(`/v1/gates/${gateId}/open`, posting({ reason })),
  commands: (gateId: string): Promise<Asked<Page<Command>>> =>
    supervise(`/v1/gates/${gateId}/commands?limit=10`),
  claim: (commandId: string): Promise<Asked<OpenOrder>> =>
    asDevice(`/v1/gate/commands/${commandId}/claim`, { method: 'POST' }),
};

/** The community's events, as whoever supervises. Null: they could not be opened. */
export async function openEvents(signal: AbortSignal): Promise<Response | null> {
  const { device } = read();
  const path = inCommunity('/events');
  if (hasPerson()) {
    const response = await fetch(path, { signal });
    if (response.status === 401) change({ account: null });
    return response.ok ? response : null;
  }
  return device === null ? null : openAsDevice(device, path, signal);
}

/** What this phone is told as a gate. */
export async function openGateStream(signal: AbortSignal): Promise<Response | null> {
  const { device } = read();
  return device === null ? null : openAsDevice(device, '/v1/gate/stream', signal);
}
