/** A real browser before a real service: Chromium, headless, with a fresh profile. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import type { Server } from 'node:http';
import { createServer } from 'node:net';
import { fileURLToPath } from 'node:url';
import axe from 'axe-core';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';
import { attach, listen } from '../../src/http/server.ts';
import { type Service, startService } from './service.ts';

const CHROMIUM = '/usr/bin/chromium';
const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** @throws Error where Chromium is missing and cannot be installed: a browser test never passes without a browser */
export async function launchBrowser(flags: readonly string[] = []): Promise<Browser> {
  if (!existsSync(CHROMIUM)) {
    const script = fileURLToPath(new URL('install-chromium.sh', import.meta.url));
    execFileSync(script, { stdio: ['ignore', 'inherit', 'inherit'], timeout: 300_000 });
  }
  return chromium.launch({ executablePath: CHROMIUM, args: [...FLAGS, ...flags] });
}

/** A service that browsers reach, whose clock goes with the machine's. */
export interface ListeningService extends Service {
  readonly origin: string;
  /** Ends what listens, as a server that goes away, until {@link resume}. */
  interrupt(): Promise<void>;
  resume(): Promise<void>;
}

/** @param host `localhost` where a page makes passkeys: browsers have none for a bare address */
export async function listenForBrowsers(
  host: '127.0.0.1' | 'localhost' = '127.0.0.1',
): Promise<ListeningService> {
  const port = await freePort();
  const origin = `http://${host}:${port}`;
  const service = await startService({ now: Date.now(), environment: { PUBLIC_URL: origin } });
  const ticking = setInterval(() => service.clock.set(Date.now()), 10);
  let server: Server | null = null;
  const resume = async () => {
    if (server !== null) return;
    server = await listen({ host: '127.0.0.1', port, limits: service.deps.config.limits }, null);
    attach(server, { hono: service.app, endStreams() {} }, (error) => {
      throw error;
    });
  };
  const interrupt = async () => {
    const closing = server;
    server = null;
    closing?.closeAllConnections();
    await new Promise<void>((resolve) => (closing ? closing.close(() => resolve()) : resolve()));
  };
  await resume();
  return {
    ...service,
    origin,
    interrupt,
    resume,
    async stop() {
      clearInterval(ticking);
      await interrupt();
      await service.stop();
    },
  };
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() =>
        typeof address === 'object' && address !== null
          ? resolve(address.port)
          : reject(new Error('no port')),
      );
    });
  });
}

/** A page that is watched: what it says on the console, what fails, and whom it speaks to. */
export interface WatchedPage {
  readonly page: Page;
  readonly context: BrowserContext;
  /** Errors on the console and thrown ones, in words. */
  readonly errors: string[];
  /** Hosts that were asked for anything. */
  readonly hosts: Set<string>;
}

export async function openPage(
  browser: Browser,
  options: Parameters<Browser['newContext']>[0] = {},
): Promise<WatchedPage> {
  const context = await browser.newContext({
    viewport: { width: 360, height: 640 },
    deviceScaleFactor: 2,
    locale: 'zh-CN',
    timezoneId: 'Asia/Shanghai',
    ...options,
  });
  const errors: string[] = [];
  const hosts = new Set<string>();
  context.on('request', (request) => hosts.add(new URL(request.url()).host));
  const page = await context.newPage();
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') errors.push(message.text());
  });
  page.on('pageerror', (error) => errors.push(String(error)));
  return { page, context, errors, hosts };
}

/** What axe finds serious or critical, each in a line; the page's own policy is passed by. */
export async function seriousIssues(page: Page): Promise<string[]> {
  await page.evaluate(axe.source);
  const found: {
    id: string;
    impact?: string | null;
    nodes: { target: unknown; failureSummary?: string }[];
  }[] = await page.evaluate(async () => {
    // biome-ignore lint/suspicious/noExplicitAny: axe puts itself into the page
    const { violations } = await (globalThis as any).axe.run();
    return violations;
  });
  return found
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(
      ({ id, nodes }) =>
        `${id}: ${nodes.map((n) => `${String(n.target)} ${n.failureSummary ?? ''}`).join('; ')}`,
    );
}

const PICTURES = fileURLToPath(new URL('../../.screenshots/', import.meta.url));

/** A picture of the page to be looked at, kept out of the repository. */
export async function picture(page: Page, name: string, fullPage = true): Promise<void> {
  mkdirSync(PICTURES, { recursive: true });
  await page.screenshot({ path: `${PICTURES}${name}.png`, fullPage });
}
