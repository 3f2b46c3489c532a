import type { City } from '../city.ts';
import { passNamedBy } from '../forger.ts';
import { drawCode } from '../pictures.ts';
import { deliveriesOn, riderWithOrder, stopsOn } from '../rider.ts';
import type { Step } from '../step.ts';
import type { Teller } from '../teller.ts';

/** Steps 8 and 9: several orders on one pass, and an order that is cancelled. */
export async function orders(teller: Teller, city: City): Promise<void> {
  const { lake } = city;
  const dropoffAt = (building: string) => ({ dropoff: { communityId: lake.id, building } });
  await teller.step('Two orders for one community: one pass, two stops', async (step) => {
    const rider = await riderWithOrder(city, 'r-20', { deliveryId: 'k-1', ...dropoffAt('7') });
    const { id } = await rider.pass();
    await rider.update({ deliveryId: 'k-2', status: 'picked_up', ...dropoffAt('9') });
    const both = await rider.pass();
    step.expect('the pass after the second order', id, both.id);
    step.expect('stops', '7- 9-', stopsOn(both).sort().join(' '));
    await rider.update({ deliveryId: 'k-1', status: 'delivered' });
    step.expect('after the first is delivered', 'active', (await rider.pass()).status);
    const shows = await rider.picture();
    const { judgement } = await step.scan({ at: lake.north, way: 'in', shows, must: 'granted' });
    const building = judgement.kind === 'answered' ? judgement.answer.building : undefined;
    step.expect('the building on the screen', '9', building ?? 'none');
  });
  await teller.step('The order is cancelled while he rides to the gate', async (step) => {
    const rider = await riderWithOrder(city, 'r-21', { deliveryId: 'k-3', ...dropoffAt('1') });
    const shows = await rider.picture();
    await lake.north.whenShut();
    await rider.update({ deliveryId: 'k-3', status: 'cancelled' });
    const acceptedMs = performance.now();
    await step.scan({ at: lake.north, way: 'in', shows, must: 'delivery_not_active' });
    const sinceMs = Math.round(performance.now() - acceptedMs);
    step.say(`Refused ${sinceMs} ms after the service had accepted the cancellation.`);
  });
}

/** Step 11: two platforms, one person. */
export async function twoPlatforms(teller: Teller, city: City): Promise<void> {
  const { feida, lake } = city;
  await teller.step('飞达 gives the same person an order: one courier, one pass', async (step) => {
    const dropoff = { communityId: lake.id, building: '8' };
    const rider = await riderWithOrder(city, 'r-22', { deliveryId: 'k-4', dropoff });
    const elder = await rider.pass();
    await feida.updateDelivery({
      deliveryId: 'f-1',
      riderId: 'f-900',
      status: 'picked_up',
      dropoff,
    });
    const strangers = await appCode(city);
    const younger = passNamedBy(strangers.code);
    step.expect('before he joins them, passes', 2, new Set([elder.id, younger]).size);

    const { token } = await feida.riderLink('f-900');
    rider.phone = await rider.phone.join(token);
    const passes = await rider.phone.passes({ codes: 8 });
    const statusOf = (id: string): string =>
      passes.find((pass) => pass.id === id)?.status ?? 'gone';
    const kept = passes.find(({ id }) => id === elder.id) ?? elder;
    step.expect('the elder pass', 'active', statusOf(elder.id));
    step.expect('the younger pass', 'ended', statusOf(younger));
    const deliveries = 'feida f-1 picked_up, kuaisong k-4 picked_up';
    step.expect('deliveries on the elder', deliveries, deliveriesOn(kept).join(', '));
    await scanBoth(step, city, { old: strangers.code, codes: kept.codes });
    const visits = await lake.manager.visitsOf(elder.id);
    step.expect('visits that were opened', 1, visits.length);
  });
}

/** The code that the second platform shows in its own app now. */
async function appCode({ feida, lake }: City) {
  const [current] = await feida.codes('f-900', lake.id, 1);
  if (current === undefined) throw new Error('feida has no code for f-900');
  return current;
}

interface Codes {
  /** Of the younger pass, from before. */
  readonly old: string;
  /** Of the elder pass, on the phone. */
  readonly codes: readonly { readonly code: string; readonly notBefore?: string }[];
}

async function scanBoth(step: Step, city: City, { old, codes }: Codes): Promise<void> {
  const { north, east } = city.lake;
  step.say('The code of the younger pass, from before:');
  const ended = await drawCode(old);
  await step.scan({ at: east, way: 'in', shows: ended, must: 'delivery_not_active' });
  step.say(
    "The code that 飞达's own app draws now, and the same window from his phone at the other gate:",
  );
  const app = await appCode(city);
  const shows = await drawCode(app.code);
  await step.scan({ at: east, way: 'in', shows, must: 'granted' });
  const same = codes.find(({ notBefore }) => notBefore === app.notBefore)?.code ?? '';
  const again = await drawCode(same);
  await step.scan({ at: north, way: 'in', shows: again, must: 'code_used' });
}
