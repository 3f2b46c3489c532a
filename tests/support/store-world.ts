/** A community with a gate, a platform and its riders, made through the port. */
import { randomBytes, randomUUID } from 'node:crypto';
import type { Attempt, PresentedCode } from '../../src/domain/attempt.ts';
import type { Millis } from '../../src/domain/clock.ts';
import type { CommunityKind } from '../../src/domain/community.ts';
import { windowStart } from '../../src/domain/courier-code.ts';
import type {
  DeliveryCallback,
  DeliveryMembers,
  DeliveryStatus,
} from '../../src/domain/delivery.ts';
import { type EntryRules, templateFor } from '../../src/domain/entry-rules.ts';
import type { Direction, Medium } from '../../src/domain/gate.ts';
import {
  type CourierId,
  formatIdentifier,
  type GateId,
  type PassId,
  type TagId,
} from '../../src/domain/identifier.ts';
import type {
  CommunityRecord,
  DecisionRecord,
  GateRecord,
  PassRecord,
  RedeemOutcome,
  Store,
} from '../../src/store/store.ts';
import { sha256 } from './store-under-test.ts';

/** 2026-11-21 12:00 in Shanghai, a Saturday: the start of a window of 30 s. */
export const NOON = Date.UTC(2026, 10, 21, 4, 0, 0);
export const LIFETIME_SECONDS = 30;
export const ACTOR = 'key:key_0000000000000';

let made = 0;

/** A name that no other world has. */
export function unique(prefix: string): string {
  made += 1;
  return `${prefix}-${made}`;
}

/** A tag's identifier, which is its maker's to choose. */
export function newTagId(): TagId {
  return formatIdentifier('tag', randomBytes(8));
}

export interface WorldOptions {
  readonly kind?: CommunityKind;
  readonly rules?: Partial<EntryRules>;
  readonly directions?: readonly Direction[];
  readonly passageSensor?: boolean;
  readonly district?: string | null;
  readonly platformDistricts?: readonly string[] | null;
}

export interface GateOptions {
  readonly directions?: readonly Direction[];
  readonly media?: readonly Medium[];
  readonly passageSensor?: boolean;
  readonly enrolmentHash?: string;
  readonly enrolmentExpiresAt?: Millis;
  readonly now?: Millis;
}

export interface Callback extends DeliveryMembers {
  readonly delivery: string;
  readonly status?: DeliveryStatus;
  /** When the platform says that it happened; left out: `now`. */
  readonly at?: Millis;
  /** When it arrives. */
  readonly now?: Millis;
  readonly webhookId?: string;
  readonly platform?: string;
}

export interface Presented {
  readonly pass?: PassRecord | PassId;
  /** The instant of the scan. */
  readonly at: Millis;
  readonly gate?: GateId;
  readonly direction?: Direction;
  readonly medium?: Medium;
  readonly requestId?: string;
  /** Start of the code's window in Unix seconds; left out: that of the scan. */
  readonly window?: number;
  /** Bits of the code's directions. */
  readonly bits?: number;
  /** Another code than the pass's. */
  readonly code?: PresentedCode;
}

export interface World {
  readonly community: CommunityRecord;
  readonly gate: GateRecord;
  readonly platform: string;
  readonly rules: EntryRules;
  addGate(options?: GateOptions): Promise<GateRecord>;
  callback(callback: Callback): DeliveryCallback;
  /** Records a callback; by default a picked-up delivery into the community. */
  deliver(callback: Callback): Promise<{ duplicate: boolean; couriers: readonly CourierId[] }>;
  findPass(riderId: string, now?: Millis): Promise<PassRecord | null>;
  /** A rider with a live delivery: its pass. */
  rider(riderId: string, now?: Millis): Promise<PassRecord>;
  courier(riderId: string, now?: Millis): Promise<CourierId>;
  attempt(presented: Presented): Attempt;
  redeem(presented: Presented): Promise<RedeemOutcome>;
  /** Redeems what must be judged for the first time. */
  scan(presented: Presented): Promise<DecisionRecord>;
  /** The reason of a scan. */
  reason(presented: Presented): Promise<string>;
}

export async function makeWorld(
  under: { readonly store: Store },
  options: WorldOptions = {},
): Promise<World> {
  const platform = unique('kuai');
  const kind = options.kind ?? 'standard';
  const rules: EntryRules = { ...templateFor(kind), ...options.rules };
  await makePlatform(under, platform, options.platformDistricts ?? null);
  const district = options.district === undefined ? 'donggang' : options.district;
  const place = { name: '东港花园', kind, timezone: 'Asia/Shanghai', district, rules };
  const community = await under.store.createCommunity({ ...place, actor: ACTOR, now: NOON });

  async function addGate(changes: GateOptions = {}): Promise<GateRecord> {
    const gate = await under.store.createGate({
      communityId: community.id,
      name: '东门',
      kind: 'gate',
      directions: changes.directions ?? ['in', 'out'],
      media: changes.media ?? ['qr', 'nfc'],
      passageSensor: changes.passageSensor ?? false,
      enrolmentHash: changes.enrolmentHash ?? sha256(unique('enrolment')),
      enrolmentExpiresAt: changes.enrolmentExpiresAt ?? NOON + 900_000,
      actor: ACTOR,
      now: changes.now ?? NOON,
    });
    if (gate === null) throw new Error('the community exists');
    return gate;
  }

  const { directions, passageSensor } = options;
  const gate = await addGate({
    ...(directions === undefined ? {} : { directions }),
    ...(passageSensor === undefined ? {} : { passageSensor }),
  });

  function callback({
    delivery,
    status,
    at,
    now,
    webhookId,
    ...members
  }: Callback): DeliveryCallback {
    return {
      platform,
      dropoff: { communityId: community.id, building: '12', unit: '2', floor: 18 },
      ...members,
      webhookId: webhookId ?? unique('msg'),
      timestamp: at ?? now ?? NOON,
      deliveryId: delivery,
      status: status ?? 'picked_up',
    };
  }

  async function deliver(members: Callback) {
    const now = members.now ?? members.at ?? NOON;
    const outcome = await under.store.recordDelivery({ callback: callback(members), now });
    if (outcome.kind !== 'ok') throw new Error(`refused: ${JSON.stringify(outcome)}`);
    return outcome;
  }

  const findPass = (riderId: string, now: Millis = NOON) =>
    under.store.findRiderPass({ platform, riderId, communityId: community.id, now });

  async function rider(riderId: string, now: Millis = NOON): Promise<PassRecord> {
    await deliver({ delivery: unique('order'), riderId, now });
    const pass = await findPass(riderId, now);
    if (pass === null) throw new Error('a live delivery makes a pass');
    return pass;
  }

  async function courier(riderId: string, now: Millis = NOON): Promise<CourierId> {
    return openSession(under, { platform, riderId, now });
  }

  function attempt(presented: Presented): Attempt {
    const { at, direction = 'in', medium = 'qr' } = presented;
    const code = presented.code ?? codeOf(presented);
    return {
      requestId: presented.requestId ?? randomUUID(),
      gateId: presented.gate ?? gate.id,
      direction,
      medium,
      code,
      codeDigest: code.kind === 'absent' ? '' : sha256(JSON.stringify(code)).slice(0, 16),
      receivedAt: at,
    };
  }

  function codeOf({ pass, at, window, bits = 3 }: Presented): PresentedCode {
    if (pass === undefined) return { kind: 'absent' };
    const payload = {
      directions: bits,
      communityId: community.id,
      passId: typeof pass === 'string' ? pass : pass.id,
      notBefore: window ?? windowStart(at / 1000, LIFETIME_SECONDS),
      lifetimeSeconds: LIFETIME_SECONDS,
      statusIndex: typeof pass === 'string' ? 0 : pass.statusIndex,
    };
    return { kind: 'authentic', payload };
  }

  const redeem = (presented: Presented) => under.store.redeem(attempt(presented));

  async function scan(presented: Presented): Promise<DecisionRecord> {
    const outcome = await redeem(presented);
    if (outcome.kind !== 'decided')
      throw new Error(`expected a first decision, got ${outcome.kind}`);
    return outcome.record;
  }

  const reason = async (presented: Presented) => (await scan(presented)).reason;

  return {
    community,
    gate,
    platform,
    rules,
    addGate,
    callback,
    deliver,
    findPass,
    rider,
    courier,
    attempt,
    redeem,
    scan,
    reason,
  };
}

export async function makePlatform(
  under: { readonly store: Store },
  slug: string,
  districts: readonly string[] | null = null,
): Promise<void> {
  await under.store.createPlatform({
    slug,
    name: '快送',
    adapter: 'standard',
    districts,
    sealedSecret: 'sealed-0',
    apiKeyName: 'platform key',
    apiKeyHash: sha256(unique('api-key')),
    actor: ACTOR,
    now: NOON,
  });
}

export interface SessionOptions {
  readonly platform: string;
  readonly riderId: string;
  readonly now?: Millis;
  readonly join?: CourierId | null;
  readonly sessionHash?: string;
}

/** Signs a rider in by a link: the courier behind the platform's rider. */
export async function openSession(
  { store }: { readonly store: Store },
  options: SessionOptions,
): Promise<CourierId> {
  const { platform, riderId, now = NOON, join = null } = options;
  const tokenHash = sha256(unique('link'));
  await store.createRiderLink({ platform, riderId, tokenHash, expiresAt: now + 600_000, now });
  const session = await store.openRiderSession({
    linkHash: tokenHash,
    sessionHash: options.sessionHash ?? sha256(unique('session')),
    sessionExpiresAt: now + 30 * 86_400_000,
    join,
    now,
  });
  if (session === null) throw new Error('a fresh link opens a session');
  return session.courierId;
}
