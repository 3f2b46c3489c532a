import { isQueueHigh, isSkewed } from '../domain/alert.ts';
import type { Millis } from '../domain/clock.ts';
import type { CommunityId } from '../domain/identifier.ts';
import type { GateHealth, GateRecord } from '../store/store.ts';
import type { Deps } from './deps.ts';
import { listAll } from './list-all.ts';

/** How a gate is, in one word. `waiting`: no device is enrolled. `silent`: the device has not spoken yet. */
export type GateState = 'waiting' | 'silent' | 'offline' | 'clock_wrong' | 'queue_high' | 'well';

export interface GateWithState {
  readonly gate: GateRecord;
  readonly health: GateHealth | null;
  readonly state: GateState;
}

/** The gates of a community and how each is. */
export async function listGateStates(
  deps: Pick<Deps, 'store' | 'now' | 'config'>,
  communityId: CommunityId,
): Promise<readonly GateWithState[]> {
  const gates = await listAll((page) => deps.store.listGates(communityId, page));
  return Promise.all(gates.map((gate) => withState(deps, gate)));
}

/** A gate and how it is. */
export async function withState(
  { store, now, config }: Pick<Deps, 'store' | 'now' | 'config'>,
  gate: GateRecord,
): Promise<GateWithState> {
  const health = gate.enrolledAt === null ? null : await store.findGateHealth(gate.id);
  const enrolled = gate.enrolledAt !== null;
  if (health === null) return { gate, health, state: enrolled ? 'silent' : 'waiting' };
  return { gate, health, state: stateOf(health, now(), config.limits.gateSilentMs) };
}

function stateOf(health: GateHealth, now: Millis, silentMs: Millis): GateState {
  if (now - health.lastContactAt >= silentMs) return 'offline';
  if (health.clockOffsetMs !== null && isSkewed(health.clockOffsetMs)) return 'clock_wrong';
  const { queueDepth, queueCapacity } = health;
  const high =
    queueDepth !== null && queueCapacity !== null && isQueueHigh(queueDepth, queueCapacity);
  return high ? 'queue_high' : 'well';
}
