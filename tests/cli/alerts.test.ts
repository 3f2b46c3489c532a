/** Alerts, appeals, receivers and the backtest from the command line, against the real service. */
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { judgeSpeeds } from '../../src/access/judge-speeds.ts';
import { makeDelivery, makeGate, presentCode, signIn, verify } from '../support/world.ts';
import { type ListeningService, listenService } from './support.ts';

let listening: ListeningService;
let community: string;
let alert: string;
let rider: { token: string };

beforeAll(async () => {
  vi.stubEnv('TZ', 'Asia/Shanghai');
  listening = await listenService();
  const { service } = listening;
  community = (await json('communities', 'create', '东湖花园')).id;
  const platform = await json('platforms', 'create', 'kuaisong', '快送');
  const gate = await makeGate(service, community);
  await makeDelivery(service, { ...platform, slug: 'kuaisong' }, { communityId: community });
  rider = await signIn(service, { ...platform, slug: 'kuaisong' });
  const code = await presentCode(service, rider);
  await verify(service, gate, { code, lane: '1', speedKmh: 21, accuracyKmh: 1 });
  service.clock.advance(10_000);
  await judgeSpeeds(service.deps);
  const { items } = await json('alerts', 'list', community);
  alert = items.find(({ kind }: { kind: string }) => kind === 'speeding').id;
});
afterAll(async () => {
  vi.unstubAllEnvs();
  await listening.stop();
});

const cli = (...given: string[]) => listening.cli(given);
const json = (...given: string[]) => listening.json(given);

test('alerts list, show and acknowledge tell what was measured', async () => {
  expect((await cli('alerts', 'list', community)).out).toMatch(
    /^AT +ID +KIND +LEVEL +WHAT[^\n]*\n2026-11-21 12:00:00\+08:00 +alr_\w+ +speeding +warning +超速（警告）：最高 21 km\/h，限速 15 km\/h/,
  );
  expect((await json('alerts', 'list', community, '--open')).items).toEqual([]);
  const { out } = await cli('alerts', 'show', community, alert);
  expect(out).toMatch(/POINTS +2\n/);
  expect(out).toMatch(/READING AT +KM\/H +± +LIMIT\n2026-11-21T04:00:00.000Z +21 +1 +15\n$/);
  expect((await cli('alerts', 'acknowledge', community, alert)).out).toMatch(
    /NOTED +2026-11-21 12:00:10\+08:00\n/,
  );
});

test('appeals list shows what waits, and decide decides it once', async () => {
  const { service } = listening;
  const body = { text: '雷达照的是旁边的汽车' };
  await service.call('POST', `/v1/rider/alerts/${alert}/appeals`, { token: rider.token, body });
  const { items } = await json('appeals', 'list', community, '--state', 'open');
  expect(items).toMatchObject([{ alertId: alert, state: 'open' }]);
  const decide = ['appeals', 'decide', community, alert, items[0].id, 'upheld', '--reason', '属实'];
  expect((await cli(...decide)).out).toMatch(/STATE +upheld\n/);
  expect((await cli(...decide)).code).toBe(1);
  expect((await json('alerts', 'show', community, alert)).points).toBe(0);
});

test('notify makes, lists, shows and removes receivers', async () => {
  const url = 'https://hooks.example.com/alerts?key=geheim';
  const made = await cli('notify', 'create', community, 'webhook', url, '--name', '值班室');
  expect(made.out).toMatch(/ADDRESS +https:\/\/hooks\.example\.com\/alerts\n/);
  expect(made.out).toMatch(/WEBHOOK SECRET +whsec_/);
  expect(made.err).toContain('The secret is shown this once.');
  const [{ id }] = (await json('notify', 'list', community)).items;
  expect((await cli('notify', 'history', community, id, '--state', 'dead')).out).toBe('None.\n');
  expect((await cli('notify', 'replay', community, id)).out).toBe('0 wait again.\n');
  expect((await cli('notify', 'remove', community, id)).out).toBe(`${id} is told nothing more.\n`);
  expect((await json('notify', 'list', community)).items).toEqual([]);
  const inside = await cli(
    'notify',
    'create',
    community,
    'webhook',
    'https://10.0.0.1/',
    '--name',
    'x',
  );
  expect([inside.code, inside.err]).toEqual([1, expect.stringContaining('public address')]);
});

test('rules backtest tells what a draft would have changed, and changes nothing', async () => {
  const draft = '{"vehicles": ["bicycle"]}';
  const { out } = await listening.cli(['rules', 'backtest', community, '-', '--days', '2'], draft);
  expect(out).toMatch(/NEWLY DENIED +1\n/);
  expect(out).toMatch(/COUNT +FROM +TO +FOR EXAMPLE\n1 +granted +vehicle_not_allowed +\S+\n$/);
  expect((await json('rules', 'history', community)).items).toHaveLength(1);
  const same = await listening.cli(['rules', 'backtest', community, '-'], '{}');
  expect(same.out).toMatch(/No change\.\n$/);
});
