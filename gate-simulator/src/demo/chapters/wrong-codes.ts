import type { City } from '../city.ts';
import { forgeCode } from '../forger.ts';
import { drawCode } from '../pictures.ts';
import { riderWithOrder } from '../rider.ts';
import type { Teller } from '../teller.ts';

/** Steps 5 and 6: a genuine code in the wrong place, and one that is not genuine. */
export async function wrongCodes(teller: Teller, city: City): Promise<void> {
  const { lake, river } = city;
  await teller.step(`A code for ${river.name} at a gate of ${lake.name}`, async (step) => {
    const dropoff = { communityId: river.id, building: '3' };
    const rider = await riderWithOrder(city, 'r-18', { deliveryId: 'k-8842', dropoff });
    const shows = await rider.picture();
    await step.scan({ at: lake.east, way: 'in', shows, must: 'wrong_community' });
  });
  await teller.step('A forged code: all as in a genuine one, another key', async (step) => {
    const dropoff = { communityId: lake.id, building: '5' };
    const rider = await riderWithOrder(city, 'r-19', { deliveryId: 'k-8843', dropoff });
    const genuine = (await rider.pass(1)).codes[0]?.code ?? '';
    const forged = forgeCode(genuine);
    step.say(
      'The forger knows the format, the pass and the window, and signs with a key of his own.',
    );
    const shows = await drawCode(forged);
    await step.scan({ at: lake.east, way: 'in', shows, must: 'bad_signature' });
    step.say('The genuine one, from the phone of the rider whose code it was:');
    const own = await drawCode(genuine);
    await step.scan({ at: lake.east, way: 'in', shows: own, must: 'granted' });
  });
}
