import { BACKDATED_HOURS, type City } from '../city.ts';
import { riderWithOrder } from '../rider.ts';
import type { Teller } from '../teller.ts';
import { wallClock, zoneWhereItIs } from '../time-zone.ts';

const HOME_ZONE = 'Asia/Shanghai';

/**
 * Step 10: hours are judged by the server's clock. Nobody's clock is set for it: the community is moved, by its
 * operator, to a time zone where it is past eleven in the evening at this moment, and then to one where it is
 * noon. Should midnight come meanwhile it is no less closed: the rules open at 06:00.
 */
export async function closedAtNight(teller: Teller, city: City): Promise<void> {
  const { river } = city;
  await teller.step(`${river.name} closes at 23:00; it is past 23:00 there`, async (step) => {
    const dropoff = { communityId: river.id, building: '2' };
    const rider = await riderWithOrder(city, 'r-23', { deliveryId: 'k-5', dropoff });
    const shows = await rider.picture();
    const moveTo = async (hour: number): Promise<void> => {
      const now = new Date();
      const zone = zoneWhereItIs(hour, now);
      await city.setTimezone(river.id, zone);
      step.say(
        `The operator moves ${river.name} to ${zone}, where it is now ${wallClock(zone, now)}.`,
      );
    };
    await moveTo(23);
    await step.scan({ at: river.gate, way: 'in', shows, must: 'outside_hours' });
    step.say(`The side gate lies: it says that it scanned the code ${BACKDATED_HOURS} hours ago.`);
    await step.scan({ at: river.liar, way: 'in', shows, must: 'outside_hours' });
    await moveTo(12);
    step.say('Same picture, same gate:');
    await step.scan({ at: river.gate, way: 'in', shows, must: 'granted' });
    await city.setTimezone(river.id, HOME_ZONE);
  });
}
