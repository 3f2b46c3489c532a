import type { City } from '../city.ts';
import { drawCode } from '../pictures.ts';
import type { Rider } from '../rider.ts';
import type { Teller } from '../teller.ts';
import { FIRST_ORDER } from './first-delivery.ts';

/** Step 7: after the last delivery a pass leads out, and only out. @param rider is inside */
export async function leaving(teller: Teller, city: City, rider: Rider): Promise<void> {
  const { north, east, manager } = city.lake;
  await teller.step('Delivered: the pass leads out, and only out', async (step) => {
    const { id, codes } = await rider.pass();
    const old = await rider.picture();
    await rider.update({ deliveryId: FIRST_ORDER, status: 'delivered' });
    step.expect('the pass', 'leaving', (await rider.pass()).status);
    step.say('The code that was on his phone before:');
    await step.scan({ at: east, way: 'in', shows: old, must: 'delivery_not_active' });
    step.say('The code that his phone shows now:');
    const exitOnly = await rider.picture();
    await step.scan({ at: east, way: 'in', shows: exitOnly, must: 'wrong_gate' });
    await step.scan({ at: north, way: 'out', shows: exitOnly, must: 'granted_exit' });
    const [visit] = await manager.visitsOf(id);
    step.expect('his visit, closed by', 'exit', visit?.closedBy ?? 'no visit');
    step.expect('the pass', 'ended', (await rider.pass()).status);
    step.expect('the next picture', '404 not_found', await rider.pictureOrWhyNot(id));
    step.say('He turns round with a code that his phone had fetched ahead:');
    const kept = codes.find(({ notAfter = '' }) => Date.parse(notAfter) > Date.now());
    const shows = await drawCode(kept?.code ?? '');
    await step.scan({ at: east, way: 'in', shows, must: 'delivery_not_active' });
  });
}
