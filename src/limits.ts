/** Every limit of the service, with its unit. */
import { DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS } from './domain/clock.ts';

/** Limits of the service. What lies past one is refused with an error that says so. */
export interface Limits {
  /** The body of a request, in bytes. */
  readonly bodyBytes: number;
  /** The body of a batch of gate events, in bytes. */
  readonly eventBatchBytes: number;
  /** Events in one batch. */
  readonly eventsPerBatch: number;
  /** Events of a batch that are stored at once: so long does a gate that asks wait for them, at the most. */
  readonly eventsPerPiece: number;
  /** A gate that has not spoken for this long is offline. */
  readonly gateSilentMs: number;
  /** Courier codes in one answer. */
  readonly codesPerRequest: number;
  /** Courier codes in one answer when the caller names no number. */
  readonly codesPerRequestDefault: number;
  /** Items of one page of a list. */
  readonly pageItems: number;
  /** Items of one page when the caller names no number. */
  readonly pageItemsDefault: number;
  /** A request must have arrived whole within this time. */
  readonly requestTimeoutMs: number;
  /** The headers of a request must have arrived within this time. */
  readonly headersTimeoutMs: number;
  /** An idle connection is kept this long: longer than the 60 s of usual load balancers. */
  readonly keepAliveTimeoutMs: number;
  /** The headers of a request, in bytes. */
  readonly headerBytes: number;
  /** Connections open at once. */
  readonly connections: number;
  /** Requests under way may finish within this time after SIGTERM. */
  readonly drainMs: number;
  /** Writes that wait for the disk at once; past it a request is answered 503. */
  readonly storeQueueItems: number;
  /** Signed courier codes kept in memory, so that a window is signed once. */
  readonly issuedCodes: number;
  /** Live streams open at once. */
  readonly streams: number;
  /** Between two comments on a live stream that has nothing to say. */
  readonly streamHeartbeatMs: number;
  /** How long a courier code is valid. */
  readonly codeLifetimeSeconds: number;
  /** How far ahead the windows of issued codes may end. */
  readonly codesAheadMs: number;
  /** A retired courier-code key stays published this long: as far ahead as codes are issued, and their grace. */
  readonly retiredCodeKeyMs: number;
  /** A retired status-list key stays published this long: as long as a gate may judge by a list that it signed. */
  readonly retiredStatusListKeyMs: number;
  /** A retired checkpoint key goes on signing beside its successor so long: others have time to learn of it. */
  readonly retiredCheckpointKeyMs: number;
  /** Signed status lists kept in memory. */
  readonly statusLists: number;
  /** How long a gate is opened. */
  readonly gateOpenMs: number;
  /** How long a command may open a gate. */
  readonly gateOpenMostMs: number;
  /** A link to open a rider's session works this long. */
  readonly riderLinkMs: number;
  /** A rider's session lasts this long after it was used last. */
  readonly riderSessionMs: number;
  /** A session in use has its end moved this often at most. */
  readonly riderSessionSlideEveryMs: number;
  /** A manager's or guard's session ends this long after the sign-in. */
  readonly accountSessionMs: number;
  /** An invitation works this long. */
  readonly invitationMs: number;
  /** Attempts to sign in under one name at once, right or wrong; one more comes back every `signInIntervalMs`. */
  readonly signInAttempts: number;
  readonly signInIntervalMs: number;
  /** Attempts to sign in that an address may make in a minute. */
  readonly signInAttemptsPerMinute: number;
  /** A gate's access token. */
  readonly gateTokenMs: number;
  /** A gate's assertion may expire at most this far ahead. */
  readonly gateAssertionMs: number;
  /** A gate's enrolment code works this long. */
  readonly enrolmentMs: number;
  /** A webhook's timestamp may be this far off, either way. */
  readonly webhookToleranceMs: number;
  /** A replaced webhook secret stays valid this long. */
  readonly webhookSecretOverlapMs: number;
  /** A platform vouches for a rider this long. */
  readonly vouchedMs: number;
  /** A station's pass. */
  readonly stationPassMs: number;
  /** New rules may say that they have been effective since, this far back. */
  readonly rulesBackdateMs: number;
  /** Wrong credentials that an address may present in a minute. */
  readonly refusalsPerMinute: number;
  /** Addresses whose wrong credentials are remembered. */
  readonly refusalAddresses: number;
  /** Verified gate tokens kept in memory. */
  readonly gateTokens: number;
  /** Between two sweeps of what has lapsed. */
  readonly sweepIntervalMs: number;
  /** Items of each kind in one sweep. */
  readonly sweepItems: number;
  /** Between two judgements of what was measured. */
  readonly speedIntervalMs: number;
  /** Visits judged in one round: so long does a gate that asks wait for them, at the most. */
  readonly speedItems: number;
  /** Readings of phones forgotten in one round. */
  readonly forgetPositions: number;
  /** Positions of a rider's phone in one request. */
  readonly positionsPerRequest: number;
  /** The body of a document about a community's places, in bytes. */
  readonly placesBytes: number;
  /** Entries that one backtest judges again. */
  readonly backtestEntries: number;
  /** Visits that figures and a backtest of speed limits look at. */
  readonly figureVisits: number;
  /** Between two looks at what is to be told. */
  readonly notifyIntervalMs: number;
  /** Receivers that are told something at once. */
  readonly notificationsAtOnce: number;
  /** One attempt to tell a receiver, from the look-up of its name to the end of its answer. */
  readonly notifyTimeoutMs: number;
  /** A receiver's answer, in bytes. */
  readonly notifyAnswerBytes: number;
  /** Between two rounds of forgetting what is too old. */
  readonly forgetIntervalMs: number;
  /** Between two comparisons of decisions and visits with the audit log. */
  readonly viewCheckIntervalMs: number;
  /** Entries that are compared in one transaction. */
  readonly viewCheckItems: number;
  /** Rows of each kind that are forgotten in one transaction. */
  readonly forgetItems: number;
  /** Between two runs of the sequencer: a checkpoint covers an entry within this time and that of one run. */
  readonly sequenceIntervalMs: number;
  /** Checkpoints are published at most this often. */
  readonly publishIntervalMs: number;
  /** A request of ours to somebody else must be answered within this time. */
  readonly outboundTimeoutMs: number;
  /** The answer to a request of ours, in bytes. */
  readonly outboundAnswerBytes: number;
  /** Between two looks at the keys that other processes changed. */
  readonly keyRefreshIntervalMs: number;
  /** A rider's report with its photo, in bytes of JSON. */
  readonly reportBytes: number;
  /** The photo of a report, in bytes. */
  readonly reportPhotoBytes: number;
  /** A side of a report's photo, in pixels. */
  readonly reportPhotoPixels: number;
  /** Reports that a rider makes within 24 hours. */
  readonly reportsPerDay: number;
  /** The photo of a report is kept this long. */
  readonly reportPhotoMs: number;
  /** Between two erasures of photos that were kept long enough. */
  readonly reportErasureIntervalMs: number;
  /** Receivers of one community or platform. */
  readonly notifyEndpoints: number;
}

export const LIMITS: Limits = {
  bodyBytes: 64 * 1024,
  eventBatchBytes: 1024 * 1024,
  eventsPerBatch: 500,
  eventsPerPiece: 16,
  gateSilentMs: 5 * MINUTE_MS,
  codesPerRequest: 240,
  codesPerRequestDefault: 8,
  pageItems: 200,
  pageItemsDefault: 50,
  requestTimeoutMs: 10 * SECOND_MS,
  headersTimeoutMs: 5 * SECOND_MS,
  keepAliveTimeoutMs: 75 * SECOND_MS,
  headerBytes: 16 * 1024,
  connections: 20_000,
  drainMs: 5 * SECOND_MS,
  storeQueueItems: 20_000,
  issuedCodes: 262_144,
  streams: 10_000,
  streamHeartbeatMs: 15 * SECOND_MS,
  codeLifetimeSeconds: 30,
  codesAheadMs: 3 * HOUR_MS,
  retiredCodeKeyMs: 3 * HOUR_MS + 5 * MINUTE_MS,
  retiredStatusListKeyMs: 12 * HOUR_MS + 5 * MINUTE_MS,
  retiredCheckpointKeyMs: 90 * DAY_MS,
  statusLists: 2_000,
  gateOpenMs: 3 * SECOND_MS,
  gateOpenMostMs: 30 * SECOND_MS,
  riderLinkMs: 10 * MINUTE_MS,
  riderSessionMs: 30 * DAY_MS,
  riderSessionSlideEveryMs: HOUR_MS,
  accountSessionMs: 14 * DAY_MS,
  invitationMs: 7 * DAY_MS,
  signInAttempts: 10,
  signInIntervalMs: 30 * SECOND_MS,
  signInAttemptsPerMinute: 30,
  gateTokenMs: 15 * MINUTE_MS,
  gateAssertionMs: 5 * MINUTE_MS,
  enrolmentMs: 15 * MINUTE_MS,
  webhookToleranceMs: 5 * MINUTE_MS,
  webhookSecretOverlapMs: DAY_MS,
  vouchedMs: 30 * DAY_MS,
  stationPassMs: 2 * HOUR_MS,
  rulesBackdateMs: 5 * MINUTE_MS,
  refusalsPerMinute: 60,
  refusalAddresses: 10_000,
  gateTokens: 10_000,
  sweepIntervalMs: 5 * SECOND_MS,
  sweepItems: 500,
  speedIntervalMs: SECOND_MS,
  speedItems: 32,
  forgetPositions: 2_000,
  positionsPerRequest: 300,
  placesBytes: 1024 * 1024,
  backtestEntries: 20_000,
  figureVisits: 50_000,
  notifyIntervalMs: SECOND_MS,
  notificationsAtOnce: 20,
  notifyTimeoutMs: 10 * SECOND_MS,
  notifyAnswerBytes: 16 * 1024,
  forgetIntervalMs: 10 * MINUTE_MS,
  forgetItems: 200,
  viewCheckIntervalMs: MINUTE_MS,
  viewCheckItems: 200,
  sequenceIntervalMs: SECOND_MS,
  publishIntervalMs: MINUTE_MS,
  outboundTimeoutMs: 10 * SECOND_MS,
  outboundAnswerBytes: 64 * 1024,
  keyRefreshIntervalMs: 5 * SECOND_MS,
  reportBytes: 768 * 1024,
  reportPhotoBytes: 512 * 1024,
  reportPhotoPixels: 4_096,
  reportsPerDay: 20,
  reportPhotoMs: 90 * DAY_MS,
  reportErasureIntervalMs: HOUR_MS,
  notifyEndpoints: 20,
};
