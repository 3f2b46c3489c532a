import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import {
  type ListeningService,
  launchBrowser,
  listenForBrowsers,
  picture,
  type WatchedPage,
} from '../support/browser.ts';
import { type FakeCamera, makeFakeCamera } from '../support/fake-camera.ts';
import { type GuardPhone, guardPhone } from '../support/guard-phone.ts';
import {
  expectStatus,
  makeCommunity,
  makeDelivery,
  makeGate,
  makePlatform,
  type PlatformHandle,
  presentCode,
  signIn,
  verify,
} from '../support/world.ts';

let browser: Browser;
let service: ListeningService;
let camera: FakeCamera;
let platform: PlatformHandle;
let communityId: string;
let riders = 0;

beforeAll(async () => {
  camera = makeFakeCamera();
  [browser, service] = await Promise.all([launchBrowser(camera.flags), listenForBrowsers()]);
  platform = await makePlatform(service, 'kuaisong');
});
afterAll(async () => {
  await browser?.close();
  await service?.stop();
  camera?.remove();
});
beforeEach(async () => {
  communityId = await makeCommunity(service, { name: '阳光小区' });
});

/** A rider with an order, and the code of this moment. */
async function rider(members: Record<string, unknown> = {}): Promise<string> {
  riders += 1;
  const riderId = `r-${riders}`;
  const delivery = { communityId, riderId, deliveryId: `d-${riders}`, label: `快送 #${riders}` };
  await makeDelivery(service, platform, { ...delivery, ...members });
  return riderId;
}
const codeOf = async (riderId: string) =>
  presentCode(service, await signIn(service, platform, riderId));

const guard = (options?: Parameters<typeof guardPhone>[2]): Promise<GuardPhone> =>
  guardPhone({ browser, service, camera }, communityId, options);

async function decisions() {
  const path = `/v1/communities/${communityId}/decisions`;
  const answer = await service.call('GET', path, { token: service.operatorKey });
  return expectStatus(answer, 200).body.items;
}

function expectClean({ errors, hosts }: WatchedPage): void {
  expect(errors).toEqual([]);
  expect([...hosts]).toEqual([new URL(service.origin).host]);
}

describe('a code before the camera', () => {
  test('of a live order turns green, and says whom it is for', async () => {
    const phone = await guard();
    const riderId = await rider();
    await phone.show(await codeOf(riderId));
    const said = await phone.verdict('good');
    expect(said).toContain('放行');
    await phone.page.getByText(`快送 #${riders}`).first().waitFor();
    expect(await phone.verdict('good')).toContain('12 号楼');
    await picture(phone.page, 'guard-granted-zh-light', false);
    expect((await decisions())[0]).toMatchObject({
      reason: 'granted',
      gateId: phone.gateId,
      direction: 'in',
    });
    await phone.page.getByRole('button', { name: '下一位' }).click();
    await phone.page.getByRole('button', { name: /在内/ }).click();
    await phone.page.locator('.row').getByText(`快送 #${riders}`).waitFor();
    expectClean(phone);
  });

  test('that was used turns red, and says why and what to do', async () => {
    const other = await makeGate(service, communityId);
    const phone = await guard();
    const code = await codeOf(await rider());
    expect((await verify(service, other, { code })).body.reason).toBe('granted');
    await phone.show(code);
    const said = await phone.verdict('bad');
    expect(said).toContain('不能进');
    expect(said).toContain('码已用过');
    expect(said).toContain('请刷新页面后出示新码');
    await picture(phone.page, 'guard-denied-zh-light', false);
    onTestFinished(() => camera.hold(null));
    expectClean(phone);
  });
});
