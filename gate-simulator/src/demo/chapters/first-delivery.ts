import { RiderPhone } from '../../platform/rider-phone.ts';
import { ServiceRefusal } from '../../wire/service.ts';
import type { City } from '../city.ts';
import { Rider, stopsOn } from '../rider.ts';
import type { Teller } from '../teller.ts';

/** What a rider may wait at a gate. */
const PATIENCE_MS = 1_000;

/** The order that the first rider brings. */
export const FIRST_ORDER = 'k-8841';

/** Steps 1 to 4: from the platform's callback to the open door, and one code opens one visit. */
export async function firstDelivery(teller: Teller, city: City): Promise<Rider> {
  const rider = await pickedUp(teller, city);
  const { north, east, manager } = city.lake;
  const picture = await teller.step('The camera of the north gate reads the code', async (step) => {
    const shows = await rider.picture();
    north.nextRiderHesitates();
    const { tookMs } = await step.scan({ at: north, way: 'in', shows, must: 'granted' });
    step.expect(
      'the wait at the gate',
      'under 1 s',
      tookMs < PATIENCE_MS ? 'under 1 s' : `${tookMs} ms`,
    );
    return shows;
  });
  await teller.step('He hesitates, the arm comes down: the same code once more', async (step) => {
    await north.whenShut();
    step.say('Nobody walked through; the arm came down by itself after 3 s. He has 20 s of grace.');
    await step.scan({ at: north, way: 'in', shows: picture, must: 'granted_rescan' });
    const visits = await manager.visitsOf((await rider.pass()).id);
    step.expect('visits that were opened', 1, visits.length);
  });
  await teller.step('A friend shows a screenshot of that code at the east gate', async (step) => {
    await step.scan({ at: east, way: 'in', shows: picture, must: 'code_used' });
    step.expect('flag for the manager', 'code_replayed', (await manager.newestFlags()).join());
  });
  return rider;
}

function pickedUp(teller: Teller, city: City): Promise<Rider> {
  const { kuaisong, http, server, lake } = city;
  return teller.step('快送 reports picked_up; the rider opens his link', async (step) => {
    const { token } = await kuaisong.riderLink('r-17');
    const rider = await Rider.signIn(city, kuaisong, 'r-17');
    await rider.update({
      ...{ deliveryId: FIRST_ORDER, status: 'picked_up', label: '快送 #18', vehicle: 'e-bike' },
      dropoff: { communityId: lake.id, building: '12', unit: '2', floor: 18 },
    });
    const pass = await rider.pass();
    step.say(
      `Pass ${pass.id} for ${lake.name}; his phone holds codes for 8 windows of 30 s, ahead of need.`,
    );
    step.expect('the pass', 'active, 8 codes', `${pass.status}, ${pass.codes.length} codes`);
    step.expect('where to go, on his phone only', '12-2/18', stopsOn(pass).join());
    const open = () => RiderPhone.signIn(http, server, token);
    const twice = [await statusOf(open), await statusOf(open)].join(', ');
    step.expect('another link of his, opened twice', '200, 401', twice);
    return rider;
  });
}

/** The status of a refusal, or 200. */
async function statusOf(call: () => Promise<unknown>): Promise<string> {
  try {
    await call();
    return '200';
  } catch (error) {
    if (error instanceof ServiceRefusal) return String(error.status);
    throw error;
  }
}
