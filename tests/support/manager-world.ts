/** A community with a day behind it, and people who manage it. */

import type { Page } from 'playwright-core';
import type { ListeningService } from './browser.ts';
import { invited, PASSWORD } from './person.ts';
import {
  type GateHandle,
  makeCommunity,
  makeDelivery,
  makeGate,
  makePlatform,
  type PlatformHandle,
  presentCode,
  signIn,
  verify,
} from './world.ts';

export interface ManagedWorld {
  readonly platform: PlatformHandle;
  readonly communityId: string;
  readonly gate: GateHandle;
}

export async function makeManagedWorld(
  service: ListeningService,
  slug: string,
  members: { name?: string; district?: string } = {},
): Promise<ManagedWorld> {
  const platform = await makePlatform(service, slug);
  const communityId = await makeCommunity(service, {
    name: '东湖花园',
    district: '武昌',
    ...members,
  });
  const gate = await makeGate(service, communityId, { name: '北门' });
  return { platform, communityId, gate };
}

/** A rider with an order, who shows the code at the gate. @returns what the gate was told */
export async function ride(
  service: ListeningService,
  { platform, communityId, gate }: ManagedWorld,
  riderId: string,
  members: Record<string, unknown> = {},
): Promise<{ decision: string; reason: string }> {
  const deliveryId = `d-${riderId}-${Math.floor(service.clock.now())}`;
  await makeDelivery(service, platform, { communityId, riderId, deliveryId, ...members });
  const rider = await signIn(service, platform, riderId);
  const code = await presentCode(service, rider);
  return (await verify(service, gate, { code })).body;
}

/** Opens an invitation in a browser and fills it in: the person is signed in. */
export async function join(
  service: ListeningService,
  page: Page,
  role: string,
  scope: object,
  signInName: string,
): Promise<void> {
  const code = await invited(service, role, scope);
  await page.goto(`${service.origin}/invitation#${code}`);
  await page.locator('#signInName').waitFor();
  await page.fill('#name', '王师傅');
  await page.fill('#signInName', signInName);
  await page.fill('#password', PASSWORD);
  await page.click('main form .button-primary');
  await page.waitForURL(/\/m/);
}
