import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { enrolledGate } from '../support/gate-key.ts';
import { type Service, startService } from '../support/service.ts';

let service: Service;
let token: string;

beforeAll(async () => {
  service = await startService();
  token = service.operatorKey;
});
afterAll(() => service.stop());

const call = (method: string, path: string, body?: unknown, headers: Record<string, string> = {}) =>
  service.call(method, path, { token, body, headers });

async function newCommunity(members: object = {}): Promise<string> {
  const made = await call('POST', '/v1/communities', {
    name: '翠苑一区',
    kind: 'standard',
    ...members,
  });
  expect(made.status).toBe(201);
  return made.body.id;
}

async function newKey(scope: object): Promise<string> {
  const made = await call('POST', '/v1/api-keys', { name: 'test', scope });
  expect(made.status).toBe(201);
  return made.body.key;
}

describe('platforms', () => {
  test('a platform gets its secrets once, and its key has its scope', async () => {
    const made = await call('POST', '/v1/platforms', {
      slug: 'kuaisong',
      name: '快送',
      districts: ['西湖'],
    });
    expect(made.status).toBe(201);
    expect(made.body).toEqual({
      slug: 'kuaisong',
      webhookSecret: expect.stringMatching(/^whsec_[A-Za-z0-9+/]{43}=$/),
      apiKey: expect.stringMatching(/^cpk_[\w-]{43}$/),
    });
    const listed = await call('GET', '/v1/platforms');
    expect(listed.body.items).toEqual([
      { slug: 'kuaisong', name: '快送', adapter: 'standard', districts: ['西湖'] },
    ]);
    expect(listed.text).not.toContain('whsec_');
    const keys = await call('GET', '/v1/api-keys?limit=200');
    expect(keys.body.items).toMatchObject([
      { scope: { kind: 'all' } },
      { scope: { kind: 'platform', slug: 'kuaisong' } },
    ]);
  });

  test('a slug that is taken is 409', async () => {
    expect((await call('POST', '/v1/platforms', { slug: 'twice', name: 'a' })).status).toBe(201);
    expect((await call('POST', '/v1/platforms', { slug: 'twice', name: 'b' })).body.code).toBe(
      'conflict',
    );
  });

  test.each(['', 'Upper', '-x', 'a b', 'x'.repeat(65)])('the slug %j is 422', async (slug) => {
    const { status, body } = await call('POST', '/v1/platforms', { slug, name: 'a' });
    expect(status).toBe(422);
    expect(body.errors[0].path).toBe('slug');
  });

  test('a webhook secret can be replaced; the old one stays for a day', async () => {
    await call('POST', '/v1/platforms', { slug: 'rotating', name: 'a' });
    const added = await call('POST', '/v1/platforms/rotating/webhook-secrets');
    expect(added.status).toBe(201);
    expect(added.body.oldValidUntil).toBe('2026-11-22T04:00:00.000Z');
    const platform = await service.deps.store.findPlatform('rotating');
    expect(platform?.secrets).toHaveLength(2);
    expect((await call('POST', '/v1/platforms/unknown/webhook-secrets')).status).toBe(404);
  });
});

describe('communities', () => {
  test('a community has the defaults of the contract', async () => {
    const made = await call('POST', '/v1/communities', { name: '翠苑一区', kind: 'strict' });
    expect(made.status).toBe(201);
    expect(made.body).toEqual({
      id: expect.stringMatching(/^com_[0-9a-f][0-9a-hjkmnp-tv-z]{12}$/),
      name: '翠苑一区',
      kind: 'strict',
      timezone: 'Asia/Shanghai',
      district: null,
      posture: { posture: 'normal', until: null },
      createdAt: '2026-11-21T04:00:00.000Z',
    });
    expect((await call('GET', `/v1/communities/${made.body.id}`)).body).toEqual(made.body);
  });

  test.each([
    [{ name: '', kind: 'standard' }, 'name'],
    [{ name: 'a\u0000b', kind: 'standard' }, 'name'],
    [{ name: 'a', kind: 'castle' }, 'kind'],
    [{ name: 'a', kind: 'standard', timezone: 'Mars/Olympus' }, 'timezone'],
    [{ name: 'a', kind: 'standard', timezone: '+08:00' }, 'timezone'],
  ])('%j is 422', async (body, path) => {
    const refused = await call('POST', '/v1/communities', body);
    expect(refused.status).toBe(422);
    expect(refused.body.errors[0].path).toBe(path);
  });

  test('members are changed singly; the kind never', async () => {
    const id = await newCommunity({ district: '西湖' });
    const changed = await call('PATCH', `/v1/communities/${id}`, { timezone: 'Asia/Urumqi' });
    expect(changed.body).toMatchObject({ timezone: 'Asia/Urumqi', district: '西湖' });
    expect(
      (await call('PATCH', `/v1/communities/${id}`, { district: null })).body.district,
    ).toBeNull();
    expect((await call('PATCH', `/v1/communities/${id}`, { kind: 'open' })).status).toBe(422);
    expect((await call('PATCH', '/v1/communities/com_0000000000000', { name: 'x' })).status).toBe(
      404,
    );
  });

  test('a key sees the communities of its scope and no others', async () => {
    const inside = await newCommunity({ district: '上城' });
    const sibling = await newCommunity({ district: '上城' });
    const outside = await newCommunity({ district: '下城' });
    const district = await newKey({ kind: 'district', district: '上城' });
    const single = await newKey({ kind: 'community', communityId: inside });
    const seen = async (key: string) => {
      const listed = await service.call('GET', '/v1/communities', { token: key });
      return listed.body.items.map(({ id }: { id: string }) => id);
    };
    expect(await seen(district)).toEqual([inside, sibling]);
    expect(await seen(single)).toEqual([inside]);
    for (const [key, id, status] of [
      [district, sibling, 200],
      [district, outside, 404],
      [single, inside, 200],
      [single, sibling, 404],
    ] as const) {
      expect((await service.call('GET', `/v1/communities/${id}`, { token: key })).status).toBe(
        status,
      );
    }
  });

  test('lists are read page by page', async () => {
    const ids: string[] = [];
    let after = '';
    do {
      const page = await call('GET', `/v1/communities?limit=2${after}`);
      expect(page.body.items.length).toBeLessThanOrEqual(2);
      ids.push(...page.body.items.map(({ id }: { id: string }) => id));
      after = page.body.next === null ? '' : `&after=${page.body.next}`;
    } while (after !== '');
    const whole = await call('GET', '/v1/communities?limit=200');
    expect(ids).toEqual(whole.body.items.map(({ id }: { id: string }) => id));
    for (const query of ['limit=0', 'limit=201', 'limit=x', 'after=a%20b']) {
      expect((await call('GET', `/v1/communities?${query}`)).status).toBe(422);
    }
  });

  test.each(['abc', '', '-1', '1.5', '1e3', '0x1', '01', '9'.repeat(16)])(
    'what is no `next` of a page is 422 at `after`: %j',
    async (after) => {
      const { status, body } = await call('GET', `/v1/communities?after=${after}`);
      expect(status).toBe(422);
      expect(body.errors).toMatchObject([{ path: 'after' }]);
    },
  );

  test('a cursor beyond the end is an empty page', async () => {
    const { body } = await call('GET', '/v1/communities?after=999999999999999');
    expect(body).toEqual({ items: [], next: null });
  });
});

describe('rules', () => {
  const rulesOf = (id: string) => `/v1/communities/${id}/rules`;

  test('a community starts with the template of its kind as version 1', async () => {
    const id = await newCommunity();
    const read = await call('GET', rulesOf(id));
    expect(read.headers.get('etag')).toBe('"1"');
    expect(read.body).toMatchObject({
      version: 1,
      agreedBy: [],
      rules: { speedLimitKmh: 15, antiPassback: 'soft' },
    });
  });

  test('a new version is complete and names who wrote it and who agreed', async () => {
    const id = await newCommunity();
    const put = await call('PUT', rulesOf(id), {
      agreedBy: ['riders', 'residents'],
      effectiveFrom: '2026-11-21T12:00:00+08:00',
      rules: { speedLimitKmh: 10, hours: [{ days: ['mon'], from: '07:00', to: '22:00' }] },
    });
    expect(put.status).toBe(200);
    expect(put.headers.get('etag')).toBe('"2"');
    expect(put.body).toMatchObject({
      version: 2,
      author: expect.stringMatching(/^key:key_/),
      agreedBy: ['residents', 'riders'],
      effectiveFrom: '2026-11-21T04:00:00.000Z',
      rules: { speedLimitKmh: 10, maxDwellMinutes: 30, vehicles: ['foot', 'bicycle', 'e-bike'] },
    });
    expect((await call('GET', rulesOf(id))).body).toEqual(put.body);
    const versions = await call('GET', `${rulesOf(id)}/versions`);
    expect(versions.body.items.map(({ version }: { version: number }) => version)).toEqual([2, 1]);
  });

  test.each([
    ['"1"', 200],
    ['*', 200],
    ['"7", "1"', 200],
    ['"2"', 412],
    ['"7", "8"', 412],
    ['W/"1"', 412],
    ['1', 412],
  ])('If-Match: %s on version 1 is %i', async (ifMatch, status) => {
    const id = await newCommunity();
    const put = await call('PUT', rulesOf(id), { rules: {} }, { 'if-match': ifMatch });
    expect(put.status).toBe(status);
  });

  test('the tag is that of the newest version, announced ones too: what was read can be written', async () => {
    const id = await newCommunity();
    const effectiveFrom = new Date(service.clock.now() + 86_400_000).toISOString();
    const announced = { effectiveFrom, rules: { speedLimitKmh: 10 } };
    expect((await call('PUT', rulesOf(id), announced)).headers.get('etag')).toBe('"2"');
    const read = await call('GET', rulesOf(id));
    expect(read.body).toMatchObject({ version: 1, rules: { speedLimitKmh: 15 } });
    const etag = read.headers.get('etag') ?? '';
    expect(etag).toBe('"2"');
    const { rules } = read.body;
    const stale = await call('PUT', rulesOf(id), { rules }, { 'if-match': '"1"' });
    expect(stale.status).toBe(412);
    const put = await call('PUT', rulesOf(id), { rules }, { 'if-match': etag });
    expect(put.status).toBe(200);
    expect(put.body.version).toBe(3);
    expect((await call('GET', rulesOf(id))).headers.get('etag')).toBe('"3"');
  });

  test('of two authors who had seen the same version one is told', async () => {
    const id = await newCommunity();
    const answers = await Promise.all(
      [10, 12].map((speedLimitKmh) =>
        call('PUT', rulesOf(id), { rules: { speedLimitKmh } }, { 'if-match': '"1"' }),
      ),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 412]);
  });

  test('rules may not have been in force for more than 5 minutes', async () => {
    const id = await newCommunity();
    const from = (milliseconds: number) =>
      new Date(service.clock.now() - milliseconds).toISOString();
    expect(
      (await call('PUT', rulesOf(id), { rules: {}, effectiveFrom: from(300_000) })).status,
    ).toBe(200);
    const refused = await call('PUT', rulesOf(id), { rules: {}, effectiveFrom: from(300_001) });
    expect(refused.body.errors[0].path).toBe('effectiveFrom');
  });

  test('a version whose time has not come is not in force', async () => {
    const id = await newCommunity();
    const effectiveFrom = new Date(service.clock.now() + 60_000).toISOString();
    await call('PUT', rulesOf(id), { rules: { speedLimitKmh: 5 }, effectiveFrom });
    expect((await call('GET', rulesOf(id))).body.version).toBe(1);
    service.clock.advance(60_000);
    expect((await call('GET', rulesOf(id))).body.version).toBe(2);
  });

  test('hard anti-passback and a capacity need an exit reader', async () => {
    const id = await newCommunity();
    await call('POST', `/v1/communities/${id}/gates`, {
      name: 'in',
      directions: ['in'],
      media: ['qr'],
    });
    const body = { rules: { antiPassback: 'hard', capacity: 5 } };
    const refused = await call('PUT', rulesOf(id), body);
    expect(refused.status).toBe(422);
    expect(refused.body.errors.map(({ path }: { path: string }) => path)).toEqual([
      'rules.antiPassback',
      'rules.capacity',
    ]);
    await call('POST', `/v1/communities/${id}/gates`, {
      name: 'out',
      directions: ['out'],
      media: ['qr'],
    });
    expect((await call('PUT', rulesOf(id), body)).status).toBe(200);
  });

  test('a gate of another community, an unknown member and a wrong time are named by their path', async () => {
    const id = await newCommunity();
    const other = await newCommunity();
    const gate = await call('POST', `/v1/communities/${other}/gates`, {
      name: 'g',
      directions: ['in'],
      media: ['qr'],
    });
    const pathOf = async (rules: object) =>
      (await call('PUT', rulesOf(id), { rules })).body.errors[0].path;
    expect(await pathOf({ gates: [gate.body.id] })).toBe('rules.gates[0].gateId');
    expect(await pathOf({ speedlimit: 3 })).toBe('rules');
    expect(await pathOf({ hours: [{ days: ['mon'], from: '25:00', to: '08:00' }] })).toBe(
      'rules.hours[0].from',
    );
  });

  test('the entry guide is read by managers, by gates of the community, and not by strangers', async () => {
    const id = await newCommunity();
    const other = await newCommunity();
    const gate = await enrolledGate(service, id);
    const guide = await service.call('GET', `${rulesOf(id)}/guide`, { token: gate.token });
    expect(guide.body).toMatchObject({ community: { id }, version: 1 });
    expect(guide.body.sections[0].lines[0]).toEqual({
      zh: expect.any(String),
      en: expect.any(String),
    });
    expect((await call('GET', `${rulesOf(id)}/guide`)).body).toEqual(guide.body);
    expect(
      (await service.call('GET', `${rulesOf(other)}/guide`, { token: gate.token })).status,
    ).toBe(404);
    expect((await service.call('GET', `${rulesOf(id)}/guide`)).status).toBe(401);
  });
});

describe('API keys', () => {
  test('a key is shown once and works until it is revoked, then at once no more', async () => {
    const made = await call('POST', '/v1/api-keys', { name: 'second', scope: { kind: 'all' } });
    expect(made.body).toMatchObject({
      key: expect.stringMatching(/^cpk_[\w-]{43}$/),
      name: 'second',
      scope: { kind: 'all' },
    });
    const own = made.body.key;
    const listed = await service.call('GET', '/v1/api-keys', { token: own });
    expect(listed.text).not.toContain(own);
    expect((await call('DELETE', `/v1/api-keys/${made.body.id}`)).status).toBe(204);
    expect((await service.call('GET', '/v1/api-keys', { token: own })).status).toBe(401);
    expect((await call('DELETE', `/v1/api-keys/${made.body.id}`)).status).toBe(404);
  });

  test('a key makes, sees and ends keys inside its own scope only', async () => {
    const inside = await newCommunity({ district: '拱墅' });
    const outside = await newCommunity({ district: '滨江' });
    const manager = await newKey({ kind: 'district', district: '拱墅' });
    const make = (scope: object) =>
      service.call('POST', '/v1/api-keys', { token: manager, body: { name: 'k', scope } });
    const made = await make({ kind: 'community', communityId: inside });
    expect(made.status).toBe(201);
    for (const scope of [
      { kind: 'all' },
      { kind: 'district', district: '滨江' },
      { kind: 'community', communityId: outside },
      { kind: 'community', communityId: 'com_0000000000000' },
      { kind: 'platform', slug: 'kuaisong' },
    ]) {
      expect((await make(scope)).status, JSON.stringify(scope)).toBe(422);
    }
    const seen = await service.call('GET', '/v1/api-keys', { token: manager });
    expect(seen.body.items).toHaveLength(2);
    const foreign = await call('POST', '/v1/api-keys', {
      name: 'k',
      scope: { kind: 'community', communityId: outside },
    });
    const end = (id: string) => service.call('DELETE', `/v1/api-keys/${id}`, { token: manager });
    expect((await end(foreign.body.id)).status).toBe(404);
    expect((await end(made.body.id)).status).toBe(204);
  });

  test('a platform’s key makes, sees and ends none', async () => {
    const { body } = await call('POST', '/v1/platforms', { slug: 'minting', name: 'a' });
    const { items } = (await call('GET', '/v1/api-keys?limit=200')).body;
    const own = items.find(({ scope }: { scope: { slug?: string } }) => scope.slug === 'minting');
    const scope = { kind: 'platform', slug: 'minting' };
    for (const [method, path, sent] of [
      ['POST', '/v1/api-keys', { name: 'k', scope }],
      ['GET', '/v1/api-keys', undefined],
      ['DELETE', `/v1/api-keys/${own.id}`, undefined],
    ] as const) {
      const answer = await service.call(method, path, { token: body.apiKey, body: sent });
      expect(answer.status, method).toBe(404);
    }
  });

  test('one key of scope all is left when all are revoked at the same time', async () => {
    const other = await startService();
    const as = { token: other.operatorKey };
    const second = await other.call('POST', '/v1/api-keys', {
      ...as,
      body: { name: 'second', scope: { kind: 'all' } },
    });
    const { items } = (await other.call('GET', '/v1/api-keys', as)).body;
    const ended = await Promise.all(
      items.map(({ id }: { id: string }) => other.call('DELETE', `/v1/api-keys/${id}`, as)),
    );
    expect(ended.map(({ status }) => status).toSorted()).toEqual([204, 409]);
    const works = await Promise.all(
      [other.operatorKey, second.body.key].map((key) =>
        other.call('GET', '/v1/platforms', { token: key }),
      ),
    );
    expect(works.map(({ status }) => status).toSorted()).toEqual([200, 401]);
    await other.stop();
  });

  test('the last key of scope all stays', async () => {
    const { body } = await call('GET', '/v1/api-keys?limit=200');
    const all = body.items.filter(({ scope }: { scope: { kind: string } }) => scope.kind === 'all');
    expect(all).toHaveLength(1);
    expect((await call('DELETE', `/v1/api-keys/${all[0].id}`)).body.code).toBe('conflict');
  });

  test('a key of a lesser scope finds nothing at the operator’s endpoints', async () => {
    const manager = await newKey({ kind: 'district', district: '西湖' });
    for (const [method, path] of [
      ['GET', '/v1/platforms'],
      ['POST', '/v1/communities'],
      ['GET', '/v1/keys'],
      ['GET', '/metrics'],
    ] as const) {
      expect((await service.call(method, path, { token: manager })).status).toBe(404);
    }
  });
});
