import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  freshName,
  invited,
  newAccount,
  newPerson,
  PASSWORD,
  type Person,
} from '../support/person.ts';
import { type Service, startService } from '../support/service.ts';
import { makeCommunity } from '../support/world.ts';

let service: Service;
let community: string;

beforeAll(async () => {
  service = await startService({
    limits: { signInAttemptsPerMinute: 10_000, refusalsPerMinute: 10_000 },
  });
  community = await makeCommunity(service, { name: '翠苑一区', district: '西湖' });
});
afterAll(() => service.stop());

const accept = (person: Person, code: string, members: Record<string, string> = {}) =>
  person.post('/invitation/accept', {
    code,
    name: '王师傅',
    signInName: freshName(),
    password: PASSWORD,
    ...members,
  });
const signIn = (person: Person, name: string, password: string, headers = {}) =>
  person.post('/sign-in', { name, password, next: '/m' }, headers);

/** The audit log's entries of a kind. */
async function entries(type: string): Promise<Record<string, unknown>[]> {
  const all = await service.deps.store.listAuditEntries({ afterSeq: 0, limit: 10_000 });
  return all.map(({ entry }) => JSON.parse(entry)).filter((entry) => entry.type === type);
}

describe('an invitation', () => {
  test('looked at says for what it is, and is used up by the account that it makes', async () => {
    const person = newPerson(service);
    const code = await invited(service, 'manager', { kind: 'community', communityId: community });
    const looked = await person.post('/invitation', { code });
    expect(looked.status).toBe(200);
    expect(looked.text).toContain('翠苑一区');
    expect(person.cookies.size).toBe(0);

    const accepted = await accept(person, code);
    expect(accepted.status).toBe(303);
    expect(accepted.headers.get('location')).toBe('/m');
    expect((await person.get('/m/account')).status).toBe(200);

    const again = await accept(newPerson(service), code);
    expect(again.status).toBe(422);
    expect(again.text).toContain('邀请码不对、已用过，或已过期');
  });

  test('is accepted once, of ten at the same time', async () => {
    const code = await invited(service, 'guard', { kind: 'community', communityId: community });
    const answers = await Promise.all(
      Array.from({ length: 10 }, () => accept(newPerson(service), code)),
    );
    expect(answers.filter(({ status }) => status === 303)).toHaveLength(1);
  });

  test('works until its end and not after', async () => {
    const own = await startService();
    try {
      const scope = { kind: 'all' };
      const [first, second] = [
        await invited(own, 'operator', scope),
        await invited(own, 'operator', scope),
      ];
      own.clock.advance(7 * 86_400_000 - 1);
      expect((await newPerson(own).post('/invitation', { code: first })).status).toBe(200);
      expect((await accept(newPerson(own), first)).status).toBe(303);
      own.clock.advance(1);
      expect((await accept(newPerson(own), second)).status).toBe(422);
    } finally {
      await own.stop();
    }
  });

  test('stays unused when the name is taken, the password poor or the name no name', async () => {
    const taken = await newAccount(service, 'operator', { kind: 'all' });
    const code = await invited(service, 'operator', { kind: 'all' });
    const wrong: [Record<string, string>, string][] = [
      [{ signInName: taken.signInName }, '已有账号'],
      [{ password: 'short' }, '至少 10 个字符'],
      [{ password: '12345678901234567890' }, '太简单'],
      [{ password: 'aaaaaaaaaaaaaaaa' }, '太简单'],
      [{ signInName: '13811112222', password: 'my 11112222 number' }, '不要出现手机号'],
      [{ signInName: 'nobody' }, '请输入手机号'],
      [{ name: ' ' }, '请填写'],
      [{ name: '王'.repeat(61) }, '太长了'],
    ];
    for (const [members, said] of wrong) {
      const answer = await accept(newPerson(service), code, members);
      expect(answer.status).toBe(422);
      expect(answer.text).toContain(said);
    }
    expect((await accept(newPerson(service), code)).status).toBe(303);
  });

  test('gives nobody more than the inviter has', async () => {
    const elsewhere = await makeCommunity(service, { district: '上城' });
    const office = await newAccount(service, 'district', { kind: 'district', district: '西湖' });
    const manager = await newAccount(service, 'manager', {
      kind: 'community',
      communityId: community,
    });
    const guard = await newAccount(service, 'guard', { kind: 'community', communityId: community });
    const ask = async (person: Person, role: string, scope: object) =>
      (await person.call('POST', '/v1/invitations', { role, scope })).status;
    const here = { kind: 'community', communityId: community };
    const there = { kind: 'community', communityId: elsewhere };
    expect(await ask(office, 'manager', here)).toBe(201);
    expect(await ask(office, 'manager', there)).toBe(422);
    expect(await ask(office, 'operator', { kind: 'all' })).toBe(422);
    expect(await ask(manager, 'guard', here)).toBe(201);
    expect(await ask(manager, 'guard', there)).toBe(422);
    expect(await ask(manager, 'district', { kind: 'district', district: '西湖' })).toBe(422);
    expect(await ask(manager, 'auditor', { kind: 'all' })).toBe(422);
    expect(await ask(guard, 'guard', here)).toBe(404);
  });

  test('is revoked by who could have made it', async () => {
    const scope = { kind: 'community', communityId: community };
    const code = await invited(service, 'guard', scope);
    const manager = await newAccount(service, 'manager', scope);
    const listed = await manager.call('GET', '/v1/invitations');
    expect(listed.text).not.toContain(code);
    for (const { id } of listed.body.items)
      expect((await manager.call('DELETE', `/v1/invitations/${id}`)).status).toBe(204);
    expect((await accept(newPerson(service), code)).status).toBe(422);
  });
});

describe('signing in', () => {
  test('works with a number in any writing, and with an address', async () => {
    const { signInName } = await newAccount(service, 'operator', { kind: 'all' });
    const spaced = `+86 ${signInName.slice(0, 3)} ${signInName.slice(3, 7)}-${signInName.slice(7)}`;
    expect((await signIn(newPerson(service), spaced, PASSWORD)).status).toBe(303);
    await newAccount(service, 'operator', { kind: 'all' }, 'Wang@Example.CN');
    expect((await signIn(newPerson(service), ' wang@example.cn', PASSWORD)).status).toBe(303);
  });

  test('sets a cookie that scripts, other sites and plain HTTP do not get', async () => {
    const { signInName } = await newAccount(service, 'operator', { kind: 'all' });
    const [cookie = ''] = (
      await signIn(newPerson(service), signInName, PASSWORD)
    ).headers.getSetCookie();
    expect(cookie).toMatch(/^cp_account=[^;]{60,}; /);
    expect(cookie).toMatch(/; HttpOnly/i);
    expect(cookie).toMatch(/; SameSite=Lax/i);
    expect(cookie).toMatch(/; Path=\//i);

    const secure = await startService({ environment: { PUBLIC_URL: 'https://pass.example.cn' } });
    try {
      const person = await newAccount(secure, 'operator', { kind: 'all' });
      expect([...person.cookies.keys()]).toEqual(['__Secure-cp_account']);
      const again = await signIn(newPerson(secure), person.signInName, PASSWORD);
      expect(again.headers.getSetCookie()[0]).toMatch(/; Secure/i);
      expect((await person.get('/m/account')).status).toBe(200);
    } finally {
      await secure.stop();
    }
  });

  test('is on the audit log without a name, before it is answered', async () => {
    const before = (await entries('account.signed_in')).length;
    const { signInName } = await newAccount(service, 'operator', { kind: 'all' });
    await signIn(newPerson(service), signInName, PASSWORD);
    const after = await entries('account.signed_in');
    expect(after.length).toBe(before + 2);
    expect(after.at(-1)).toMatchObject({
      account: expect.stringMatching(/^acc_/),
      method: 'password',
    });
    const log = JSON.stringify(
      await service.deps.store.listAuditEntries({ afterSeq: 0, limit: 10_000 }),
    );
    expect(log).not.toContain(signInName.slice(3));
    expect(log).not.toContain('王师傅');
  });

  test('that cannot be recorded opens no session', async () => {
    const own = await startService();
    const { signInName, cookies } = await newAccount(own, 'operator', { kind: 'all' });
    const { store } = own.deps;
    const [account] = await own.deps.signIn.listAccounts();
    await store.close();
    const refused = await signIn(newPerson(own), signInName, PASSWORD);
    expect(refused.status).toBe(503);
    expect(refused.headers.getSetCookie()).toEqual([]);
    expect(await own.deps.signIn.listSessions(account!.id)).toHaveLength(1);
    expect(cookies.size).toBe(1);
    await own.deps.signIn.close();
  });

  test('tells nobody whether a name has an account', async () => {
    const { signInName } = await newAccount(service, 'operator', { kind: 'all' });
    const known = await signIn(newPerson(service), signInName, 'not the password');
    const unknown = await signIn(newPerson(service), freshName(), 'not the password');
    const noName = await signIn(newPerson(service), 'nonsense', 'not the password');
    const shown = (text: string) =>
      text.replaceAll(/value="[^"]*"/g, '').replaceAll(/1380000\d{4}/g, '');
    expect(known.status).toBe(422);
    expect([unknown.status, noName.status]).toEqual([422, 422]);
    expect(shown(unknown.text)).toBe(shown(known.text));
    expect(shown(noName.text)).toBe(shown(known.text));
  });

  test('under one name is tried ten times, then once in 30 s, whether it exists or not', async () => {
    const own = await startService();
    try {
      const { signInName } = await newAccount(own, 'operator', { kind: 'all' });
      for (const name of [signInName, freshName()]) {
        const wrong = async () => (await signIn(newPerson(own), name, 'a wrong password')).status;
        for (let attempt = 0; attempt < 10; attempt++) expect(await wrong()).toBe(422);
        expect(await wrong()).toBe(429);
        own.clock.advance(60_000);
      }
      const blocked = await signIn(newPerson(own), signInName, PASSWORD);
      expect(blocked.status).toBe(303);
      for (let attempt = 0; attempt < 3; attempt++)
        await signIn(newPerson(own), signInName, 'a wrong password');
      const right = await signIn(newPerson(own), signInName, PASSWORD);
      expect(right.status).toBe(429);
      expect(Number(right.headers.get('retry-after'))).toBeGreaterThan(0);
    } finally {
      await own.stop();
    }
  });

  test('from one address is tried thirty times a minute, over all names', async () => {
    const own = await startService();
    try {
      const statuses: number[] = [];
      for (let attempt = 0; attempt < 31; attempt++)
        statuses.push((await signIn(newPerson(own), freshName(), 'password guess')).status);
      expect(statuses.slice(0, 30)).toEqual(Array(30).fill(422));
      expect(statuses[30]).toBe(429);
    } finally {
      await own.stop();
    }
  });

  test('ends the session that the browser had before: none is fixed by somebody else', async () => {
    const person = await newAccount(service, 'operator', { kind: 'all' });
    const before = new Map(person.cookies);
    await signIn(person, person.signInName, PASSWORD);
    expect(person.cookies.get('cp_account')).not.toBe(before.get('cp_account'));
    const thief = newPerson(service);
    for (const [name, value] of before) thief.cookies.set(name, value);
    expect((await thief.get('/m/account')).status).toBe(303);
  });

  test('goes on to a path of ours only', async () => {
    const { signInName } = await newAccount(service, 'operator', { kind: 'all' });
    const targets = [
      '//evil.example',
      'https://evil.example',
      '/\\evil.example',
      '/m//evil',
      'javascript:1',
    ];
    for (const next of targets) {
      const answer = await newPerson(service).post('/sign-in', {
        name: signInName,
        password: PASSWORD,
        next,
      });
      expect(answer.headers.get('location')).toBe('/m');
    }
    const kept = await newPerson(service).post('/sign-in', {
      name: signInName,
      password: PASSWORD,
      next: '/m/people',
    });
    expect(kept.headers.get('location')).toBe('/m/people');
  });
});

describe('a session', () => {
  test('that was tampered with, or is made up, is none', async () => {
    const person = await newAccount(service, 'operator', { kind: 'all' });
    const cookie = person.cookies.get('cp_account') ?? '';
    const [token = ''] = decodeURIComponent(cookie).split('.');
    for (const forged of [
      token,
      `${token}.`,
      `${token}.AAAA`,
      cookie.slice(0, -6),
      'x'.repeat(3_000),
    ]) {
      const thief = newPerson(service);
      thief.cookies.set('cp_account', forged);
      expect((await thief.get('/m/account')).status).toBe(303);
      expect((await thief.call('GET', '/v1/communities')).status).toBe(401);
    }
  });

  test('is listed, and ended from another device at once', async () => {
    const person = await newAccount(service, 'operator', { kind: 'all' });
    const phone = newPerson(service);
    await signIn(phone, person.signInName, PASSWORD);
    const page = await person.get('/m/account');
    const ids = [...page.text.matchAll(/name="id" value="([\w-]+)"/g)].map(([, id]) => id!);
    expect(ids).toHaveLength(2);
    expect(page.text).toContain('Chrome · Android');
    const own = (await person.get('/m/account')).text;
    expect(own.match(/本机/g)).toHaveLength(1);
    const [phoneSession] = ids; // newest first
    await person.post('/m/account/sessions/end', { id: phoneSession! });
    expect((await phone.get('/m/account')).status).toBe(303);
    expect((await phone.call('GET', '/v1/communities')).status).toBe(401);
    expect((await person.get('/m/account')).status).toBe(200);
  });

  test('of somebody else cannot be ended', async () => {
    const person = await newAccount(service, 'operator', { kind: 'all' });
    const other = await newAccount(service, 'operator', { kind: 'all' });
    const page = await person.get('/m/account');
    const [, id = ''] = /name="id" value="([\w-]+)"/.exec(page.text) ?? [];
    await other.post('/m/account/sessions/end', { id });
    expect((await person.get('/m/account')).status).toBe(200);
  });

  test('ends with the sign-out, on the server too', async () => {
    const person = await newAccount(service, 'operator', { kind: 'all' });
    const copy = new Map(person.cookies);
    const out = await person.post('/sign-out');
    expect(out.headers.get('location')).toBe('/sign-in?message=signed-out');
    expect(person.cookies.has('cp_account')).toBe(false);
    const thief = newPerson(service);
    for (const [name, value] of copy) thief.cookies.set(name, value);
    expect((await thief.get('/m/account')).status).toBe(303);
  });

  test('gets a new token, and the others end, when the password changes', async () => {
    const person = await newAccount(service, 'operator', { kind: 'all' });
    const phone = newPerson(service);
    await signIn(phone, person.signInName, PASSWORD);
    const before = person.cookies.get('cp_account');
    const wrong = await person.post('/m/account/password', {
      present: 'not it at all',
      next: 'eleven new words here',
    });
    expect(wrong.status).toBe(422);
    const changed = await person.post('/m/account/password', {
      present: PASSWORD,
      next: 'eleven new words here',
    });
    expect(changed.status).toBe(303);
    expect(person.cookies.get('cp_account')).not.toBe(before);
    expect((await person.get('/m/account')).status).toBe(200);
    expect((await phone.get('/m/account')).status).toBe(303);
    expect((await signIn(newPerson(service), person.signInName, PASSWORD)).status).toBe(422);
    expect(
      (await signIn(newPerson(service), person.signInName, 'eleven new words here')).status,
    ).toBe(303);
  });

  test('ends when the person is removed', async () => {
    const scope = { kind: 'community', communityId: community };
    const manager = await newAccount(service, 'manager', scope);
    const guard = await newAccount(service, 'guard', scope);
    const { items } = (await manager.call('GET', '/v1/accounts')).body;
    const roles = items.map(({ role }: { role: string }) => role);
    expect(roles).not.toContain('operator');
    const own = await service.deps.signIn.readSession(
      new Headers({ cookie: `cp_account=${manager.cookies.get('cp_account')}` }),
    );
    expect((await manager.call('DELETE', `/v1/accounts/${own?.account.id}`)).status).toBe(409);
    const theirs = await service.deps.signIn.readSession(
      new Headers({ cookie: `cp_account=${guard.cookies.get('cp_account')}` }),
    );
    expect((await guard.call('DELETE', `/v1/accounts/${own?.account.id}`)).status).toBe(404);
    expect((await manager.call('DELETE', `/v1/accounts/${theirs?.account.id}`)).status).toBe(204);
    expect((await guard.call('GET', `/v1/communities/${community}`)).status).toBe(401);
    expect((await signIn(newPerson(service), guard.signInName, PASSWORD)).status).toBe(422);
  });
});

describe('a page of another site', () => {
  test.each([
    ['sec-fetch-site', 'cross-site'],
    ['sec-fetch-site', 'same-site'],
    ['origin', 'https://evil.example'],
    ['origin', 'null'],
  ])('does nothing with the cookie (%s: %s)', async (header, value) => {
    const person = await newAccount(service, 'operator', { kind: 'all' });
    const cookie = `cp_account=${person.cookies.get('cp_account')}`;
    const body = { name: '坏小区', kind: 'open' };
    const foreign = { cookie, [header]: value };
    const api = await service.call('POST', '/v1/communities', { headers: foreign, body });
    expect(api.status).toBe(403);
    const form = await service.call('POST', '/sign-out', {
      headers: { ...foreign, 'content-type': 'application/x-www-form-urlencoded' },
      body: '',
    });
    expect(form.status).toBe(403);
    const signIn = await service.call('POST', '/sign-in', {
      headers: { [header]: value, 'content-type': 'application/x-www-form-urlencoded' },
      body: `${new URLSearchParams({ name: person.signInName, password: PASSWORD })}`,
    });
    expect(signIn.status).toBe(403);
    expect((await person.get('/m/account')).status).toBe(200);
  });
});
