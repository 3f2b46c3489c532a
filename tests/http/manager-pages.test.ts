import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { judgeSpeeds } from '../../src/access/judge-speeds.ts';
import { newAccount, type Person } from '../support/person.ts';
import { type Service, startService } from '../support/service.ts';
import {
  type GateHandle,
  makeCommunity,
  makeDelivery,
  makeGate,
  makePlatform,
  type PlatformHandle,
  presentCode,
  signIn,
  verify,
} from '../support/world.ts';

let service: Service;
let platform: PlatformHandle;
let community: string;
let gate: GateHandle;
let manager: Person;
let auditor: Person;
let operator: Person;
let home: string;

beforeAll(async () => {
  service = await startService({ limits: { signInAttemptsPerMinute: 10_000 } });
  platform = await makePlatform(service, 'kuaisong');
  community = await makeCommunity(service, { name: '翠苑一区', district: '西湖' });
  gate = await makeGate(service, community, { name: '北门' });
  home = `/m/${community}`;
  const scope = { kind: 'community', communityId: community };
  manager = await newAccount(service, 'manager', scope);
  auditor = await newAccount(service, 'auditor', scope);
  operator = await newAccount(service, 'operator', { kind: 'all' });
});
afterAll(() => service.stop());

let rides = 0;
/** A rider with an order shows the code. */
async function ride(riderId = `r-${++rides}`) {
  await makeDelivery(service, platform, {
    communityId: community,
    riderId,
    deliveryId: `d-${++rides}`,
  });
  const rider = await signIn(service, platform, riderId);
  const code = await presentCode(service, rider);
  return { riderId, code, answer: (await verify(service, gate, { code })).body };
}

/** The members of the form on a page that a button would send, as a browser has them. */
function membersOf(html: string): Record<string, string> {
  const form = /<form class="rules-form"[\s\S]*?<\/form>/.exec(html)?.[0] ?? '';
  const members: Record<string, string> = {};
  for (const [tag] of form.matchAll(/<input [^>]*>/g)) {
    const attribute = (name: string) => new RegExp(` ${name}="([^"]*)"`).exec(tag)?.[1];
    const name = attribute('name') ?? '';
    const type = attribute('type') ?? 'text';
    if ((type === 'checkbox' || type === 'radio') && !tag.includes(' checked')) continue;
    members[name] = attribute('value') ?? (type === 'checkbox' ? 'on' : '');
  }
  for (const [, name = '', options = ''] of form.matchAll(
    /<select [^>]*name="([^"]+)"[^>]*>([\s\S]*?)<\/select>/g,
  ))
    members[name] =
      (/value="([^"]*)" selected/.exec(options) ?? /value="([^"]*)"/.exec(options))?.[1] ?? '';
  return members;
}

describe('who is not signed in', () => {
  test('is sent to the sign-in and comes back', async () => {
    const asked = await service.call('GET', `${home}/rules?message=x`, {});
    expect(asked.status).toBe(303);
    expect(asked.headers.get('location')).toBe(
      `/sign-in?next=${encodeURIComponent(`${home}/rules?message=x`)}`,
    );
  });

  test('meets no page of another community, nor one beyond the role', async () => {
    const other = await makeCommunity(service, { name: '望江家园' });
    expect((await manager.get(`/m/${other}`)).status).toBe(404);
    expect((await manager.get('/m/com_0123456789abc')).status).toBe(404);
    expect((await auditor.get(`${home}/rules`)).status).toBe(200);
    expect((await auditor.get(`${home}/rules/edit`)).status).toBe(404);
    expect((await auditor.get('/m/people')).status).toBe(404);
    expect(
      (await auditor.post(`${home}/posture`, { posture: 'lockdown', hours: '1', reason: 'x' }))
        .status,
    ).toBe(404);
    expect((await manager.post('/m', { name: '新', kind: 'open' })).status).toBe(404);
  });
});

describe('the overview', () => {
  test('counts entries, refusals by reason, riders inside and the time saved', async () => {
    const { code } = await ride();
    await ride();
    await verify(service, gate, { code: 'nonsense' });
    const other = await makeGate(service, community, { name: '东门' });
    await verify(service, other, { code });
    const { text } = await manager.get(home);
    const shown = text.replaceAll(/<[^>]+>/g, ' ').replaceAll(/\s+/g, ' ');
    expect(shown).toMatch(/正在小区内 2 /);
    expect(shown).toMatch(/进门 2 /);
    expect(shown).toMatch(/拒绝 2 /);
    expect(shown).toMatch(/省下的登记时间 4 分钟/);
    expect(shown).toContain('不是通行码');
    expect(shown).toContain('码已用过');
    expect(text).toContain(`data-events="/v1/communities/${community}/events"`);
  });

  test('of another day is empty again, and the week still has it', async () => {
    const own = await startService();
    const person = await newAccount(own, 'operator', { kind: 'all' });
    const here = await makeCommunity(own);
    const at = await makeGate(own, here);
    await verify(own, at, { code: 'nonsense' });
    own.clock.advance(25 * 3_600_000);
    const words = async (path: string) =>
      (await person.get(path)).text.replaceAll(/<[^>]+>/g, ' ').replaceAll(/\s+/g, ' ');
    expect(await words(`/m/${here}`)).toMatch(/拒绝 0 /);
    expect(await words(`/m/${here}?period=week`)).toMatch(/拒绝 1 /);
    await own.stop();
  });

  test('compares the communities of a district', async () => {
    const office = await newAccount(service, 'district', { kind: 'district', district: '西湖' });
    const { text } = await office.get('/m');
    expect(text).toContain('翠苑一区');
    expect(text).not.toContain('望江家园');
    expect((await manager.get('/m')).headers.get('location')).toBe(home);
  });
});

describe('the posture of a restored backup', () => {
  test('is not lifted by a page: an operator must confirm it first', async () => {
    const own = await startService();
    const here = await makeCommunity(own);
    const scope = { kind: 'community', communityId: here };
    const guard = await newAccount(own, 'guard', scope);
    const lift = () =>
      guard.post(`/m/${here}/posture`, { posture: 'normal', hours: '1', reason: '查清了' });
    const now = own.clock.now();
    await own.deps.store.lockDownRestored({ why: 'x', erased: [], now });
    const refused = await lift();
    expect((await guard.get(refused.headers.get('location') ?? '')).text).toContain('恢复的备份');
    expect((await guard.call('GET', `/v1/communities/${here}`)).body.posture).toMatchObject({
      posture: 'lockdown',
    });
    await own.deps.store.confirmRestore({ actor: 'key:key_0000000000000', now });
    const done = await lift();
    expect((await guard.get(done.headers.get('location') ?? '')).text).toContain('状态已更改');
    await own.stop();
  });
});

describe('rules', () => {
  test('a change is shown beside what is in force, saved with who, why and who agreed, and judged by', async () => {
    const { text } = await manager.get(`${home}/rules/edit`);
    const members = membersOf(text);
    expect(members['speedLimitKmh']).toBe('15');
    const changed = {
      ...members,
      'hours.0.from': '06:00',
      'hours.0.to': '11:00',
      speedLimitKmh: '10',
      'agreed.residents': 'on',
      'agreed.manager': 'on',
      reason: '居民反映中午吵闹',
    };
    const checked = await manager.post(`${home}/rules/edit`, { ...changed, step: 'check' });
    expect(checked.status).toBe(200);
    expect(checked.text).toContain('每天 06:00–11:00');
    expect(checked.text.replaceAll(/<[^>]+>/g, '|')).toMatch(/限速\|+15 km\/h\|+10 km\/h/);
    expect((await ride()).answer.decision).toBe('granted');

    const saved = await manager.post(`${home}/rules/edit`, { ...changed, step: 'save' });
    expect(saved.headers.get('location')).toBe(`${home}/rules?message=saved`);
    expect((await ride()).answer.reason).toBe('outside_hours');
    const page = await manager.get(`${home}/rules`);
    for (const said of ['第 2 版', '王师傅', '居民反映中午吵闹', '居民 · 物业'])
      expect(page.text).toContain(said);
    const read = await manager.call('GET', `/v1/communities/${community}/rules`);
    expect(read.body).toMatchObject({
      version: 2,
      agreedBy: ['residents', 'manager'],
      reason: '居民反映中午吵闹',
      rules: {
        speedLimitKmh: 10,
        hours: [{ from: '06:00', to: '11:00' }],
        vehicles: ['foot', 'bicycle', 'e-bike'],
      },
    });
    const log = await service.deps.store.listAuditEntries({ afterSeq: 0, limit: 10_000 });
    expect(JSON.stringify(log)).not.toContain('居民反映');
  });

  test('that nobody touched in the form are the rules that are there', async () => {
    const before = (await manager.call('GET', `/v1/communities/${community}/rules`)).body.rules;
    const members = membersOf((await manager.get(`${home}/rules/edit`)).text);
    const same = await manager.post(`${home}/rules/edit`, { ...members, step: 'check' });
    expect(same.text).toContain('和现在一样');
    await manager.post(`${home}/rules/edit`, { ...members, step: 'save' });
    const after = (await manager.call('GET', `/v1/communities/${community}/rules`)).body.rules;
    expect(after).toEqual(before);
  });

  test.each([
    [{ speedLimitKmh: '500' }, '限速'],
    [{ speedLimitKmh: '' }, '限速'],
    [{ 'hours.0.from': '25:00', 'hours.0.to': '26:00' }, '通行时间 1'],
    [{ 'hours.0.from': '06:00', 'hours.0.to': '06:00' }, '开始和结束不能一样'],
    [{ platformMode: 'only', platforms: '' }, '请写上平台代号'],
    [{ gates: 'some' }, '至少选一道门'],
    [{ effectiveFrom: '2020-01-01T00:00' }, '生效时间已过去太久'],
    [{ effectiveFrom: 'soon' }, '生效时间'],
    [{ reason: '长'.repeat(201) }, '为什么'],
  ])('%j is refused in words, and nothing of the form is lost', async (change, said) => {
    const members = membersOf((await manager.get(`${home}/rules/edit`)).text);
    const sent = { ...members, maxDwellMinutes: '47', ...change, step: 'save' };
    const answer = await manager.post(`${home}/rules/edit`, sent);
    expect(answer.status).toBe(422);
    expect(answer.text).toContain(said);
    expect(membersOf(answer.text)['maxDwellMinutes']).toBe('47');
  });

  test('that somebody else changed meanwhile are compared before they are saved over', async () => {
    const members = membersOf((await manager.get(`${home}/rules/edit`)).text);
    await manager.post(`${home}/rules/edit`, { ...members, maxDwellMinutes: '40', step: 'save' });
    const late = await manager.post(`${home}/rules/edit`, {
      ...members,
      maxDwellMinutes: '50',
      step: 'save',
    });
    expect(late.status).toBe(422);
    expect(late.text).toContain('别人保存了新版本');
    const again = await manager.post(`${home}/rules/edit`, {
      ...membersOf(late.text),
      step: 'save',
    });
    expect(again.status).toBe(303);
  });

  test('make a poster that anyone may read off the wall', async () => {
    const { text, status } = await manager.get(`${home}/rules/poster`);
    expect(status).toBe(200);
    expect(text).toContain('翠苑一区');
    expect(text).toContain('<svg');
    expect(text).toContain('小区内限速');
  });
});

describe('gates', () => {
  test('are added with a code and a QR, enrolled once, and removed', async () => {
    const added = await manager.post(`${home}/gates`, {
      name: '西门',
      kind: 'gate',
      in: 'on',
      qr: 'on',
    });
    expect(added.status).toBe(200);
    const [code = ''] = /cpe_[\w-]+/.exec(added.text) ?? [];
    expect(added.text).toContain('<svg');
    expect(code).not.toBe('');
    const listed = await manager.get(`${home}/gates`);
    expect(listed.text).toContain('西门');
    expect(listed.text).not.toContain(code);
    const [, id = ''] = /\/gates\/(gat_\w+)">西门/.exec(listed.text) ?? [];
    const removed = await manager.post(`${home}/gates/${id}/remove`);
    expect(removed.status).toBe(303);
    expect((await manager.get(`${home}/gates/${id}`)).status).toBe(404);
  });

  test.each([
    [{ name: '', in: 'on', qr: 'on' }, '请填写'],
    [{ name: '门', qr: 'on' }, '至少选一个方向'],
    [{ name: '门', in: 'on' }, '至少选一种读取方式'],
    [{ name: '门'.repeat(101), in: 'on', qr: 'on' }, '太长了'],
  ])('%j is refused in words', async (members, said) => {
    const answer = await manager.post(`${home}/gates`, members as Record<string, string>);
    expect(answer.status).toBe(422);
    expect(answer.text).toContain(said);
  });

  test('are closed with an end and a reason, and open by themselves again', async () => {
    const at = `${home}/gates/${gate.id}`;
    await manager.post(`${at}/posture`, { posture: 'closed', hours: '1', reason: '维修' });
    expect((await manager.get(at)).text).toContain('关闭 到');
    expect((await ride()).answer.reason).toBe('gate_closed');
    service.clock.advance(3_600_000);
    expect((await manager.get(at)).text).toContain('按规则');
    const refused = await manager.post(`${at}/posture`, {
      posture: 'closed',
      hours: '99999',
      reason: '维修',
    });
    expect(refused.status).toBe(422);
  });

  test('of another community are not there', async () => {
    const other = await makeCommunity(service, { name: '别处' });
    const theirs = await makeGate(service, other);
    expect((await manager.get(`${home}/gates/${theirs.id}`)).status).toBe(404);
    expect(
      (await manager.post(`${home}/gates/${theirs.id}/open`, { openReason: 'x' })).status,
    ).toBe(404);
  });
});

describe('couriers', () => {
  test('are found by their rider number, blocked with a reason and an end, and let in again', async () => {
    const { riderId } = await ride('courier-77');
    const found = await manager.get(`${home}/couriers?find=courier-7`);
    expect(found.text).toContain(`kuaisong ${riderId}`);
    const [courier = ''] = /cou_[0-9a-z]{13}/.exec(found.text) ?? [];
    const block = {
      courier,
      [`reason-${courier}`]: '骑上人行道',
      [`hours-${courier}`]: '24',
    };
    const blocked = await manager.post(`${home}/couriers/block`, block);
    expect(blocked.status).toBe(303);
    const shown = (await manager.get(blocked.headers.get('location') ?? '')).text;
    expect(shown).toContain('禁止到');
    expect(shown).toContain('骑上人行道');
    const passes = await service.call('GET', '/v1/rider/passes', {
      token: (await signIn(service, platform, riderId)).token,
    });
    expect(passes.body.items[0].refusal.reason).toBe('rider_blocked');
    await manager.post(`${home}/couriers/unblock`, { courier });
    expect((await manager.get(`${home}/couriers?find=${courier}`)).text).not.toContain(
      '骑上人行道',
    );
  });

  test('of another community are not found here', async () => {
    const elsewhere = await makeCommunity(service, { name: '别处' });
    await makeDelivery(service, platform, {
      communityId: elsewhere,
      riderId: 'only-there',
      deliveryId: 'x9',
    });
    expect((await manager.get(`${home}/couriers?find=only-there`)).text).toContain('没有找到骑手');
    expect((await manager.get(`${home}/couriers?find=%25`)).text).toContain('没有找到骑手');
  });

  test('are blocked for a reason, always', async () => {
    const { text } = await manager.get(`${home}/couriers?find=courier-7`);
    const [courier = ''] = /cou_[0-9a-z]{13}/.exec(text) ?? [];
    const answer = await manager.post(`${home}/couriers/block`, {
      courier,
      [`reason-${courier}`]: ' ',
      [`hours-${courier}`]: '24',
      find: 'courier-7',
    });
    expect(answer.status).toBe(422);
    expect(answer.text).toContain('请填写这一项');
  });
});

describe('reports', () => {
  test('are answered once, with points, in words that the rider reads', async () => {
    const { riderId } = await ride('reporter-1');
    const rider = await signIn(service, platform, riderId);
    const body = {
      requestId: '0b7c0b7c-0b7c-4b7c-8b7c-0b7c0b7c0b7c',
      communityId: community,
      place: '3 号楼北侧',
      text: '路灯不亮',
    };
    const made = await service.call('POST', '/v1/rider/reports', { token: rider.token, body });
    const { id } = made.body;
    expect((await manager.get(`${home}/reports?open=true`)).text).toContain('路灯不亮');
    expect((await auditor.get(`${home}/reports`)).text).not.toContain('发出答复');
    const empty = { report: id, [`text-${id}`]: ' ', [`points-${id}`]: '3' };
    expect((await manager.post(`${home}/reports`, empty)).status).toBe(422);
    const greedy = { report: id, [`text-${id}`]: '谢谢', [`points-${id}`]: '500' };
    expect((await manager.post(`${home}/reports`, greedy)).status).toBe(422);
    const answer = { report: id, [`text-${id}`]: '今晚修好', [`points-${id}`]: '3' };
    expect((await manager.post(`${home}/reports`, answer)).status).toBe(303);
    const twice = await manager.post(`${home}/reports`, answer);
    expect(twice.status).toBe(422);
    const own = await service.call('GET', '/v1/rider/reports', { token: rider.token });
    expect(own.body.items[0].answer).toMatchObject({ text: '今晚修好', contributionPoints: 3 });
    expect((await manager.get(`${home}/reports?open=true`)).text).not.toContain('路灯不亮');
  });
});

describe('alerts', () => {
  test('stand there with the gate, what happened and whether it lasts', async () => {
    const at = await makeGate(service, community, { name: '旧门' });
    await service.call('GET', '/v1/gate/bundle', { token: at.token });
    service.clock.advance(10 * 60_000);
    await service.deps.store.sweep({ now: service.clock.now(), limit: 100, gateSilentMs: 300_000 });
    const { text } = await manager.get(`${home}/alerts?open=true`);
    expect(text).toContain('门离线');
    expect(text).toContain('旧门');
    expect((await manager.get(home)).text).toContain('门离线');
    expect((await manager.get(`${home}/alerts?open=false`)).text).not.toContain('旧门');
  });
});

/** A rider who rode past a radar at 21 km/h where 15 are allowed. */
async function makeSpeedAlert(own: Service) {
  const communityId = await makeCommunity(own);
  const at = await makeGate(own, communityId);
  const kuaisong = await makePlatform(own, 'kuaisong');
  await makeDelivery(own, kuaisong, { communityId, riderId: 'fast', deliveryId: 'fast-1' });
  const rider = await signIn(own, kuaisong, 'fast');
  const code = await presentCode(own, rider);
  await verify(own, at, { code, lane: '1', speedKmh: 21, accuracyKmh: 1 });
  own.clock.advance(100_000);
  await judgeSpeeds(own.deps);
  const alerts = await own.call('GET', `/v1/communities/${communityId}/alerts`, {
    token: own.operatorKey,
  });
  const { id } = alerts.body.items.find(({ kind }: { kind: string }) => kind === 'speeding');
  return { communityId, alertId: id as string, riderToken: rider.token };
}

describe('backtest, alerts, audit and receivers', () => {
  test('a draft is tried on the last days before it is saved, and changes nothing', async () => {
    await ride();
    const members = membersOf((await manager.get(`${home}/rules/edit`)).text);
    const draft = { ...members, 'hours.0.from': '00:00', 'hours.0.to': '00:01' };
    const before = (await manager.call('GET', `/v1/communities/${community}/rules`)).body.version;
    const tried = await manager.post(`${home}/rules/edit`, { ...draft, step: 'check' });
    const words = tried.text.replaceAll(/<[^>]+>/g, ' ').replaceAll(/\s+/g, ' ');
    expect(words).toMatch(/最近 7 天会怎样 会多拒绝 [1-9]\d* 次/);
    expect(words).toMatch(/有单放行 不在通行时间 [1-9]/);
    const after = (await manager.call('GET', `/v1/communities/${community}/rules`)).body.version;
    expect(after).toBe(before);
  });

  test('an alert shows its evidence; the rider’s appeal is decided once, and the points come back', async () => {
    const own = await startService();
    try {
      const fast = await makeSpeedAlert(own);
      const at = `/m/${fast.communityId}/alerts/${fast.alertId}`;
      const boss = await newAccount(own, 'manager', {
        kind: 'community',
        communityId: fast.communityId,
      });
      const reader = await newAccount(own, 'auditor', { kind: 'all' });
      const shown = (await boss.get(at)).text;
      expect(shown).toContain('超速');
      expect(shown).toContain('evidence.svg');
      const evidence = await boss.call(
        'GET',
        `/v1/communities/${fast.communityId}/alerts/${fast.alertId}/evidence.svg`,
      );
      expect(evidence.status).toBe(200);
      await boss.post(`${at}/acknowledge`);
      expect((await boss.get(at)).text).toContain('已知悉');
      const appeal = await own.call('POST', `/v1/rider/alerts/${fast.alertId}/appeals`, {
        token: fast.riderToken,
        body: { text: '下坡刹不住' },
      });
      expect(appeal.status).toBe(201);
      expect((await boss.get(`/m/${fast.communityId}/appeals`)).text).toContain('下坡刹不住');
      const decision = { appeal: appeal.body.id, decision: 'upheld', reason: '情有可原' };
      expect((await reader.post(`${at}/appeal`, decision)).status).toBe(404);
      expect((await boss.post(`${at}/appeal`, { ...decision, reason: '' })).status).toBe(422);
      expect((await boss.post(`${at}/appeal`, decision)).status).toBe(303);
      expect((await boss.get(at)).text).toContain('申诉成立');
      const again = await boss.post(`${at}/appeal`, decision);
      expect(again.status).toBe(422);
      expect(again.text).toContain('别人已经处理过了');
    } finally {
      await own.stop();
    }
  });

  test('an entry of the audit log is found with its receipt, and the export is this community’s', async () => {
    const at = await makeGate(service, community, { name: '审计门' });
    const answer = (await verify(service, at, { code: 'nonsense' })).body;
    // Each run gives so many entries their place: all those of the tests before, too.
    for (let run = 0; run < 50; run++) {
      await service.deps.audit.run();
      const receipt = await manager.call('GET', `/v1/audit/receipts/${answer.auditId}`);
      if (receipt.status === 200) break;
    }
    const { text } = await manager.get(`${home}/audit?find=${answer.auditId}`);
    expect(text).toContain('&quot;type&quot;: &quot;decision&quot;');
    expect(text).toContain('c2sp.org/tlog-proof');
    const receipt = await manager.call('GET', `/v1/audit/receipts/${answer.auditId}`);
    expect(receipt.status).toBe(200);
    const exported = await manager.call(
      'GET',
      `/v1/audit/export?community=${community}&format=csv`,
    );
    expect(exported.status).toBe(200);
    expect(exported.text).toContain(answer.auditId);
    expect((await manager.get(`${home}/audit?find=${'A'.repeat(43)}`)).text).toContain(
      '没有这一条',
    );
    const other = await makeCommunity(service, { name: '别处' });
    const theirs = await operator.get(`/m/${other}/audit?find=${answer.auditId}`);
    expect(theirs.text).toContain('没有这一条');
  });

  test('a receiver is added with its secret shown once, and removed', async () => {
    const receiver = { kind: 'webhook', name: '值班室', leastLevel: 'warning' };
    const plain = await manager.post(`${home}/notify`, { ...receiver, url: 'http://example.cn/x' });
    expect(plain.status).toBe(422);
    expect(plain.text).toContain('这个地址不能用');
    const added = await manager.post(`${home}/notify`, {
      ...receiver,
      url: 'https://example.cn/hook/token',
    });
    expect(added.status).toBe(200);
    const [secret = ''] = /whsec_[A-Za-z0-9+/]+=*/.exec(added.text) ?? [];
    expect(secret).not.toBe('');
    const listed = (await manager.get(`${home}/notify`)).text;
    expect(listed).toContain('值班室');
    expect(listed).not.toContain(secret);
    const [, id = ''] = /name="id" value="(ntf_\w+)"/.exec(listed) ?? [];
    expect((await manager.post(`${home}/notify/remove`, { id })).status).toBe(303);
    expect((await manager.get(`${home}/notify`)).text).toContain('还没有接收方');
    expect((await auditor.get(`${home}/notify`)).status).toBe(404);
  });
});

describe('the plan', () => {
  const square = [
    [
      [120.1, 30.2],
      [120.101, 30.2],
      [120.101, 30.201],
      [120.1, 30.201],
      [120.1, 30.2],
    ],
  ];
  const building = (name: string) => ({
    type: 'Feature',
    geometry: { type: 'Polygon', coordinates: square },
    properties: { kind: 'building', name, colour: 'red' },
  });

  test('is imported as GeoJSON and drawn', async () => {
    const geojson = JSON.stringify({ type: 'FeatureCollection', features: [building('12 号楼')] });
    expect((await manager.post(`${home}/plan`, { geojson })).status).toBe(303);
    const { text } = await manager.get(`${home}/plan`);
    expect(text).toContain('<svg class="plan"');
    expect(text).toContain('12 号楼');
    const read = await manager.call('GET', `/v1/communities/${community}/plan`);
    expect(read.body.plan.features[0].properties).toEqual({ kind: 'building', name: '12 号楼' });
  });

  test.each([
    ['{', '不是有效的 JSON'],
    ['[]', '有误'],
    [
      JSON.stringify({
        type: 'FeatureCollection',
        features: [{ ...building('x'), geometry: { type: 'Point', coordinates: [500, 1] } }],
      }),
      'features[0].geometry.coordinates',
    ],
    [
      JSON.stringify({ type: 'FeatureCollection', features: [building('')] }),
      'features[0].properties.name',
    ],
  ])('%s is refused in words', async (geojson, said) => {
    const answer = await manager.post(`${home}/plan`, { geojson });
    expect(answer.status).toBe(422);
    expect(answer.text).toContain(said);
  });
});

describe('must survive', () => {
  const WICKED = `"><script>alert(1)</script><img src=x onerror=alert(1)>'`;

  test('a script in every field that is stored', async () => {
    const name = WICKED.slice(0, 60);
    await operator.post('/m', { name: WICKED, kind: 'open', district: WICKED.slice(0, 60) });
    const gateAdded = await manager.post(`${home}/gates`, { name: WICKED, in: 'on', qr: 'on' });
    const key = await manager.post('/m/api-keys', {
      name: WICKED,
      scope: `community:${community}`,
    });
    const members = membersOf((await manager.get(`${home}/rules/edit`)).text);
    await manager.post(`${home}/rules/edit`, { ...members, reason: WICKED, step: 'save' });
    const { text } = await manager.get(`${home}/couriers`);
    const [courier = ''] = /cou_[0-9a-z]{13}/.exec(text) ?? [];
    await manager.post(`${home}/couriers/block`, {
      courier,
      [`reason-${courier}`]: WICKED,
      [`hours-${courier}`]: '24',
    });
    const geojson = JSON.stringify({
      type: 'FeatureCollection',
      features: [
        {
          type: 'Feature',
          geometry: { type: 'Point', coordinates: [120, 30] },
          properties: { kind: 'gate', name },
        },
      ],
    });
    await manager.post(`${home}/plan`, { geojson });
    const pages = [gateAdded.text, key.text];
    for (const path of [
      '',
      '/gates',
      '/rules',
      '/rules/edit',
      '/rules/poster',
      '/couriers',
      '/plan',
      '/decisions',
      '/visits',
    ])
      pages.push((await manager.get(home + path)).text);
    for (const path of ['/m', '/m/people', '/m/api-keys', '/m/account'])
      pages.push((await operator.get(path)).text);
    pages.push((await manager.get(`${home}/couriers?find=${encodeURIComponent(WICKED)}`)).text);
    pages.push(
      (await manager.post('/sign-in', { name: WICKED, password: 'x', next: WICKED })).text,
    );
    expect(pages.join('').match(/&lt;script&gt;/g)?.length).toBeGreaterThan(8);
    for (const page of pages) {
      expect(page).not.toContain('<script>alert');
      expect(page).not.toMatch(/<img[^>]*onerror/);
    }
  });

  test('every page says what its scripts and styles may be', async () => {
    for (const path of [home, `${home}/rules/edit`, '/m/account', '/sign-in']) {
      const { headers, text } = await manager.get(path);
      if (headers.get('location') !== null) continue;
      const policy = headers.get('content-security-policy') ?? '';
      expect(policy).toContain("script-src 'self'");
      expect(policy).toContain("frame-ancestors 'none'");
      expect(policy).not.toContain('unsafe');
      expect(text).not.toMatch(/ style="/);
      expect(text).not.toMatch(/<script(?![^>]* src=)/);
      expect(headers.get('cache-control')).toBe('no-store');
    }
  });

  test('a community whose name has 200 characters', async () => {
    const name = '很长的小区名'.repeat(34).slice(0, 200);
    expect((await operator.post('/m', { name, kind: 'standard' })).status).toBe(303);
    expect((await operator.get('/m')).text).toContain(name);
    const longer = await operator.post('/m', { name: `${name}长`, kind: 'standard' });
    expect(longer.status).toBe(422);
    expect(longer.text).toContain('太长了，最多 200 个字');
  });

  test('2,000 rows: a page shows fifty, leads to all of them, and is quick', async () => {
    const crowded = await makeCommunity(service, { name: '大小区' });
    const at = await makeGate(service, crowded);
    for (let round = 0; round < 20; round++)
      await Promise.all(Array.from({ length: 100 }, () => verify(service, at, { code: 'x' })));
    const started = performance.now();
    let path: string | undefined = `/m/${crowded}/decisions`;
    let rows = 0;
    let pages = 0;
    while (path !== undefined) {
      const { text } = await operator.get(path);
      rows += (text.match(/不是通行码/g) ?? []).length;
      pages++;
      path = /href="([^"]+)"[^>]*><span>更早的/.exec(text)?.[1]?.replaceAll('&amp;', '&');
    }
    expect([rows, pages]).toEqual([2_000, 40]);
    expect((performance.now() - started) / pages).toBeLessThan(250);
  });
});
