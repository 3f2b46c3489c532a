import type { City } from '../city.ts';
import { type Rider, refusalOn, riderWithOrder } from '../rider.ts';
import type { Step } from '../step.ts';
import type { Teller } from '../teller.ts';

/** Step 14: what the property manager can do at once. */
export async function supervision(teller: Teller, city: City): Promise<void> {
  const { lake } = city;
  await teller.step('The manager opens, blocks, unblocks, locks down', async (step) => {
    const dropoff = { communityId: lake.id, building: '4' };
    const rider = await riderWithOrder(city, 'r-24', { deliveryId: 'k-6', dropoff });
    const courierId = await inAndOut(step, city, rider);
    await blocked(step, city, rider, courierId);
    await lockedDown(step, city, rider);
  });
}

/** Posture `open` uses no code up, so the code is good afterwards. @returns who it was, from the manager's list */
async function inAndOut(step: Step, { lake }: City, rider: Rider): Promise<string> {
  const { north, east, manager } = lake;
  const shows = await rider.picture();
  await manager.setPosture('open', 'fire drill');
  step.say('Posture open, for a fire drill:');
  await step.scan({ at: north, way: 'in', shows, must: 'granted_open' });
  await step.scan({ at: east, way: 'out', shows, must: 'granted_exit' });
  await manager.backToNormal();
  const [visit] = await manager.visitsOf((await rider.pass()).id);
  step.expect('his visit, closed by', 'exit', visit?.closedBy ?? 'no visit');
  return visit?.courierId ?? 'nobody';
}

async function blocked(step: Step, { lake }: City, rider: Rider, courierId: string): Promise<void> {
  const { north, manager } = lake;
  const shows = await rider.picture();
  await manager.block(courierId, '在小区内超速');
  const pass = await rider.pass();
  const refusal = refusalOn(pass);
  step.say(`Blocked. His phone, before he rides there: 「${refusal.zh}」 ${refusal.en}`);
  step.expect(
    'refusal on the phone',
    'rider_blocked, 0 codes',
    `${refusal.reason}, ${pass.codes.length} codes`,
  );
  step.say('A code that he had kept:');
  await step.scan({ at: north, way: 'in', shows, must: 'rider_blocked' });
  await manager.unblock(courierId);
  const after = await rider.pass();
  step.expect(
    'unblocked',
    'none, 8 codes',
    `${refusalOn(after).reason}, ${after.codes.length} codes`,
  );
}

async function lockedDown(step: Step, { lake }: City, rider: Rider): Promise<void> {
  const { north, manager } = lake;
  const shows = await rider.picture();
  await manager.setPosture('lockdown', 'gas leak');
  await step.scan({ at: north, way: 'in', shows, must: 'community_lockdown' });
  await manager.backToNormal();
  step.say('Back to normal:');
  await step.scan({ at: north, way: 'in', shows, must: 'granted' });
}
