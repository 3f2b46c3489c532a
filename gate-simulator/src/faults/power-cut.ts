import { appendFile } from 'node:fs/promises';
import type { Disk } from '../hardware/disk.ts';
import type { Relay } from '../hardware/relay.ts';
import type { HttpCall, HttpReply, StreamCall, StreamReply, Transport } from '../wire/transport.ts';
import type { PowerCutStep } from './fault-plan.ts';

/** Which steps a request has, by the end of its path. */
const REQUESTS: readonly (readonly [RegExp, 'verify' | 'events' | 'bundle' | 'claim'])[] = [
  [/\/v1\/verify$/, 'verify'],
  [/\/v1\/gate\/events$/, 'events'],
  [/\/v1\/gate\/bundle$/, 'bundle'],
  [/\/claim$/, 'claim'],
];

/**
 * Cuts the power at a step of the exchange: the parts that it is put around report where they are, and at the
 * right moment the device is gone. Nothing runs after that.
 */
export class PowerCut {
  readonly #step: PowerCutStep;
  readonly #cut: () => void;
  #left: number;

  /** @param occurrence 1: the first time that the step is reached @param cut does not return in a real device */
  constructor(step: PowerCutStep, occurrence: number, cut: () => void) {
    this.#step = step;
    this.#left = occurrence;
    this.#cut = cut;
  }

  /** The network as far as the gate has one. */
  aroundNetwork(inner: Transport): Transport {
    return {
      call: (call) => this.#call(inner, call),
      stream: (call: StreamCall): Promise<StreamReply> => inner.stream(call),
    };
  }

  aroundDisk(inner: Disk): Disk {
    return {
      read: (path) => inner.read(path),
      append: (path, text) => this.#append(inner, path, text),
      replace: async (path, text) => {
        await inner.replace(path, text);
        this.#reached(path.endsWith('bundle.json') ? 'bundle-written' : 'log-rewritten');
      },
    };
  }

  aroundRelay(inner: Relay): Relay {
    return {
      energise: () => {
        this.#reached('opening');
        inner.energise();
        this.#reached('opened');
      },
      release: () => inner.release(),
    };
  }

  async #call(inner: Transport, call: HttpCall): Promise<HttpReply> {
    const { pathname } = new URL(call.url);
    const name = REQUESTS.find(([path]) => path.test(pathname))?.[1];
    const reply = inner.call(call);
    reply.catch(() => undefined);
    if (name === 'verify' || name === 'events' || name === 'claim') {
      // The request leaves in this turn of the loop; it has left in the next but one.
      if (this.#isNext(`${name}-sent`)) await new Promise((resolve) => setTimeout(resolve, 20));
      this.#reached(`${name}-sent`);
    }
    const answer = await reply;
    if (name !== undefined) this.#reached(`${name}-answered`);
    return answer;
  }

  async #append(inner: Disk, path: string, text: string): Promise<void> {
    const names = stepsOf(path, text);
    for (const name of names) {
      if (!this.#isNext(`${name}-torn`)) continue;
      await appendFile(path, text.slice(0, text.length / 2), { mode: 0o600 });
    }
    for (const name of names) this.#reached(`${name}-torn`);
    await inner.append(path, text);
    for (const name of names) this.#reached(`${name}-written`);
  }

  #isNext(step: PowerCutStep): boolean {
    return step === this.#step && this.#left === 1;
  }

  #reached(step: PowerCutStep): void {
    if (step !== this.#step) return;
    this.#left -= 1;
    if (this.#left === 0) this.#cut();
  }
}

/** `kill -9` at one's own hand: nothing runs after it. */
export function killProcess(): void {
  process.kill(process.pid, 'SIGKILL');
}

/** What is written: the memory of used codes, the log, and in the log the record of a decision. */
function stepsOf(path: string, text: string): ('memory' | 'log' | 'record')[] {
  if (path.endsWith('used-codes.log')) return ['memory'];
  return text.includes('"type":"verification"') ? ['log', 'record'] : ['log'];
}
