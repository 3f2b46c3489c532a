import { beforeEach, describe, expect, it } from 'vitest';
import { Pace } from '../../gate-simulator/src/swarm/pace.ts';
import { progressLine, summarise, summaryTables } from '../../gate-simulator/src/swarm/report.ts';
import { setStage } from '../../gate-simulator/src/swarm/stage.ts';
import { runSwarm } from '../../gate-simulator/src/swarm/swarm.ts';
import { Tally } from '../../gate-simulator/src/swarm/tally.ts';
import { ADMIN_KEY, FakeCity } from './support/fake-city.ts';
import { FakeService } from './support/fake-service.ts';
import { ManualClock } from './support/manual-clock.ts';

const PLAN = { riders: 20, ordersPerRider: 10, rate: 0, concurrency: 8 };
let service: FakeService;
let city: FakeCity;

beforeEach(async () => {
  service = await FakeService.start();
  city = new FakeCity(service);
  return () => service.stop();
});

async function play(stop: AbortSignal = new AbortController().signal): Promise<Tally> {
  const { url: server } = service;
  const stage = await setStage({
    server,
    adminKey: ADMIN_KEY,
    communities: 2,
    gates: 3,
    concurrency: 8,
  });
  const tally = new Tally();
  await runSwarm(stage, PLAN, tally, stop);
  await stage.close();
  return tally;
}

describe('the swarm', () => {
  it('plays every order of every rider, and sees used codes and ended deliveries denied', async () => {
    const tally = await play();
    expect(tally.clean, JSON.stringify([...tally.errors, ...tally.unexpected])).toBe(true);
    expect(tally.orders).toBe(200);
    expect(city.deliveries.size).toBe(200);
    expect(Object.fromEntries(tally.granted)).toEqual({ granted: 200, granted_exit: 200 });
    expect(Object.fromEntries(tally.denied)).toEqual({ code_used: 10, delivery_not_active: 20 });
    expect(tally.verifies.count).toBe(430);
  });

  it('counts an answer that the contract does not promise', async () => {
    city.entryReason = 'granted_open';
    const tally = await play();
    expect(tally.clean).toBe(false);
    expect(Object.fromEntries(tally.unexpected)).toEqual({
      'expected granted, got granted_open': 200,
    });
  });

  it('counts a lost reply as a retry, and an order that cannot go on as an error', async () => {
    service.faults['/v1/verify'] = ['lose', 'none', { status: 500 }];
    service.faults['/v1/codes'] = [{ status: 500, body: { code: 'internal', detail: 'down' } }];
    const tally = await play();
    expect(tally.retries).toBe(2);
    expect(Object.fromEntries(tally.errors)).toEqual({ '500 internal: down': 1 });
    expect(tally.orders).toBe(199);
  });

  it('stops when told, with every rider out again', async () => {
    const stop = new AbortController();
    const { judge } = service;
    let judged = 0;
    service.judge = (request) => {
      judged += 1;
      if (judged === 50) stop.abort();
      return judge?.(request) ?? {};
    };
    const tally = await play(stop.signal);
    expect(tally.orders).toBeLessThan(60);
    expect(tally.granted.get('granted')).toBe(tally.granted.get('granted_exit'));
    expect(tally.clean).toBe(true);
  });

  it('reports in a line and in tables', async () => {
    const tally = await play();
    expect(progressLine(tally, 2_000, 200)).toMatch(
      /^2 s · 200\/200 orders · 430 verifies \(215\/s\) · p99 [\d.]+ ms · 0 errors · 0 unexpected$/,
    );
    const tables = summaryTables(summarise(tally, 2_000));
    expect(tables).toMatch(/denied: code_used\s+│\s+10/);
    expect(tables).toMatch(/verify\s+│\s*430/);
  });
});

describe('Pace', () => {
  async function turnsAtMs(clock: ManualClock, pace: Pace, turns: number): Promise<number[]> {
    const startMs = clock.monotonicMs();
    const at: number[] = [];
    const all = Array.from({ length: turns }, async () => {
      await pace.turn();
      at.push(clock.monotonicMs() - startMs);
    });
    while (at.length < turns) {
      await new Promise((resolve) => setImmediate(resolve));
      if (at.length < turns) clock.advance(1);
    }
    await Promise.all(all);
    return at;
  }

  it('hands out turns at an even rate', async () => {
    const clock = new ManualClock();
    expect(await turnsAtMs(clock, new Pace(clock, 100), 4)).toEqual([0, 10, 20, 30]);
  });

  it('makes up for a stall, but for no more than the last 250 ms of it', async () => {
    const clock = new ManualClock();
    const pace = new Pace(clock, 100);
    clock.advance(10_000);
    const at = await turnsAtMs(clock, pace, 30);
    expect(at.filter((ms) => ms === 0)).toHaveLength(26);
    expect(at.slice(26)).toEqual([10, 20, 30, 40]);
  });

  it('has no limit at rate 0', async () => {
    const pace = new Pace(new ManualClock(), 0);
    await Promise.all(Array.from({ length: 10_000 }, () => pace.turn()));
  });
});
