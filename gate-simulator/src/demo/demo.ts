import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { firstDelivery } from './chapters/first-delivery.ts';
import { closedAtNight } from './chapters/hours.ts';
import { leaving } from './chapters/leaving.ts';
import { orders, twoPlatforms } from './chapters/orders.ts';
import { goodbye, outage } from './chapters/outage.ts';
import { supervision } from './chapters/supervision.ts';
import { touch } from './chapters/touch.ts';
import { wrongCodes } from './chapters/wrong-codes.ts';
import { buildCity, type City } from './city.ts';
import { guideFor } from './keep.ts';
import { Service } from './service.ts';
import { summaryOf } from './summary.ts';
import { Teller, wentAsItMust } from './teller.ts';

export interface DemoOptions {
  /** Go on after the last step but one, until a signal comes; then play the last. */
  readonly keep: boolean;
  readonly print: (line: string) => void;
}

/**
 * Plays every step, in a temporary folder that goes away with everything else. SIGINT and SIGTERM break it off
 * between two chapters. Whatever happens, the service it started is gone when this resolves.
 *
 * @returns whether every step was played and went as it must
 */
export async function runDemo(options: DemoOptions): Promise<boolean> {
  const folder = temporaryFolder();
  const service = new Service(folder.path);
  const teller = new Teller(options.print);
  try {
    await playAll(teller, service, { ...options, folder: folder.path, stop: stopSignal() });
    return teller.steps.every(wentAsItMust);
  } catch (error) {
    options.print(`\nThe demo broke off: ${error instanceof Error ? error.message : error}`);
    return false;
  } finally {
    await service.end('SIGKILL');
    folder.remove();
  }
}

/** Removed when the process exits at the latest, so also when whoever reads our output goes away. */
function temporaryFolder(): { path: string; remove: () => void } {
  const path = mkdtempSync(join(tmpdir(), 'courier-pass-demo-'));
  const remove = (): void => rmSync(path, { recursive: true, force: true, maxRetries: 3 });
  process.once('exit', remove);
  return { path, remove };
}

interface Run extends DemoOptions {
  readonly folder: string;
  readonly stop: AbortSignal;
}

async function playAll(teller: Teller, service: Service, run: Run): Promise<void> {
  const { keep, print, folder, stop } = run;
  const startMs = performance.now();
  const summarise = (): void => print(`\n${summaryOf(teller.steps, performance.now() - startMs)}`);
  const city = await buildCity(service, folder);
  try {
    introduce(city, print);
    await playWith(teller, city, stop);
    if (keep) {
      summarise();
      print(await guideFor(city, folder));
    }
  } catch (error) {
    summarise();
    throw error;
  } finally {
    await city.close();
  }
  if (keep) await aborted(stop);
  await goodbye(teller, service);
  if (!keep) summarise();
}

function introduce({ server, lake, river }: City, print: (line: string) => void): void {
  print(`courier-pass runs at ${server}, in a folder of its own.`);
  print(
    `${lake.name} (East Lake Garden) has the standard rules, ${river.name} (Riverside) its own.`,
  );
  print(
    'Gates see nothing but pictures; all else goes over the HTTP API. 🟢 open, 🔴 refused, 🟡 unsure.',
  );
}

async function playWith(teller: Teller, city: City, stop: AbortSignal): Promise<void> {
  const rider = await firstDelivery(teller, city);
  const leave = (): Promise<void> => leaving(teller, city, rider);
  const rest = [
    ...[wrongCodes, leave, orders, closedAtNight, twoPlatforms, touch],
    ...[supervision, outage],
  ];
  for (const chapter of rest) {
    stop.throwIfAborted();
    await chapter(teller, city);
  }
}

/** Aborted by the first signal. The next ones change nothing: npm passes on a Ctrl-C that came here as well. */
function stopSignal(): AbortSignal {
  const controller = new AbortController();
  const stop = (signal: string): void => controller.abort(new Error(`stopped by ${signal}`));
  process.on('SIGINT', stop).on('SIGTERM', stop);
  return controller.signal;
}

/** Keeps the process alive until then. */
function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const alive = setInterval(() => undefined, 60_000);
    const end = (): void => {
      clearInterval(alive);
      resolve();
    };
    if (signal.aborted) end();
    else signal.addEventListener('abort', end);
  });
}
