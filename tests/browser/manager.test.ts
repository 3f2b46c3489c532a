import type { Browser, BrowserContext, Page } from 'playwright-core';
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
import { join, type ManagedWorld, makeManagedWorld, ride } from '../support/manager-world.ts';
import { freshName, invited, PASSWORD } from '../support/person.ts';
import { bootGate } from '../support/simulated-gate.ts';
import { verify } from '../support/world.ts';

const DESKTOP = { viewport: { width: 1280, height: 800 }, deviceScaleFactor: 1 };

let browser: Browser;
let service: ListeningService;
let worlds = 0;

beforeAll(async () => {
  [browser, service] = await Promise.all([launchBrowser(), listenForBrowsers('localhost')]);
});
afterAll(async () => {
  await browser?.close();
  await service?.stop();
});

async function watched(options: Parameters<typeof openPage>[1] = DESKTOP): Promise<WatchedPage> {
  const opened = await openPage(browser, options);
  onTestFinished(() => opened.context.close());
  return opened;
}

/** A community of its own, and its manager in a browser, from the invitation on. */
async function managed(options?: Parameters<typeof openPage>[1]) {
  const world = await makeManagedWorld(service, `kuaisong-${++worlds}`);
  const opened = await watched(options);
  const scope = { kind: 'community', communityId: world.communityId };
  await join(service, opened.page, 'manager', scope, freshName());
  return { world, ...opened, home: `${service.origin}/m/${world.communityId}` };
}

/** Nothing failed on the page, and nobody else was asked for anything. */
function expectClean({ errors, hosts }: Pick<WatchedPage, 'errors' | 'hosts'>): void {
  expect(errors).toEqual([]);
  expect([...hosts]).toEqual([new URL(service.origin).host]);
}

/** Two hours of today that are over or to come, so that now is outside: as at night. */
function hoursWithoutNow(): { from: string; to: string } {
  const at = (ahead: number) =>
    new Intl.DateTimeFormat('en-GB', {
      timeZone: 'Asia/Shanghai',
      hour: '2-digit',
      minute: '2-digit',
    }).format(service.clock.now() + ahead * 3_600_000);
  return { from: at(2), to: at(4) };
}

describe('a manager', () => {
  test('from the invitation to a rule that closes the gate for the night', async () => {
    const { world, page, home, ...seen } = await managed();
    expect(new URL(page.url()).pathname).toBe(`/m/${world.communityId}`);
    expect(page.url()).not.toContain('cpi_');
    expect((await ride(service, world, 'r-1')).decision).toBe('granted');

    await page.click('nav >> text=规则');
    await page.click('text=修改规则');
    const { from, to } = hoursWithoutNow();
    await page.fill('[name="hours.0.from"]', from);
    await page.fill('[name="hours.0.to"]', to);
    // Beside the form stands what it would mean, before anything is saved.
    await page.locator('.compare', { hasText: `${from}–${to}` }).waitFor();
    // Tried on what was: the rider who has come would have been refused.
    await page.click('text=用最近 7 天试一试');
    await page.locator('#backtest', { hasText: '会多拒绝 1 次' }).waitFor();
    await page.check('[name="agreed.residents"]');
    await page.fill('[name="reason"]', '夜间安静');
    await page.click('text=保存新版本');
    await page.locator('.toast', { hasText: '新规则已保存' }).waitFor();
    expect(await page.locator('.table').innerText()).toContain('夜间安静');

    expect((await ride(service, world, 'r-2')).reason).toBe('outside_hours');
    await page.goto(home);
    await page.locator('.lines', { hasText: '不在通行时间' }).waitFor();
    expectClean(seen);
  });

  test('is told in words what is wrong while typing, and nothing is lost', async () => {
    const { page, home, ...seen } = await managed();
    await page.goto(`${home}/rules/edit`);
    await page.fill('[name="maxDwellMinutes"]', '47');
    await page.check('[name="gates"][value="some"]');
    await page.locator('.compare', { hasText: '47 min' }).waitFor();
    await page.click('text=保存新版本');
    await page.locator('.notice-bad', { hasText: '至少选一道门' }).waitFor();
    expect(await page.inputValue('[name="maxDwellMinutes"]')).toBe('47');
    expect(seen.errors.filter((error) => !error.includes('422'))).toEqual([]);
  });

  test('sees who comes as it happens, over a restart of the server too', async () => {
    const { world, page, home, ...seen } = await managed();
    await page.goto(home);
    await page.locator('.live-on:visible').waitFor();
    await ride(service, world, 'r-live-1');
    await page.locator('[data-live="decisions"] li', { hasText: '有单放行' }).waitFor();

    await service.interrupt();
    await page.locator('.live-off:visible').waitFor();
    await verify(service, world.gate, { code: 'nonsense' });
    await service.resume();
    await page.locator('.live-on:visible').waitFor({ timeout: 15_000 });
    await page.locator('[data-live="decisions"] li', { hasText: '不是通行码' }).waitFor();
    expect(await page.locator('[data-live="decisions"] li').count()).toBe(2);
    expect(seen.errors.filter((error) => !/ERR_|EventSource/.test(error))).toEqual([]);
  });

  test('opens a gate from afar: its arm goes up', async () => {
    const { world, page, home, ...seen } = await managed();
    const gate = await bootGate(service, world.communityId, '西门');
    onTestFinished(() => gate.close());
    await page.goto(`${home}/gates/${gate.id}`);
    await page.fill('#openReason', '急救车');
    await page.click('.button-primary >> text=远程开门');
    await page.locator('.toast', { hasText: '已下令开门' }).waitFor();
    await expect.poll(() => gate.openings()).toBe(1);
    await expect
      .poll(async () => {
        await page.reload();
        return page.locator('.table', { hasText: '远程开门' }).innerText();
      })
      .toContain('已开');
    await expect
      .poll(async () => {
        await page.reload();
        return page.locator('.facts').innerText();
      })
      .toMatch(/准（±\d+ 毫秒）[\s\S]*最新）/);
    await picture(page, 'm-gate-alive-desktop-light');
    expectClean(seen);
  });

  test('blocks a courier, who stays out until it is lifted', async () => {
    const { world, page, home, ...seen } = await managed();
    await ride(service, world, 'r-fast');
    await page.goto(`${home}/couriers`);
    await page.fill('#find', 'r-fast');
    await page.click('text=查找');
    await page.click('summary >> text=禁止通行');
    await page.locator('details input[type="text"]').fill('屡次骑上人行道');
    await page.click('details .button-danger');
    await page.locator('.badge', { hasText: '禁止到' }).first().waitFor();
    const { token } = await (await import('../support/world.ts')).signIn(
      service,
      world.platform,
      'r-fast',
    );
    const passes = await service.call('GET', '/v1/rider/passes', { token });
    expect(passes.body.items[0].refusal.reason).toBe('rider_blocked');
    await page.click('text=解除');
    await page.locator('.toast', { hasText: '已解除禁止' }).waitFor();
    expectClean(seen);
  });

  test('enrols a gate by the QR that the page shows', async () => {
    const { page, home, ...seen } = await managed();
    await page.goto(`${home}/gates`);
    await page.fill('#name', '东门');
    await page.click('main .button-primary');
    const code = await page.locator('input[data-copy]').inputValue();
    const { readPicture } = await import('../../gate-simulator/src/hardware/picture.ts');
    expect(await readPicture(await page.locator('.qr').screenshot())).toEqual(code);
    expectClean(seen);
  });

  test('works through every form without scripts', async () => {
    const { world, page, ...seen } = await managedWithoutScripts();
    const home = `${service.origin}/m/${world.communityId}`;
    await page.goto(`${home}/rules/edit`);
    await page.fill('[name="speedLimitKmh"]', '12');
    await page.click('text=用最近 7 天试一试');
    expect(await page.locator('.compare').innerText()).toContain('12 km/h');
    await page.click('text=保存新版本');
    expect(await page.locator('.toast').innerText()).toContain('新规则已保存');
    await page.goto(`${home}/gates`);
    await page.fill('#name', '后门');
    await page.click('main .button-primary');
    expect(await page.locator('input[data-copy]').inputValue()).toMatch(/^cpe_/);
    await ride(service, world, 'r-still');
    await page.goto(home);
    expect(await page.locator('[data-live="decisions"]').innerText()).toContain('有单放行');
    await page.goto(`${home}/couriers?find=r-still`);
    await page.click('summary >> text=禁止通行');
    await page.locator('details input[type="text"]').fill('试一试');
    await page.click('details .button-danger');
    expect(await page.locator('.table').first().innerText()).toContain('禁止到');
    await page.click('text=退出');
    expect(page.url()).toContain('/sign-in');
    expectClean(seen);
  });
});

/** As {@link managed}: without scripts the code of the invitation is pasted. */
async function managedWithoutScripts() {
  const world: ManagedWorld = await makeManagedWorld(service, `kuaisong-${++worlds}`);
  const opened = await watched({ ...DESKTOP, javaScriptEnabled: false });
  const { page } = opened;
  const scope = { kind: 'community', communityId: world.communityId };
  await page.goto(`${service.origin}/invitation`);
  await page.fill('#code', await invited(service, 'manager', scope));
  await page.click('main .button-primary');
  await page.fill('#name', '李师傅');
  await page.fill('#signInName', freshName());
  await page.fill('#password', PASSWORD);
  await page.click('main .button-primary');
  return { world, ...opened };
}

/** A phone that makes and uses passkeys with a touch. */
async function withAuthenticator(context: BrowserContext, page: Page): Promise<void> {
  const cdp = await context.newCDPSession(page);
  await cdp.send('WebAuthn.enable');
  await cdp.send('WebAuthn.addVirtualAuthenticator', {
    options: {
      protocol: 'ctap2',
      transport: 'internal',
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
      automaticPresenceSimulation: true,
    },
  });
}

describe('a passkey', () => {
  test('is made with the password, signs in without one, and no more once it is removed', async () => {
    const { page, context, ...seen } = await managed();
    await withAuthenticator(context, page);
    await page.goto(`${service.origin}/m/account`);
    await page.fill('#passkeyName', '值班室手机');
    await page.fill('#passkeyPassword', 'not the password');
    await page.click('text=添加通行密钥');
    await page.locator('[data-passkey-error]:visible', { hasText: '现在的密码不对' }).waitFor();
    await page.fill('#passkeyPassword', PASSWORD);
    await page.click('text=添加通行密钥');
    await page.locator('.toast', { hasText: '通行密钥已添加' }).waitFor();

    await page.click('text=退出 >> nth=0');
    await page.click('text=用通行密钥登录');
    await page.waitForURL(/\/m\/com_/);
    await page.goto(`${service.origin}/m/account`);
    await page.locator('.card', { hasText: '值班室手机' }).locator('text=移除').click();
    await page.locator('.toast', { hasText: '通行密钥已移除' }).waitFor();
    await page.click('text=退出 >> nth=0');
    await page.click('text=用通行密钥登录');
    await page.locator('[data-passkey-error]:visible').waitFor();
    expect(seen.errors.filter((error) => !/40[13]/.test(error))).toEqual([]);
  });
});

describe('every page', () => {
  const PAGES = [
    '',
    '/decisions',
    '/visits',
    '/gates',
    '/rules',
    '/rules/edit?template=hospital',
    '/rules/poster',
    '/couriers',
    '/plan',
    '/alerts',
    '/appeals',
    '/reports',
    '/audit',
    '/notify',
  ];
  const OWN = ['/m/people', '/m/api-keys', '/m/account'];

  test.each([
    ['zh', 'light'],
    ['zh', 'dark'],
    ['en', 'light'],
    ['en', 'dark'],
  ])('has no serious fault for axe, and none on the console (%s, %s)', async (lang, theme) => {
    const { world, page, home, ...seen } = await managed();
    await ride(service, world, `r-axe-${lang}-${theme}`);
    await verify(service, world.gate, { code: 'nonsense' });
    await page.goto(`${home}?lang=${lang}`);
    await page.goto(`${home}?theme=${theme}`);
    const paths = [
      ...PAGES.map((path) => home + path),
      `${home}/gates/${world.gate.id}`,
      ...OWN.map((path) => service.origin + path),
    ];
    const found: string[] = [];
    for (const path of paths) {
      await page.goto(path);
      found.push(...(await seriousIssues(page)).map((issue) => `${path}: ${issue}`));
    }
    await page.click('.top-user button');
    for (const path of ['/sign-in', '/invitation']) {
      await page.goto(service.origin + path);
      found.push(...(await seriousIssues(page)).map((issue) => `${path}: ${issue}`));
    }
    expect(found).toEqual([]);
    expectClean(seen);
  });

  test('fits a phone: nothing scrolls sideways, with a name of 200 characters too', async () => {
    const world = await makeManagedWorld(service, `kuaisong-${++worlds}`, {
      name: 'Lakeside'.repeat(25),
    });
    const { page, ...seen } = await watched({ viewport: { width: 360, height: 740 } });
    await join(service, page, 'operator', { kind: 'all' }, freshName());
    await ride(service, world, 'r-narrow');
    const home = `${service.origin}/m/${world.communityId}`;
    const wide: string[] = [];
    for (const path of [
      ...PAGES.map((each) => home + each),
      `${home}/gates/${world.gate.id}`,
      `${service.origin}/m`,
      ...OWN.map((each) => service.origin + each),
    ]) {
      await page.goto(path);
      const width = await page.evaluate('document.documentElement.scrollWidth');
      if (Number(width) > 360) wide.push(`${path}: ${width}`);
    }
    expect(wide).toEqual([]);
    expectClean(seen);
  });
});
