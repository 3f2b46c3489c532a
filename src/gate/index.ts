/**
 * What a gate runs: reads courier codes and verifies them with the published keys. The server judges with the
 * same functions, so a gate and the server cannot disagree.
 */
export {
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
export type { Bilingual, DeniedReason, GrantedReason, Reason } from '../domain/reason.ts';
export { messageFor } from '../domain/reason-message.ts';
export {
  type Authenticity,
  type CourierCodeKeys,
  type CryptoKey,
  importJwks,
  verifySignature,
} from './verify-signature.ts';
