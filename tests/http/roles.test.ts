import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { newAccount, type Person } from '../support/person.ts';
import { type Service, startService } from '../support/service.ts';
import { makeCommunity, makeGate } from '../support/world.ts';

let service: Service;
let here: string;
let elsewhere: string;
let gate: string;
const people: Record<string, Person> = {};

beforeAll(async () => {
  service = await startService({ limits: { signInAttemptsPerMinute: 10_000 } });
  here = await makeCommunity(service, { name: '翠苑一区', district: '西湖' });
  elsewhere = await makeCommunity(service, { name: '望江家园', district: '上城' });
  gate = (await makeGate(service, here)).id;
  const district = { kind: 'district', district: '西湖' };
  const community = { kind: 'community', communityId: here };
  people['operator'] = await newAccount(service, 'operator', { kind: 'all' });
  people['district'] = await newAccount(service, 'district', district);
  people['manager'] = await newAccount(service, 'manager', community);
  people['guard'] = await newAccount(service, 'guard', community);
  people['auditor'] = await newAccount(service, 'auditor', community);
  await service.deps.audit.run(); // an export needs a checkpoint
});
afterAll(() => service.stop());

const until = () => new Date(service.clock.now() + 3_600_000).toISOString();
const COURIER = 'cou_0123456789abc';

/** What is asked, and who is let in. Whoever is not meets 404, as if it were not there. */
const TABLE: [string, () => [string, string, object?], string][] = [
  ['list communities', () => ['GET', '/v1/communities'], 'operator district manager guard auditor'],
  [
    'read a community',
    () => ['GET', `/v1/communities/${here}`],
    'operator district manager guard auditor',
  ],
  ['read one elsewhere', () => ['GET', `/v1/communities/${elsewhere}`], 'operator'],
  ['make a community', () => ['POST', '/v1/communities', { name: '新', kind: 'open' }], 'operator'],
  [
    'list decisions',
    () => ['GET', `/v1/communities/${here}/decisions`],
    'operator district manager guard auditor',
  ],
  [
    'list visits',
    () => ['GET', `/v1/communities/${here}/visits`],
    'operator district manager guard auditor',
  ],
  [
    'list alerts',
    () => ['GET', `/v1/communities/${here}/alerts`],
    'operator district manager guard auditor',
  ],
  [
    'list gates',
    () => ['GET', `/v1/communities/${here}/gates`],
    'operator district manager guard auditor',
  ],
  [
    'read rules',
    () => ['GET', `/v1/communities/${here}/rules`],
    'operator district manager guard auditor',
  ],
  [
    'write rules',
    () => ['PUT', `/v1/communities/${here}/rules`, { rules: {} }],
    'operator manager',
  ],
  [
    'write rules elsewhere',
    () => ['PUT', `/v1/communities/${elsewhere}/rules`, { rules: {} }],
    'operator',
  ],
  [
    'make a gate',
    () => [
      'POST',
      `/v1/communities/${here}/gates`,
      { name: '门', directions: ['in'], media: ['qr'] },
    ],
    'operator manager',
  ],
  [
    'open a gate',
    () => ['POST', `/v1/gates/${gate}/open`, { reason: '有急单' }],
    'operator manager guard',
  ],
  [
    'admit by hand',
    () => ['POST', `/v1/communities/${here}/admissions`, { gateId: gate, reason: '有急单' }],
    'operator manager guard',
  ],
  [
    'set a posture',
    () => [
      'PUT',
      `/v1/gates/${gate}/posture`,
      { posture: 'closed', until: until(), reason: '维修' },
    ],
    'operator manager guard',
  ],
  [
    'export the audit log',
    () => ['GET', `/v1/audit/export?community=${here}`],
    'operator manager auditor',
  ],
  ['lift a block', () => ['DELETE', `/v1/communities/${here}/blocks/${COURIER}`], ''],
  ['list API keys', () => ['GET', '/v1/api-keys'], 'operator manager'],
  [
    'make an API key',
    () => ['POST', '/v1/api-keys', { name: '钥', scope: { kind: 'community', communityId: here } }],
    'operator manager',
  ],
  ['list people', () => ['GET', '/v1/accounts'], 'operator district manager'],
  ['list platforms', () => ['GET', '/v1/platforms'], 'operator'],
  ['list keys', () => ['GET', '/v1/keys'], 'operator'],
  ['read metrics', () => ['GET', '/metrics'], 'operator'],
];

describe('by role', () => {
  test.each(TABLE)('%s', async (_name, request, allowed) => {
    const reached: string[] = [];
    for (const [role, person] of Object.entries(people)) {
      const [method, path, body] = request();
      const { status } = await person.call(method, path, body);
      if (status >= 200 && status < 300) reached.push(role);
      else expect(status).toBe(404);
    }
    expect(reached.join(' ')).toBe(allowed);
  });

  test('nobody by cookie is a platform, a rider or a gate', async () => {
    const operator = people['operator']!;
    expect((await operator.call('GET', '/v1/rider/passes')).status).toBe(401);
    expect((await operator.call('POST', '/v1/verify', {})).status).toBe(401);
    const codes = { riderId: 'r1', communityId: here };
    expect((await operator.call('POST', '/v1/rider-links', codes)).status).toBe(401);
  });

  test('what a person did is on the log under the account’s number', async () => {
    await people['manager']!.call('PUT', `/v1/communities/${here}/rules`, { rules: {} });
    const rules = await people['manager']!.call('GET', `/v1/communities/${here}/rules`);
    expect(rules.body.author).toMatch(/^account:acc_[0-9a-z]{13}$/);
  });

  test('a bearer token counts, and no cookie beside it', async () => {
    const cookie = `cp_account=${people['operator']!.cookies.get('cp_account')}`;
    const wrong = await service.call('GET', '/v1/communities', {
      token: 'cpk_wrong',
      headers: { cookie },
    });
    expect(wrong.status).toBe(401);
  });
});
