/**
 * The tables. Public identifiers are TEXT; rows refer to each other by small sequential numbers (`no`), which keeps
 * the pages that a decision dirties few. Instants are Unix milliseconds.
 */
import { sql } from 'drizzle-orm';
import {
  index,
  integer,
  primaryKey,
  real,
  sqliteTable,
  text,
  uniqueIndex,
} from 'drizzle-orm/sqlite-core';
import type { CommunityKind, Posture } from '../../domain/community.ts';
import type { DecisionFlag } from '../../domain/decision.ts';
import type { DeliveryMembers, DeliveryStatus, Leg, Vehicle } from '../../domain/delivery.ts';
import type { AgreeingSide, EntryRules } from '../../domain/entry-rules.ts';
import type { Direction, GateKind, Medium } from '../../domain/gate.ts';
import type {
  AlertId,
  ApiKeyId,
  CommandId,
  CommunityId,
  CourierId,
  GateId,
  PassId,
  TagId,
  VisitId,
} from '../../domain/identifier.ts';
import type { Reason } from '../../domain/reason.ts';
import type { CommandOutcome, KeyPurpose, KeyState, Scope } from '../store.ts';

const no = () => integer('no').primaryKey();
const at = (name: string) => integer(name);
const json = <T>(name: string) => text(name, { mode: 'json' }).$type<T>();
const posture = {
  posture: text('posture').$type<Posture>().notNull().default('normal'),
  postureUntil: at('posture_until'),
  /** A person’s words: kept here, where they can be erased, and never on the log. */
  postureReason: text('posture_reason'),
};

export const communities = sqliteTable(
  'communities',
  {
    no: no(),
    id: text('id').$type<CommunityId>().notNull(),
    name: text('name').notNull(),
    kind: text('kind').$type<CommunityKind>().notNull(),
    timezone: text('timezone').notNull(),
    district: text('district'),
    ...posture,
    /** The status index that no pass has had yet. */
    statusNext: integer('status_next').notNull().default(0),
    /** Counts the changes of the status list's bits: a list with a lower version is refused by gates. */
    statusVersion: integer('status_version').notNull().default(1),
    /** The published length of the status list: always ahead of `status_next`. */
    statusListLength: integer('status_list_length').notNull().default(1024),
    /** Counts the changes of what gates keep beside the list: rules, postures, the community itself. */
    bundleVersion: integer('bundle_version').notNull().default(1),
    createdAt: at('created_at').notNull(),
  },
  (t) => [uniqueIndex('communities_id').on(t.id)],
);

/** Status indices given back by ended passes, to be used again from `free_at` on. */
export const statusSlots = sqliteTable(
  'status_slots',
  {
    communityNo: integer('community_no').notNull(),
    freeAt: at('free_at').notNull(),
    statusIndex: integer('status_index').notNull(),
  },
  (t) => [primaryKey({ columns: [t.communityNo, t.freeAt, t.statusIndex] })],
);

export const rules = sqliteTable(
  'rules',
  {
    communityNo: integer('community_no').notNull(),
    version: integer('version').notNull(),
    author: text('author').notNull(),
    agreedBy: json<AgreeingSide[]>('agreed_by').notNull(),
    createdAt: at('created_at').notNull(),
    effectiveFrom: at('effective_from').notNull(),
    document: json<EntryRules>('document').notNull(),
    reason: text('reason'),
  },
  (t) => [primaryKey({ columns: [t.communityNo, t.version] })],
);

export const gates = sqliteTable(
  'gates',
  {
    no: no(),
    id: text('id').$type<GateId>().notNull(),
    communityNo: integer('community_no').notNull(),
    name: text('name').notNull(),
    kind: text('kind').$type<GateKind>().notNull(),
    directions: json<Direction[]>('directions').notNull(),
    media: json<Medium[]>('media').notNull(),
    passageSensor: integer('passage_sensor', { mode: 'boolean' }).notNull(),
    ...posture,
    createdAt: at('created_at').notNull(),
    enrolledAt: at('enrolled_at'),
    revokedAt: at('revoked_at'),
    /** Counts the keys that gave way to a newer one: a token names the epoch in which it was made. */
    epoch: integer('epoch').notNull().default(0),
  },
  (t) => [uniqueIndex('gates_id').on(t.id), index('gates_community').on(t.communityNo)],
);

export const enrolments = sqliteTable('enrolments', {
  /** SHA-256 of the enrolment code. */
  hash: text('hash').primaryKey(),
  gateNo: integer('gate_no').notNull(),
  expiresAt: at('expires_at').notNull(),
  /** Thumbprint of the key that used it (RFC 7638). */
  usedBy: text('used_by'),
});

export const gateKeys = sqliteTable(
  'gate_keys',
  {
    gateNo: integer('gate_no').notNull(),
    thumbprint: text('thumbprint').notNull(),
    jwk: text('jwk').notNull(),
    createdAt: at('created_at').notNull(),
  },
  (t) => [primaryKey({ columns: [t.gateNo, t.thumbprint] })],
);

/** Token ids that gates have used, kept until they expire. */
export const gateAssertions = sqliteTable(
  'gate_assertions',
  {
    gateNo: integer('gate_no').notNull(),
    jti: text('jti').notNull(),
    expiresAt: at('expires_at').notNull(),
  },
  (t) => [
    primaryKey({ columns: [t.gateNo, t.jti] }),
    index('gate_assertions_expiry').on(t.expiresAt),
  ],
);

export const platforms = sqliteTable(
  'platforms',
  {
    no: no(),
    slug: text('slug').notNull(),
    name: text('name').notNull(),
    adapter: text('adapter').notNull(),
    districts: json<string[]>('districts'),
    createdAt: at('created_at').notNull(),
  },
  (t) => [uniqueIndex('platforms_slug').on(t.slug)],
);

export const webhookSecrets = sqliteTable(
  'webhook_secrets',
  {
    no: no(),
    platformNo: integer('platform_no').notNull(),
    sealed: text('sealed').notNull(),
    validUntil: at('valid_until'),
  },
  (t) => [index('webhook_secrets_platform').on(t.platformNo)],
);

export const apiKeys = sqliteTable(
  'api_keys',
  {
    no: no(),
    id: text('id').$type<ApiKeyId>().notNull(),
    name: text('name').notNull(),
    scopeKind: text('scope_kind').$type<Scope['kind']>().notNull(),
    scopeValue: text('scope_value').notNull(),
    hash: text('hash').notNull(),
    createdAt: at('created_at').notNull(),
    revokedAt: at('revoked_at'),
  },
  (t) => [uniqueIndex('api_keys_hash').on(t.hash), uniqueIndex('api_keys_id').on(t.id)],
);

export const couriers = sqliteTable(
  'couriers',
  {
    no: no(),
    id: text('id').$type<CourierId>().notNull(),
    createdAt: at('created_at').notNull(),
    /** The elder courier that this one was joined into. */
    joinedInto: integer('joined_into'),
  },
  (t) => [
    uniqueIndex('couriers_id').on(t.id),
    index('couriers_joined').on(t.joinedInto).where(sql`joined_into IS NOT NULL`),
  ],
);

export const riderAccounts = sqliteTable(
  'rider_accounts',
  {
    platformNo: integer('platform_no').notNull(),
    riderId: text('rider_id').notNull(),
    courierNo: integer('courier_no').notNull(),
    /** When the platform last vouched for the rider, by a callback or a rider link. */
    vouchedAt: at('vouched_at').notNull(),
  },
  (t) => [
    primaryKey({ columns: [t.platformNo, t.riderId] }),
    index('rider_accounts_courier').on(t.courierNo),
  ],
);

export const riderLinks = sqliteTable(
  'rider_links',
  {
    hash: text('hash').primaryKey(),
    courierNo: integer('courier_no').notNull(),
    expiresAt: at('expires_at').notNull(),
  },
  (t) => [
    index('rider_links_expiry').on(t.expiresAt),
    index('rider_links_courier').on(t.courierNo),
  ],
);

export const riderSessions = sqliteTable(
  'rider_sessions',
  {
    hash: text('hash').primaryKey(),
    courierNo: integer('courier_no').notNull(),
    expiresAt: at('expires_at').notNull(),
    slidAt: at('slid_at').notNull(),
  },
  (t) => [
    index('rider_sessions_expiry').on(t.expiresAt),
    index('rider_sessions_courier').on(t.courierNo),
  ],
);

/** Every callback, as received: a delivery is a function of this set. */
export const callbacks = sqliteTable(
  'callbacks',
  {
    no: no(),
    platformNo: integer('platform_no').notNull(),
    webhookId: text('webhook_id').notNull(),
    deliveryNo: integer('delivery_no').notNull(),
    timestamp: at('timestamp').notNull(),
    status: text('status').$type<DeliveryStatus>().notNull(),
    members: json<DeliveryMembers>('members').notNull(),
  },
  (t) => [
    uniqueIndex('callbacks_webhook').on(t.platformNo, t.webhookId),
    index('callbacks_delivery').on(t.deliveryNo),
  ],
);

/** The state folded from a delivery's callbacks. */
export const deliveries = sqliteTable(
  'deliveries',
  {
    no: no(),
    platformNo: integer('platform_no').notNull(),
    deliveryId: text('delivery_id').notNull(),
    status: text('status').$type<DeliveryStatus>().notNull(),
    statusAt: at('status_at').notNull(),
    newestAt: at('newest_at').notNull(),
    courierNo: integer('courier_no'),
    pickupNo: integer('pickup_no'),
    dropoffNo: integer('dropoff_no'),
    label: text('label'),
    building: text('building'),
    unit: text('unit'),
    floor: integer('floor'),
    vehicle: text('vehicle').$type<Vehicle>(),
    plate: text('plate'),
    deadlineAt: at('deadline_at'),
  },
  (t) => [
    uniqueIndex('deliveries_id').on(t.platformNo, t.deliveryId),
    index('deliveries_courier').on(t.courierNo),
  ],
);

export const passes = sqliteTable(
  'passes',
  {
    no: no(),
    id: text('id').$type<PassId>().notNull(),
    communityNo: integer('community_no').notNull(),
    /** A visit that began under a pass joined with this one, until a visit of its own begins. */
    carriedVisitNo: integer('carried_visit_no'),
    /** Who holds the pass: erasable, like the salt of the commitment to it on the audit log. */
    courierNo: integer('courier_no'),
    commitmentSalt: text('commitment_salt'),
    status: text('status').$type<'active' | 'leaving' | 'ended'>().notNull(),
    statusIndex: integer('status_index').notNull(),
    /** End of a station's pass; null for a pass made by deliveries. */
    expiresAt: at('expires_at'),
    /** When the right that the pass gives must be looked at again, at the latest. */
    reviewAt: at('review_at').notNull(),
    createdAt: at('created_at').notNull(),
    endedAt: at('ended_at'),
  },
  (t) => [
    uniqueIndex('passes_id').on(t.id),
    uniqueIndex('passes_live').on(t.courierNo, t.communityNo).where(sql`status <> 'ended'`),
    index('passes_review').on(t.reviewAt).where(sql`status = 'active'`),
    index('passes_courier').on(t.courierNo),
    /** Leads to the holders that are to be forgotten. */
    index('passes_held').on(t.endedAt).where(sql`courier_no IS NOT NULL AND ended_at IS NOT NULL`),
  ],
);

/** Which legs of which deliveries have authorised a pass. */
export const passDeliveries = sqliteTable(
  'pass_deliveries',
  {
    passNo: integer('pass_no').notNull(),
    deliveryNo: integer('delivery_no').notNull(),
    leg: text('leg').$type<Leg>().notNull(),
  },
  (t) => [
    primaryKey({ columns: [t.passNo, t.deliveryNo, t.leg] }),
    index('pass_deliveries_delivery').on(t.deliveryNo),
  ],
);

/** `slot` of a visit that is open; a closed visit's slot is its own number. */
export const OPEN_SLOT = Number.MAX_SAFE_INTEGER;

export const visits = sqliteTable(
  'visits',
  {
    no: no(),
    id: text('id').$type<VisitId>().notNull(),
    communityNo: integer('community_no').notNull(),
    passNo: integer('pass_no').notNull(),
    slot: integer('slot').notNull(),
    openedAt: at('opened_at').notNull(),
    entryGateNo: integer('entry_gate_no').notNull(),
    /** The newest entry into this visit that consumed a code. */
    lastEntryAt: at('last_entry_at').notNull(),
    lastEntryGateNo: integer('last_entry_gate_no').notNull(),
    rescans: integer('rescans').notNull().default(0),
    passageAt: at('passage_at'),
    /** When the visit closes by itself, and as what. */
    dueAt: at('due_at').notNull(),
    dueBy: text('due_by').$type<'delivery_end' | 'timeout'>().notNull(),
    closedAt: at('closed_at'),
    exitGateNo: integer('exit_gate_no'),
    closedBy: text('closed_by').$type<'exit' | 'delivery_end' | 'timeout' | 'join'>(),
  },
  (t) => [index('visits_community').on(t.communityNo, t.slot)],
);

/** Every judged attempt; `seq` is that of its audit entry. */
export const attempts = sqliteTable(
  'attempts',
  {
    seq: integer('seq').primaryKey(),
    auditId: text('audit_id').notNull(),
    communityNo: integer('community_no').notNull(),
    gateNo: integer('gate_no').notNull(),
    requestId: text('request_id').notNull(),
    codeDigest: text('code_digest').notNull(),
    direction: text('direction').$type<Direction>().notNull(),
    medium: text('medium').$type<Medium>(),
    at: at('at').notNull(),
    source: text('source').$type<'online' | 'offline' | 'guard' | 'tap'>().notNull(),
    decision: text('decision').$type<'granted' | 'denied'>().notNull(),
    reason: text('reason').$type<Reason>().notNull(),
    passNo: integer('pass_no'),
    passId: text('pass_id').$type<PassId>(),
    visitId: text('visit_id').$type<VisitId>(),
    visitNo: integer('visit_no'),
    /**
     * Of an attempt that opened a visit or entered again: the start of the window of the code that it consumed, Unix
     * seconds, or the key of the tap, which lies above all windows (operations/taps.ts); where it consumed none
     * (posture open), minus its own `seq`. Null: it was no entry. One index on it holds
     * "one code, one entry" and leads from a pass to its entries and its newest visit.
     */
    entryKey: integer('entry_key'),
    /** Start of the window of the presented code, Unix seconds; of a tap its key. */
    codeWindow: integer('code_window'),
    speedLimitKmh: real('speed_limit_kmh'),
    building: text('building'),
    rulesVersion: integer('rules_version').notNull(),
    flags: json<DecisionFlag[]>('flags'),
    lane: text('lane'),
    scannedAt: at('scanned_at'),
    speedKmh: real('speed_kmh'),
    accuracyKmh: real('accuracy_kmh'),
    /** For a refusal that waited for a guard: the attempt that confirmed it. */
    confirmedSeq: integer('confirmed_seq'),
  },
  (t) => [
    uniqueIndex('attempts_request').on(t.gateNo, t.requestId),
    uniqueIndex('attempts_entries').on(t.passNo, t.entryKey).where(sql`entry_key IS NOT NULL`),
    /** Leads from a pass to its exits: what came late is put in its place among them. */
    index('attempts_exits').on(t.passNo, t.at).where(sql`direction = 'out'`),
    index('attempts_community').on(t.communityNo, t.seq),
    /** Leads through what radars at gates have measured. */
    index('attempts_speed').on(t.seq).where(sql`speed_kmh IS NOT NULL`),
    index('attempts_confirmable').on(t.auditId).where(sql`reason = 'guard_confirmation_required'`),
    index('attempts_taps').on(t.auditId).where(sql`source = 'tap'`),
  ],
);

/** What binds a courier in a community for a time. */
export const restrictions = sqliteTable(
  'restrictions',
  {
    communityNo: integer('community_no').notNull(),
    courierNo: integer('courier_no').notNull(),
    kind: text('kind').$type<'block' | 'suspension' | 'confirmation'>().notNull(),
    reason: text('reason').notNull(),
    until: at('until').notNull(),
    createdAt: at('created_at').notNull(),
  },
  (t) => [
    primaryKey({ columns: [t.courierNo, t.communityNo, t.kind] }),
    index('restrictions_community').on(t.communityNo, t.courierNo),
  ],
);

export const keys = sqliteTable(
  'keys',
  {
    no: no(),
    purpose: text('purpose').$type<KeyPurpose>().notNull(),
    kid: text('kid').notNull(),
    state: text('state').$type<KeyState>().notNull(),
    publicJwk: text('public_jwk'),
    sealedPrivate: text('sealed_private').notNull(),
    createdAt: at('created_at').notNull(),
    stateSince: at('state_since').notNull(),
  },
  (t) => [
    index('keys_kid').on(t.purpose, t.kid),
    uniqueIndex('keys_signing').on(t.purpose, t.state).where(sql`state IN ('active', 'next')`),
  ],
);

/** The audit log. Triggers refuse UPDATE and DELETE. */
export const auditEntries = sqliteTable('audit_entries', {
  seq: integer('seq').primaryKey(),
  /** Canonical JSON (RFC 8785); its leaf hash follows from it. */
  entry: text('entry').notNull(),
});

/** What the service last knew of a gate: written when the gate speaks, read by views and alerts. */
export const gateHealth = sqliteTable('gate_health', {
  gateNo: integer('gate_no').primaryKey(),
  lastContactAt: at('last_contact_at').notNull(),
  /** Device clock minus ours, as estimated at the last contact that told it. */
  clockOffsetMs: integer('clock_offset_ms'),
  bundleVersion: text('bundle_version'),
  statusVersion: integer('status_version'),
  queueDepth: integer('queue_depth'),
  queueCapacity: integer('queue_capacity'),
});

/** Orders to a gate to open once. Claimed at most once, within its time; afterwards reported done or not. */
export const gateCommands = sqliteTable(
  'gate_commands',
  {
    no: no(),
    id: text('id').$type<CommandId>().notNull(),
    gateNo: integer('gate_no').notNull(),
    openForMs: integer('open_for_ms').notNull(),
    /** What it follows from: a confirmed or taken decision, an admission, or a person's order. */
    cause: text('cause').$type<'confirmation' | 'admission' | 'tap' | 'remote'>().notNull(),
    auditId: text('audit_id').notNull(),
    /** Of a person's order: the words given, which can be erased. */
    reason: text('reason'),
    createdAt: at('created_at').notNull(),
    expiresAt: at('expires_at').notNull(),
    claimedAt: at('claimed_at'),
    reportedAt: at('reported_at'),
    outcome: text('outcome').$type<CommandOutcome>(),
  },
  (t) => [
    uniqueIndex('gate_commands_id').on(t.id),
    index('gate_commands_unclaimed')
      .on(t.expiresAt)
      .where(sql`claimed_at IS NULL AND outcome IS NULL`),
    index('gate_commands_unreported')
      .on(t.claimedAt)
      .where(sql`claimed_at IS NOT NULL AND outcome IS NULL`),
    index('gate_commands_decision').on(t.auditId),
    index('gate_commands_gate').on(t.gateNo, t.no),
  ],
);

/** A log on a gate's disk; a replaced disk begins another. */
export const gateLogs = sqliteTable(
  'gate_logs',
  {
    no: no(),
    gateNo: integer('gate_no').notNull(),
    logId: text('log_id').notNull(),
    /** Every event up to this sequence number is stored or was rejected for good. */
    ackedThrough: integer('acked_through').notNull().default(0),
    createdAt: at('created_at').notNull(),
  },
  (t) => [uniqueIndex('gate_logs_id').on(t.gateNo, t.logId)],
);

/** Events of gates, as they came. (log, seq) names one for ever; the same with other bytes is kept beside it. */
export const gateEvents = sqliteTable(
  'gate_events',
  {
    no: no(),
    logNo: integer('log_no').notNull(),
    seq: integer('seq').notNull(),
    /** 0 for the first that came under its number; 1, 2, … for others with other bytes. */
    variant: integer('variant').notNull().default(0),
    type: text('type').notNull(),
    deviceTime: at('device_time'),
    uptimeMs: integer('uptime_ms'),
    bootId: text('boot_id'),
    receivedAt: at('received_at').notNull(),
    /** Device clock minus ours, as estimated for the batch. */
    clockOffsetMs: integer('clock_offset_ms'),
    digest: text('digest').notNull(),
    /** The attempt that the event speaks of. */
    requestId: text('request_id'),
    data: json<Record<string, unknown>>('data').notNull(),
    /** Why it was rejected; null: accepted. */
    rejected: text('rejected'),
  },
  (t) => [
    uniqueIndex('gate_events_key').on(t.logNo, t.seq, t.variant),
    /** Leads from an attempt to the passage that was reported before it. */
    index('gate_events_passage').on(t.requestId).where(sql`type = 'passage'`),
  ],
);

/** Things that a manager should look at. */
export const alerts = sqliteTable(
  'alerts',
  {
    no: no(),
    id: text('id').$type<AlertId>().notNull(),
    communityNo: integer('community_no').notNull(),
    kind: text('kind').notNull(),
    gateNo: integer('gate_no'),
    passNo: integer('pass_no'),
    visitId: text('visit_id').$type<VisitId>(),
    auditId: text('audit_id'),
    at: at('at').notNull(),
    /** While it lasts: null; for what happens once: the same as `at`. */
    endedAt: at('ended_at'),
    details: json<Record<string, unknown>>('details').notNull(),
    /** When a manager took note of it, and who. */
    acknowledgedAt: at('acknowledged_at'),
    acknowledgedBy: text('acknowledged_by'),
  },
  (t) => [
    uniqueIndex('alerts_id').on(t.id),
    index('alerts_community').on(t.communityNo, t.no),
    /** An alert of a gate that lasts is raised once; those about riders go by their own rules. */
    uniqueIndex('alerts_lasting')
      .on(t.gateNo, t.kind)
      .where(sql`ended_at IS NULL AND pass_no IS NULL`),
    index('alerts_visit').on(t.visitId, t.kind).where(sql`visit_id IS NOT NULL`),
  ],
);

/** NTAG 424 DNA tags at gates. */
export const tags = sqliteTable(
  'tags',
  {
    no: no(),
    id: text('id').$type<TagId>().notNull(),
    gateNo: integer('gate_no').notNull(),
    /** 7 bytes, 14 upper-case hex digits. */
    uid: text('uid').notNull(),
    /** Its keys, encrypted under the key-encryption key. */
    sealedKeys: text('sealed_keys').notNull(),
    macParam: text('mac_param').notNull(),
    /** The highest read counter seen; a tap counts once. */
    lastCounter: integer('last_counter').notNull().default(-1),
    createdAt: at('created_at').notNull(),
    revokedAt: at('revoked_at'),
  },
  (t) => [uniqueIndex('tags_id').on(t.id), index('tags_gate').on(t.gateNo)],
);
