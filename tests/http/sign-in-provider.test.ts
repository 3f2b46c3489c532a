import { afterAll, beforeAll, expect, test } from 'vitest';
import { type OidcProvider, startOidcProvider } from '../support/oidc-provider.ts';
import { newAccount, newPerson, type Person } from '../support/person.ts';
import { type Service, startService } from '../support/service.ts';

let provider: OidcProvider;
let service: Service;

beforeAll(async () => {
  provider = await startOidcProvider();
  service = await startService({
    environment: {
      OIDC_ISSUER: provider.issuer,
      OIDC_CLIENT_ID: provider.clientId,
      OIDC_CLIENT_SECRET: provider.clientSecret,
      OIDC_NAME: '政务网',
    },
  });
});
afterAll(async () => {
  await service.stop();
  await provider.stop();
});

const pathOf = (url: string) => url.replace(/^https?:\/\/[^/]+/, '');

/** The browser goes to the provider, says yes, and comes back. */
async function signInThere(person: Person) {
  const sent = await person.get('/sign-in/with-provider');
  expect(sent.status).toBe(303);
  const target = sent.headers.get('location') ?? '';
  expect(target.startsWith(`${provider.issuer}/authorize?`)).toBe(true);
  return person.get(pathOf(provider.authorize(target)));
}

async function link(person: Person) {
  const sent = await person.post('/m/account/provider');
  const target = (sent.headers.get('refresh') ?? '').replace('0;url=', '');
  return person.get(pathOf(provider.authorize(target)));
}

test('whom the provider knows and we do not, is nobody here', async () => {
  provider.subject = 'stranger';
  const person = newPerson(service);
  const back = await signInThere(person);
  expect(back.headers.get('location')).toBe('/sign-in?provider=refused');
  expect((await person.get('/m/account')).status).toBe(303);
  expect(await service.deps.signIn.countAccounts()).toBe(0);
});

test('a linked account signs in there, on the log', async () => {
  provider.subject = 'office-7';
  const scope = { kind: 'district', district: '西湖' };
  const owner = await newAccount(service, 'district', scope);
  expect((await owner.get('/m/account')).text).toContain('关联政务网账号');
  const linked = await link(owner);
  expect(linked.headers.get('location')).toBe('/m/account?message=linked');
  expect((await owner.get('/m/account')).text).toContain('已关联政务网账号');

  const desktop = newPerson(service);
  const back = await signInThere(desktop);
  expect(back.headers.get('location')).toBe('/m');
  expect((await desktop.get('/m/account')).status).toBe(200);
  const log = await service.deps.store.listAuditEntries({ afterSeq: 0, limit: 1_000 });
  const types = log.map(({ entry }) => JSON.parse(entry)).map(({ type, method }) => [type, method]);
  expect(types).toContainEqual(['account.provider_linked', undefined]);
  expect(types.at(-1)).toEqual(['account.signed_in', 'oidc']);
});

test('one person there is one account here', async () => {
  provider.subject = 'office-7';
  const other = await newAccount(service, 'operator', { kind: 'all' });
  await link(other);
  expect((await other.get('/m/account')).text).toContain('关联政务网账号');
  expect((await other.get('/m/account')).text).not.toContain('已关联政务网账号');
});

test('an answer that this browser did not ask for is refused', async () => {
  provider.subject = 'office-7';
  const asking = newPerson(service);
  const sent = await asking.get('/sign-in/with-provider');
  const back = pathOf(provider.authorize(sent.headers.get('location') ?? ''));
  const victim = newPerson(service);
  const answer = await victim.get(back);
  expect(answer.headers.get('location')).toBe('/sign-in?provider=refused');
  expect((await victim.get('/m/account')).status).toBe(303);
  const invented = await victim.get('/sign-in/provider/callback/oidc?code=x&state=y');
  expect(invented.headers.get('location')).toBe('/sign-in?provider=refused');
});
