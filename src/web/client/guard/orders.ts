/** Whom riders deliver to: asked for when a pass comes on the screen. */
import type { Order } from '../../guard/wire.ts';
import { server } from './server.ts';
import { change, read } from './state.ts';

/** The most passes in one question. */
const MOST_PASSES = 50;

/** Fetches the orders of these passes; what comes joins the state. */
export async function showOrders(passIds: readonly string[]): Promise<void> {
  const asking = [...new Set(passIds)].slice(0, MOST_PASSES);
  if (asking.length === 0) return;
  const asked = await server.orders(asking);
  if (asked.kind !== 'ok') return;
  const orders: Record<string, readonly Order[]> = { ...read().orders };
  for (const passId of asking)
    orders[passId] = asked.value.items.filter((order) => order.passId === passId);
  change({ orders });
}
