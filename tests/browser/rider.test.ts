import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { readPicture } from '../../gate-simulator/src/hardware/picture.ts';
import { tapUrl } from '../../gate-simulator/src/hardware/tag.ts';
import { judgeSpeeds } from '../../src/access/judge-speeds.ts';
import {
  type ListeningService,
  launchBrowser,
  listenForBrowsers,
  openPage,
  picture,
  seriousIssues,
  type WatchedPage,
} from '../support/browser.ts';
import { bootGate } from '../support/simulated-gate.ts';
import { makeTag } from '../support/tag.ts';
import {
  changeRules,
  makeCommunity,
  makeDelivery,
  makeGate,
  makeLink,
  makePlatform,
  type PlatformHandle,
  readPasses,
  signIn,
  verify,
} from '../support/world.ts';

const MINUTE = 60_000;

let browser: Browser;
let service: ListeningService;
let platform: PlatformHandle;
let riders = 0;
let riderId: string;

beforeAll(async () => {
  [browser, service] = await Promise.all([launchBrowser(), listenForBrowsers()]);
  platform = await makePlatform(service, 'kuaisong');
});
afterAll(async () => {
  await browser?.close();
  await service?.stop();
});
beforeEach(() => {
  riders += 1;
  riderId = `r-${riders}`;
});

/** An order of this test's rider, on its way. */
function order(communityId: string, members: Record<string, unknown> = {}): Promise<void> {
  return makeDelivery(service, platform, {
    communityId,
    riderId,
    deliveryId: `d-${riders}`,
    label: '快送 #18',
    deadlineAt: new Date(service.clock.now() + 12 * MINUTE).toISOString(),
    ...members,
  });
}

/** A phone that opens the platform's link. */
async function phone(options: Parameters<typeof openPage>[1] = {}): Promise<WatchedPage> {
  const opened = await openPage(browser, options);
  onTestFinished(() => opened.context.close());
  return opened;
}
async function openLink({ page }: WatchedPage): Promise<void> {
  const token = await makeLink(service, platform, riderId);
  await page.goto(`${service.origin}/r#t=${token}`);
}
const seesCode = (page: Page) => page.locator('.code-symbol').first().waitFor();
const shot = (page: Page) => page.screenshot();
/** What a camera reads off the phone. */
const readCode = async (page: Page) => readPicture(await shot(page));

async function gateAt(communityId: string) {
  const gate = await bootGate(service, communityId);
  onTestFinished(() => gate.close());
  return gate;
}

/** The page's own figures are clean: nothing failed, and nobody else was asked. */
function expectClean({ errors, hosts }: WatchedPage): void {
  expect(errors).toEqual([]);
  expect([...hosts]).toEqual([new URL(service.origin).host]);
}

describe('a rider with an order', () => {
  test('comes from the link to the open gate, is told where to ride, and out again', async () => {
    const communityId = await makeCommunity(service, { name: '阳光小区' });
    const gate = await gateAt(communityId);
    await order(communityId);
    const watched = await phone();
    const { page } = watched;
    const listening = page.waitForResponse(/\/v1\/rider\/stream/);
    await openLink(watched);
    await Promise.all([seesCode(page), listening]);
    expect(page.url()).toBe(`${service.origin}/r`);
    await page.getByText('骑手入口：南门').waitFor();
    expect(await page.locator('h1').textContent()).toBe('阳光小区');
    await page.getByText('12 号楼 2 单元 18 层').waitFor();
    await picture(page, 'rider-pass-zh-light', false);

    const entered = await gate.scan(await shot(page), 'in');
    expect(entered).toMatchObject({ opened: true });
    expect(gate.openings()).toBe(1);
    const answer = page.locator('.answer-granted');
    await answer.waitFor();
    expect(await answer.textContent()).toMatch(/门已开.*请进.*12 号楼 2 单元 18 层.*15 公里/);
    await picture(page, 'rider-granted-zh', false);
    await answer.click();
    await page.getByText('已进入').waitFor();

    await order(communityId, { status: 'delivered' });
    await page.getByText('已送达，出门用码').waitFor();
    await seesCode(page);
    await picture(page, 'rider-leaving-zh-light', false);
    const left = await gate.scan(await shot(page), 'out');
    expect(left).toMatchObject({ opened: true });
    await page.getByText('慢走').first().waitFor();
    await page.locator('.answer-granted').click();
    await page.getByText('现在没有通行证').waitFor();
    await page.getByRole('button', { name: '我的' }).click();
    expect(await page.locator('.decision').allTextContents()).toMatchObject([
      expect.stringMatching(/^出.*请慢走/),
      expect.stringMatching(/^进.*请进/),
    ]);
    await service.deps.audit.run();
    const receipt = page.waitForEvent('download');
    await page.getByRole('button', { name: '凭证' }).first().click();
    expect((await receipt).suggestedFilename()).toMatch(/^[\w-]{43}\.tlog-proof$/);
    await picture(page, 'rider-empty-zh-light', false);
    expectClean(watched);
  });

  test('sees a new order’s pass appear by itself, the nearest deadline first', async () => {
    const [far, near] = [
      await makeCommunity(service, { name: '远山花园' }),
      await makeCommunity(service, { name: '近水苑' }),
    ];
    const watched = await phone();
    const { page } = watched;
    await order(far, { deadlineAt: new Date(service.clock.now() + 40 * MINUTE).toISOString() });
    await openLink(watched);
    await seesCode(page);
    await order(near, {
      deliveryId: `${riderId}-2`,
      deadlineAt: new Date(service.clock.now() + 9 * MINUTE).toISOString(),
    });
    await page.locator('.pass').nth(1).waitFor();
    expect(await page.locator('.pass h1').allTextContents()).toEqual(['近水苑', '远山花园']);
    await page.getByRole('button', { name: '第 2 张，共 2 张：远山花园' }).click();
    await expect.poll(() => page.locator('.dots [aria-current]').textContent()).toBe('远山花园');
    const { items } = await readPasses(
      service,
      await signIn(service, platform, riderId),
      '?codes=2',
    );
    const codes = items
      .find(({ community }: { community: { id: string } }) => community.id === far)
      .codes.map(({ code }: { code: string }) => code);
    await expect.poll(() => readCode(page)).toSatisfy((code) => samePass(code, codes));
    await picture(page, 'rider-two-passes-zh-light', false);
    expectClean(watched);
  });

  test('sees the building on the plan, also without signal', async () => {
    const communityId = await makeCommunity(service, { name: '阳光小区' });
    const square = (x: number, y: number) => {
      const [west, south] = [119.5 + x / 1_000, 35.4 + y / 1_000];
      const [east, north] = [west + 0.0004, south + 0.0003];
      const ring = [
        [west, south],
        [east, south],
        [east, north],
        [west, north],
        [west, south],
      ];
      return { type: 'Polygon', coordinates: [ring] };
    };
    const feature = (kind: string, name: string, geometry: object) => ({
      type: 'Feature',
      properties: { kind, name },
      geometry,
    });
    const body = {
      type: 'FeatureCollection',
      features: [
        feature('building', '11', square(0, 0)),
        feature('building', '12号楼', square(1, 0)),
        feature('parking', '骑手停车', square(0.5, -0.8)),
        feature('gate', '南门', { type: 'Point', coordinates: [119.5007, 35.3988] }),
      ],
    };
    const path = `/v1/communities/${communityId}/plan`;
    await service.call('PUT', path, { token: service.operatorKey, body });
    await order(communityId);
    const watched = await phone();
    const { page, context } = watched;
    await openLink(watched);
    const plan = page.getByRole('img', { name: '阳光小区平面图' });
    await plan.waitFor();
    expect(await page.locator('.plan-here title').allTextContents()).toEqual(['12号楼']);
    await picture(page, 'rider-plan-zh-light');
    await expect
      .poll(() => page.evaluate('navigator.serviceWorker.controller !== null'))
      .toBe(true);
    await context.setOffline(true);
    await page.reload();
    await plan.waitFor();
    const stranger = await signIn(service, platform, 'nobody');
    expect((await service.call('GET', path, { token: stranger.token })).status).toBe(404);
  });

  test('is told before riding there that the gate would refuse, and why', async () => {
    const communityId = await makeCommunity(service);
    await order(communityId, { vehicle: 'motorcycle' });
    const watched = await phone();
    await openLink(watched);
    const { page } = watched;
    await page.getByText('现在进不去').waitFor();
    expect(await page.locator('.notice-bad').textContent()).toContain('先解决它，再骑过去');
    expect(await page.locator('.code').count()).toBe(0);
    await picture(page, 'rider-refused-ahead-zh-light', false);
    expectClean(watched);
  });

  test('refused at the gate is told why and what to do, until it was read', async () => {
    const communityId = await makeCommunity(service);
    const gate = await gateAt(communityId);
    await order(communityId);
    const watched = await phone({ locale: 'en-GB' });
    const { page } = watched;
    const listening = page.waitForResponse(/\/v1\/rider\/stream/);
    await openLink(watched);
    await Promise.all([seesCode(page), listening]);
    await changeRules(service, communityId, {
      hours: [{ days: ['mon'], from: '03:00', to: '03:01' }],
    });
    expect(await gate.scan(await shot(page), 'in')).toMatchObject({ opened: false });
    expect(gate.openings()).toBe(0);
    const answer = page.locator('.answer-denied');
    await answer.waitFor();
    expect(await answer.textContent()).toMatch(/The gate stays shut.*at this hour/);
    await picture(page, 'rider-refused-en', false);
    await answer.click();
    await answer.waitFor({ state: 'detached' });
    expectClean(watched);
  });

  test('opens the gate by tapping its tag', async () => {
    const communityId = await makeCommunity(service);
    const gate = await gateAt(communityId);
    const tag = await makeTag(service, gate);
    await order(communityId);
    const watched = await phone();
    await openLink(watched);
    const { page } = watched;
    await seesCode(page);
    await page.goto(tapUrl(tag.settings, 1));
    await page.getByText('门已开').waitFor();
    expect(await page.locator('#opened .message').textContent()).toBe('请进 · 12 · ≤ 15 km/h');
    await expect.poll(() => gate.openings()).toBe(1);
    await picture(page, 'tap-opened-zh-light', false);
    expectClean(watched);
  });
});

describe('without signal', () => {
  /** A phone whose clock can be turned, with a pass and two hours of codes. */
  async function readyPhone(clockOffMs = 0) {
    const communityId = await makeCommunity(service, { name: '阳光小区' });
    await order(communityId);
    const watched = await phone();
    const { page, context } = watched;
    await context.clock.install({ time: service.clock.now() + clockOffMs });
    await openLink(watched);
    await seesCode(page);
    const { items } = await readPasses(
      service,
      await signIn(service, platform, riderId),
      '?codes=240',
    );
    const codes: { code: string; notBefore: string; notAfter: string }[] = items[0].codes;
    const last = Date.parse(codes.at(-1)?.notAfter ?? '');
    // The phone holds them all, give or take the window that has gone by.
    await expect.poll(() => heldUntil(page), { timeout: 10_000 }).toBeGreaterThan(last - MINUTE);
    await expect
      .poll(() => page.evaluate('navigator.serviceWorker.controller !== null'))
      .toBe(true);
    return { watched, page, communityId, codes };
  }

  /** The end of the last window that the phone keeps. */
  function heldUntil(page: Page): Promise<number> {
    return page.evaluate(`new Promise((resolve) => {
      const opening = indexedDB.open('keyval-store');
      opening.onsuccess = () => {
        const asked = opening.result.transaction('keyval').objectStore('keyval').get('rider-3');
        asked.onsuccess = () => resolve(asked.result?.passes[0]?.windows.at(-1)?.to ?? 0);
      };
    })`);
  }

  test('shows the right code for two hours, from a cold start, and says how long', async () => {
    const { watched, page, codes } = await readyPhone();
    const { context } = watched;
    await service.interrupt();
    onTestFinished(() => service.resume());
    await context.setOffline(true);
    await page.reload();
    await page.getByText(/没有信号，通行码还能用到/).waitFor();
    expect(codes.map(({ code }) => strippedOfSignature(code))).toContain(
      strippedOfSignature(await readCode(page)),
    );
    await picture(page, 'rider-offline-zh-light', false);

    await context.clock.fastForward(110 * MINUTE);
    await page.reload();
    await seesCode(page);
    const at = Date.now() + 110 * MINUTE;
    const due = codes.filter(
      ({ notBefore, notAfter }) =>
        Date.parse(notBefore) <= at + 5_000 && at - 15_000 < Date.parse(notAfter),
    );
    expect(due.map(({ code }) => strippedOfSignature(code))).toContain(
      strippedOfSignature(await readCode(page)),
    );

    await context.clock.fastForward(11 * MINUTE);
    await page.getByText(/备用的通行码已用完/).waitFor();
    expect(await page.locator('.code-symbol').count()).toBe(0);
    await picture(page, 'rider-offline-over-zh-light', false);
  });

  test.each([-60, 60])(
    'on a phone whose clock is %i minutes wrong, the gate takes the code',
    async (minutes) => {
      const { watched, page, communityId } = await readyPhone(minutes * MINUTE);
      const gate = await gateAt(communityId);
      await watched.context.setOffline(true);
      await page.reload();
      await page.getByText(/没有信号，通行码还能用到/).waitFor();
      expect(await gate.scan(await shot(page), 'in')).toMatchObject({ opened: true });
    },
  );

  test('a window follows the other without a moment of nothing', async () => {
    const { watched, page } = await readyPhone();
    const first = await readCode(page);
    await page.evaluate(`{
      const seen = (globalThis.seen = []);
      const look = () => seen.push(document.querySelector('.code-symbol path')?.getAttribute('d') ?? null);
      look();
      const everything = { subtree: true, childList: true, attributes: true };
      new MutationObserver(look).observe(document.body, everything);
    }`);
    await watched.context.clock.runFor(31_000);
    await expect.poll(() => readCode(page)).not.toBe(first);
    const seen: (string | null)[] = await page.evaluate('globalThis.seen');
    expect(seen).not.toContain(null);
    expect(new Set(seen).size).toBeGreaterThanOrEqual(2);
    expectClean(watched);
  });

  test('finds the network again by itself, and with it the codes that were missing', async () => {
    const { watched, page } = await readyPhone();
    await service.interrupt();
    onTestFinished(() => service.resume());
    await page.getByText(/没有信号，通行码还能用到/).waitFor({ timeout: 20_000 });
    await service.resume();
    await watched.context.clock.runFor(35_000);
    await page.getByText(/断网也能用到/).waitFor();
  });
});

/** What a code says, without its signature, which differs each time that a window is signed. */
function strippedOfSignature(code: string | undefined): string | undefined {
  return code?.slice(0, 4 + 42);
}

describe('signing in', () => {
  test('a used link says so; nothing signed in says how to', async () => {
    const watched = await phone();
    const { page } = watched;
    await page.goto(`${service.origin}/r`);
    await page.getByText('从平台 App 打开').waitFor();
    await picture(page, 'rider-signed-out-zh-light', false);
    await page.getByRole('button', { name: 'English' }).click();
    await page.getByText('Open it from your platform’s app').waitFor();
    await expect
      .poll(
        async () => (await watched.context.cookies()).find(({ name }) => name === 'cp_lang')?.value,
      )
      .toBe('en');
    await page.reload();
    await page.getByRole('button', { name: '中文' }).click();
    const token = await makeLink(service, platform, riderId);
    await service.call('POST', '/v1/rider-sessions', { body: { token } });
    await page.goto(`${service.origin}/r#t=${token}`);
    await page.getByText(/这个链接已用过/).waitFor();
    expect(watched.errors.filter((text) => !text.includes('401'))).toEqual([]);
  });

  test('a second platform’s link asks whose it is, joins, and both orders are there', async () => {
    const second = await makePlatform(service, `second${riders}`);
    const [here, there] = [
      await makeCommunity(service, { name: '此处' }),
      await makeCommunity(service, { name: '彼处' }),
    ];
    await order(here);
    await makeDelivery(service, second, { communityId: there, riderId: 'other', deliveryId: 'x' });
    const watched = await phone();
    const { page } = watched;
    await openLink(watched);
    await seesCode(page);
    const token = await makeLink(service, second, 'other');
    await page.goto(`${service.origin}/r#t=${token}`);
    await page.getByText('这是你的另一个平台账号吗？').waitFor();
    await picture(page, 'rider-join-zh-light', false);
    await page.getByRole('button', { name: '是我的，合并' }).click();
    await page.locator('.pass').nth(1).waitFor();
    expect((await page.locator('.pass h1').allTextContents()).sort()).toEqual(['彼处', '此处']);
    // A link of the same person asks nothing.
    await openLink(watched);
    await page.locator('.pass').nth(1).waitFor();
    expect(await page.getByText('这是你的另一个平台账号吗？').count()).toBe(0);
    expectClean(watched);
  });

  test('signing out deletes what the phone kept', async () => {
    const communityId = await makeCommunity(service);
    await order(communityId);
    const watched = await phone();
    const { page } = watched;
    await openLink(watched);
    await seesCode(page);
    await page.getByRole('button', { name: '我的' }).click();
    await picture(page, 'rider-me-zh-light');
    await page.getByRole('button', { name: '退出登录' }).click();
    await page.getByText('从平台 App 打开').waitFor();
    await page.reload();
    await page.getByText('从平台 App 打开').waitFor();
    expect(await watched.context.cookies()).not.toContainEqual(
      expect.objectContaining({ name: 'cp_session' }),
    );
  });
});

describe('an alert', () => {
  test('is told at once, shows its evidence and its cost, and is objected to', async () => {
    const communityId = await makeCommunity(service, { name: '阳光小区' });
    const radar = await makeGate(service, communityId, { name: '东门' });
    await order(communityId);
    const watched = await phone();
    const { page } = watched;
    const listening = page.waitForResponse(/\/v1\/rider\/stream/);
    await openLink(watched);
    await Promise.all([seesCode(page), listening]);
    const code = await readCode(page);
    await verify(service, radar, { code, lane: '1', speedKmh: 21, accuracyKmh: 1 });
    await page.locator('.answer-granted').click();
    // Readings are judged when those that may still come in between have had their time.
    const judged = async () => {
      await judgeSpeeds(service.deps);
      return page.locator('.banner').count();
    };
    await expect.poll(judged, { timeout: 25_000, interval: 1_000 }).toBe(1);
    await page.getByRole('button', { name: '看详情' }).click();
    await page.getByText(/最高 21 km\/h，限速 15 km\/h/).waitFor();
    await page.getByText(/扣 \d+ 文明分/).waitFor();
    await expect
      .poll(() => page.evaluate("document.querySelector('.evidence').naturalWidth"))
      .toBeGreaterThan(0);
    await page.getByText('不是这样？申诉').click();
    await page.getByLabel('说说当时的情况').fill('雷达测的是旁边的车');
    expect(await seriousIssues(page)).toEqual([]);
    await picture(page, 'rider-alert-zh-light');
    await page.getByRole('button', { name: '提交申诉' }).click();
    await page.getByText('申诉处理中').waitFor();
    const path = `/v1/communities/${communityId}/appeals`;
    const { body } = await service.call('GET', path, { token: service.operatorKey });
    expect(body.items).toMatchObject([{ state: 'open', text: '雷达测的是旁边的车' }]);
    expectClean(watched);
  }, 60_000);
});

describe('a report', () => {
  test('goes to the manager with a photo, and its answer and points come back', async () => {
    const communityId = await makeCommunity(service, { name: '阳光小区' });
    await order(communityId);
    const watched = await phone();
    const { page } = watched;
    await openLink(watched);
    await seesCode(page);
    await page.getByRole('button', { name: '随手拍' }).click();
    await page.getByLabel('在哪里').fill('3 号楼北侧坡道');
    await page.getByLabel('看到了什么').fill('井盖松了 <b>小心</b>');
    await page.getByLabel(/照片/).setInputFiles({
      name: 'photo.png',
      mimeType: 'image/png',
      buffer: await page.screenshot(),
    });
    await page.getByRole('button', { name: '发给物业' }).click();
    await page.getByText('已发给物业').waitFor();
    await page.getByText('等待答复').waitFor();
    const path = `/v1/communities/${communityId}/reports`;
    const listed = await service.call('GET', path, { token: service.operatorKey });
    const [{ id, photo }] = listed.body.items;
    expect(photo).toBe('kept');
    await service.call('POST', `/v1/reports/${id}/answer`, {
      token: service.operatorKey,
      body: { text: '已修好，谢谢', contributionPoints: 5 },
    });
    await page.getByRole('button', { name: '通行码' }).click();
    await page.getByRole('button', { name: '随手拍' }).click();
    await page.getByText('已修好，谢谢').waitFor();
    await page.getByText('贡献分 5').waitFor();
    await expect
      .poll(() => page.evaluate("document.querySelector('.report img').naturalWidth"))
      .toBeGreaterThan(0);
    await picture(page, 'rider-report-zh-light');
    expectClean(watched);
  });

  test('without signal is not lost', async () => {
    const communityId = await makeCommunity(service);
    await order(communityId);
    const watched = await phone();
    const { page, context } = watched;
    await openLink(watched);
    await seesCode(page);
    await page.getByRole('button', { name: '随手拍' }).click();
    await page.getByLabel('在哪里').fill('大门');
    await page.getByLabel('看到了什么').fill('灯不亮');
    await context.setOffline(true);
    await page.getByRole('button', { name: '发给物业' }).click();
    await page.getByText(/没有信号，没有发出/).waitFor();
    await context.setOffline(false);
    await page.getByRole('button', { name: '发给物业' }).click();
    await page.getByText('已发给物业').waitFor();
    const path = `/v1/communities/${communityId}/reports`;
    const { body } = await service.call('GET', path, { token: service.operatorKey });
    expect(body.items).toMatchObject([{ place: '大门', text: '灯不亮' }]);
  });
});

/** Whether two codes are of one pass: the middle of a code is its community and its pass. */
function samePass(code: string | undefined, codes: readonly string[]): boolean {
  return codes.some((each) => each.slice(0, 31) === code?.slice(0, 31));
}
