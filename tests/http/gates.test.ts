import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import {
  assertion,
  type Claims,
  enrolledGate,
  newGateKey,
  requestToken,
  TOKEN_ENDPOINT,
  tokenForm,
} from '../support/gate-key.ts';
import { type Service, startService } from '../support/service.ts';

let service: Service;
let communityId: string;

beforeAll(async () => {
  service = await startService();
});
afterAll(() => service.stop());

beforeEach(async () => {
  const made = await call('POST', '/v1/communities', { name: '翠苑', kind: 'standard' });
  communityId = made.body.id;
});

const call = (method: string, path: string, body?: unknown) =>
  service.call(method, path, { token: service.operatorKey, body });

async function newGate(members: object = {}) {
  const body = { name: 'North', directions: ['in', 'out'], media: ['qr'], ...members };
  return (await call('POST', `/v1/communities/${communityId}/gates`, body)).body;
}

const enrol = (enrollmentCode: string, publicKey: unknown) =>
  service.call('POST', '/v1/gates/enroll', { body: { enrollmentCode, publicKey } });

describe('enrolment', () => {
  test('a device becomes a gate', async () => {
    const made = await newGate();
    expect(made).toEqual({
      id: expect.stringMatching(/^gat_/),
      enrollmentCode: expect.stringMatching(/^cpe_[\w-]{22}$/),
      expiresAt: new Date(service.clock.now() + 900_000).toISOString(),
    });
    const key = await newGateKey();
    const enrolled = await enrol(made.enrollmentCode, key.publicJwk);
    expect(enrolled.status).toBe(200);
    expect(enrolled.body).toEqual({
      gateId: made.id,
      communityId,
      tokenEndpoint: TOKEN_ENDPOINT,
      serverTime: new Date(service.clock.now()).toISOString(),
    });
    const listed = await call('GET', `/v1/communities/${communityId}/gates`);
    expect(listed.body.items).toMatchObject([
      { id: made.id, kind: 'gate', passageSensor: false, enrolledAt: enrolled.body.serverTime },
    ]);
    expect(listed.text).not.toContain(made.enrollmentCode);
  });

  test('the same code with the same key again gives the same answer; with another key it is refused', async () => {
    const { enrollmentCode } = await newGate();
    const key = await newGateKey();
    const first = await enrol(enrollmentCode, key.publicJwk);
    expect((await enrol(enrollmentCode, { ...key.publicJwk, kid: 'x', use: 'sig' })).body).toEqual(
      first.body,
    );
    const other = await enrol(enrollmentCode, (await newGateKey()).publicJwk);
    expect(other.status).toBe(401);
    expect(other.headers.get('www-authenticate')).toBe('Bearer');
  });

  test('a code works for 15 minutes', async () => {
    const [early, late] = [await newGate(), await newGate()];
    service.clock.advance(15 * 60_000 - 1);
    expect((await enrol(early.enrollmentCode, (await newGateKey()).publicJwk)).status).toBe(200);
    service.clock.advance(1);
    expect((await enrol(late.enrollmentCode, (await newGateKey()).publicJwk)).status).toBe(401);
  });

  test('a code that was used answers the key that used it after that too, until a newer one is in use', async () => {
    const { id, enrollmentCode } = await newGate();
    const [key, other, newer] = [await newGateKey(), await newGateKey(), await newGateKey()];
    const first = await enrol(enrollmentCode, key.publicJwk);
    service.clock.advance(15 * 60_000);
    const again = await enrol(enrollmentCode, key.publicJwk);
    expect(again.status).toBe(200);
    expect({ ...again.body, serverTime: '' }).toEqual({ ...first.body, serverTime: '' });
    expect((await enrol(enrollmentCode, other.publicJwk)).status).toBe(401);
    const renewed = await call('POST', `/v1/gates/${id}/enrollment-codes`);
    expect((await enrol(renewed.body.enrollmentCode, newer.publicJwk)).status).toBe(200);
    const form = tokenForm(id, await assertion(service, id, newer));
    expect((await requestToken(service, form)).status).toBe(200);
    expect((await enrol(enrollmentCode, key.publicJwk)).status).toBe(401);
  });

  test('only a public key on P-256 is accepted', async () => {
    const { enrollmentCode } = await newGate();
    const { publicJwk, privateJwk } = await newGateKey();
    const zeros = 'A'.repeat(43);
    for (const [key, path] of [
      [privateJwk, 'publicKey.d'],
      [{ ...publicJwk, crv: 'P-384' }, 'publicKey.crv'],
      [{ ...publicJwk, x: 'short' }, 'publicKey.x'],
      [{ ...publicJwk, x: zeros, y: zeros }, 'publicKey'],
      ['key', 'publicKey'],
    ] as const) {
      const refused = await enrol(enrollmentCode, key);
      expect(refused.status).toBe(422);
      expect(refused.body.errors[0].path).toBe(path);
    }
    expect((await enrol(enrollmentCode, publicJwk)).status).toBe(200);
  });

  test('directions and media are sets that name something', async () => {
    for (const members of [
      { directions: [] },
      { directions: ['in', 'in'] },
      { directions: ['up'] },
      { media: [] },
      { kind: 'tower' },
    ]) {
      const body = { name: 'g', directions: ['in'], media: ['qr'], ...members };
      expect((await call('POST', `/v1/communities/${communityId}/gates`, body)).status).toBe(422);
    }
  });

  test('a replaced device’s key works until the new one has been used', async () => {
    const gate = await enrolledGate(service, communityId);
    service.clock.advance(1_000);
    const renewed = await call('POST', `/v1/gates/${gate.id}/enrollment-codes`);
    expect(renewed.status).toBe(201);
    const newKey = await newGateKey();
    expect((await enrol(renewed.body.enrollmentCode, newKey.publicJwk)).status).toBe(200);
    const tokenBy = async (key: typeof newKey) =>
      (await requestToken(service, tokenForm(gate.id, await assertion(service, gate.id, key))))
        .status;
    expect(await tokenBy(gate.key)).toBe(200);
    expect(await tokenBy(newKey)).toBe(200);
    expect(await tokenBy(gate.key)).toBe(401);
  });
});

describe('revoking', () => {
  test('a revoked gate gets no token, and its tokens open nothing', async () => {
    const gate = await enrolledGate(service, communityId);
    const guide = () =>
      service.call('GET', `/v1/communities/${communityId}/rules/guide`, { token: gate.token });
    expect((await guide()).status).toBe(200);
    expect((await call('DELETE', `/v1/gates/${gate.id}`)).status).toBe(204);
    expect((await guide()).status).toBe(401);
    const refused = await requestToken(
      service,
      tokenForm(gate.id, await assertion(service, gate.id, gate.key)),
    );
    expect(refused.body.error).toBe('invalid_client');
    expect((await call('DELETE', `/v1/gates/${gate.id}`)).status).toBe(404);
    expect((await call('POST', `/v1/gates/${gate.id}/enrollment-codes`)).status).toBe(404);
  });
});

describe('the token endpoint', () => {
  test('an assertion is worth one token of 15 minutes', async () => {
    const gate = await enrolledGate(service, communityId);
    const form = tokenForm(gate.id, await assertion(service, gate.id, gate.key));
    const answer = await requestToken(service, form);
    expect(answer.status).toBe(200);
    expect(answer.headers.get('cache-control')).toBe('no-store');
    expect(answer.body).toEqual({
      access_token: expect.any(String),
      token_type: 'Bearer',
      expires_in: 900,
      serverTime: new Date(service.clock.now()).toISOString(),
    });
    const again = await requestToken(service, form);
    expect(again.status).toBe(401);
    expect(again.body).toMatchObject({
      error: 'invalid_client',
      serverTime: answer.body.serverTime,
    });
  });

  test('a token ends when it says', async () => {
    const { token } = await enrolledGate(service, communityId);
    const guide = () =>
      service.call('GET', `/v1/communities/${communityId}/rules/guide`, { token });
    service.clock.advance(15 * 60_000 - 1_000);
    expect((await guide()).status).toBe(200);
    service.clock.advance(1_000);
    expect((await guide()).status).toBe(401);
  });

  test('every claim is judged', async () => {
    const gate = await enrolledGate(service, communityId);
    const other = await enrolledGate(service, communityId);
    const now = Math.floor(service.clock.now() / 1_000);
    const attempt = async (claims: Claims, key = gate.key) =>
      (
        await requestToken(
          service,
          tokenForm(gate.id, await assertion(service, gate.id, key, claims)),
        )
      ).body.error;
    for (const claims of [
      { iss: other.id },
      { sub: other.id },
      { aud: 'https://elsewhere.example/v1/oauth/token' },
      { aud: `${TOKEN_ENDPOINT}/` },
      { exp: now - 6 },
      { exp: now + 301 },
      { exp: undefined },
      { iat: now + 6 },
      { iat: undefined },
      { nbf: now + 6 },
      { jti: undefined },
      { jti: '' },
    ]) {
      expect(await attempt(claims), JSON.stringify(claims)).toBe('invalid_client');
    }
    expect(await attempt({}, other.key)).toBe('invalid_client');
    expect(await attempt({ exp: now + 300, nbf: now, aud: [TOKEN_ENDPOINT] })).toBeUndefined();
  });

  test('an assertion without a signature, or by a shared secret, is refused', async () => {
    const gate = await enrolledGate(service, communityId);
    const [, payload] = (await assertion(service, gate.id, gate.key)).split('.');
    for (const header of ['{"alg":"none"}', '{"alg":"HS256"}']) {
      const forged = `${Buffer.from(header).toString('base64url')}.${payload}.AAAA`;
      expect((await requestToken(service, tokenForm(gate.id, forged))).status).toBe(401);
    }
    for (const nonsense of ['', 'x', 'a.b.c']) {
      expect((await requestToken(service, tokenForm(gate.id, nonsense))).body.error).toBe(
        'invalid_client',
      );
    }
  });

  test('errors have OAuth’s shape and the server’s time', async () => {
    const gate = await enrolledGate(service, communityId);
    const good = tokenForm(gate.id, await assertion(service, gate.id, gate.key));
    for (const [form, error] of [
      [good.replace('client_credentials', 'password'), 'unsupported_grant_type'],
      [good.replace('jwt-bearer', 'saml2-bearer'), 'invalid_request'],
      [good.replace('client_assertion=', 'x='), 'invalid_request'],
      [`${good}&grant_type=client_credentials`, 'invalid_request'],
      ['', 'invalid_request'],
    ] as const) {
      const { status, body } = await requestToken(service, form);
      expect(status).toBe(400);
      expect(body).toEqual({
        error,
        error_description: expect.any(String),
        serverTime: expect.any(String),
      });
    }
    const json = await service.call('POST', '/v1/oauth/token', { body: {} });
    expect(json.body).toMatchObject({ error: 'invalid_request', serverTime: expect.any(String) });
    expect((await requestToken(service, good)).status).toBe(200);
  });
});

describe('a key of another scope', () => {
  test('neither sees nor touches the gate', async () => {
    const gate = await newGate();
    const elsewhere = await call('POST', '/v1/communities', { name: 'b', kind: 'standard' });
    const scope = { kind: 'community', communityId: elsewhere.body.id };
    const { body } = await call('POST', '/v1/api-keys', { name: 'k', scope });
    for (const [method, path] of [
      ['GET', `/v1/gates/${gate.id}`],
      ['DELETE', `/v1/gates/${gate.id}`],
      ['POST', `/v1/gates/${gate.id}/enrollment-codes`],
      ['GET', `/v1/communities/${communityId}/gates`],
    ] as const) {
      expect((await service.call(method, path, { token: body.key })).status).toBe(404);
    }
    expect((await call('GET', `/v1/gates/${gate.id}`)).body).toMatchObject({
      id: gate.id,
      enrolledAt: null,
    });
  });
});
