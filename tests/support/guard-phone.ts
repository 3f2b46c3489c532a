/** A guard's phone: a browser with a camera before which a test holds codes, enrolled as a gate of kind `guard`. */
import type { Browser, Page } from 'playwright-core';
import { onTestFinished } from 'vitest';
import { type ListeningService, openPage, type WatchedPage } from './browser.ts';
import type { FakeCamera } from './fake-camera.ts';
import { expectStatus } from './world.ts';

export interface GuardPhone extends WatchedPage {
  readonly gateId: string;
  /** Holds a code before the camera until the page has switched it on and read. */
  show(code: string | null): Promise<void>;
  /** The answer that fills the screen. */
  verdict(tone: 'good' | 'bad' | 'wait' | 'unknown'): Promise<string>;
}

/** Makes a gate of kind `guard`. @returns its identifier and the code with which a phone becomes it */
export async function makeGuardGate(
  service: ListeningService,
  communityId: string,
  members: object = {},
): Promise<{ readonly id: string; readonly enrollmentCode: string }> {
  const body = {
    name: '门岗手机',
    kind: 'guard',
    directions: ['in', 'out'],
    media: ['qr'],
    ...members,
  };
  const path = `/v1/communities/${communityId}/gates`;
  return expectStatus(await service.call('POST', path, { token: service.operatorKey, body }), 201)
    .body;
}

/** A browser that has become the gate by its link. */
export async function guardPhone(
  { browser, service, camera }: { browser: Browser; service: ListeningService; camera: FakeCamera },
  communityId: string,
  options: Parameters<typeof openPage>[1] & { readonly gate?: object } = {},
): Promise<GuardPhone> {
  const { gate = {}, ...look } = options;
  const { id, enrollmentCode } = await makeGuardGate(service, communityId, gate);
  camera.hold(null);
  const watched = await openPage(browser, look);
  onTestFinished(() => watched.context.close());
  const { page } = watched;
  await page.goto(`${service.origin}/g#${enrollmentCode}`);
  await page.locator('form .button-primary').click();
  await page.locator('.finder-frame').waitFor();
  return {
    ...watched,
    gateId: id,
    show: (code) => show(page, camera, code),
    verdict: (tone) => verdict(page, tone),
  };
}

/** Another screen and back: the camera is switched off and on. */
async function show(page: Page, camera: FakeCamera, code: string | null): Promise<void> {
  const tabs = page.locator('.guard-tabs button');
  await tabs.nth(4).click();
  camera.hold(code);
  await tabs.nth(0).click();
  await page.locator('.finder').waitFor();
}

async function verdict(page: Page, tone: string): Promise<string> {
  const found = page.locator(`.verdict-${tone}`);
  await found.waitFor({ timeout: 15_000 });
  return (await found.textContent()) ?? '';
}
