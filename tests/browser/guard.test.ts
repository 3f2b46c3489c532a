import type { Browser } from 'playwright-core';
import QRCode from 'qrcode';
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import {
  type ListeningService,
  launchBrowser,
  listenForBrowsers,
  openPage,
  picture,
  type WatchedPage,
} from '../support/browser.ts';
import { type FakeCamera, makeFakeCamera } from '../support/fake-camera.ts';
import { type GuardPhone, guardPhone, makeGuardGate } from '../support/guard-phone.ts';
import { bootGate } from '../support/simulated-gate.ts';
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

/** A rider's screen, as a gate's own camera sees it. */
const pictureOf = (code: string) => QRCode.toBuffer(code, { errorCorrectionLevel: 'M', scale: 6 });

const EVERY_HOUR = {
  days: ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'],
  from: '00:00',
  to: '24:00',
};
const askGuard = () =>
  changeRules(service, communityId, {
    guardConfirmation: { hours: [EVERY_HOUR], vehicles: [], conductPoints: null },
  });

async function visits() {
  const path = `/v1/communities/${communityId}/visits`;
  return expectStatus(await service.call('GET', path, { token: service.operatorKey }), 200).body
    .items;
}

/** Ends the service until the test is over or says otherwise; the browser's own complaints about it are no mistakes. */
async function loseNetwork(phone: GuardPhone): Promise<void> {
  onTestFinished(() => service.resume());
  await service.interrupt();
  await phone.page
    .getByText(/没有网络/)
    .first()
    .waitFor({ timeout: 20_000 });
}

async function hardwareGate(name: string) {
  const gate = await bootGate(service, communityId, name);
  onTestFinished(() => gate.close());
  return gate;
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

describe('becoming a gate', () => {
  test('opening the link changes nothing; the button does, with a key that nobody can read out', async () => {
    const { id, enrollmentCode } = await makeGuardGate(service, communityId);
    const watched = await openPage(browser);
    onTestFinished(() => watched.context.close());
    const { page } = watched;
    await page.goto(`${service.origin}/g#${enrollmentCode}`);
    await page.getByText('登记码已读到').waitFor();
    expect(page.url()).toBe(`${service.origin}/g`);
    await picture(page, 'guard-enrol-zh-light');
    expect((await gateRecord(id)).enrolledAt).toBeNull();

    await page.getByRole('button', { name: '设为门岗' }).click();
    await page.locator('.finder-frame').waitFor();
    expect((await gateRecord(id)).enrolledAt).not.toBeNull();
    const kept: unknown = await page.evaluate(`(async () => {
      const database = await new Promise((resolve) => {
        const opening = indexedDB.open('courier-pass-guard');
        opening.onsuccess = () => resolve(opening.result);
      });
      const device = await new Promise((resolve) => {
        const asked = database.transaction('kept').objectStore('kept').get('device');
        asked.onsuccess = () => resolve(asked.result);
      });
      const { key } = device;
      const read = await crypto.subtle.exportKey('jwk', key).then(() => 'read', (error) => error.name);
      return { type: key.type, extractable: key.extractable, usages: key.usages, read };
    })()`);
    expect(kept).toEqual({
      type: 'private',
      extractable: false,
      usages: ['sign'],
      read: 'InvalidAccessError',
    });
    // Opened again it is the same gate.
    await page.reload();
    await page.locator('.finder-frame').waitFor();
    await page.getByText('门岗手机').waitFor();
    expectClean(watched);
  });

  test('a lost answer strands nobody: the same code and key become the gate again', async () => {
    const { enrollmentCode } = await makeGuardGate(service, communityId);
    const watched = await openPage(browser);
    onTestFinished(() => watched.context.close());
    const { page } = watched;
    await page.goto(`${service.origin}/g`);
    await page.route('**/v1/gates/enroll', async (route) => {
      await route.fetch();
      await route.abort();
    });
    await page.getByLabel('登记码').fill(enrollmentCode);
    await page.getByRole('button', { name: '设为门岗' }).click();
    await page.getByText('登记码没有作废').waitFor();
    await page.unroute('**/v1/gates/enroll');
    await page.getByRole('button', { name: '设为门岗' }).click();
    await page.locator('.finder-frame').waitFor();
  });

  test('a wrong code says so, and an enrolled phone is not made another gate unasked', async () => {
    const phone = await guard();
    const { page } = phone;
    const { enrollmentCode } = await makeGuardGate(service, communityId, { name: '北门岗' });
    await page.goto(`${service.origin}/g#${enrollmentCode}`);
    await page.getByText('这台手机现在是“门岗手机”').waitFor();
    await page.getByRole('button', { name: '保持原来的' }).click();
    await page.locator('.finder-frame').waitFor();
    await page.goto(`${service.origin}/g#cpe_00000000000000000000000000`);
    await page.getByRole('button', { name: '设为门岗' }).click();
    await page.getByText(/登记码不对/).waitFor();
    expect(phone.errors.filter((text) => !text.includes('401'))).toEqual([]);
  });

  test('a phone whose clock is an hour wrong learns the time from the refusal', async () => {
    const { enrollmentCode } = await makeGuardGate(service, communityId);
    const watched = await openPage(browser);
    onTestFinished(() => watched.context.close());
    await watched.context.clock.install({ time: Date.now() - 3_600_000 });
    const statuses: number[] = [];
    watched.page.on('response', (response) => {
      if (response.url().endsWith('/v1/oauth/token')) statuses.push(response.status());
    });
    await watched.page.goto(`${service.origin}/g`);
    await watched.page.reload();
    await watched.page.getByLabel('登记码').fill(enrollmentCode);
    await watched.page.getByRole('button', { name: '设为门岗' }).click();
    await watched.page.getByText('门岗手机').waitFor();
    expect(statuses).toEqual([200]); // the enrolment has told the time
    await watched.page.reload();
    await watched.page.getByText('门岗手机').waitFor();
    await expect.poll(() => statuses).toEqual([200, 401, 200]);
  });

  test('a revoked phone says that it is no gate any more', async () => {
    const phone = await guard();
    await service.call('DELETE', `/v1/gates/${phone.gateId}`, { token: service.operatorKey });
    await phone.page.reload();
    await phone.page.getByText('这台手机已被物业停用').waitFor();
  });

  async function gateRecord(id: string) {
    const answer = await service.call('GET', `/v1/gates/${id}`, { token: service.operatorKey });
    return expectStatus(answer, 200).body;
  }
});

describe('where the rules ask for a guard', () => {
  test('the guard sees whom it is for and lets the rider in', async () => {
    await askGuard();
    const phone = await guard();
    await phone.show(await codeOf(await rider()));
    expect(await phone.verdict('wait')).toContain('请您确认');
    await phone.page.getByText(`快送 #${riders}`).first().waitFor();
    await picture(phone.page, 'guard-confirm-zh-light', false);
    await phone.page.getByRole('button', { name: /确认放行/ }).click();
    expect(await phone.verdict('good')).toContain('放行');
    expect((await decisions())[0]).toMatchObject({ reason: 'granted_by_guard', source: 'guard' });
    expect(await visits()).toHaveLength(1);
    expectClean(phone);
  });

  test('a rider at a gate with hardware appears by itself, and the gate opens', async () => {
    await askGuard();
    const gate = await hardwareGate('南门');
    const phone = await guard();
    const listening = phone.page.waitForResponse(/\/events$/);
    await phone.page.reload();
    await listening;
    const scan = async () => gate.scan(await pictureOf(await codeOf(await rider())), 'in');
    expect(await scan()).toMatchObject({ opened: false });
    await phone.page.getByText('南门有骑手等您确认').waitFor();
    await phone.page.getByText(`快送 #${riders}`).first().waitFor();
    await picture(phone.page, 'guard-waiting-zh-light', false);
    await phone.page.getByRole('button', { name: '查看' }).click();
    expect(await phone.verdict('wait')).toContain('在南门');
    await phone.page.getByRole('button', { name: /确认放行/ }).click();
    expect(await phone.verdict('good')).toContain('在南门');
    await expect.poll(() => gate.openings()).toBe(1);
    await phone.page.getByRole('button', { name: '下一位' }).click();

    await scan();
    await phone.page.getByRole('button', { name: '查看' }).click();
    await phone.page.getByRole('button', { name: '不放行' }).click();
    await expect.poll(() => phone.page.getByText('南门有骑手等您确认').count()).toBe(0);
    expect(gate.openings()).toBe(1);
    expectClean(phone);
  });
});

describe('by the guard’s own hand', () => {
  test('admitting somebody needs a reason, and is on record', async () => {
    const phone = await guard();
    const { page } = phone;
    await page.getByRole('button', { name: '手动放行' }).click();
    await page.getByRole('button', { name: '放行并记录' }).click();
    await page.getByText('请选一个原因，或写一句').waitFor();
    expect(await decisions()).toEqual([]);
    await page.getByRole('button', { name: '骑手手机没电' }).click();
    await picture(page, 'guard-admit-zh-light', false);
    await page.getByRole('button', { name: '放行并记录' }).click();
    expect(await phone.verdict('good')).toContain('已记录');
    expect(await decisions()).toMatchObject([
      {
        reason: 'granted_by_guard',
        source: 'guard',
        gateId: phone.gateId,
        guardReason: '骑手手机没电',
      },
    ]);
    expectClean(phone);
  });

  test('a gate with hardware is opened from afar; one that is away says nothing', async () => {
    const gate = await hardwareGate('南门');
    await makeGate(service, communityId, { name: '西门' });
    const phone = await guard();
    const { page } = phone;
    await page.getByRole('button', { name: '开门' }).click();
    await page.getByRole('button', { name: '开南门' }).click();
    await page.getByRole('button', { name: '住户来电同意' }).click();
    await page.getByText('南门开了').waitFor();
    await expect.poll(() => gate.openings()).toBe(1);
    await page.getByRole('button', { name: '开西门' }).click();
    await page.getByRole('button', { name: '住户来电同意' }).click();
    await page.getByText('西门没有应答，没开').waitFor({ timeout: 12_000 });
    await picture(page, 'guard-gates-zh-light');
    expectClean(phone);
  });

  test('an order from the manager to open asks the guard, and is reported as done', async () => {
    const phone = await guard();
    const streaming = phone.page.waitForResponse(/\/v1\/gate\/stream/);
    await phone.page.reload();
    await streaming;
    const asked = await service.call('POST', `/v1/gates/${phone.gateId}/open`, {
      token: service.operatorKey,
      body: { reason: '住户来电' },
    });
    expectStatus(asked, 201);
    expect(await phone.verdict('good')).toContain('请您开一次门');
    const commands = async () =>
      (
        await service.call('GET', `/v1/gates/${phone.gateId}/commands`, {
          token: service.operatorKey,
        })
      ).body.items;
    await expect.poll(async () => (await commands())[0]?.outcome, { timeout: 15_000 }).toBe('done');
  });
});

describe('on the way out', () => {
  test('nobody is refused, whatever the code', async () => {
    const phone = await guard();
    await phone.page.getByRole('button', { name: '出门', exact: true }).click();
    await phone.show('CP1:NOT A CODE AT ALL');
    expect(await phone.verdict('good')).toContain('可以出门');
    await picture(phone.page, 'guard-exit-zh-light', false);
    expect((await decisions())[0]).toMatchObject({ direction: 'out', reason: 'granted_exit' });
    expectClean(phone);
  });

  test('nor without network: it is green at once, and on record afterwards', async () => {
    const phone = await guard();
    await phone.page.getByRole('button', { name: '出门', exact: true }).click();
    const riderId = await rider();
    const gate = await makeGate(service, communityId);
    expect((await verify(service, gate, { code: await codeOf(riderId) })).body.reason).toBe(
      'granted',
    );
    const code = await codeOf(riderId);
    await loseNetwork(phone);
    await phone.show(code);
    expect(await phone.verdict('good')).toContain('可以出门');
    await service.resume();
    await expect.poll(async () => (await visits())[0]?.closedBy, { timeout: 20_000 }).toBe('exit');
    expect((await decisions())[0]).toMatchObject({ direction: 'out', source: 'offline' });
  });
});

describe('without network', () => {
  test('the phone judges as a gate does: a code once, on its disk, and reported when it is back', async () => {
    const phone = await guard();
    await expect
      .poll(() => phone.page.evaluate('navigator.locks.query().then(({ held }) => held.length)'))
      .toBe(1);
    await bundleKept(phone);
    const code = await codeOf(await rider());
    await loseNetwork(phone);
    await phone.page.getByText(/手机自己判断进门/).waitFor({ timeout: 15_000 });
    await phone.show(code);
    const said = await phone.verdict('good');
    expect(said).toContain('由手机按规则判断');
    await picture(phone.page, 'guard-alone-zh-light', false);
    expect(await usedCodes(phone)).toBe(1);
    await phone.page.getByRole('button', { name: '下一位' }).click();
    await phone.show(code);
    // Within the grace of a re-scan the same gate opens once more, then no more.
    expect(await phone.verdict('good')).toContain('再开一次');
    await phone.page.getByRole('button', { name: '下一位' }).click();
    await phone.show(code);
    expect(await phone.verdict('bad')).toContain('码已用过');
    await service.resume();
    await expect
      .poll(async () => (await decisions()).map(reasonAndSource), { timeout: 20_000 })
      .toEqual(['code_used offline', 'granted_rescan offline', 'granted offline']);
    expect(await visits()).toHaveLength(1);
  });

  test('where the rules forbid it, it says plainly that it cannot judge; an admission is kept and sent', async () => {
    await changeRules(service, communityId, { offline: { allow: false, maxStaleMinutes: 30 } });
    const phone = await guard();
    const { page } = phone;
    await bundleKept(phone);
    const code = await codeOf(await rider());
    await loseNetwork(phone);
    await phone.show(code);
    expect(await phone.verdict('unknown')).toContain('手机不能判断这个码');
    await picture(page, 'guard-unknown-zh-light', false);
    await page.locator('.verdict').getByRole('button', { name: '手动放行' }).click();
    await page.getByRole('button', { name: '码扫不上' }).click();
    await page.getByRole('button', { name: '放行并记录' }).click();
    expect(await phone.verdict('good')).toContain('联网后自动上报');
    await service.resume();
    await expect
      .poll(async () => (await decisions()).map(reasonAndSource), { timeout: 20_000 })
      .toEqual(['granted_by_guard guard']);
  });

  test('the page opens anew, lets people out, and does not judge by a clock that it has not heard', async () => {
    const phone = await guard();
    const { page } = phone;
    await bundleKept(phone);
    await page.evaluate('navigator.serviceWorker.ready.then(() => true)');
    const code = await codeOf(await rider());
    onTestFinished(() => service.resume());
    await service.interrupt();
    await page.reload();
    await page.getByText('进门暂不能核对').waitFor({ timeout: 20_000 });
    await phone.show(code);
    expect(await phone.verdict('unknown')).toContain('手机不能判断这个码');
    await page.getByRole('button', { name: '下一位' }).click();
    await page.getByRole('button', { name: '出门', exact: true }).click();
    await phone.show(code);
    expect(await phone.verdict('good')).toContain('可以出门');
    await service.resume();
    await expect
      .poll(async () => (await decisions()).map(reasonAndSource), { timeout: 20_000 })
      .toEqual(['granted_exit offline']);
  });

  test('an answer that is lost is asked for again under the same requestId', async () => {
    const phone = await guard();
    const ids: string[] = [];
    await phone.page.route('**/v1/verify', async (route) => {
      ids.push(route.request().postDataJSON().requestId);
      if (ids.length > 1) return route.continue();
      await route.fetch();
      await route.abort();
    });
    await phone.show(await codeOf(await rider()));
    expect(await phone.verdict('good')).toContain('放行');
    expect(ids).toHaveLength(2);
    expect(new Set(ids).size).toBe(1);
    expect(await decisions()).toHaveLength(1);
  });

  test('a token that is refused is renewed, and the question asked again', async () => {
    const phone = await guard();
    const tokens: string[] = [];
    await phone.page.route('**/v1/verify', async (route) => {
      tokens.push(route.request().headers()['authorization'] ?? '');
      if (tokens.length > 1) return route.continue();
      await route.fulfill({ status: 401, json: { code: 'credentials_required' } });
    });
    await phone.show(await codeOf(await rider()));
    expect(await phone.verdict('good')).toContain('放行');
    expect(new Set(tokens).size).toBe(2);
  });

  test('a second window asks the service, and does not judge alone', async () => {
    const phone = await guard();
    await bundleKept(phone);
    const second = await phone.context.newPage();
    await second.goto(`${service.origin}/g`);
    await second.locator('.finder-frame').waitFor();
    onTestFinished(() => service.resume());
    await service.interrupt();
    await second.getByText('进门暂不能核对').waitFor({ timeout: 20_000 });
    await phone.page.getByText(/手机自己判断进门/).waitFor({ timeout: 20_000 });
  });

  const reasonAndSource = ({ reason, source }: { reason: string; source: string }) =>
    `${reason} ${source}`;
});

describe('browsers that read codes themselves', () => {
  test('are asked first, and our own decoder is not started', async () => {
    const phone = await guard();
    const code = await codeOf(await rider());
    await phone.page.addInitScript(`globalThis.BarcodeDetector = class {
      static getSupportedFormats() { return Promise.resolve(['qr_code']); }
      detect(video) { return Promise.resolve(video.videoWidth > 0 ? [{ rawValue: ${JSON.stringify(code)} }] : []); }
    }`);
    const loaded: string[] = [];
    phone.page.on('request', (request) => loaded.push(request.url()));
    await phone.page.reload();
    expect(await phone.verdict('good')).toContain('放行');
    expect(loaded.filter((url) => /wasm|decoder/.test(url))).toEqual([]);
  });
});

/** Waits until the phone has what it judges by alone. */
async function bundleKept({ page }: GuardPhone): Promise<void> {
  await expect.poll(() => page.evaluate(kept('bundle')), { timeout: 10_000 }).toBeTruthy();
}
const usedCodes = ({ page }: GuardPhone): Promise<number> =>
  page.evaluate(
    `${kept('used')}.then((used) => used.filter(({ kind }) => kind === 'entry').length)`,
  );

/** What the phone keeps under a name, as a script. */
function kept(name: string): string {
  return `new Promise((resolve) => {
    const opening = indexedDB.open('courier-pass-guard');
    opening.onsuccess = () => {
      const asked = opening.result.transaction('kept').objectStore('kept').get('${name}');
      asked.onsuccess = () => resolve(asked.result);
    };
  })`;
}
