import type { Millis } from './clock.ts';
import type { CourierCodePayload } from './courier-code.ts';
import type { Direction, Medium } from './gate.ts';
import type { GateId } from './identifier.ts';

/** What is known of a code before any fact is loaded: how it parsed, and whether it is authentic. */
export type PresentedCode =
  | { readonly kind: 'absent' }
  | { readonly kind: 'malformed' }
  | { readonly kind: 'unknown_key' | 'bad_signature' }
  | { readonly kind: 'authentic'; readonly payload: CourierCodePayload };

/** One attempt to pass a gate, as the judge sees it. */
export interface Attempt {
  /** The gate's own UUID for the attempt: a retry carries the same. */
  readonly requestId: string;
  readonly gateId: GateId;
  readonly direction: Direction;
  readonly medium: Medium;
  readonly code: PresentedCode;
  /** SHA-256 of the presented string, base64url, first 16 characters; empty when there was none. */
  readonly codeDigest: string;
  /** The judge's clock. */
  readonly receivedAt: Millis;
  readonly lane?: string | undefined;
  readonly scannedAt?: Millis | undefined;
  readonly speedKmh?: number | undefined;
  readonly accuracyKmh?: number | undefined;
}
