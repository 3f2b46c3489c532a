import type { City } from '../city.ts';
import { riderWithOrder } from '../rider.ts';
import type { Service } from '../service.ts';
import type { Teller } from '../teller.ts';

/** Step 15: the service is gone from one moment to the next; the gates judge alone, and it hears of it when it is back. */
export async function outage(teller: Teller, city: City): Promise<void> {
  const { lake, service, server } = city;
  await teller.step(
    'The service is killed: the gates judge alone; then it returns',
    async (step) => {
      const dropoff = { communityId: lake.id, building: '6' };
      const inside = await riderWithOrder(city, 'r-25', { deliveryId: 'k-7', dropoff });
      const outside = await riderWithOrder(city, 'r-26', { deliveryId: 'k-8', dropoff });
      const [used, fresh] = [await inside.picture(), await outside.picture()];
      await step.scan({ at: lake.east, way: 'in', shows: used, must: 'granted' });
      await lake.east.whenShut();

      step.expect('kill -9', 'killed by SIGKILL', await service.end('SIGKILL'));
      await step.scan({ at: lake.east, way: 'in', shows: used, must: 'code_used' });
      await step.scan({ at: lake.north, way: 'in', shows: fresh, must: 'granted' });
      await step.scan({ at: lake.east, way: 'out', shows: used, must: 'no_answer' });

      step.expect('started again at', server, await service.start());
      step.say(
        'The code that a gate has let in alone, at that gate, and at the other once it is reported:',
      );
      await step.scan({ at: lake.north, way: 'in', shows: fresh, must: 'code_used' });
      await lake.north.whenReported();
      await step.scan({ at: lake.east, way: 'in', shows: fresh, must: 'code_used' });
    },
  );
}

/** Step 16: the service is asked to go, and goes. */
export async function goodbye(teller: Teller, service: Service): Promise<void> {
  await teller.step('SIGTERM: the service ends by itself', async (step) => {
    step.expect('the service', 'exit code 0', await service.end('SIGTERM'));
  });
}
