/** Every route of a whole service, over a socket, with what no honest client sends. */
import { randomBytes, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { Agent, METHODS, request, type Server } from 'node:http';
import { connect } from 'node:net';
import { CompactSign } from 'jose';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { judgeSpeeds } from '../../src/access/judge-speeds.ts';
import { attach, listen } from '../../src/http/server.ts';
import { signWebhook } from '../../src/platforms/standard-webhooks.ts';
import { type Chance, printedChance } from '../support/chance.ts';
import { newGateKey } from '../support/gate-key.ts';
import { frame, jpeg, SCAN, TABLE } from '../support/jpeg.ts';
import {
  faultsOf,
  isObject,
  KEYWORDS,
  lookUp,
  type Schema,
  sampleOf,
  TYPES,
} from '../support/json-schema.ts';
import { invited, newAccount } from '../support/person.ts';
import { type Service, startService } from '../support/service.ts';
import { makeTag, newUid } from '../support/tag.ts';
import {
  wildBody,
  wildContentType,
  wildHeaders,
  wildText,
  wildVariant,
} from '../support/wild-values.ts';
import {
  expectStatus,
  makeCommunity,
  makeDelivery,
  makeGate,
  makeKey,
  makeLink,
  makePlatform,
  readPasses,
  signIn,
  verify,
} from '../support/world.ts';

/** Random cases of a kind on each route that has such a kind. */
const CASES = Number(process.env['FUZZ_CASES'] ?? 12);

interface Operation {
  readonly operationId: string;
  readonly description: string;
  readonly security: readonly Readonly<Record<string, readonly string[]>>[];
  readonly parameters?: readonly {
    readonly name: string;
    readonly in: string;
    readonly required?: boolean;
    readonly schema?: Schema;
  }[];
  readonly requestBody?: {
    readonly content: Readonly<Record<string, { readonly schema: Schema }>>;
  };
  readonly responses: Readonly<
    Record<
      string,
      {
        readonly description?: string;
        readonly content?: Readonly<Record<string, { readonly schema?: Schema }>>;
      }
    >
  >;
}
interface OpenApi {
  readonly openapi: string;
  readonly info: { readonly title: string; readonly version: string };
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: {
    readonly schemas: Readonly<Record<string, Schema>>;
    readonly securitySchemes: Readonly<Record<string, { readonly type: string }>>;
  };
}
interface Route {
  readonly method: string;
  readonly path: string;
  readonly operation: Operation;
}

/** What goes over the socket. */
interface Sent {
  readonly method: string;
  /** Percent-encoded. */
  readonly target: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array | undefined;
  /** Sent without a length. */
  readonly chunked?: boolean;
}
interface Received {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly text: string;
}

const chance: Chance = printedChance('wild requests');
let service: Service;
let server: Server;
let port: number;
let agent: Agent;
let document: OpenApi;
let routes: readonly Route[];

beforeAll(async () => {
  service = await startService({
    limits: {
      refusalsPerMinute: 10_000_000,
      signInAttemptsPerMinute: 10_000_000,
      reportsPerDay: 10_000_000,
      notifyEndpoints: 1_000_000,
    },
  });
  server = await listen({ host: '127.0.0.1', port: 0, limits: service.deps.config.limits }, null);
  attach(server, { hono: service.app, endStreams: () => {} }, (error) => {
    service.deps.log.error({ err: error }, 'failed outside the app');
  });
  port = portOf(server);
  agent = new Agent({ keepAlive: true, maxSockets: 16 });
  document = (await service.call('GET', '/openapi.json')).body;
  routes = Object.entries(document.paths).flatMap(([path, operations]) =>
    Object.entries(operations).map(([method, operation]) => ({
      method: method.toUpperCase(),
      path,
      operation,
    })),
  );
  world = await makeWorld();
  await appealOf();
});
afterAll(async () => {
  agent.destroy();
  server.closeAllConnections();
  server.close();
  await service.stop();
});

function portOf(listening: Server): number {
  const address = listening.address();
  if (address === null || typeof address === 'string') throw new Error('it does not listen');
  return address.port;
}

// ── whom and what there is ────────────────────────────────────────────────────────────────────────────────

async function makeWorld() {
  const platform = await makePlatform(service, 'kuaisong');
  const other = await makePlatform(service, 'paotui');
  const here = await makeCommunity(service, { district: 'wuchang' });
  const elsewhere = await makeCommunity(service, { district: 'xihu' });
  const directions = ['in', 'out'];
  const gate = await makeGate(service, here);
  const guard = await makeGate(service, here, { kind: 'guard', directions });
  const gateElsewhere = await makeGate(service, elsewhere);
  const guardElsewhere = await makeGate(service, elsewhere, { kind: 'guard', directions });
  await makeDelivery(service, platform, { communityId: here });
  await makeDelivery(service, other, { communityId: elsewhere });
  const rider = await signIn(service, platform);
  const riderElsewhere = await signIn(service, other);
  const { items } = await readPasses(service, rider, '?codes=1');
  const question = { code: items[0].codes[0].code, lane: '1', speedKmh: 40, accuracyKmh: 1 };
  const entry = await verify(service, gate, question);
  service.clock.advance(10_000);
  await judgeSpeeds(service.deps);
  const order = { communityId: here, riderId: 'r-18', deliveryId: '18' };
  await makeDelivery(service, platform, order);
  const leaver = await readPasses(service, await signIn(service, platform, 'r-18'), '?codes=1');
  await verify(service, gate, { code: leaver.items[0].codes[0].code, direction: 'out' });
  const alerts = await get(`/v1/communities/${here}/alerts`);
  const alertOf = (wanted: string): string =>
    alerts.items.find(({ kind }: { kind: string }) => kind === wanted).id;
  const visits = await get(`/v1/communities/${here}/visits`);
  await service.deps.audit.run();
  const auditorKey = await makeKey(service, { kind: 'audit' });
  return {
    auditorKey,
    platform,
    here,
    gate,
    gateId: gate.id,
    tagId: (await makeTag(service, gate)).tagId,
    passId: items[0].id as string,
    code: items[0].codes[0].code as string,
    auditId: entry.body.auditId as string,
    courierId: visits.items[0].courierId as string,
    alertId: alertOf('speeding'),
    /** Nobody objects to it. */
    otherAlertId: alertOf('exit_without_visit'),
    /** Who may call, by the words of the document. */
    callers: {
      'an API key of scope `all`': [service.operatorKey],
      'an API key of scope `all` or `audit`': [service.operatorKey, auditorKey],
      'an API key of the platform': [platform.apiKey],
      'an API key whose scope covers the community': [
        service.operatorKey,
        await makeKey(service, { kind: 'community', communityId: here }),
        await makeKey(service, { kind: 'district', district: 'wuchang' }),
      ],
      'any API key': [service.operatorKey],
      'an enrolled gate': [gate.token, guard.token],
      'a guard’s enrolled device': [guard.token],
      'a rider’s session': [rider.token],
    } as Readonly<Record<string, readonly string[]>>,
    /** Those of others: valid, and of the kind that is asked for. */
    strangers: {
      'an API key whose scope covers the community': [
        await makeKey(service, { kind: 'community', communityId: elsewhere }),
        await makeKey(service, { kind: 'district', district: 'xihu' }),
      ],
      'an enrolled gate': [gateElsewhere.token],
      'a guard’s enrolled device': [guardElsewhere.token],
      'a rider’s session': [riderElsewhere.token],
      'an API key of the platform': [other.apiKey],
    } as Readonly<Record<string, readonly string[]>>,
  };
}
let world: Awaited<ReturnType<typeof makeWorld>>;

async function get(path: string) {
  const answer = await service.call('GET', path, { token: service.operatorKey });
  return expectStatus(answer, 200).body;
}

function callersOf({ operation }: Route): string[] {
  const named = /Caller: (.*)\.$/m.exec(operation.description)?.[1] ?? '';
  return named.split(', or ').filter((caller) => caller !== 'anyone');
}

const isGatesOwn = ({ path }: Route) => /^\/v1\/gate\/(events|commands\/)/.test(path);

/** A token that the route lets in; a new one where the request would use it up. */
async function rightToken(route: Route): Promise<string | null> {
  const callers = callersOf(route);
  if (callers.length === 0) return null;
  if (route.operation.operationId === 'deleteRiderSessions')
    return (await signIn(service, world.platform)).token;
  // What they send is signed, or was ordered, for one gate.
  if (isGatesOwn(route)) return world.gate.token;
  const tokens = callers.flatMap((caller) => world.callers[caller] ?? []);
  return chance.pick(tokens);
}

/** What stands in a path's place. Where the request would use it up there is a new one each time. */
async function rightParameter(route: Route, name: string): Promise<string> {
  const { method, path } = route;
  if (path.startsWith('/v1/gates/{id}'))
    return method === 'DELETE' ? (await makeGate(service, world.here)).id : world.gateId;
  if (path.startsWith('/v1/gate/commands/')) {
    const open = `/v1/gates/${world.gateId}/open`;
    const body = { reason: 'x' };
    const answer = await service.call('POST', open, { token: service.operatorKey, body });
    return expectStatus(answer, 201).body.commandId;
  }
  if (path.startsWith('/v1/tags/'))
    return (await makeTag(service, await makeGate(service, world.here))).tagId;
  if (path.startsWith('/v1/passes/')) return world.passId;
  if (path.startsWith('/v1/reports/')) {
    const photo = Buffer.from(jpeg(TABLE, frame(2, 2), SCAN)).toString('base64');
    const body = { requestId: randomUUID(), communityId: world.here, place: 'x', text: 'x', photo };
    const token = world.callers['a rider’s session']?.[0] ?? '';
    const made = await service.call('POST', '/v1/rider/reports', { token, body });
    return expectStatus(made, 201).body.id;
  }
  if (path.startsWith('/v1/api-keys/')) {
    await makeKey(service, { kind: 'community', communityId: world.here });
    const { items } = await get('/v1/api-keys?limit=200');
    return items.findLast((key: { name: string }) => key.name === 'a key')?.id ?? 'key_none';
  }
  if (path.startsWith('/v1/invitations/')) {
    await invited(service, 'guard', { kind: 'community', communityId: world.here });
    return (await get('/v1/invitations')).items[0].id;
  }
  if (path.startsWith('/v1/accounts/')) {
    await newAccount(service, 'guard', { kind: 'community', communityId: world.here });
    return (await get('/v1/accounts')).items.at(-1).id;
  }
  if (path.startsWith('/v1/couriers/')) return 'cou_0123456789abc'; // one that is there would be used up
  if (path.startsWith('/v1/audit/tile/entries/')) return '000.p/1';
  if (path.startsWith('/v1/audit/tile/')) return '0/000.p/1';
  if (path.startsWith('/docs/')) return 'start.js';
  if (name === 'appealId') return appealOf();
  if (name === 'sanctionId') return newSanction();
  if (name === 'endpointId') return newEndpoint(path);
  const values: Readonly<Record<string, string>> = {
    id: world.here,
    alertId: path.endsWith('/sanctions') ? world.otherAlertId : world.alertId,
    courierId: world.courierId,
    auditId: world.auditId,
    slug: world.platform.slug,
    purpose: 'token',
    kid: 'tok-none',
  };
  const value = values[name];
  if (value === undefined) throw new Error(`nothing is known of {${name}} in ${path}`);
  return value;
}

/** The appeal against the world's alert, the only one that there may be. */
async function appealOf(): Promise<string> {
  const path = `/v1/communities/${world.here}/alerts/${world.alertId}`;
  const { appeal } = await get(path);
  if (appeal !== undefined) return appeal.id;
  const [token = ''] = world.callers['a rider’s session'] ?? [];
  const body = { text: '不是我' };
  await service.call('POST', `${path}/appeals`, { token, body });
  return (await get(path)).appeal.id;
}

async function newSanction(): Promise<string> {
  const path = `/v1/communities/${world.here}/alerts/${world.otherAlertId}/sanctions`;
  const until = new Date(service.clock.now() + 60_000).toISOString();
  const body = { kind: 'confirmation', until };
  const set = await service.call('POST', path, { token: service.operatorKey, body });
  return expectStatus(set, 201).body.id;
}

async function newEndpoint(path: string): Promise<string> {
  const owner = path.startsWith('/v1/platforms/')
    ? `/v1/platforms/${world.platform.slug}`
    : `/v1/communities/${world.here}`;
  const url = 'https://hooks.example.com/alerts';
  const body = { name: 'x', url, ...(owner.includes('communities') && { kind: 'webhook' }) };
  const target = `${owner}/notify-endpoints`;
  const made = await service.call('POST', target, { token: service.operatorKey, body });
  return expectStatus(made, 201).body.id;
}

async function rightTarget(route: Route): Promise<string> {
  let target = route.path;
  for (const [whole, name = ''] of route.path.matchAll(/\{(\w+)\}/g))
    target = target.replace(whole, await rightParameter(route, name));
  return target;
}

/** Members of bodies that mean something. Some are made anew for each sample, and are used up by it. */
async function knownMembers() {
  const inAnHour = () => new Date(service.clock.now() + 3_600_000).toISOString();
  const { publicJwk } = await newGateKey();
  const token = await makeLink(service, world.platform);
  const gate = await service.call('POST', `/v1/communities/${world.here}/gates`, {
    token: service.operatorKey,
    body: { name: 'x', directions: ['in'], media: ['qr'] },
  });
  return {
    communityId: () => world.here,
    gateId: () => world.gateId,
    riderId: () => 'r-17',
    platform: () => (chance.oneIn(2) ? world.platform.slug : undefined),
    slug: () => `s${randomUUID()}`,
    token: () => token,
    enrollmentCode: () => gate.body.enrollmentCode,
    publicKey: () => publicJwk,
    until: inAnHour,
    after: () => new Date(service.clock.now()).toISOString(),
    effectiveFrom: inAnHour,
    timestamp: () => new Date(service.clock.now()).toISOString(),
    gates: () => 'all',
    directions: () => ['in'],
    media: () => ['qr', 'nfc'],
    code: () => world.code,
    features: () => [],
    capacity: () => null,
    antiPassback: () => 'soft',
    tagId: () => world.tagId,
    url: () => 'https://hooks.example.com/alerts',
    uid: newUid,
    metaKey: () => randomBytes(16).toString('hex'),
    fileKey: () => randomBytes(16).toString('hex'),
    macParam: () => chance.pick(['cmac', 'm', '']),
    logId: () => randomBytes(16).toString('base64url'),
  };
}

// ── requests ──────────────────────────────────────────────────────────────────────────────────────────────

interface Body {
  readonly type: string;
  /** What the schema allows. */
  readonly value: unknown;
}

async function rightBody({ operation }: Route): Promise<Body | null> {
  const [content] = Object.entries(operation.requestBody?.content ?? {});
  if (content === undefined) return null;
  const [type, { schema }] = content;
  return { type, value: sampleOf(document, schema, await knownMembers(), chance) };
}

const isForm = ({ type }: Body) => type === 'application/x-www-form-urlencoded';

function writeForm(value: unknown): string {
  return new URLSearchParams(value as Record<string, string>).toString();
}

const isJose = ({ type }: Body) => type === 'application/jose';

/** As the gate sends it. */
function signAsGate(text: string | Uint8Array): Promise<string> {
  return new CompactSign(Buffer.from(text))
    .setProtectedHeader({ alg: 'ES256', kid: world.gateId })
    .sign(world.gate.key.privateKey);
}

function writeBody(body: Body): string | Promise<string> {
  if (isForm(body)) return writeForm(body.value);
  const text = JSON.stringify(body.value);
  return isJose(body) ? signAsGate(text) : text;
}

/** The headers that let a request in: a bearer, or the signature over what is sent. */
async function rightHeaders(
  route: Route,
  body: string | Uint8Array | undefined,
  type: string | null | undefined,
): Promise<Record<string, string>> {
  const headers: Record<string, string> = {};
  if (type) headers['content-type'] = type;
  const token = await rightToken(route);
  if (token !== null) headers['authorization'] = `Bearer ${token}`;
  if (!route.path.startsWith('/v1/webhooks/')) return headers;
  const [id, seconds] = [randomUUID(), Math.floor(service.clock.now() / 1_000)];
  const { webhookSecret } = world.platform;
  return {
    ...headers,
    'webhook-id': id,
    'webhook-timestamp': String(seconds),
    'webhook-signature': signWebhook(webhookSecret, id, seconds, Buffer.from(body ?? '')),
  };
}

/** A request that is right but for what is given. */
async function requestTo(
  route: Route,
  wild: {
    readonly target?: string;
    readonly body?: string | Uint8Array;
    readonly type?: string | null;
    readonly headers?: Readonly<Record<string, string>>;
    readonly chunked?: boolean;
  } = {},
): Promise<Sent> {
  const right = wild.body === undefined ? await rightBody(route) : null;
  const body = wild.body ?? (right && (await writeBody(right)));
  const described = Object.keys(route.operation.requestBody?.content ?? {})[0];
  const type = wild.type === undefined ? described : wild.type;
  return {
    method: route.method,
    target: wild.target ?? (await rightTarget(route)),
    headers: { ...(await rightHeaders(route, body ?? undefined, type)), ...wild.headers },
    body: body ?? undefined,
    chunked: wild.chunked ?? false,
  };
}

function send({ method, target, headers, body, chunked }: Sent): Promise<Received> {
  const length: Record<string, string | number> =
    body === undefined
      ? {}
      : chunked
        ? { 'transfer-encoding': 'chunked' }
        : { 'content-length': Buffer.byteLength(body) };
  return new Promise((resolve, reject) => {
    const options = { agent, host: '127.0.0.1', port, method, path: target };
    request({ ...options, headers: { ...length, ...headers } })
      .on('response', (response) => {
        const { statusCode: status = 0, headers: got } = response;
        if (got['content-type'] === 'text/event-stream') {
          response.destroy();
          return resolve({ status, headers: got, text: '' });
        }
        let text = '';
        response
          .on('data', (chunk) => {
            text += chunk;
          })
          .on('end', () => resolve({ status, headers: got, text }))
          .on('error', reject);
      })
      .on('error', (error) => reject(new Error(`${method} ${target}`, { cause: error })))
      .end(body);
  });
}

// ── what every answer is ──────────────────────────────────────────────────────────────────────────────────

/** Words of the inside: an answer that holds one has let an exception or the database speak. */
const INSIDE =
  /sqlite|constraint failed|no such (table|column)|node:internal|node_modules|\.(ts|js):\d|\bat [\w.<>]+ \(|TypeError|RangeError|SyntaxError|ZodError|(?<!application\/)JOSE|undefined is not|\[object |Cannot read|Unexpected token/i;

const describeRequest = ({ method, target, headers, body }: Sent) =>
  `${method} ${target.slice(0, 200)} ${JSON.stringify(headers).slice(0, 300)} ${Buffer.from(
    body ?? '',
  )
    .toString('latin1')
    .slice(0, 600)}`;

/** Checks what holds for every answer, and that a route's answer is as the document says. */
function expectSound(sent: Sent, received: Received, route?: Route): void {
  const { status, headers, text } = received;
  const where = `${describeRequest(sent)}\n→ ${status} ${text.slice(0, 300)}`;
  expect(status, where).toBeLessThan(500);
  expect(String(headers['x-request-id']), where).toMatch(/^[A-Za-z0-9._-]{1,64}$/);
  expect(headers['x-request-id'], where).toBeDefined();
  if (status >= 400) expect(text, where).not.toMatch(INSIDE);
  if (status >= 400 && sent.method !== 'HEAD') {
    const isOauth = sent.method === 'POST' && sent.target.startsWith('/v1/oauth/token');
    const body = JSON.parse(text);
    if (isOauth) {
      expect(headers['content-type'], where).toBe('application/json');
      expect(body, where).toEqual({
        error: expect.stringMatching(/^[a-z_]+$/),
        error_description: expect.any(String),
        serverTime: expect.stringMatching(/^\d{4}-.*Z$/),
      });
      expect(body.error_description, where).toMatch(/^[\x20-\x21\x23-\x5b\x5d-\x7e]*$/);
    } else {
      expect(headers['content-type'], where).toBe('application/problem+json');
      expect(body.status, where).toBe(status);
      expect(body.type, where).toBe(`urn:courier-pass:problem:${body.code}`);
      expect(faultsOf(document, { $ref: '#/components/schemas/Problem' }, body), where).toEqual([]);
    }
  }
  const bearer = sent.headers['authorization']?.replace(/^Bearer /, '');
  if (bearer !== undefined && bearer.length > 20) expect(text, where).not.toContain(bearer);
  if (route !== undefined) expectDescribed(route, sent, received, where);
}

function expectDescribed(
  route: Route,
  sent: Sent,
  { status, headers, text }: Received,
  where: string,
) {
  const response = route.operation.responses[String(status)];
  expect(response, `not in the document: ${where}`).toBeDefined();
  const type = String(headers['content-type'] ?? '').split(';')[0] ?? '';
  const content = response?.content ?? {};
  if (status === 204 || sent.method === 'HEAD') return;
  const described = content[type] ?? content['*/*'];
  if (text !== '' || Object.keys(content).length > 0)
    expect(described, `${type} is not in the document: ${where}`).toBeDefined();
  if (/\bjson$/.test(type) && described?.schema !== undefined)
    expect(faultsOf(document, described.schema, JSON.parse(text)), where).toEqual([]);
}

async function expectAllSound(requests: readonly Sent[], route?: Route): Promise<Received[]> {
  const answers = await Promise.all(requests.map(send));
  for (const [index, sent] of requests.entries()) {
    const received = answers[index];
    if (received !== undefined) expectSound(sent, received, route);
  }
  expect(service.lines.filter(({ level }) => level === 'error')).toEqual([]);
  return answers;
}

const times = <T>(count: number, make: (index: number) => Promise<T>): Promise<T[]> =>
  Promise.all(Array.from({ length: count }, (_, index) => make(index)));

// ── the tests ─────────────────────────────────────────────────────────────────────────────────────────────

test('credentials come first: without the right ones a request is 401 or 404 whatever else is wrong with it', async () => {
  const rubbish = [
    {},
    { authorization: '' },
    { authorization: 'Bearer' },
    { authorization: 'Bearer ' },
    { authorization: 'Basic b3BlcmF0b3I6eA==' },
    { authorization: 'Bearer cpk_rubbish' },
    { authorization: `Bearer ${'x'.repeat(5_000)}` },
    { authorization: 'Bearer é\u00ff' },
    { authorization: 'Bearer eyJhbGciOiJub25lIn0.e30.' },
    { cookie: 'cp_session=rubbish', authorization: 'Bearer a b' },
  ];
  for (const route of routes) {
    const callers = callersOf(route);
    if (callers.length === 0) continue;
    const all = Object.values(world.callers).flat();
    const right = new Set(callers.flatMap((caller) => world.callers[caller] ?? []));
    if (callers.includes('any API key'))
      for (const token of all) if (kindOf(token) === 'key') right.add(token);
    const kinds = new Set([...right].map(kindOf));
    const wrong = all.filter((token) => !right.has(token));
    const bodies = route.operation.requestBody ? ['{', '{"a":', JSON.stringify({ a: 1 })] : [''];
    const requests = [
      ...rubbish,
      ...wrong.map((token) => ({ authorization: `Bearer ${token}` })),
    ].flatMap((headers) =>
      bodies.map((body) => async (): Promise<Sent> => {
        const target = chance.oneIn(2)
          ? await rightTarget(route)
          : route.path.replaceAll(/\{\w+\}/g, wildText(chance).slice(0, 100));
        return {
          method: route.method,
          target: `${target}?limit=x`,
          headers: { 'content-type': chance.pick(['application/json', 'text/plain']), ...headers },
          ...(body !== '' && { body }),
        };
      }),
    );
    const sent = await Promise.all(requests.map((make) => make()));
    const answers = await expectAllSound(sent, route);
    for (const [index, { status }] of answers.entries()) {
      const bearer = sent[index]?.headers['authorization']?.replace('Bearer ', '') ?? '';
      // A valid credential of the right kind that is not enough finds nothing; any other is none.
      const isKnown = wrong.includes(bearer) && kinds.has(kindOf(bearer));
      expect(status, describeRequest(sent[index]!)).toBe(isKnown ? 404 : 401);
    }
  }
});

/** Of what kind a credential is. */
function kindOf(token: string): 'key' | 'session' | 'gate' {
  if (token.startsWith('cpk_') || token === service.operatorKey) return 'key';
  return token.startsWith('cps_') ? 'session' : 'gate';
}

test('what is another tenant’s and what does not exist are told apart by nothing', async () => {
  const none: Readonly<Record<string, string>> = {
    com: 'com_0123456789abc',
    gat: 'gat_0123456789abc',
    pas: 'pas_0123456789abc',
    tag: 'tag_0123456789abc',
    cmd: 'cmd_0123456789abc',
  };
  let compared = 0;
  for (const route of routes) {
    const target = await rightTarget(route);
    const prefix = /\/(com|gat|pas|tag|cmd)_/.exec(target)?.[1];
    const tokens = callersOf(route).flatMap((caller) => world.strangers[caller] ?? []);
    if (prefix === undefined || tokens.length === 0) continue;
    // Any rider may read the guide of any community: there is nothing to keep apart.
    const open = route.operation.description.includes('Any rider may read it');
    const nowhere = target.replace(/(com|gat|pas|tag|cmd)_[0-9a-z]+/, none[prefix] ?? '');
    for (const token of tokens) {
      if (open && kindOf(token) === 'session') continue;
      for (const body of [(await requestTo(route)).body, '{', '{}']) {
        const headers = {
          authorization: `Bearer ${token}`,
          'content-type': 'application/json',
          'x-request-id': 'same',
        };
        const sent = [target, nowhere].map((at) => ({
          method: route.method,
          target: at,
          headers,
          body,
        }));
        const [theirs, nobodys] = await expectAllSound(sent, route);
        expect(theirs?.status, describeRequest(sent[0]!)).toBeGreaterThanOrEqual(400);
        expect([theirs?.status, theirs?.text]).toEqual([nobodys?.status, nobodys?.text]);
        if (body === undefined || body.length > 2) expect(theirs?.status).toBe(404);
        compared++;
      }
    }
  }
  expect(compared).toBeGreaterThan(40);
});

test('a right request is answered as the document says, on every route', async () => {
  const reached = new Set<string>();
  for (const route of routes) {
    const { operationId } = route.operation;
    for (let attempt = 0; attempt < 6 || (attempt < 40 && !reached.has(operationId)); attempt++) {
      const sent = await requestTo(route);
      const [answer] = await expectAllSound([sent], route);
      if (answer !== undefined && answer.status < 300) reached.add(operationId);
    }
  }
  const silent = routes
    .map(({ operation }) => operation.operationId)
    .filter((id) => !reached.has(id));
  // Where it takes more than the right words: a refusal that waits for a guard, a signed assertion, a key of its own,
  // a station, two checkpoints, a rider who may be used up, a restored backup, an alert that nobody has objected
  // to, a consent.
  expect(silent.sort()).toEqual([
    'deleteKeysPurposeKid',
    'getAuditConsistency',
    'getRiderTapsAuditId',
    'postCommunitiesIdAlertsAlertIdAppeals',
    'postCouriersIdErasure',
    'postDecisionsAuditIdConfirm',
    'postOauthToken',
    'postRestoreConfirm',
    'postRiderAlertsAlertIdAppeals',
    'postRiderPasses',
    'postRiderPositions',
  ]);
});

describe('whatever comes with right credentials is answered in the shape of every answer, never with a 5xx', () => {
  test('bodies with wrong types, missing, repeated, unknown, huge and nested members', async () => {
    for (const route of routes) {
      if (!route.operation.requestBody) continue;
      const requests = await times(3 * CASES, async () => {
        const right = await rightBody(route);
        if (right === null) throw new Error('there is no body');
        if (!isForm(right)) {
          const wild = wildVariant(right.value, chance);
          return requestTo(route, { body: isJose(right) ? await signAsGate(wild) : wild });
        }
        const pairs = Object.entries(right.value as object).map(
          ([name, value]) => `${name}=${value}`,
        );
        const wild = `${chance.pick(['grant_type', 'client_assertion', 'client_id', '__proto__'])}=${wildText(chance)}`;
        return requestTo(route, { body: [...pairs, wild].slice(chance.below(3)).join('&') });
      });
      await expectAllSound(requests, route);
    }
  });

  test('bodies that are none: bad JSON, broken UTF-8, other types, too large, declared and chunked', async () => {
    for (const route of routes) {
      const hasBody = route.operation.requestBody !== undefined;
      const requests = await times(CASES, async (index): Promise<Sent> => {
        const body = wildBody(chance);
        const type = index % 3 === 0 ? wildContentType(chance) : undefined;
        return requestTo(route, {
          body,
          ...(type !== undefined && { type }),
          chunked: chance.oneIn(3),
        });
      });
      await expectAllSound(requests, route);
      if (!hasBody) continue;
      const large = ' '.repeat(mostBytes(route) + 4_000);
      const [declared, chunked] = await expectAllSound(
        [
          await requestTo(route, { body: large }),
          await requestTo(route, { body: large, chunked: true }),
        ],
        route,
      );
      expect([declared?.status, chunked?.status]).toEqual([413, 413]);
      expect(await declaredOnly(await requestTo(route, { body: '{}' }))).toMatch(
        /^HTTP\/1\.1 413 /,
      );
    }
  });

  test('paths and queries', async () => {
    for (const route of routes) {
      const names = (route.operation.parameters ?? []).map(({ name }) => name);
      const requests = await times(CASES, async () => {
        const inPath = chance.oneIn(2) && route.path.includes('{');
        const path = inPath
          ? route.path.replaceAll(/\{\w+\}/g, () =>
              chance.oneIn(10) ? chance.pick(['%2e%2e', '.', '%2E', '']) : wildText(chance),
            )
          : await rightTarget(route);
        const members = Array.from({ length: 1 + chance.below(3) }, () => {
          const name = chance.pick([...names, 'limit', 'after', '__proto__', '', 'a[b]', '%00']);
          return chance.oneIn(8) ? name : `${name}=${wildText(chance)}`;
        });
        return requestTo(route, { target: `${path}?${members.join('&')}` });
      });
      // Some wild paths are other routes': there is more than this route's document to hold them to.
      await expectAllSound(requests);
    }
  });

  test('headers', async () => {
    for (const route of routes) {
      const requests = await times(CASES, () => requestTo(route, { headers: wildHeaders(chance) }));
      await expectAllSound(requests);
    }
  });

  test('other methods are 405 with those that are allowed, and HEAD is GET without a body', async () => {
    for (const path of Object.keys(document.paths)) {
      const known = routes.filter((route) => route.path === path);
      const [first] = known;
      if (first === undefined) continue;
      const target = await rightTarget(first);
      const methods = METHODS.filter((method) => !['CONNECT', 'HEAD'].includes(method));
      for (const method of methods) {
        if (routes.some((route) => route.method === method && leadsTo(route, target))) continue;
        const sent = { method, target, headers: {} };
        const [answer] = await expectAllSound([sent]);
        expect([method, path, answer?.status]).toEqual([method, path, 405]);
        const allowed = String(answer?.headers['allow']).split(', ');
        expect(allowed).toEqual(expect.arrayContaining(known.map((route) => route.method)));
      }
      const readable = known.find((route) => route.method === 'GET');
      if (readable === undefined) continue;
      const read = await requestTo(readable);
      const [whole] = await expectAllSound([read], readable);
      const [head] = await expectAllSound([{ ...read, method: 'HEAD' }], readable);
      expect(head).toMatchObject({ status: whole?.status, text: '' });
      expect(head?.headers['content-type']).toBe(whole?.headers['content-type']);
    }
  });
});

/** Whether a path is one of a route's. */
function leadsTo({ path }: Route, target: string): boolean {
  const pattern = path
    .replaceAll('.', '\\.')
    .replaceAll('{address}', '.+')
    .replaceAll(/\{\w+\}/g, '[^/]+');
  return new RegExp(`^${pattern}$`).test(target);
}

/** The largest body that a route takes. */
function mostBytes({ operation }: Route): number {
  const [, most = ''] = /Body: at most ([\d,]+) bytes/.exec(operation.description) ?? [];
  return Number(most.replaceAll(',', ''));
}

/** Declares a body of 100 MB and sends none of it. @returns what comes back */
async function declaredOnly({ method, target, headers }: Sent): Promise<string> {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  return exchange(
    `${method} ${target} HTTP/1.1\r\nhost: x\r\n${lines.join('')}content-length: 100000000\r\n\r\n`,
  );
}

/** Sends bytes as they are, and gives what comes back until a whole JSON answer is there or the connection ends. */
async function exchange(bytes: string | Uint8Array, to = port): Promise<string> {
  const socket = connect(to, '127.0.0.1');
  let answer = '';
  socket.on('error', () => {});
  socket.on('data', (chunk) => {
    answer += chunk;
    if (/\r\n\r\n[\s\S]*\}\s*$/.test(answer)) socket.destroy();
  });
  socket.write(bytes);
  await once(socket, 'close');
  return answer;
}

test('what is not HTTP is a 4xx in the shape of every error, and disturbs nobody', async () => {
  const requests: readonly (readonly [string, string | Uint8Array, number])[] = [
    ['no request line', 'hello\r\n\r\n', 400],
    ['bytes', Uint8Array.of(0x16, 0x03, 0x01, 0x02, 0x00, 0x01, 0x00, 0x0d, 0x0a, 0x0d, 0x0a), 400],
    ['an unknown method', 'BREW / HTTP/1.1\r\nhost: x\r\n\r\n', 400],
    ['no host', 'GET /healthz HTTP/1.1\r\n\r\n', 400],
    ['a wrong host', 'GET /healthz HTTP/1.1\r\nhost: a b\r\n\r\n', 400],
    ['another version', 'GET /healthz HTTP/9.9\r\nhost: x\r\n\r\n', 400],
    ['a header without a colon', 'GET /healthz HTTP/1.1\r\nhost: x\r\nrubbish\r\n\r\n', 400],
    ['a NUL in a header', 'GET /healthz HTTP/1.1\r\nhost: x\r\na: \0\r\n\r\n', 400],
    ['a NUL in the path', 'GET /heal\0thz HTTP/1.1\r\nhost: x\r\n\r\n', 400],
    ['huge headers', `GET /healthz HTTP/1.1\r\nhost: x\r\na: ${'x'.repeat(20_000)}\r\n\r\n`, 431],
    ['a huge query', `GET /healthz?${'x'.repeat(20_000)} HTTP/1.1\r\nhost: x\r\n\r\n`, 431],
    [
      'two lengths',
      'POST /v1/verify HTTP/1.1\r\nhost: x\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nab',
      400,
    ],
    [
      'a length and chunks',
      'POST /v1/verify HTTP/1.1\r\nhost: x\r\ncontent-length: 1\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n',
      400,
    ],
    ['a negative length', 'POST /v1/verify HTTP/1.1\r\nhost: x\r\ncontent-length: -1\r\n\r\n', 400],
    [
      'a wrong chunk',
      'POST /v1/gates/enroll HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n',
      400,
    ],
  ];
  for (const [name, bytes, status] of requests) {
    const answer = await exchange(bytes);
    expect(answer, name).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
    expect(answer, name).toMatch(/\r\ncontent-type: application\/problem\+json\r\n/i);
    expect(answer, name).toMatch(/\r\nx-request-id: [A-Za-z0-9._-]{1,64}\r\n/i);
    const body = JSON.parse(answer.slice(answer.indexOf('\r\n\r\n')));
    expect(body, name).toMatchObject({ status, type: `urn:courier-pass:problem:${body.code}` });
    expect(answer, name).not.toMatch(INSIDE);
  }
  expect(expectStatus(await service.call('GET', '/healthz'), 200).body).toEqual({ status: 'ok' });
  expect(service.lines.filter(({ level }) => level === 'error')).toEqual([]);
});

test('a request that does not arrive whole in time is 408, in the shape of every error', async () => {
  const limits = { ...service.deps.config.limits, headersTimeoutMs: 100, requestTimeoutMs: 150 };
  const impatient = await listen({ host: '127.0.0.1', port: 0, limits }, null);
  attach(impatient, { hono: service.app, endStreams: () => {} }, (error) => {
    service.deps.log.error({ err: error }, 'failed outside the app');
  });
  try {
    const head = 'POST /v1/gates/enroll HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n';
    const [half, bodiless] = await Promise.all([
      exchange(head, portOf(impatient)),
      exchange(`${head}content-length: 10\r\n\r\n{`, portOf(impatient)),
    ]);
    for (const answer of [half, bodiless]) {
      expect(answer).toMatch(/^HTTP\/1\.1 408 /);
      expect(answer).toContain('urn:courier-pass:problem:request_timeout');
    }
    expect(service.lines.filter(({ level }) => level === 'error')).toEqual([]);
  } finally {
    impatient.close();
  }
});

test('HEAD of a live stream leaves none open', async () => {
  const small = await startService({ limits: { streams: 1 } });
  try {
    const path = `/v1/communities/${await makeCommunity(small)}/events`;
    for (let attempt = 0; attempt < 3; attempt++)
      expectStatus(await small.call('HEAD', path, { token: small.operatorKey }), 200);
  } finally {
    await small.stop();
  }
});

test('after all of it the same callers are let in as before', async () => {
  const path = `/v1/communities/${world.here}`;
  const body = { district: 'wuchang' };
  expectStatus(await service.call('PATCH', path, { token: service.operatorKey, body }), 200);
  for (const tokens of Object.values(world.callers))
    for (const token of tokens) {
      const path =
        kindOf(token) === 'session'
          ? '/v1/rider/passes'
          : `/v1/communities/${world.here}/rules/guide`;
      if (token !== world.platform.apiKey && token !== world.auditorKey)
        expectStatus(await service.call('GET', path, { token }), 200);
    }
  expect((Object.prototype as Record<string, unknown>)['admin']).toBeUndefined();
});

describe('the OpenAPI document', () => {
  /** Every object of the document with its place. */
  function* objectsIn(
    value: unknown,
    path = '#',
  ): Generator<readonly [string, Record<string, unknown>]> {
    if (!isObject(value)) return;
    yield [path, value];
    for (const [name, member] of Object.entries(value)) yield* objectsIn(member, `${path}/${name}`);
  }

  test('has every route that the app has, and no other', () => {
    const registered = service.app.routes.map(
      ({ method, path }) => `${method} ${path.replaceAll(/[:*](\w+)/g, '{$1}')}`,
    );
    const described = routes.map(({ method, path }) => `${method} ${path}`);
    const pages = [...service.pageRoutes];
    expect(pages).toContain('GET /t');
    expect([...described, ...pages].sort()).toEqual([...new Set(registered)].sort());
  });

  test('is OpenAPI 3.1: references resolve, operations are whole, security is named', () => {
    expect(document.openapi).toMatch(/^3\.1\.\d$/);
    expect(document.info).toMatchObject({ title: expect.any(String), version: expect.any(String) });
    for (const [path, object] of objectsIn(document))
      if (typeof object['$ref'] === 'string') {
        expect(object['$ref'], path).toMatch(/^#\//);
        expect(lookUp(document, object['$ref']), `${path}: ${object['$ref']}`).toBeDefined();
      }
    const schemes = Object.keys(document.components.securitySchemes);
    for (const name of Object.keys(document.components.schemas)) expect(name).toMatch(/^[\w.-]+$/);
    for (const { method, path, operation } of routes) {
      const where = `${method} ${path}`;
      expect(path).toMatch(/^\//);
      const requirements = operation.security.map((each) => JSON.stringify(each));
      expect(new Set(requirements).size, `${where}: security`).toBe(requirements.length);
      for (const name of operation.security.flatMap((each) => Object.keys(each)))
        expect(schemes, where).toContain(name);
      const placed = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name).sort();
      const parameters = operation.parameters ?? [];
      const inPath = parameters.filter((each) => each.in === 'path');
      expect(inPath.map(({ name }) => name).sort(), where).toEqual(placed);
      expect(
        inPath.every(({ required }) => required === true),
        where,
      ).toBe(true);
      for (const parameter of parameters) expect(parameter.schema, where).toBeDefined();
      expect(Object.keys(operation.responses).length, where).toBeGreaterThan(1);
      for (const [status, response] of Object.entries(operation.responses)) {
        expect(status, where).toMatch(/^[1-5]\d\d$/);
        expect(response.description, where).toBeTruthy();
      }
      if (operation.requestBody) expect(Object.keys(operation.requestBody.content)).toHaveLength(1);
    }
  });

  test('has schemas that a validator understands', () => {
    /** A member may itself be called `properties`, as in GeoJSON: every second step of a run is a name. */
    const isSchema = (path: string) => {
      const run = /((?:\/properties)+)\/[^/]+$/.exec(path)?.[1];
      if (run !== undefined) return (run.length / '/properties'.length) % 2 === 1;
      return /\/(schema|items|anyOf\/\d+|oneOf\/\d+|components\/schemas\/\w+)$/.test(path);
    };
    for (const [path, schema] of objectsIn(document)) {
      if (!isSchema(path) || path.includes('/responses/200/headers')) continue;
      for (const keyword of Object.keys(schema))
        expect(KEYWORDS, `${path}: ${keyword}`).toContain(keyword);
      const types = [schema['type'] ?? []].flat();
      for (const type of types) expect(TYPES, path).toContain(type);
      if (typeof schema['pattern'] === 'string') {
        const { pattern, example } = schema;
        expect(() => new RegExp(pattern, 'u'), path).not.toThrow();
        if (typeof example === 'string') expect(example, path).toMatch(new RegExp(pattern, 'u'));
      }
      if (Array.isArray(schema['required']) && isObject(schema['properties']))
        for (const name of schema['required'])
          expect(Object.keys(schema['properties']), path).toContain(name);
    }
  });
});
