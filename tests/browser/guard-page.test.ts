import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import {
  type ListeningService,
  launchBrowser,
  listenForBrowsers,
  openPage,
  picture,
  seriousIssues,
} from '../support/browser.ts';
import { type FakeCamera, makeFakeCamera } from '../support/fake-camera.ts';
import { guardPhone } from '../support/guard-phone.ts';
import { newAccount } from '../support/person.ts';
import {
  changeRules,
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

async function code(communityId: string, members: Record<string, unknown> = {}): Promise<string> {
  riders += 1;
  const delivery = { communityId, riderId: `r-${riders}`, deliveryId: `d-${riders}` };
  await makeDelivery(service, platform, { ...delivery, label: `快送 #${riders}`, ...members });
  return presentCode(service, await signIn(service, platform, `r-${riders}`));
}

/** A place where much happens: riders inside, a gate with hardware, alerts. */
async function busyCommunity(): Promise<string> {
  const communityId = await makeCommunity(service, { name: '阳光小区' });
  const gate = await makeGate(service, communityId);
  for (let entries = 0; entries < 3; entries++)
    await verify(service, gate, { code: await code(communityId) });
  await verify(service, gate, { direction: 'out' });
  return communityId;
}

const looks = [
  { language: 'zh-CN', colorScheme: 'light', width: 360, height: 640 },
  { language: 'zh-CN', colorScheme: 'dark', width: 360, height: 640 },
  { language: 'en-GB', colorScheme: 'light', width: 360, height: 640 },
  { language: 'en-GB', colorScheme: 'dark', width: 360, height: 640 },
  { language: 'zh-CN', colorScheme: 'light', width: 1280, height: 800 },
  { language: 'zh-CN', colorScheme: 'dark', width: 1280, height: 800 },
] as const;

describe('the guard’s page', () => {
  test.each(looks)(
    'has no serious issue for axe in $language, $colorScheme, $width px wide',
    async ({ language, colorScheme, width, height }) => {
      const communityId = await busyCommunity();
      const options = { locale: language, colorScheme, viewport: { width, height } };
      const name = `${language.slice(0, 2)}-${colorScheme}-${width}`;
      const found: Record<string, string[]> = {};
      const check = async (page: Page, screen: string) => {
        found[screen] = await seriousIssues(page);
        await picture(page, `guard-${screen}-${name}`, false);
        expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(width);
      };

      const nobody = await openPage(browser, options);
      onTestFinished(() => nobody.context.close());
      await nobody.page.goto(`${service.origin}/g`);
      await nobody.page.locator('.enrol').waitFor();
      await check(nobody.page, 'enrol');

      const phone = await guardPhone({ browser, service, camera }, communityId, options);
      const { page } = phone;
      const tab = (index: number) => page.locator('.guard-tabs button').nth(index).click();
      await check(page, 'scan');
      await page.locator('.scan-actions button').click();
      await page.locator('.sheet').waitFor();
      await check(page, 'admit');
      await page.locator('.sheet-actions button').first().click();
      await tab(1);
      await page.locator('.gate-row button').click();
      await check(page, 'gates');
      await tab(2);
      await page.locator('.row').nth(2).waitFor();
      await page.getByText(/快送/).first().waitFor();
      await check(page, 'inside');
      await tab(3);
      await page.locator('.row').first().waitFor();
      await check(page, 'alerts');
      await tab(4);
      await page.locator('.list-screen .card').first().waitFor();
      await check(page, 'setup');
      await phone.show(await code(communityId));
      await phone.verdict('good');
      await page.getByText(`快送 #${riders}`).first().waitFor();
      await check(page, 'good');
      await phone.page.locator('.verdict button').last().click();
      await phone.show('CP1:NOT A CODE');
      await phone.verdict('bad');
      await check(page, 'bad');
      await phone.page.locator('.verdict button').last().click();
      await changeRules(service, communityId, {
        guardConfirmation: { hours: [], vehicles: ['bicycle'], conductPoints: null },
      });
      await phone.show(await code(communityId, { vehicle: 'bicycle' }));
      await phone.verdict('wait');
      await page.getByText(`快送 #${riders}`).first().waitFor();
      await check(page, 'wait');

      expect(found).toEqual(Object.fromEntries(Object.keys(found).map((each) => [each, []])));
      expect([...phone.hosts]).toEqual([new URL(service.origin).host]);
      expect([...nobody.errors, ...phone.errors]).toEqual([]);
    },
    60_000,
  );

  test('holds markup and the longest words that others write', async () => {
    const evil = '<img src=x onerror=alert(1)>';
    const communityId = await makeCommunity(service, { name: evil });
    await makeGate(service, communityId, {
      name: `${evil}${'很长的门名'.repeat(14)}`.slice(0, 100),
    });
    const name = `${evil}${'W'.repeat(72)}`.slice(0, 100);
    const phone = await guardPhone({ browser, service, camera }, communityId, { gate: { name } });
    const { page } = phone;
    page.on('dialog', () => phone.errors.push('a script ran'));
    const dropoff = { communityId, building: '<b>9</b>'.repeat(4), unit: '2', floor: 3 };
    await phone.show(await code(communityId, { label: `${evil}${'W'.repeat(30)}`, dropoff }));
    await phone.verdict('good');
    await page.locator('.verdict-order').getByText(evil).waitFor();
    await picture(page, 'guard-long-good', false);
    await page.locator('.verdict button').last().click();
    for (let index = 0; index < 5; index++) {
      await page.locator('.guard-tabs button').nth(index).click();
      await picture(page, `guard-long-${index}`, false);
      expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(360);
    }
    expect(await page.locator('main img, main b').count()).toBe(0);
    expect(phone.errors).toEqual([]);
  });

  test('a camera that is not allowed is said, and tried again', async () => {
    const communityId = await makeCommunity(service);
    const phone = await guardPhone({ browser, service, camera }, communityId);
    const { page } = phone;
    await page.addInitScript(`{
      const real = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
      let refused = false;
      navigator.mediaDevices.getUserMedia = (wish) => {
        if (refused) return real(wish);
        refused = true;
        return Promise.reject(new DOMException('no', 'NotAllowedError'));
      };
    }`);
    await page.reload();
    await page.getByText('没有相机权限').waitFor();
    await picture(page, 'guard-no-camera', false);
    await page.getByRole('button', { name: '重试' }).click();
    await page.locator('.finder-frame').waitFor();
  });
});

describe('a guard who is signed in', () => {
  async function signedIn(communityId: string) {
    const person = await newAccount(service, 'guard', { kind: 'community', communityId });
    const watched = await openPage(browser);
    onTestFinished(() => watched.context.close());
    await watched.context.addCookies(
      [...person.cookies].map(([name, value]) => ({
        name,
        value,
        url: service.origin,
        httpOnly: true,
      })),
    );
    return { ...watched, person };
  }

  test('supervises without the phone being a gate: admits by hand, as a person on the record', async () => {
    const communityId = await busyCommunity();
    const { page, errors } = await signedIn(communityId);
    await page.goto(`${service.origin}/g`);
    await page.getByText('这台手机还不能扫码').waitFor();
    await picture(page, 'guard-account-zh-light', false);
    await page.getByRole('button', { name: '手动放行' }).click();
    await page.getByRole('button', { name: '住户来电同意' }).click();
    await page.getByRole('button', { name: '放行并记录' }).click();
    await page.locator('.verdict-good').waitFor();
    const path = `/v1/communities/${communityId}/decisions`;
    const listed = await service.call('GET', path, { token: service.operatorKey });
    expect(expectStatus(listed, 200).body.items[0]).toMatchObject({ reason: 'granted_by_guard' });
    await page.getByRole('button', { name: '下一位' }).click();
    await page.getByRole('button', { name: /设置/ }).click();
    await page.getByText('已登录：王师傅').waitFor();
    expect(errors).toEqual([]);
  });
});
