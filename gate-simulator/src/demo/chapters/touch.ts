import { writeNdefCode } from 'courier-pass/gate';
import { type TagSettings, tapMirrors, tapUrl } from '../../hardware/tag.ts';
import type { City } from '../city.ts';
import { type Rider, riderWithOrder } from '../rider.ts';
import type { Step } from '../step.ts';
import type { Teller } from '../teller.ts';

const UID = '04DE5F1EACC040';

/** Steps 12 and 13: the code goes over by NFC, and a tag at the gate opens it from a browser. */
export async function touch(teller: Teller, city: City): Promise<void> {
  const { lake } = city;
  const dropoff = { communityId: lake.id, building: '10' };
  await teller.step('He holds his phone to the reader: the code goes over by NFC', async (step) => {
    const rider = await riderWithOrder(city, 'r-28', { deliveryId: 'k-10', dropoff });
    const code = (await rider.pass(1)).codes[0]?.code ?? '';
    const shows = writeNdefCode(code);
    step.say(`An NDEF message of ${shows.length} bytes, with the characters that the QR shows.`);
    await step.scan({ at: lake.north, way: 'in', by: 'nfc', shows, must: 'granted' });
    await step.scan({ at: lake.east, way: 'in', by: 'nfc', shows, must: 'code_used' });
  });
  await teller.step(
    'He taps the tag at the gate: its page opens it, without an app',
    async (step) => {
      const rider = await riderWithOrder(city, 'r-29', { deliveryId: 'k-11', dropoff });
      const tag = await lake.manager.addTag(lake.north.id, UID);
      await lake.north.whenShut();
      await tapped(step, city, rider, tag);
      await harvested(step, city, tag);
    },
  );
}

/** The URL that the phone reads changes nothing when it is opened; what its page posts does. */
async function tapped(step: Step, city: City, rider: Rider, tag: TagSettings): Promise<void> {
  const { lake, http } = city;
  const url = tapUrl(tag, 1);
  step.say(`His phone reads ${url.slice(0, url.indexOf('#') + 24)}…`);
  const page = await http.call({ method: 'GET', url, timeoutMs: 5_000 });
  step.expect(
    'the page that it opens',
    '200, door shut',
    `${page.status}, door ${lake.north.door}`,
  );
  const opening = lake.north.whenOpened();
  const { reason, message } = await rider.phone.tap(tagIdOf(tag), tapMirrors(tag, 1));
  await opening;
  step.answers.push(reason);
  step.say(`🟢 on his phone   ${message.zh}`);
  step.say(`   ${message.en}`);
  step.expect('gate', 'granted, door open', `${reason}, door ${lake.north.door}`);
  await lake.north.whenShut();
}

/** Somebody has photographed the address on the phone. */
async function harvested(step: Step, city: City, tag: TagSettings): Promise<void> {
  const { lake } = city;
  const dropoff = { communityId: lake.id, building: '11' };
  const other = await riderWithOrder(city, 'r-30', { deliveryId: 'k-12', dropoff });
  step.say('Another rider sends the same address:');
  const { reason } = await other.phone.tap(tagIdOf(tag), tapMirrors(tag, 1));
  step.answers.push(reason);
  step.expect('gate', 'code_used, door shut', `${reason}, door ${lake.north.door}`);
}

function tagIdOf({ url }: TagSettings): string {
  return new URLSearchParams(new URL(url).hash.slice(1)).get('t') ?? '';
}
