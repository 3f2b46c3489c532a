/**
 * The store port: the one authority. What must be true is decided in one transaction of it.
 *
 * Every operation is whole: it is durable (on disk, through fsync) before its promise resolves, or it has not
 * happened. When a promise rejects with {@link StoreUnavailable} nothing was answered and the outcome may be
 * unknown; repeating the same operation resolves it. Each operation that changes something appends its audit
 * entries in the same transaction. Operations see each other in the order in which they were called.
 *
 * "now" is always passed in: an adapter has no clock. Random identifiers and salts are the adapter's.
 */
import type { AlertRecord } from '../domain/alert.ts';
import type { Attempt, PresentedCode } from '../domain/attempt.ts';
import type { Millis } from '../domain/clock.ts';
import type { Community, CommunityKind, Posture, PostureState } from '../domain/community.ts';
import type { DecisionRecord } from '../domain/decision-record.ts';
import type { DeliveryCallback, DeliveryStatus, Leg, Vehicle } from '../domain/delivery.ts';
import type { AgreeingSide, EntryRules } from '../domain/entry-rules.ts';
import type { Direction, Gate, GateKind, Medium } from '../domain/gate.ts';
import type {
  DeviceStamp,
  EventRejection,
  GateEventContent,
  GateVerification,
  SeqRange,
} from '../domain/gate-event.ts';
import type {
  ApiKeyId,
  CommandId,
  CommunityId,
  CourierId,
  GateId,
  PassId,
  TagId,
  VisitId,
} from '../domain/identifier.ts';
import type { DeniedReason } from '../domain/reason.ts';
import type { Scope } from '../domain/scope.ts';
import type { AccountLog } from './account-log.ts';
import type { BacktestStore } from './backtest-store.ts';
import type { ConductChange, ConductStore } from './conduct-store.ts';
import type { ExportStore } from './export-store.ts';
import type { GuardStore } from './guard-store.ts';
import type { LogStore } from './log-store.ts';
import type { ManagerStore } from './manager-store.ts';
import type { NotifyStore } from './notify-store.ts';
import type { PrivacyStore } from './privacy-store.ts';
import type { ReportStore } from './report-store.ts';
import type { RestoreStore } from './restore-store.ts';
import type { RetentionStore } from './retention-store.ts';
import type { SpeedStore } from './speed-store.ts';
import type { ViewCheckStore } from './view-check-store.ts';

export type { AlertRecord, DecisionRecord, Scope };

/** The database cannot answer now: full, locked, or failing. The outcome of a write may be unknown. */
export class StoreUnavailable extends Error {
  override readonly name = 'StoreUnavailable';
}

/** Who did it, for the audit log: never a person's name. E.g. `key:key_…`, `gate:gat_…`, `platform:slug`, `system`. */
export type Actor = string;

export interface Page<Item> {
  readonly items: readonly Item[];
  /** Passed as `after` for the following page; null at the end. */
  readonly next: string | null;
}
export interface PageRequest {
  readonly limit: number;
  readonly after: string | null;
}

// ── who may see what ──────────────────────────────────────────────────────────────────────────────────────

export interface ApiKey {
  readonly id: ApiKeyId;
  readonly name: string;
  readonly scope: Scope;
  readonly createdAt: Millis;
}
export type RevokeApiKeyOutcome = 'revoked' | 'not_found' | 'last_operator_key';

export interface Platform {
  readonly slug: string;
  readonly name: string;
  readonly adapter: string;
  /** Districts that the platform serves; null: all. */
  readonly districts: readonly string[] | null;
}
/** A webhook secret, encrypted under the key-encryption key. */
export interface WebhookSecret {
  readonly sealed: string;
  /** Null: in force until replaced. */
  readonly validUntil: Millis | null;
}

// ── communities, rules, gates ─────────────────────────────────────────────────────────────────────────────

/** A posture as a person has set it. */
export interface PostureCommand extends PostureState {
  /** Why, in the person’s words; null: not given, or erased. Never on the audit log. */
  readonly reason: string | null;
}
export interface CommunityRecord extends Community {
  readonly posture: PostureCommand;
  readonly createdAt: Millis;
}
export interface RulesVersion {
  readonly version: number;
  readonly author: Actor;
  readonly agreedBy: readonly AgreeingSide[];
  readonly createdAt: Millis;
  readonly effectiveFrom: Millis;
  readonly rules: EntryRules;
  /** Why it was written, in the author's words; never on the audit log. */
  readonly reason?: string;
}
export interface GateRecord extends Gate {
  readonly posture: PostureCommand;
  readonly enrolledAt: Millis | null;
  readonly createdAt: Millis;
  /** Counts the keys that gave way to a newer one: a token of an earlier epoch is the replaced device's. */
  readonly epoch: number;
}
/** A gate's public keys: the one in use, and after a re-enrolment the one that has not been used yet. */
export interface GateCredentials {
  readonly gateId: GateId;
  readonly communityId: CommunityId;
  readonly keys: readonly { readonly thumbprint: string; readonly jwk: string }[];
  /** See {@link GateRecord.epoch}. */
  readonly epoch: number;
}

// ── gates without network ─────────────────────────────────────────────────────────────────────────────────

/** What a gate judges by, as it is at one instant. */
export interface GateTerms {
  readonly gate: GateRecord;
  readonly community: CommunityRecord;
  readonly rules: EntryRules;
  readonly rulesVersion: number;
  /** Grows with each change of rules, postures, keys or the community; what time alone changes does not count. */
  readonly bundleVersion: number;
  /** Grows with each change of the status list's bits that is not time's alone. */
  readonly statusVersion: number;
}
/** A community's status list at one instant. */
export interface StatusBits {
  readonly version: number;
  /** The published length: a multiple of 8, ahead of every index in use. */
  readonly length: number;
  /** Indices of passes that may not enter, in no order, none twice. */
  readonly set: readonly number[];
}

/** What a command follows from. */
export type CommandCause = 'confirmation' | 'admission' | 'tap' | 'remote';
/** An order to a gate to open once: claimed at most once, before `expiresAt`. */
export interface GateCommand {
  readonly id: CommandId;
  readonly gateId: GateId;
  readonly cause: CommandCause;
  readonly openForMs: number;
  /** The audit entry that it follows from: a decision, or the command's own. */
  readonly auditId: string;
  /** Of a remote order: the words given, unless they were erased. Never on the audit log. */
  readonly reason: string | null;
  readonly createdAt: Millis;
  /** Excluded. */
  readonly expiresAt: Millis;
  readonly claimedAt: Millis | null;
  readonly reportedAt: Millis | null;
  /** Null: waits for the claim, or for the gate's report. */
  readonly outcome: CommandOutcome | null;
}
/** `not_delivered`: no gate claimed it in time. `not_reported`: claimed a day ago, and what became of it was never told. */
export type CommandOutcome = 'done' | 'not_done' | 'not_delivered' | 'not_reported';
/** What a rider is told of the gate after a granted tap. */
export type TapOpening = 'waiting' | 'opened' | 'not_opened';
export type ClaimOutcome =
  | { readonly kind: 'claimed'; readonly command: GateCommand }
  /** There is none, or it is another gate's. */
  | { readonly kind: 'not_found' }
  | { readonly kind: 'claimed_before' }
  | { readonly kind: 'expired' };
/** `repeated`: reported before, and the first report stays. `not_claimed`: the gate was never told to open. */
export type ReportOutcome = 'reported' | 'repeated' | 'not_claimed' | 'not_found';

/** What the service last knew of a gate. */
export interface GateHealth {
  readonly lastContactAt: Millis;
  /** Device clock minus ours. */
  readonly clockOffsetMs: number | null;
  readonly bundleVersion: string | null;
  readonly statusVersion: number | null;
  readonly queueDepth: number | null;
  readonly queueCapacity: number | null;
}

/** An attempt that a gate judged alone, its code examined. */
export interface ReportedAttempt extends Omit<GateVerification, 'code'> {
  readonly code: PresentedCode;
  /** As in {@link Attempt}. */
  readonly codeDigest: string;
}

/** An event of a gate's log. */
export interface GateEventRecord extends DeviceStamp {
  /** From 1 on. */
  readonly seq: number;
  /** SHA-256 of its canonical writing, base64url: what makes it the same event. */
  readonly digest: string;
  readonly type: string;
  /** When it truly happened, as far as is known. */
  readonly at: Millis;
  /** Device clock minus ours, for this event. */
  readonly clockOffsetMs: number | null;
  readonly certain: boolean;
  /** What is kept of it. */
  readonly data: Readonly<Record<string, unknown>>;
  readonly rejected: EventRejection | null;
  /** Null: it was rejected, or it is an attempt. */
  readonly content: GateEventContent | null;
  readonly attempt: ReportedAttempt | null;
}

/** What a whole batch says of the log that it is from. */
export interface BatchCoverage {
  /** The gate has no other events than those of the batch between its first and its last. Null: it is empty. */
  readonly range: SeqRange | null;
  /** The gate says that it has no event below this number any more, unless it was acknowledged. Null: it does not say. */
  readonly oldest: number | null;
}

export type RecordEventsOutcome =
  | ({
      readonly kind: 'recorded';
      /** Of the last piece of a batch; null: more is to come. */
      readonly acknowledged: {
        readonly ackedThrough: number;
        readonly gaps: readonly SeqRange[];
      } | null;
      /** Raised or ended. */
      readonly alerts: readonly AlertRecord[];
    } & Touched)
  | { readonly kind: 'gate_revoked' };

// ── couriers, deliveries, passes ──────────────────────────────────────────────────────────────────────────

export interface RiderSession {
  readonly courierId: CourierId;
  readonly expiresAt: Millis;
  /** When its end was last moved. */
  readonly slidAt: Millis;
}
/** Where the rider goes on one delivery of a pass. Shown to the rider only. */
export interface Stop {
  readonly platform: string;
  readonly deliveryId: string;
  readonly leg: Leg;
  readonly status: DeliveryStatus;
  readonly newestAt: Millis;
  readonly label: string | null;
  readonly building: string | null;
  readonly unit: string | null;
  readonly floor: number | null;
  readonly vehicle: Vehicle | null;
  readonly deadlineAt: Millis | null;
}
/** A pass with what is needed to show it and to issue its codes. */
export interface PassRecord {
  readonly id: PassId;
  readonly community: Community;
  readonly status: 'active' | 'leaving' | 'ended';
  readonly statusIndex: number;
  readonly expiresAt: Millis | null;
  readonly createdAt: Millis;
  readonly endedAt: Millis | null;
  readonly visitOpen: boolean;
  readonly stops: readonly Stop[];
  readonly rules: EntryRules;
  readonly rulesVersion: number;
  /** A static rule that already refuses entry. */
  readonly refusal: DeniedReason | null;
}

/** A courier or community whose live views are out of date now. */
export interface Touched {
  readonly couriers: readonly CourierId[];
  readonly communities: readonly CommunityId[];
}

// ── verify ────────────────────────────────────────────────────────────────────────────────────────────────

export type RedeemOutcome =
  /** Judged now. `courierId`: whose live view changed. */
  | {
      readonly kind: 'decided';
      readonly record: DecisionRecord;
      readonly courierId: CourierId | null;
      /** Left out: none. */
      readonly alerts?: readonly AlertRecord[];
    }
  /** The first answer to this requestId, again. */
  | { readonly kind: 'repeated'; readonly record: DecisionRecord }
  /** The requestId came before with another code, direction or medium. */
  | { readonly kind: 'conflict' }
  /** The gate has no reader for this direction. */
  | { readonly kind: 'no_such_reader' }
  /** The gate was revoked, or another device has become it. */
  | { readonly kind: 'gate_revoked' };

export type ConfirmOutcome =
  | {
      readonly kind: 'decided';
      readonly record: DecisionRecord;
      readonly courierId: CourierId | null;
      /** Null: the new decision is another refusal. */
      readonly command: GateCommand | null;
    }
  | { readonly kind: 'not_found' }
  /** Not a refusal that waits for a guard, confirmed already, or older than two minutes. */
  | { readonly kind: 'not_confirmable' };

/** An NTAG 424 DNA at a gate's entry. */
export interface TagRecord {
  readonly id: TagId;
  readonly gateId: GateId;
  readonly communityId: CommunityId;
  /** 14 hex digits, upper case. */
  readonly uid: string;
  readonly macParam: string;
  /** The highest read counter seen; null: it was never tapped. */
  readonly lastCounter: number | null;
  readonly createdAt: Millis;
}

/** A rider's use of a tap: what was found of it without the database. */
export interface TapAttempt {
  readonly tagId: TagId;
  readonly courierId: CourierId;
  readonly tap:
    | { readonly kind: 'malformed' | 'bad_signature' }
    | {
        readonly kind: 'authentic';
        readonly counter: number;
        /** The same for the same rider, tag and counter. What is not authentic is each time another attempt. */
        readonly requestId: string;
      };
  readonly openForMs: Millis;
  readonly now: Millis;
}

export type TapDecision =
  /** Judged now. A granted one has sent the gate an `open`, on disk with the decision. */
  | {
      readonly kind: 'decided';
      readonly record: DecisionRecord;
      readonly courierId: CourierId | null;
      /** Null: it was denied. */
      readonly command: GateCommand | null;
      readonly alerts: readonly AlertRecord[];
    }
  /** The first answer to this rider for this tap, again. */
  | { readonly kind: 'repeated'; readonly record: DecisionRecord }
  /** There never was such a tag, or its gate was revoked: nothing to decide about. */
  | { readonly kind: 'no_such_tag' };

export interface VisitRecord {
  readonly id: VisitId;
  readonly passId: PassId;
  readonly courierId: CourierId | null;
  readonly communityId: CommunityId;
  readonly openedAt: Millis;
  readonly entryGateId: GateId | null;
  readonly closedAt: Millis | null;
  readonly exitGateId: GateId | null;
  readonly closedBy: 'exit' | 'delivery_end' | 'timeout' | 'join' | null;
}

export interface Block {
  readonly courierId: CourierId;
  readonly reason: string;
  readonly until: Millis;
  readonly createdAt: Millis;
}

// ── keys ──────────────────────────────────────────────────────────────────────────────────────────────────

export type KeyPurpose = 'checkpoint' | 'courier-code' | 'status-list' | 'tag' | 'token';
export type KeyState = 'next' | 'active' | 'retired' | 'revoked';
export interface KeyRecord {
  readonly purpose: KeyPurpose;
  /** Courier-code keys: a decimal number 0–255. */
  readonly kid: string;
  readonly state: KeyState;
  /** The public JWK as JSON; null for symmetric keys. */
  readonly publicJwk: string | null;
  /** The private key, encrypted under the key-encryption key. */
  readonly sealedPrivate: string;
  readonly createdAt: Millis;
  /** When it entered its present state. */
  readonly stateSince: Millis;
}

/** A mistake of the caller that only the database can see. */
export type Conflict = { readonly kind: 'conflict'; readonly detail: string };
export type NotFound = { readonly kind: 'not_found' };
export type Done<T> = { readonly kind: 'ok'; readonly value: T };

export interface Store
  extends BacktestStore,
    ConductStore,
    NotifyStore,
    SpeedStore,
    PrivacyStore,
    LogStore,
    ExportStore,
    RetentionStore,
    RestoreStore,
    AccountLog,
    ManagerStore,
    GuardStore,
    ReportStore,
    ViewCheckStore {
  // communities
  createCommunity(input: {
    name: string;
    kind: CommunityKind;
    timezone: string;
    district: string | null;
    rules: EntryRules;
    actor: Actor;
    now: Millis;
  }): Promise<CommunityRecord>;
  findCommunity(id: CommunityId): Promise<CommunityRecord | null>;
  listCommunities(scope: Scope, page: PageRequest): Promise<Page<CommunityRecord>>;
  updateCommunity(input: {
    id: CommunityId;
    name?: string;
    timezone?: string;
    district?: string | null;
    actor: Actor;
    now: Millis;
  }): Promise<CommunityRecord | null>;
  setCommunityPosture(input: {
    id: CommunityId;
    posture: Exclude<Posture, 'closed'>;
    until: Millis | null;
    reason: string | null;
    actor: Actor;
    now: Millis;
  }): Promise<boolean>;

  // rules: versions count from 1 and are never changed
  /** The version in force at `now`. */
  currentRules(communityId: CommunityId, now: Millis): Promise<RulesVersion | null>;
  listRules(communityId: CommunityId, page: PageRequest): Promise<Page<RulesVersion>>;
  /** `ifVersion`: the newest version that the author had seen; another one since is a conflict. */
  putRules(input: {
    communityId: CommunityId;
    rules: EntryRules;
    agreedBy: readonly AgreeingSide[];
    /** Why, in the author's words. */
    reason?: string | null;
    effectiveFrom: Millis;
    ifVersion: number | null;
    actor: Actor;
    now: Millis;
  }): Promise<Done<RulesVersion> | Conflict | NotFound>;

  // gates
  createGate(input: {
    communityId: CommunityId;
    name: string;
    kind: GateKind;
    directions: readonly Direction[];
    media: readonly Medium[];
    passageSensor: boolean;
    enrolmentHash: string;
    enrolmentExpiresAt: Millis;
    actor: Actor;
    now: Millis;
  }): Promise<GateRecord | null>;
  /** A new enrolment code for a gate that exists: its old key stays until the new one has been used. */
  renewEnrolment(input: {
    gateId: GateId;
    enrolmentHash: string;
    enrolmentExpiresAt: Millis;
    actor: Actor;
    now: Millis;
  }): Promise<boolean>;
  findGate(id: GateId): Promise<GateRecord | null>;
  listGates(communityId: CommunityId, page: PageRequest): Promise<Page<GateRecord>>;
  /** A code works once, with one key; the same code with the same key again gives the same answer. */
  enrolGate(input: {
    enrolmentHash: string;
    publicJwk: string;
    thumbprint: string;
    now: Millis;
  }): Promise<{ gateId: GateId; communityId: CommunityId } | null>;
  findGateCredentials(id: GateId): Promise<GateCredentials | null>;
  /** Counts a `jti` once and drops the older key when the newer one is used. False: the `jti` was used, or the key is gone. */
  acceptGateAssertion(input: {
    gateId: GateId;
    thumbprint: string;
    jti: string;
    expiresAt: Millis;
    now: Millis;
  }): Promise<boolean>;
  revokeGate(input: { gateId: GateId; actor: Actor; now: Millis }): Promise<boolean>;
  setGatePosture(input: {
    gateId: GateId;
    posture: Posture;
    until: Millis | null;
    reason: string | null;
    actor: Actor;
    now: Millis;
  }): Promise<boolean>;

  // gates without network
  /** Null: there is no such gate, or it was revoked. */
  readGateTerms(gateId: GateId, now: Millis): Promise<GateTerms | null>;
  /**
   * The status list with its version, read together. A bit is set while its pass is leaving, or ended less than three
   * hours ago, or while its courier is blocked or suspended here. Null: there is no such community.
   */
  readStatusBits(communityId: CommunityId, now: Millis): Promise<StatusBits | null>;
  /** Notes that a gate has spoken, and what it was given. Nothing happens for a gate that was revoked. */
  noteGateContact(input: {
    gateId: GateId;
    bundleVersion?: string;
    statusVersion?: number;
    now: Millis;
  }): Promise<void>;
  /** Orders a gate to open once. Null: there is no such gate, or it was revoked. */
  createCommand(input: {
    gateId: GateId;
    reason: string | null;
    openForMs: number;
    actor: Actor;
    now: Millis;
  }): Promise<GateCommand | null>;
  /** Claims a command: once, by its gate, within five seconds of its making. Whatever is lost, it opens at most once. */
  claimCommand(input: { gateId: GateId; commandId: CommandId; now: Millis }): Promise<ClaimOutcome>;
  /** What the gate says has become of a command that it had claimed; it may say so hours later. */
  reportCommand(input: {
    gateId: GateId;
    commandId: CommandId;
    done: boolean;
    now: Millis;
  }): Promise<ReportOutcome>;
  /** A gate's commands, newest first. */
  listCommands(gateId: GateId, page: PageRequest): Promise<Page<GateCommand>>;

  findGateHealth(gateId: GateId): Promise<GateHealth | null>;
  /**
   * Takes over a piece of a batch of a gate's log, whole. An event is known by (gate, logId, seq): the same once more
   * changes nothing, another one under its number is kept and raises an alert. What a gate decided alone is recorded
   * as an attempt with its own time, and the visits are what they would be if it had come in time, whatever came
   * before it. With `end` the batch is acknowledged: what it says of its log counts from then on.
   */
  recordGateEvents(input: {
    gateId: GateId;
    logId: string;
    events: readonly GateEventRecord[];
    end: BatchCoverage | null;
    /** At the sending of the batch; null: not known. */
    clockOffsetMs: number | null;
    now: Millis;
  }): Promise<RecordEventsOutcome>;
  /** `open`: those that last, or those that are over. */
  listAlerts(input: {
    communityId: CommunityId;
    open: boolean | null;
    page: PageRequest;
  }): Promise<Page<AlertRecord>>;

  // platforms
  createPlatform(input: {
    slug: string;
    name: string;
    adapter: string;
    districts: readonly string[] | null;
    sealedSecret: string;
    apiKeyName: string;
    apiKeyHash: string;
    actor: Actor;
    now: Millis;
  }): Promise<Done<Platform> | Conflict>;
  findPlatform(
    slug: string,
  ): Promise<(Platform & { readonly secrets: readonly WebhookSecret[] }) | null>;
  listPlatforms(page: PageRequest): Promise<Page<Platform>>;
  /** The new secret is in force at once, older ones until `oldValidUntil`. */
  addWebhookSecret(input: {
    slug: string;
    sealedSecret: string;
    oldValidUntil: Millis;
    actor: Actor;
    now: Millis;
  }): Promise<boolean>;

  // API keys: only hashes are stored
  createApiKey(input: {
    name: string;
    scope: Scope;
    hash: string;
    actor: Actor;
    now: Millis;
  }): Promise<ApiKey>;
  findApiKey(hash: string): Promise<ApiKey | null>;
  listApiKeys(scope: Scope, page: PageRequest): Promise<Page<ApiKey>>;
  /** Ends a key at once. The last one of scope `all` stays: nobody could make another. */
  revokeApiKey(input: { id: ApiKeyId; actor: Actor; now: Millis }): Promise<RevokeApiKeyOutcome>;
  getApiKey(id: ApiKeyId): Promise<ApiKey | null>;

  // deliveries and couriers
  /** The same (platform, webhookId) again changes nothing. Passes begin and end in the same transaction.
   *  `unknown_community`: a leg names a community that does not exist or is not the platform's to see.
   *  `too_many_callbacks`: so many of one delivery are kept; past it only its end is still taken. */
  recordDelivery(input: {
    callback: DeliveryCallback;
    now: Millis;
  }): Promise<
    | ({ kind: 'ok'; duplicate: boolean } & Touched)
    | { kind: 'unknown_community'; path: string }
    | { kind: 'too_many_callbacks'; most: number }
  >;
  createRiderLink(input: {
    platform: string;
    riderId: string;
    tokenHash: string;
    expiresAt: Millis;
    now: Millis;
  }): Promise<void>;
  /** Whose link it is; uses nothing up. Null: unknown, used or too old. */
  findRiderLink(input: {
    linkHash: string;
    now: Millis;
  }): Promise<{ readonly courierId: CourierId } | null>;
  /** Uses a link up and opens a session. With `join`, the link's courier and that courier become one. Null: unknown, used or too old. */
  openRiderSession(input: {
    linkHash: string;
    sessionHash: string;
    sessionExpiresAt: Millis;
    join: CourierId | null;
    now: Millis;
  }): Promise<({ courierId: CourierId; expiresAt: Millis } & Touched) | null>;
  /** The session while it lasts. Only reads: a rider is known also while nothing can be written. */
  findRiderSession(input: { sessionHash: string; now: Millis }): Promise<RiderSession | null>;
  /** Moves the end of a session that lasts still. */
  slideRiderSession(input: { sessionHash: string; extendTo: Millis; now: Millis }): Promise<void>;
  endRiderSession(input: { sessionHash: string; now: Millis }): Promise<void>;

  // passes
  /** Passes that are not ended, and those that ended in the last two hours, newest first. */
  listCourierPasses(courierId: CourierId, now: Millis): Promise<readonly PassRecord[]>;
  findCourierPass(input: {
    courierId: CourierId;
    passId: PassId;
    now: Millis;
  }): Promise<PassRecord | null>;
  /** The live pass of a platform's rider for a community. */
  findRiderPass(input: {
    platform: string;
    riderId: string;
    communityId: CommunityId;
    now: Millis;
  }): Promise<PassRecord | null>;
  /** A station's pass for a courier that a platform vouched for since `vouchedSince`; a live one is prolonged. */
  requestStationPass(input: {
    courierId: CourierId;
    communityId: CommunityId;
    vouchedSince: Millis;
    expiresAt: Millis;
    now: Millis;
  }): Promise<Done<PassRecord> | NotFound | { kind: 'not_vouched' } | { kind: 'not_a_station' }>;

  // verify
  /**
   * Loads the facts of the attempt, calls the domain's `decide` once, and makes its outcome durable, in ONE
   * transaction. One code opens at most one visit. A retried requestId gets its first answer; another code,
   * direction or medium under it is a conflict. Resolves only when the audit entry is on disk.
   */
  redeem(attempt: Attempt): Promise<RedeemOutcome>;
  /** A guard lets in a rider whose entry waits for it: judged again with what is true now. A grant commands the gate. */
  confirmDecision(input: {
    auditId: string;
    scope: Scope;
    openForMs: number;
    actor: Actor;
    now: Millis;
  }): Promise<ConfirmOutcome>;
  /** A guard admits somebody by hand: a record and a command are made of it, no visit. */
  admit(input: {
    communityId: CommunityId;
    gateId: GateId;
    reason: string;
    openForMs: number;
    actor: Actor;
    now: Millis;
  }): Promise<{ record: DecisionRecord; command: GateCommand } | null>;

  // tags
  /**
   * The identifier is the caller's, since the tag's keys are derived from it. Two tags of one UID in a community are
   * a conflict. `counter: 'continued'`: the keys were in use before, so counters that an earlier tag of the UID in the
   * community has seen stay used. `no_entry`: the gate has no entry that a tap could open.
   */
  createTag(input: {
    id: TagId;
    communityId: CommunityId;
    gateId: GateId;
    uid: string;
    sealedKeys: string;
    macParam: string;
    counter: 'new' | 'continued';
    actor: Actor;
    now: Millis;
  }): Promise<Done<TagRecord> | Conflict | NotFound | { kind: 'no_entry' }>;
  /** Tags at the gates of a community, revoked ones and those of revoked gates left out. */
  listTags(communityId: CommunityId, page: PageRequest): Promise<Page<TagRecord>>;
  /** With its sealed keys, also when it was revoked. Null: there never was one, or its gate was revoked. */
  findTag(id: TagId): Promise<(TagRecord & { readonly sealedKeys: string }) | null>;
  revokeTag(input: { tagId: TagId; actor: Actor; now: Millis }): Promise<boolean>;
  /**
   * As {@link redeem}, with the tag's counter in place of the code's window and the rider's own pass: in ONE
   * transaction an authentic tap's counter is compared with the highest seen and takes its place, the attempt is judged
   * and recorded, and where it is granted the gate's `open` is written. One tap opens at most one visit. A tap repeated
   * under its requestId gets its first answer.
   */
  redeemTap(attempt: TapAttempt): Promise<TapDecision>;
  /** What has become of the gate's `open` after a granted tap of this courier; null: there was none. */
  findTapOpening(input: {
    auditId: string;
    courierId: CourierId;
    now: Millis;
  }): Promise<TapOpening | null>;

  // lists, newest first
  listDecisions(communityId: CommunityId, page: PageRequest): Promise<Page<DecisionRecord>>;
  listVisits(input: {
    communityId: CommunityId;
    open: boolean | null;
    page: PageRequest;
  }): Promise<Page<VisitRecord>>;

  // blocks
  putBlock(input: {
    communityId: CommunityId;
    courierId: CourierId;
    reason: string;
    until: Millis;
    actor: Actor;
    now: Millis;
  }): Promise<(Done<Block> & Touched) | NotFound>;
  deleteBlock(input: {
    communityId: CommunityId;
    courierId: CourierId;
    actor: Actor;
    now: Millis;
  }): Promise<(Done<null> & Touched) | NotFound>;
  listBlocks(communityId: CommunityId, page: PageRequest, now: Millis): Promise<Page<Block>>;

  // keys
  /** Those that were not revoked. */
  listKeys(): Promise<readonly KeyRecord[]>;
  /** Keys of a purpose that were revoked, since when: what was signed before is told by them still. */
  listRevokedKeys(purpose: KeyPurpose): Promise<readonly KeyRecord[]>;
  /** Numbers of courier-code keys that sign or are next, however old, or entered their state since: not to be used again. */
  keyNumbersSince(since: Millis): Promise<readonly number[]>;
  /** Inserts keys and moves keys between states, all or nothing; a conflict when a key was not in the state named. Of keys with one `kid` the newest is meant. */
  changeKeys(input: {
    insert: readonly KeyRecord[];
    move: readonly { purpose: KeyPurpose; kid: string; from: KeyState; to: KeyState }[];
    actor: Actor;
    now: Millis;
  }): Promise<Done<null> | Conflict>;

  // upkeep
  /** Ends passes whose right has lapsed, closes visits that timed out, settles commands that no gate claimed, forgets expired sessions, links and token ids. At most `limit` of each a call. */
  sweep(input: {
    now: Millis;
    limit: number;
    /** A gate that has been silent this long is offline; left out: nobody asks. */
    gateSilentMs?: Millis;
  }): Promise<
    {
      passesEnded: number;
      visitsClosed: number;
      alerts?: readonly AlertRecord[];
      /** Visits that last too long. */
      riderAlerts?: readonly ConductChange[];
    } & Touched
  >;
  /** Audit entries in order of their sequence number, which has no gap. */
  listAuditEntries(input: {
    afterSeq: number;
    limit: number;
  }): Promise<readonly { seq: number; auditId: string; entry: string }[]>;
  /** Reads a row: readiness. */
  ping(now: Millis): Promise<void>;
  /** Resolves when everything accepted is durable and the database is closed. */
  close(): Promise<void>;
}
