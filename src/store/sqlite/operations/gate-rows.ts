import type { GateId } from '../../../domain/identifier.ts';
import type { GateRecord } from '../../store.ts';
import type { Context } from '../database.ts';
import type { GateRow } from '../reference-data.ts';
import { postureCommandOf } from './operation.ts';

/** A gate that has not been revoked. */
export function liveGate({ reference }: Context, id: GateId): GateRow | null {
  const row = reference.gate(id);
  return row === null || row.revokedAt !== null ? null : row;
}

/** A gate as the port shows it. */
export function gateRecord({ reference }: Context, row: GateRow): GateRecord {
  return {
    id: row.id,
    communityId: reference.community(row.communityNo).id,
    name: row.name,
    kind: row.kind,
    directions: row.directions,
    media: row.media,
    passageSensor: row.passageSensor,
    posture: postureCommandOf(row),
    enrolledAt: row.enrolledAt,
    createdAt: row.createdAt,
    epoch: row.epoch,
  };
}
