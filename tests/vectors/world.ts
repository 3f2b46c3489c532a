/** What the gate's vectors are made of: one community, one gate, its codes, bundles, clocks and memory. */
import { formatCourierCode } from '../../src/domain/courier-code.ts';
import { formatIdentifier, identifierBytes } from '../../src/domain/identifier.ts';
import { packStatusBits, statusListPath } from '../../src/domain/status-list.ts';
import {
  type BundleDocument,
  type CommunityId,
  type MemoryEvent,
  type PassId,
  signingInput,
} from '../../src/gate/index.ts';
import { signEs256 } from './es256.ts';
import {
  ACTIVE,
  base64url,
  GREATEST,
  jwkOf,
  LEAST,
  RETIRED,
  STATUS_LIST_KEY,
  signJws,
  type TestKey,
} from './keys.ts';
import { storedStream } from './zlib-stream.ts';

/** 2026-11-21 12:00:30 in Shanghai, a Saturday: the start of a window of 30 s. */
export const NOW = Date.UTC(2026, 10, 21, 4, 0, 30);
export const WINDOW = NOW / 1000;
/** When the base bundle was made, and its status list issued. */
export const MADE = NOW - 5 * 60_000;
export const MINUTE = 60_000;
export const HOUR = 3_600_000;

const number = (last: number) => Uint8Array.of(0xf0, 0, 0, 0, 0, 0, 0, last);
export const COMMUNITY = formatIdentifier('com', number(1));
export const OTHER_COMMUNITY = formatIdentifier('com', number(2));
export const GATE = formatIdentifier('gat', number(3));
export const PASS = formatIdentifier('pas', number(5));
export const OTHER_PASS = formatIdentifier('pas', number(6));

export const timeText = (at: number) => new Date(at).toISOString();

// ── codes ─────────────────────────────────────────────────────────────────────────────────────────────────

/** The members of a payload, whatever they say: some that no key of the service would sign are among the vectors. */
export interface PayloadMembers {
  readonly version: number;
  readonly directions: number;
  readonly communityId: CommunityId;
  readonly passId: PassId;
  readonly notBefore: number;
  readonly lifetimeSeconds: number;
  readonly statusIndex: number;
}

export function payloadBytes(changes: Partial<PayloadMembers> = {}): Buffer {
  const members: PayloadMembers = {
    version: 1,
    directions: 3,
    communityId: COMMUNITY,
    passId: PASS,
    notBefore: WINDOW,
    lifetimeSeconds: 30,
    statusIndex: 7,
    ...changes,
  };
  const bytes = Buffer.alloc(28);
  bytes.writeUInt8(members.version, 0);
  bytes.writeUInt8(members.directions, 1);
  bytes.set(identifierBytes('com', members.communityId), 2);
  bytes.set(identifierBytes('pas', members.passId), 10);
  bytes.writeUInt32BE(members.notBefore, 18);
  bytes.writeUInt16BE(members.lifetimeSeconds, 22);
  bytes.writeUInt32BE(members.statusIndex, 24);
  return bytes;
}

/** A code, signed as the service does. @param key whose number it carries unless `keyNumber` says otherwise */
export function code(
  changes: Partial<PayloadMembers> = {},
  key: TestKey = ACTIVE,
  keyNumber = Number(key.kid),
): string {
  const payload = payloadBytes(changes);
  return formatCourierCode(keyNumber, payload, signatureOf(payload, key, keyNumber));
}

export function signatureOf(
  payload: Uint8Array,
  key: TestKey = ACTIVE,
  keyNumber = Number(key.kid),
): Uint8Array {
  return signEs256(key.scalar, signingInput(keyNumber, payload));
}

/** A code for another window. @param startsAt Unix milliseconds, on the grid of 30 s */
export function codeOf(startsAt: number, changes: Partial<PayloadMembers> = {}): string {
  return code({ notBefore: startsAt / 1000, ...changes });
}

// ── status lists and bundles ──────────────────────────────────────────────────────────────────────────────

/** Indexes whose bit is set in the base list of 64: around the ends of bytes and of the list. */
export const ENDED = [1, 8, 15, 63];

export interface ListMembers {
  readonly length: number;
  readonly ended: readonly number[];
  readonly issuedAt: number;
  readonly expiresAt: number;
  readonly version: number;
  readonly communityId: CommunityId;
}

export function statusList(changes: Partial<ListMembers> = {}): string {
  const members: ListMembers = {
    length: 64,
    ended: ENDED,
    issuedAt: MADE,
    expiresAt: (changes.issuedAt ?? MADE) + 12 * HOUR,
    version: 7,
    communityId: COMMUNITY,
    ...changes,
  };
  const lst = base64url(storedStream(packStatusBits(members.length, members.ended)));
  return signJws(STATUS_LIST_KEY, LIST_HEADER, {
    sub: `https://pass.example${statusListPath(members.communityId)}`,
    iat: members.issuedAt / 1000,
    exp: members.expiresAt / 1000,
    ttl: 300,
    version: members.version,
    status_list: { bits: 1, lst },
  });
}

export const LIST_HEADER = { alg: 'ES256', kid: STATUS_LIST_KEY.kid, typ: 'statuslist+jwt' };

export const JWKS = {
  keys: [LEAST, RETIRED, ACTIVE, GREATEST, STATUS_LIST_KEY].map((key) => jwkOf(key)),
};

/** A list's bits, known to the text form of the vectors, which has no zlib. */
export type BundleChanges = Partial<Omit<BundleDocument, 'rules' | 'statusList'>> & {
  readonly rules?: Partial<BundleDocument['rules']>;
  readonly list?: Partial<ListMembers>;
};

export function bundle(changes: BundleChanges = {}): BundleDocument {
  const { rules, list, ...rest } = changes;
  return {
    serverTime: timeText(MADE),
    version: 41,
    maxStaleMinutes: 30,
    gate: { id: GATE, directions: ['in', 'out'], lanes: ['1', '2'] },
    jwks: JWKS,
    statusList: statusList(list),
    posture: {
      community: { posture: 'normal', until: null },
      gate: { posture: 'normal', until: null },
    },
    openIntervals: [interval(Date.UTC(2026, 10, 21, 2), Date.UTC(2026, 10, 23, 4))],
    ...rest,
    rules: {
      version: 3,
      communityId: COMMUNITY,
      kind: 'standard',
      forRiders: true,
      passageSensor: false,
      rescanGraceSeconds: 20,
      speedLimitKmh: 15,
      offline: { allow: true },
      confirmationIntervals: [],
      ...rules,
    },
  };
}

export function interval(from: number, to: number) {
  return { from: timeText(from), to: timeText(to) };
}

// ── cases ─────────────────────────────────────────────────────────────────────────────────────────────────

export interface Clock {
  readonly now: number;
  readonly synchronised: boolean;
  readonly latestKnown: number;
}

/** `remembers`: what the gate must have on disk before it opens; at an exit, what it should note. */
export type Expected =
  | { readonly outcome: 'granted'; readonly reason: string; readonly remembers: string | null }
  | { readonly outcome: 'denied'; readonly reason: string }
  | { readonly outcome: 'cannot_judge'; readonly why: string };

export interface GateCase {
  readonly name: string;
  readonly direction: 'in' | 'out';
  readonly code: string | null;
  /** The bundle's name; null: the gate has none. */
  readonly bundle: string | null;
  readonly clock: Clock;
  readonly memory: readonly MemoryEvent[];
  readonly expected: Expected;
}

export type CaseChanges = Partial<Omit<GateCase, 'name' | 'expected' | 'clock'>> & {
  readonly clock?: Partial<Clock>;
  /** Shorthand for the clock's `now`. */
  readonly at?: number;
};

const PLAIN = code();

/** A case: with nothing changed it is the base code at the base gate, at the start of its window. */
export function gateCase(name: string, answer: string, changes: CaseChanges = {}): GateCase {
  const { clock, at = NOW, ...rest } = changes;
  return {
    name,
    direction: 'in',
    code: PLAIN,
    bundle: 'base',
    memory: [],
    ...rest,
    clock: { now: at, synchronised: true, latestKnown: Math.min(at, MADE), ...clock },
    expected: expectedOf(answer),
  };
}

const REMEMBERED: Readonly<Record<string, string>> = {
  granted: 'entry',
  granted_rider: 'entry',
  granted_rescan: 'rescan',
  'granted_exit noted': 'exit',
};

/** `granted_exit noted`: the exit is of a pass that the gate recognises. A leading `?`: it cannot judge, and why. */
function expectedOf(answer: string): Expected {
  if (answer.startsWith('?')) return { outcome: 'cannot_judge', why: answer.slice(1) };
  const reason = answer.replace(' noted', '');
  if (!answer.startsWith('granted')) return { outcome: 'denied', reason };
  return { outcome: 'granted', reason, remembers: REMEMBERED[answer] ?? null };
}

/** An entry of the base pass in the memory; its code's window is the one that holds the instant. */
export function entered(at: number, changes: Partial<PayloadMembers> = {}): MemoryEvent {
  const { notBefore = Math.floor(at / 30_000) * 30, passId = PASS, lifetimeSeconds = 30 } = changes;
  return {
    kind: 'entry',
    passId,
    notBefore,
    usableUntil: (notBefore + lifetimeSeconds + 15) * 1000,
    at,
  };
}

export function happened(
  kind: 'rescan' | 'exit' | 'passage',
  at: number,
  passId = PASS,
): MemoryEvent {
  return { kind, passId, at };
}
