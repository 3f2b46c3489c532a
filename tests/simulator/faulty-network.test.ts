import { beforeEach, describe, expect, it } from 'vitest';
import type { FaultPlan } from '../../gate-simulator/src/faults/fault-plan.ts';
import { FaultyNetwork } from '../../gate-simulator/src/faults/faulty-network.ts';
import { systemClock } from '../../gate-simulator/src/hardware/clock.ts';
import { HttpClient } from '../../gate-simulator/src/wire/http-client.ts';
import { until } from './support/enrolled-gate.ts';
import { FakeService } from './support/fake-service.ts';
import { GateSide } from './support/gate-side.ts';

let service: FakeService;
let http: HttpClient;

beforeEach(async () => {
  service = await FakeService.start();
  service.otherRoute = () => ({ status: 200, body: {} });
  http = new HttpClient();
  return async () => {
    http.close();
    await service.stop();
  };
});

function network(faults: FaultPlan, chance: () => number = () => 0.5): FaultyNetwork {
  return new FaultyNetwork({ inner: http, clock: systemClock, chance }, faults);
}

function ask(through: FaultyNetwork, timeoutMs = 2_000): Promise<string> {
  return through.call({ method: 'POST', url: `${service.url}/x`, body: '{}', timeoutMs }).then(
    ({ status }) => String(status),
    ({ why }: { why: string }) => why,
  );
}

describe('a network with faults', () => {
  it('without any is the network', async () => {
    expect(await ask(network({}))).toBe('200');
  });

  it('that is offline from the boot, or once the gate is ready', async () => {
    expect(await ask(network({ offline: 'boot' }))).toBe('connection');
    const later = network({ offline: 'ready' });
    expect(await ask(later)).toBe('200');
    later.ready();
    expect(await ask(later)).toBe('connection');
    later.comeBack();
    expect(await ask(later)).toBe('200');
    expect(service.seen).toHaveLength(2);
  });

  it('that flaps is down in between, and its streams are cut', async () => {
    const side = new GateSide(service);
    const flapping = network({ flap: { upMs: 100, downMs: 100 } });
    const url = `${service.url}/v1/gate/stream`;
    const { chunks } = await flapping.stream({ url, headTimeoutMs: 1_000 });
    flapping.ready();
    const end = (async () => {
      for await (const _ of chunks);
    })();
    await expect(end).rejects.toThrow();
    expect(flapping.isDown).toBe(true);
    await until(() => !flapping.isDown);
    await until(() => flapping.isDown);
    flapping.stop();
    await until(() => side.openStreams === 0);
  });

  it('takes time, and no more than who waits has', async () => {
    const startMs = performance.now();
    expect(await ask(network({ latencyMs: 100 }))).toBe('200');
    expect(performance.now() - startMs).toBeGreaterThan(95);
    expect(await ask(network({ delayAnswersMs: 500 }), 100)).toBe('timeout');
    expect(service.seen).toHaveLength(2);
  });

  it.each([
    [0.1, 0],
    [0.3, 1],
  ])('loses the request, or the answer (%f)', async (fate, arrived) => {
    expect(
      await ask(
        network({ loss: 0.4 }, () => fate),
        100,
      ),
    ).toBe('timeout');
    expect(service.seen).toHaveLength(arrived);
  });

  it('lets a request arrive twice', async () => {
    const twice = network({ duplicate: 1 });
    expect(await ask(twice)).toBe('200');
    expect(service.seen).toHaveLength(1);
    twice.ready();
    expect(await ask(twice)).toBe('200');
    expect(service.seen).toHaveLength(3);
  });
});
