import type { CommunityId, GateId } from './identifier.ts';

export type Direction = 'in' | 'out';
export type Medium = 'qr' | 'nfc';
export type GateKind = 'gate' | 'guard';

export interface Gate {
  readonly id: GateId;
  readonly communityId: CommunityId;
  readonly name: string;
  readonly kind: GateKind;
  /** The readers that the device has. */
  readonly directions: readonly Direction[];
  readonly media: readonly Medium[];
  /** Whether the lane reports that somebody passed through. */
  readonly passageSensor: boolean;
}
