import type { Gate } from '../firmware/gate.ts';
import type { PlatformClient } from '../platform/platform-client.ts';
import type { Direction } from '../wire/verify.ts';
import type { Pace } from './pace.ts';
import type { Stage } from './stage.ts';
import type { Tally } from './tally.ts';

/** Every so many orders somebody shows the code once more after the rider has left with it: it is used up. */
const REPLAY_EVERY = 20;

/** Every so many orders the rider tries to enter again after the delivery: there is no live delivery any more. */
const LATE_TRY_EVERY = 10;

export interface Order {
  /** Over all riders; decides the gates and which tries are made. */
  readonly number: number;
  readonly deliveryId: string;
  readonly riderId: string;
}

export interface Play {
  readonly stage: Stage;
  readonly pace: Pace;
  readonly tally: Tally;
}

/**
 * One order from the shop to the door and back: picked up, codes, in, out, delivered. Each attempt is counted
 * against the reason that the contract promises. Never rejects; an order that cannot go on counts as an error.
 */
export async function playOrder(play: Play, order: Order): Promise<void> {
  const { stage, tally } = play;
  const community = stage.communities[order.number % stage.communities.length];
  if (community === undefined) return;
  const gateOf = (turn: number): Gate | undefined =>
    community.gates[
      (Math.floor(order.number / stage.communities.length) + turn) % community.gates.length
    ];
  const [entry, exit] = [gateOf(0), gateOf(1)];
  if (entry === undefined || exit === undefined) return;
  try {
    await callBack(play, order, 'picked_up', community.id);
    const code = await fetchCode(play, stage.platform, order.riderId, community.id);
    await attempt(play, entry, code, 'in', 'granted');
    await attempt(play, exit, code, 'out', 'granted_exit');
    if (order.number % REPLAY_EVERY === 7) await attempt(play, exit, code, 'in', 'code_used');
    await callBack(play, order, 'delivered', community.id);
    if (order.number % LATE_TRY_EVERY === 3) {
      await attempt(play, entry, code, 'in', 'delivery_not_active');
    }
    tally.orders += 1;
  } catch (error) {
    tally.failed(error instanceof Error ? error.message : String(error));
  }
}

async function callBack(
  { stage, tally }: Play,
  { deliveryId, riderId }: Order,
  status: 'picked_up' | 'delivered',
  communityId: string,
): Promise<void> {
  const startMs = performance.now();
  const dropoff = { communityId, building: '12' };
  await stage.platform.updateDelivery({ deliveryId, riderId, status, dropoff, vehicle: 'e-bike' });
  tally.callbacks.add(performance.now() - startMs);
}

async function fetchCode(
  { tally }: Play,
  platform: PlatformClient,
  riderId: string,
  communityId: string,
): Promise<string> {
  const startMs = performance.now();
  const [window] = await platform.codes(riderId, communityId, 1);
  tally.codeFetches.add(performance.now() - startMs);
  if (window === undefined) throw new Error('no code for a rider with a live delivery');
  return window.code;
}

async function attempt(
  { pace, tally }: Play,
  gate: Gate,
  code: string,
  direction: Direction,
  expected: string,
): Promise<void> {
  await pace.turn();
  const startMs = performance.now();
  const judgement = await gate.judge(code, { direction });
  tally.judged(judgement, expected, performance.now() - startMs);
}
