import type { Millis } from './clock.ts';
import type { CourierCodePayload } from './courier-code.ts';
import type { Direction, Medium } from './gate.ts';
import type { GateId } from './identifier.ts';

/** What is known of a code before any fact is loaded: how it parsed, and whether it is authentic. */
export type PresentedCode =
  | { readonly kind: 'absent' }
  | { readonly kind: 'malformed' }
  | { readonly kind: 'unknown_key' | 'bad_signature' }
  | { readonly kind: 'authentic'; readonly payload: CourierCodePayload }
  /** An authentic tap of the gate's tag. The rider's own pass stands for the code, the tag's counter for its window. */
  | {
      readonly kind: 'tap';
      readonly freshness: TapFreshness;
      /** Under which the tap counts once, beside the windows of codes. */
      readonly key: number;
    };

/** `used`: the newest tap seen, shown again; `overtaken`: a later one was seen, whether this one was used or not. */
export type TapFreshness = 'fresh' | 'used' | 'overtaken';

/** One attempt to pass a gate, as the judge sees it. */
export interface Attempt {
  /** The gate's own UUID for the attempt: a retry carries the same. */
  readonly requestId: string;
  readonly gateId: GateId;
  /** Of the device that asks; left out where no device does. */
  readonly gateEpoch?: number | undefined;
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
