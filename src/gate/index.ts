/**
 * What a gate runs: reads courier codes and verifies them with the published keys, and judges alone when the
 * service cannot be reached. The server judges with the same functions, so a gate and the server cannot disagree.
 */

export { decodeBase45, encodeBase45 } from '../domain/base45.ts';
export {
  acceptedUntil,
  CODE_LENGTH,
  CODE_PREFIX,
  type CourierCode,
  type CourierCodePayload,
  codeWindow,
  DEFAULT_LIFETIME_SECONDS,
  EARLY_TOLERANCE_SECONDS,
  ENTRY_BIT,
  EXIT_BIT,
  encodePayload,
  formatCourierCode,
  LATE_TOLERANCE_SECONDS,
  parseCourierCode,
  signingInput,
  windowStart,
} from '../domain/courier-code.ts';
export type { CommunityId, GateId, PassId } from '../domain/identifier.ts';
export { formatIdentifier, identifierBytes, isIdentifier } from '../domain/identifier.ts';
export type { OfflineRules, OfflineTerms } from '../domain/offline-terms.ts';
export type { Bilingual, DeniedReason, GrantedReason, Reason } from '../domain/reason.ts';
export { CANNOT_JUDGE_MESSAGE, messageFor } from '../domain/reason-message.ts';
export { type Status, statusAt } from '../domain/status-list.ts';
export {
  type Bundle,
  type BundleDocument,
  type IntervalDocument,
  type PostureDocument,
  writeBundle,
} from './bundle.ts';
export { type GateClock, type Obstacle, obstacle, STEP_BACK_MS } from './gate-clock.ts';
export {
  createGateMemory,
  type GateMemory,
  isForgettable,
  type Journal,
  type MemoryEvent,
  type Remembered,
} from './gate-memory.ts';
export {
  judgeOffline,
  type NoJudgement,
  type OfflineAttempt,
  type OfflineGrant,
  type OfflineOutcome,
  type OfflineRefusal,
  SERVER_ONLY_REASONS,
} from './judge-offline.ts';
export {
  type CourierCodeKeys,
  type CryptoKey,
  importJwks,
  importStatusListKeys,
  type PublishedKeySet,
  type StatusListKeys,
} from './key-set.ts';
export { type LoadOutcome, loadBundle, type OfflineCache } from './load-bundle.ts';
export { NDEF_TYPE, readNdefCode, writeNdefCode } from './ndef.ts';
export { MAX_BUNDLE_CHARACTERS, MalformedBundle, parseBundle } from './parse-bundle.ts';
export {
  MAX_STATUS_LIST_CHARACTERS,
  readStatusList,
  type StatusList,
  type StatusListDemands,
  type StatusListOutcome,
  type StatusListRefusal,
} from './status-list.ts';
export { type Authenticity, examineCode, verifySignature } from './verify-signature.ts';
