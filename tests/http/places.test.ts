import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { roadZones } from '../../gate-simulator/src/rides/road.ts';
import { type Answer, type Service, startService } from '../support/service.ts';
import { changeRules, makeCommunity, makeGate, makeKey } from '../support/world.ts';

let service: Service;
let communityId: string;

beforeAll(async () => {
  service = await startService();
});
afterAll(() => service.stop());

type Kind = 'zones' | 'checkpoints' | 'distances';

const read = (kind: Kind, token = service.operatorKey) =>
  service.call('GET', `/v1/communities/${communityId}/${kind}`, { token });
const write = (kind: Kind, body: unknown, headers: Record<string, string> = {}) =>
  service.call('PUT', `/v1/communities/${communityId}/${kind}`, {
    token: service.operatorKey,
    body,
    headers,
  });
const paths = ({ status, body }: Answer) => [
  status,
  body.errors?.map(({ path }: { path: string }) => path),
];
const ring = [
  [119, 35],
  [119.001, 35],
  [119.001, 35.001],
  [119, 35],
];
const feature = (members: object = {}) => ({
  type: 'Feature',
  id: 'park',
  properties: { name: '公园' },
  geometry: { type: 'Polygon', coordinates: [ring] },
  ...members,
});
const collection = (...features: object[]) => ({ type: 'FeatureCollection', features });

describe.each<[Kind, object, object]>([
  ['zones', collection(), collection(feature())],
  [
    'checkpoints',
    { checkpoints: [] },
    { checkpoints: [{ id: 'a', name: 'A', clockUncertaintyMs: 1_000 }] },
  ],
  ['distances', { distances: [] }, { distances: [] }],
])('%s', (kind, empty, filled) => {
  beforeAll(async () => {
    communityId = await makeCommunity(service);
  });

  it('are empty until somebody writes them', async () => {
    const first = await read(kind);
    expect([first.body, first.headers.get('etag')]).toEqual([empty, '"0"']);
  });

  it('are replaced as a whole by who has seen the newest', async () => {
    const put = await write(kind, filled, { 'if-match': '"0"' });
    expect([put.status, put.body, put.headers.get('etag')]).toEqual([200, filled, '"1"']);
    const stale = await write(kind, empty, { 'if-match': '"0"' });
    expect([stale.status, stale.body.code]).toEqual([412, 'version_mismatch']);
    expect((await read(kind)).body).toEqual(filled);
    expect((await write(kind, empty)).headers.get('etag')).toBe('"2"');
    expect((await write(kind, empty, { 'if-match': '"1", "2"' })).headers.get('etag')).toBe('"3"');
  });

  it('are those of communities that the caller reaches', async () => {
    const other = await makeCommunity(service);
    const token = await makeKey(service, { kind: 'community', communityId: other });
    expect((await read(kind, token)).status).toBe(404);
    const path = `/v1/communities/${communityId}/${kind}`;
    expect((await service.call('PUT', path, { token, body: filled })).status).toBe(404);
    expect((await service.call('PUT', path, { body: filled })).status).toBe(401);
  });
});

describe('what makes no sense is refused with its place in the document', () => {
  beforeAll(async () => {
    communityId = await makeCommunity(service);
  });

  it.each<[string, object, string]>([
    ['no collection', { type: 'Feature' }, 'type'],
    [
      'a point',
      collection(feature({ geometry: { type: 'Point', coordinates: [1, 2] } })),
      'features[0].geometry.type',
    ],
    ['no name', collection(feature({ properties: {} })), 'features[0].properties.name'],
    [
      'an open ring',
      collection(feature({ geometry: { type: 'Polygon', coordinates: [[...ring, [119, 36]]] } })),
      'features[0].geometry.coordinates[0]',
    ],
    [
      'a hole without room',
      collection(
        feature({
          geometry: {
            type: 'MultiPolygon',
            coordinates: [
              [ring],
              [
                ring,
                [
                  [1, 1],
                  [1, 1],
                ],
              ],
            ],
          },
        }),
      ),
      'features[0].geometry.coordinates[1][1]',
    ],
    [
      'latitude before longitude',
      collection(
        feature({
          geometry: { type: 'Polygon', coordinates: [ring.map(([lon, lat]) => [lat, lon])] },
        }),
      ),
      'features[0].geometry.coordinates[0][0]',
    ],
    ['an id twice', collection(feature(), feature()), 'features[1].id'],
    ['an id with a space', collection(feature({ id: 'the park' })), 'features[0].id'],
  ])('%s', async (_, body, path) => {
    const [status, errors] = paths(await write('zones', body));
    expect([status, errors[0]]).toEqual([422, path]);
  });

  it('in checkpoints and distances', async () => {
    const gate = await makeGate(service, communityId);
    const checkpoints = [
      { id: 'gate', name: '南门', gateId: gate.id },
      { id: 'again', name: '南门', gateId: gate.id },
      { id: 'lost', name: '?', zoneId: 'nowhere' },
    ];
    expect(paths(await write('checkpoints', { checkpoints }))).toEqual([
      422,
      ['checkpoints[1].gateId', 'checkpoints[2].zoneId'],
    ]);
    const two = [checkpoints[0], { id: 'fountain', name: '喷泉', position: [119, 35, 12] }];
    expect((await write('checkpoints', { checkpoints: two })).status).toBe(200);
    expect((await read('checkpoints')).body.checkpoints[1].position).toEqual([119, 35]);
    const distance = { from: 'gate', to: 'fountain', metres: 49 };
    expect(paths(await write('distances', { distances: [distance] }))).toEqual([
      422,
      ['distances[0].metres'],
    ]);
    expect((await write('distances', { distances: [{ ...distance, metres: 50 }] })).status).toBe(
      200,
    );
    const fewer = await write('checkpoints', { checkpoints: [two[0]] });
    expect([fewer.status, fewer.body.errors[0].message]).toEqual([
      422,
      'checkpoint "fountain" is named by a distance',
    ]);
  });

  it('in rules: a limit belongs to a zone that there is, and keeps it', async () => {
    const rules = { zoneSpeedLimits: [{ zoneId: 'playground', speedLimitKmh: 8 }] };
    await expect(changeRules(service, communityId, rules)).rejects.toThrow(
      /rules\.zoneSpeedLimits\[0\]\.zoneId/,
    );
    expect((await write('zones', roadZones())).status).toBe(200);
    await changeRules(service, communityId, rules);
    const gone = await write('zones', collection());
    expect([gone.status, gone.body.errors[0]]).toEqual([
      422,
      { path: 'features', message: 'zone "playground" is named by rules or checkpoints' },
    ]);
  });

  it('by its size: at most ten thousand positions', async () => {
    const many = Array.from({ length: 10_001 }, (_, n) => [119 + n / 1e6, 35]);
    const big = feature({ geometry: { type: 'Polygon', coordinates: [[...many, many[0]]] } });
    const { status, body } = await write('zones', collection(big));
    expect(status).toBe(422);
    expect(body.errors).toContainEqual({
      path: 'features',
      message: 'at most 10000 positions in all',
    });
  });
});
