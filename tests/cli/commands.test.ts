/** Each command against the real service, over real HTTP. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { makeDelivery, makeGate, presentCode, signIn, verify } from '../support/world.ts';
import { type ListeningService, listenService, run, start } from './support.ts';

let listening: ListeningService;
let folder: string;

beforeAll(async () => {
  vi.stubEnv('TZ', 'Asia/Shanghai');
  listening = await listenService();
  folder = await mkdtemp(join(tmpdir(), 'courier-pass-cli-'));
});
afterAll(async () => {
  vi.unstubAllEnvs();
  await listening.stop();
  await rm(folder, { recursive: true });
});

const cli = (...given: string[]) => listening.cli(given);
const json = (...given: string[]) => listening.json(given);

async function newCommunity(...options: string[]): Promise<string> {
  return (await json('communities', 'create', '东湖花园', ...options)).id;
}

async function newGate(community: string, ...options: string[]): Promise<string> {
  return (await json('gates', 'create', community, '北门', '--directions', 'in,out', ...options))
    .id;
}

/** A rider who was let in, in a community of its own: a decision, a visit, a courier. */
async function letIn(slug: string) {
  const { service } = listening;
  const community = await newCommunity();
  const { webhookSecret, apiKey } = await json('platforms', 'create', slug, '快送');
  const platform = { slug, webhookSecret, apiKey };
  const gate = await makeGate(service, community);
  await makeDelivery(service, platform, { communityId: community });
  const rider = await signIn(service, platform);
  const enter = async () => verify(service, gate, { code: await presentCode(service, rider) });
  return { community, gate, rider, enter };
}

describe('platforms', () => {
  test('create shows both secrets, and says that it is the only time', async () => {
    const { code, out } = await cli(
      'platforms',
      'create',
      'first',
      '快送',
      '--district',
      '武昌',
      '--district',
      '洪山',
    );
    expect(code).toBe(0);
    expect(out).toMatch(
      /WEBHOOK SECRET {2}whsec_\S+\nAPI KEY +cpk_\S+\n\nShown this once: keep it now\.\n$/,
    );
    expect((await json('platforms', 'list')).items).toContainEqual({
      slug: 'first',
      name: '快送',
      adapter: 'standard',
      districts: ['武昌', '洪山'],
    });
  });

  test('a slug that is taken is refused with title and detail', async () => {
    await cli('platforms', 'create', 'taken', '快送');
    const { code, out, err } = await cli('platforms', 'create', 'taken', '快送');
    expect({ code, out, err }).toEqual({
      code: 1,
      out: '',
      err: 'It conflicts with what is there (409 conflict).\nThe slug is taken.\n',
    });
  });

  test('rotate-secret shows the new secret and the end of the old one', async () => {
    await cli('platforms', 'create', 'rotating', '快送');
    const { out } = await cli('platforms', 'rotate-secret', 'rotating');
    expect(out).toMatch(
      /^WEBHOOK SECRET +whsec_\S+\nOLD ONE VALID UNTIL {2}2026-11-22 12:00:00\+08:00\n\nShown/,
    );
    expect(Object.keys(await json('platforms', 'rotate-secret', 'rotating')).sort()).toEqual([
      'oldValidUntil',
      'webhookSecret',
    ]);
  });

  test('an empty list says so', async () => {
    const { key } = await json(
      'api-keys',
      'create',
      'nothing to see',
      '--scope',
      'district:nowhere',
    );
    const { code, out } = await cli('communities', 'list', '--api-key', key);
    expect({ code, out }).toEqual({ code: 0, out: 'None.\n' });
  });
});

describe('communities', () => {
  test('create, show and update tell the community as it is', async () => {
    const made = await json(
      'communities',
      'create',
      '江城',
      '--kind',
      'strict',
      '--district',
      '武昌',
    );
    expect(made).toMatchObject({
      name: '江城',
      kind: 'strict',
      district: '武昌',
      timezone: 'Asia/Shanghai',
    });
    const changed = await json(
      'communities',
      'update',
      made.id,
      '--name',
      '江城二期',
      '--no-district',
    );
    expect(changed).toEqual({ ...made, name: '江城二期', district: null });
    expect(await json('communities', 'show', made.id)).toEqual(changed);
    const { out } = await cli('communities', 'show', made.id);
    expect(out).toMatch(
      /^ID +com_\S+\nNAME +江城二期\nKIND +strict\nTIME ZONE {2}Asia\/Shanghai\nPOSTURE +normal\nCREATED +2026-11-21 12:00:00\+08:00\n$/,
    );
  });

  test('list aligns Chinese names', async () => {
    const community = await newCommunity('--district', '汉阳');
    const { out } = await cli('communities', 'list', '--all');
    const [headings = '', ...rows] = out.split('\n');
    const row = rows.find((line) => line.startsWith(community)) ?? '';
    // Each of the four characters takes two columns, so the text is four characters shorter before KIND.
    expect(row.indexOf('standard')).toBe(headings.indexOf('KIND') - '东湖花园'.length);
  });

  test('list goes on where a page ended, or reads all of them', async () => {
    await Promise.all([newCommunity(), newCommunity(), newCommunity()]);
    const all = await json('communities', 'list', '--all');
    expect(all.next).toBeNull();
    expect(all.items.length).toBeGreaterThanOrEqual(3);
    const first = await json('communities', 'list', '--limit', '1');
    expect(first.items).toEqual(all.items.slice(0, 1));
    const second = await json('communities', 'list', '--limit', '1', '--after', first.next);
    expect(second.items).toEqual(all.items.slice(1, 2));
    const { err } = await cli('communities', 'list', '--limit', '1');
    expect(err).toBe(`There are more: add --after ${first.next}, or --all.\n`);
  });

  test('update without anything to change is wrong usage, and calls nobody', async () => {
    const given = ['communities', 'update', 'com_0123456789abc', '--server', 'http://127.0.0.1:1'];
    expect((await run(given)).code).toBe(2);
  });

  test('an invalid member is told with its path', async () => {
    const { code, err } = await cli('communities', 'create', '江城', '--timezone', 'Wuhan');
    expect({ code, err }).toEqual({
      code: 1,
      err: 'Some members are invalid (422 invalid_input).\n  timezone: expected an IANA time zone such as Asia/Shanghai\n',
    });
  });
});

describe('gates', () => {
  test('create shows the enrolment code once, with its end', async () => {
    const community = await newCommunity();
    const { out } = await cli(
      'gates',
      'create',
      community,
      '北门',
      '--directions',
      'in',
      '--media',
      'qr,nfc',
    );
    expect(out).toMatch(
      /^GATE +gat_\S+\nENROLMENT CODE +cpe_\S+\nWORKS ONCE, UNTIL {2}2026-11-21 12:15:00\+08:00\n\nShown/,
    );
    expect((await json('gates', 'list', community)).items).toMatchObject([
      {
        name: '北门',
        kind: 'gate',
        directions: ['in'],
        media: ['qr', 'nfc'],
        passageSensor: false,
      },
    ]);
  });

  test('a guard’s phone is a gate of its own kind', async () => {
    const community = await newCommunity();
    await newGate(community, '--kind', 'guard', '--passage-sensor');
    const { items } = await json('gates', 'list', community);
    expect(items).toMatchObject([{ kind: 'guard', media: ['qr'], passageSensor: true }]);
  });

  test('re-enrol, in either spelling, gives the gate another code', async () => {
    const gate = await newGate(await newCommunity());
    const first = await json('gates', 're-enrol', gate);
    const second = await json('gates', 're-enroll', gate);
    expect(first).toMatchObject({ id: gate, enrollmentCode: expect.stringMatching(/^cpe_/) });
    expect(second.enrollmentCode).not.toBe(first.enrollmentCode);
  });

  test('a revoked gate is gone', async () => {
    const community = await newCommunity();
    const gate = await newGate(community);
    expect((await cli('gates', 'revoke', gate)).out).toBe(`${gate} is revoked.\n`);
    expect((await json('gates', 'list', community)).items).toEqual([]);
    expect((await cli('gates', 'revoke', gate)).code).toBe(1);
  });
});

describe('opening a gate', () => {
  test('tells the gate once; orders shows why, and what became of it', async () => {
    const gate = await newGate(await newCommunity());
    const { code, out } = await cli('gates', 'open', gate, '--reason', '搬家公司');
    expect({ code, out }).toEqual({
      code: 0,
      out: expect.stringMatching(new RegExp(`^${gate} was told \\(cmd_\\w+\\)\\.\\n$`)),
    });
    expect((await json('gates', 'orders', gate)).items).toMatchObject([
      { cause: 'remote', reason: '搬家公司', openForMs: 3_000, outcome: null },
    ]);
    const told = await json('gates', 'open', gate, '--reason', '急救', '--open-for', '7.5');
    expect(told.openForMs).toBe(7_500);
    expect((await cli('gates', 'orders', gate)).out).toMatch(
      /^AT +CAUSE +OUTCOME +CLAIMED +REASON +ID\n2026-11-21 12:00:00\+08:00 +remote +– +– +急救 +cmd_/,
    );
  });

  test('that is not there is refused', async () => {
    expect(await cli('gates', 'open', 'gat_0123456789abc', '--reason', 'x')).toMatchObject({
      code: 1,
      out: '',
    });
  });
});

describe('tags', () => {
  const UID = '04de5f1eacc040';

  test('create shows the keys once; list shows the tag and none of them', async () => {
    const community = await newCommunity();
    const gate = await newGate(community);
    const { out } = await cli('tags', 'create', community, gate, UID);
    expect(out).toMatch(
      /^TAG +tag_\S+\nURL, WRITTEN INTO IT +http\S+#t=tag_\S+\nMAIN KEY \(0\) +[0-9A-F]{32}\nMETA READ KEY +[0-9A-F]{32}\nFILE READ KEY +[0-9A-F]{32}\n\nShown/,
    );
    expect((await json('tags', 'list', community)).items).toMatchObject([
      { gateId: gate, uid: UID.toUpperCase(), macParam: 'cmac', lastCounter: null },
    ]);
    const { out: list } = await cli('tags', 'list', community);
    expect(list).toContain('LAST COUNTER');
    for (const key of out.match(/[0-9A-F]{32}/g) ?? []) expect(list).not.toContain(key);
  });

  test('a revoked tag is gone, and its UID is free again', async () => {
    const community = await newCommunity();
    const gate = await newGate(community);
    const { tagId } = await json('tags', 'create', community, gate, UID, '--mac-param', 'm');
    expect((await cli('tags', 'create', community, gate, UID)).code).toBe(1);
    expect((await cli('tags', 'revoke', tagId)).out).toBe(`${tagId} is out of use.\n`);
    expect((await json('tags', 'list', community)).items).toEqual([]);
    expect((await cli('tags', 'create', community, gate, UID)).code).toBe(0);
  });
});

describe('api-keys', () => {
  test('create shows the key once; list names its scope as create takes it', async () => {
    const community = await newCommunity();
    const scope = `community:${community}`;
    const { out } = await cli('api-keys', 'create', '物业', '--scope', scope);
    expect(out).toMatch(
      /SCOPE +community:com_\S+\n[\s\S]*KEY +cpk_\S+\n\nShown this once: keep it now\.\n$/,
    );
    const { out: list } = await cli('api-keys', 'list', '--all');
    expect(list).toContain(scope);
    expect(list).not.toContain('cpk_');
  });

  test.each(['all', 'district:武昌'])(
    'a key of scope %s works until it is revoked',
    async (scope) => {
      const { id, key } = await json('api-keys', 'create', 'a key', '--scope', scope);
      expect((await cli('communities', 'list', '--api-key', key)).code).toBe(0);
      expect(await json('api-keys', 'revoke', id)).toEqual({});
      const { code, err } = await cli('communities', 'list', '--api-key', key);
      expect({ code, err }).toEqual({
        code: 1,
        err: 'Valid credentials are required (401 credentials_required).\nSend a valid credential as a bearer token.\n',
      });
    },
  );
});

describe('rules', () => {
  test('what show writes with --json can be edited and put', async () => {
    const community = await newCommunity();
    const shown = await json('rules', 'show', community);
    const file = join(folder, 'rules.json');
    await writeFile(
      file,
      JSON.stringify({ ...shown, rules: { ...shown.rules, speedLimitKmh: 12 } }),
    );
    const put = ['rules', 'put', community, file, '--agreed-by', 'residents,riders'];
    expect(await json(...put)).toMatchObject({
      version: 2,
      agreedBy: ['residents', 'riders'],
      effectiveFrom: '2026-11-21T04:00:00.000Z',
      rules: { speedLimitKmh: 12 },
    });
    expect((await cli('rules', 'show', community)).out).toMatch(
      /^VERSION +2\n[\s\S]*"speedLimitKmh": 12/,
    );
  });

  test('somebody else’s version is not overwritten', async () => {
    const community = await newCommunity();
    const seen = JSON.stringify(await json('rules', 'show', community));
    await listening.json(['rules', 'put', community, '-'], '{"speedLimitKmh": 12}');
    const { code, out, err } = await listening.cli(['rules', 'put', community, '-'], seen);
    expect({ code, out }).toEqual({ code: 1, out: '' });
    expect(err).toContain('(412 version_mismatch)');
    expect(err).toContain('The newest version is not "1"');
    const forced = await listening.json(
      ['rules', 'put', community, '-', '--if-version', '2'],
      seen,
    );
    expect(forced.version).toBe(3);
  });

  test('rules alone follow the newest version, one announced for later too', async () => {
    const community = await newCommunity();
    const later = ['rules', 'put', community, '-', '--effective-from', '7d'];
    expect(await listening.json(later, '{"speedLimitKmh": 12}')).toMatchObject({
      version: 2,
      effectiveFrom: '2026-11-28T04:00:00.000Z',
    });
    expect((await json('rules', 'show', community)).version).toBe(1);
    expect((await listening.json(['rules', 'put', community, '-'], '{}')).version).toBe(3);
  });

  test('a version in force that was read is not put over one announced since', async () => {
    const community = await newCommunity();
    const seen = JSON.stringify(await json('rules', 'show', community));
    const later = ['rules', 'put', community, '-', '--effective-from', '7d'];
    await listening.json(later, '{"speedLimitKmh": 12}');
    const { code, err } = await listening.cli(['rules', 'put', community, '-'], seen);
    expect(code).toBe(1);
    expect(err).toContain('(412 version_mismatch)');
  });

  test('what is wrong with rules is told with its path', async () => {
    const community = await newCommunity();
    const rules = JSON.stringify({ hours: [{ from: '25:00', to: '26:00' }], speedLimit: 5 });
    const { code, out, err } = await listening.cli(['rules', 'put', community, '-'], rules);
    expect({ code, out }).toEqual({ code: 1, out: '' });
    expect(err).toContain('  rules.hours[0].from: ');
    expect(err).toContain('  rules.hours[0].to: ');
    expect(err).toContain('speedLimit');
  });

  test.each([
    ['not JSON', '{'],
    ['not an object', '[]'],
  ])('a file that is %s is wrong usage', async (_, content) => {
    const file = join(folder, 'wrong.json');
    await writeFile(file, content);
    const { code, err } = await cli('rules', 'put', await newCommunity(), file);
    expect({ code, err }).toEqual({ code: 2, err: `${file} does not hold a JSON object.\n` });
  });

  test('a file that is not there is wrong usage', async () => {
    const { code, err } = await cli(
      'rules',
      'put',
      await newCommunity(),
      join(folder, 'none.json'),
    );
    expect(code).toBe(2);
    expect(err).toMatch(/none\.json cannot be read \(ENOENT\)\.\n$/);
  });

  test('history lists the versions, newest first', async () => {
    const community = await newCommunity();
    await listening.json(['rules', 'put', community, '-'], '{}');
    const { items } = await json('rules', 'history', community);
    expect(items.map(({ version }: { version: number }) => version)).toEqual([2, 1]);
    expect((await cli('rules', 'history', community)).out).toMatch(
      /^VERSION {2}EFFECTIVE FROM +AGREED BY/,
    );
  });

  test('guide reads as riders do, in one language or both', async () => {
    const community = await newCommunity('--kind', 'strict');
    const both = (await cli('rules', 'guide', community)).out;
    expect(both).toContain('东湖花园 (1)\n');
    expect(both).toContain('\n限速\n  ');
    expect(both).toContain('\nHow fast\n  ');
    const { out } = await cli('rules', 'guide', community, '--language', 'zh');
    expect(out).not.toContain('How fast');
    expect(await json('rules', 'guide', community)).toMatchObject({
      version: 1,
      sections: expect.any(Array),
    });
  });
});

describe('posture', () => {
  test('a community is locked down until an end, and returned to normal', async () => {
    const community = await newCommunity();
    const lock = [
      'posture',
      'community',
      community,
      'lockdown',
      '--until',
      '2h',
      '--reason',
      '演练',
    ];
    expect((await cli(...lock)).out).toBe('lockdown until 2026-11-21 14:00:00+08:00: 演练\n');
    expect((await cli('communities', 'show', community)).out).toContain(
      'lockdown until 2026-11-21 14:00',
    );
    expect(await json('posture', 'community', community, 'normal')).toMatchObject({
      posture: 'normal',
    });
  });

  test('a gate is closed until an instant', async () => {
    const gate = await newGate(await newCommunity());
    const until = '2026-11-22 06:00+08:00';
    const close = ['posture', 'gate', gate, 'closed', '--until', until, '--reason', '维修'];
    expect(await json(...close)).toEqual({
      posture: 'closed',
      until: '2026-11-21T22:00:00.000Z',
      reason: '维修',
    });
  });

  test('without an end it is refused with the path of what is missing', async () => {
    const { code, err } = await cli('posture', 'community', await newCommunity(), 'lockdown');
    expect(code).toBe(1);
    expect(err).toContain('  until: required unless normal\n');
  });

  test('a community cannot be closed: that is for gates', async () => {
    expect((await cli('posture', 'community', await newCommunity(), 'closed')).code).toBe(2);
  });
});

describe('visits, decisions and blocks', () => {
  test('an entry is listed as a decision and as an open visit', async () => {
    const { community, gate, enter } = await letIn('seen');
    await enter();
    const decisions = await json('decisions', 'list', community);
    expect(decisions.items).toMatchObject([
      { decision: 'granted', gateId: gate.id, direction: 'in' },
    ]);
    expect((await cli('decisions', 'list', community)).out).toMatch(
      /^AT +GATE[^\n]*\n2026-11-21 12:00:00\+08:00 {2}gat_\S+ {2}in +granted +granted +pas_\S+ {2}online +– +–\n$/,
    );
    expect((await json('visits', 'list', community, '--open')).items).toHaveLength(1);
    expect((await json('visits', 'list', community, '--closed')).items).toEqual([]);
    expect((await cli('visits', 'list', community)).out).toMatch(
      /^OPENED[^\n]*\n2026-11-21 12:00:00\+08:00 {2}inside +– +vis_/,
    );
  });

  test('a list of decisions tells why a guard let somebody in', async () => {
    const { service } = listening;
    const community = await newCommunity();
    const gate = await newGate(community);
    const path = `/v1/communities/${community}/admissions`;
    const body = { gateId: gate, reason: '送水，无订单' };
    const token = service.operatorKey;
    expect((await service.call('POST', path, { token, body })).status).toBe(201);
    expect((await cli('decisions', 'list', community)).out).toMatch(
      /^AT [^\n]* GUARD’S REASON *\n.* granted_by_guard .* 送水，无订单\n$/,
    );
  });

  test('a courier is blocked until an end, listed, and let in again', async () => {
    const { community, enter } = await letIn('blocked');
    await enter();
    const courier: string = (await json('visits', 'list', community)).items[0].courierId;
    const add = ['block', 'add', community, courier, '--until', '7d', '--reason', '逆行'];
    expect(await json(...add)).toMatchObject({
      courierId: courier,
      until: '2026-11-28T04:00:00.000Z',
    });
    expect((await cli('block', 'list', community)).out).toMatch(
      /^COURIER[^\n]*\ncou_\S+ {2}2026-11-28 12:00:00\+08:00 .*逆行\n$/,
    );
    expect((await cli('block', 'remove', community, courier)).out).toBe(
      `${courier} is blocked no more.\n`,
    );
    expect((await json('block', 'list', community)).items).toEqual([]);
    expect((await cli('block', 'remove', community, courier)).code).toBe(1);
  });

  test('follow shows a live decision on a line of its own, until interrupted', async () => {
    const { community, gate, enter } = await letIn('followed');
    const { environment } = listening;
    const machine = start(['decisions', 'follow', community, '--json'], { environment });
    const person = start(['decisions', 'follow', community], { environment });
    await Promise.all([machine.says('Connected.'), person.says('Connected.')]);
    await enter();
    await Promise.all([machine.says('granted'), person.says('granted')]);
    machine.interrupt();
    person.interrupt();

    const { code, out } = await machine.result;
    expect(code).toBe(0);
    expect(out).toMatch(/^[^\n]+\n$/);
    const { items } = await json('decisions', 'list', community);
    expect([JSON.parse(out)]).toEqual(items);
    expect((await person.result).out).toMatch(
      new RegExp(
        `^AT +GATE[^\n]*\n2026-11-21 12:00:00\\+08:00 {2}${gate.id} {2}in +granted +granted +pas_`,
      ),
    );
  });
});

describe('keys', () => {
  test('list, rotate and revoke tell the keys in force', async () => {
    const before = (await json('keys', 'list')).items;
    const kidOf = (items: typeof before, state: string): string =>
      items.find(
        (key: { purpose: string; state: string }) =>
          key.purpose === 'courier-code' && key.state === state,
      )?.kid;
    const after = (await json('keys', 'rotate', 'courier-code')).items;
    expect(kidOf(after, 'active')).toBe(kidOf(before, 'next'));
    expect(kidOf(after, 'retired')).toBe(kidOf(before, 'active'));
    const retired = kidOf(after, 'retired');
    const { out } = await cli('keys', 'revoke', 'courier-code', retired);
    expect(out).toBe(`The courier-code key ${retired} is revoked.\n`);
    expect(kidOf((await json('keys', 'list')).items, 'retired')).toBeUndefined();
    expect((await cli('keys', 'list')).out).toMatch(
      /^PURPOSE +KID +STATE +SINCE +CREATED\ncourier-code/,
    );
  });
});
