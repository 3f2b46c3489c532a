import { describe, expect, it } from 'vitest';
import {
  checkCheckpoints,
  checkDistances,
  checkZones,
} from '../../../src/domain/speed/check-places.ts';
import {
  type Checkpoint,
  prepareDistances,
  type Sighting,
  sectionsOf,
} from '../../../src/domain/speed/section.ts';
import {
  isInside,
  type LonLat,
  NO_ZONES,
  prepareZones,
  type Zone,
  zonesAround,
} from '../../../src/domain/speed/zones.ts';
import { GATE } from '../support.ts';

/** Metres east and north of a corner in Rizhao. */
function at(east: number, north: number): LonLat {
  const lat = 35.42;
  return [119.46 + east / (111_320 * Math.cos((lat * Math.PI) / 180)), lat + north / 111_320];
}
function square(from: number, to: number): LonLat[] {
  return [at(from, from), at(to, from), at(to, to), at(from, to), at(from, from)];
}
function zone(id: string, ...rings: LonLat[][]): Zone {
  return { id, name: id, polygons: [rings] };
}

describe('zones', () => {
  const ring = zone('ring', square(0, 100), square(40, 60));
  const map = prepareZones([ring, zone('pond', square(45, 55)), zone('kiosk', square(90, 95))]);

  it('have holes', () => {
    expect(isInside(ring.polygons[0] ?? [], at(20, 20))).toBe(true);
    expect(isInside(ring.polygons[0] ?? [], at(42, 42))).toBe(false);
    expect(isInside(ring.polygons[0] ?? [], at(101, 50))).toBe(false);
  });

  it('lie on top of those before them', () => {
    expect(zonesAround(map, at(20, 20), 0)).toEqual(['ring']);
    expect(zonesAround(map, at(50, 50), 0)).toEqual(['pond']);
    expect(zonesAround(map, at(92, 92), 0)).toEqual(['kiosk']);
    expect(zonesAround(map, at(42, 42), 0)).toEqual([null]);
    expect(zonesAround(map, at(500, 500), 0)).toEqual([null]);
    expect(zonesAround(NO_ZONES, at(0, 0), 10)).toEqual([null]);
  });

  it('are in doubt near a border, on either side of it', () => {
    expect(zonesAround(map, at(5, 20), 4)).toEqual(['ring']);
    expect(zonesAround(map, at(5, 20), 6)).toEqual(['ring', null]);
    expect(zonesAround(map, at(-5, 20), 4)).toEqual([null]);
    expect(zonesAround(map, at(-5, 20), 6)).toEqual([null, 'ring']);
    expect(zonesAround(map, at(50, 50), 12)).toEqual(['pond', 'ring', null]);
  });

  it('of several polygons are one', () => {
    const two: Zone = { id: 'two', name: '', polygons: [[square(0, 10)], [square(20, 30)]] };
    const both = prepareZones([two]);
    expect([5, 15, 25].map((m) => zonesAround(both, at(m, m), 0)[0])).toEqual(['two', null, 'two']);
  });

  it.each<[string, Zone[], string[]]>([
    ['an open ring', [zone('a', square(0, 10).slice(0, 4))], ['[0].polygons[0][0]']],
    ['a line', [zone('a', [at(0, 0), at(1, 1), at(0, 0)])], ['[0].polygons[0][0]']],
    ['no ring', [zone('a')], ['[0].polygons[0]']],
    ['no polygon', [{ id: 'a', name: '', polygons: [] }], ['[0].polygons']],
    [
      'a place beyond the earth',
      [
        zone('a', [
          [181, 0],
          [0, 0],
          [0, 1],
          [181, 0],
        ]),
      ],
      ['[0].polygons[0][0][0]'],
    ],
    ['an id twice', [zone('a', square(0, 1)), zone('a', square(0, 1))], ['[1].id']],
    ['a wrong id', [zone('A b', square(0, 1))], ['[0].id']],
  ])('with %s are refused', (_, zones, paths) => {
    expect(checkZones(zones, new Set()).map(({ path }) => path)).toEqual(paths);
  });

  it('cannot go while rules or checkpoints name them', () => {
    expect(checkZones([], new Set(['park']))).toEqual([
      { path: '', message: 'zone "park" is named by rules or checkpoints' },
    ]);
    expect(checkZones([zone('park', square(0, 1))], new Set(['park']))).toEqual([]);
  });
});

const point = (id: string, members: Partial<Checkpoint> = {}): Checkpoint => ({
  id,
  name: id,
  zoneId: null,
  position: null,
  gateId: null,
  clockUncertaintyMs: 500,
  ...members,
});

describe('checkpoints and distances', () => {
  const there = {
    zoneIds: new Set(['park']),
    gateIds: new Set([GATE]),
    usedIds: new Set<string>(),
  };

  it('are checked against what there is', () => {
    const wrong = [
      point('a', { zoneId: 'pond' }),
      point('a', { gateId: 'gat_0000000000009' as never }),
      point('b', { gateId: GATE }),
      point('c', { gateId: GATE, position: [200, 0] }),
    ];
    expect(checkCheckpoints(wrong, there).map(({ path }) => path)).toEqual([
      '[1].id',
      '[0].zoneId',
      '[1].gateId',
      '[3].gateId',
      '[3].position',
    ]);
    expect(checkCheckpoints([point('a', { zoneId: 'park', gateId: GATE })], there)).toEqual([]);
    expect(checkCheckpoints([], { ...there, usedIds: new Set(['a']) })).toHaveLength(1);
  });

  it('have at least 50 m between them, each direction once, and none from gate to gate', () => {
    const points = [
      point('a'),
      point('b'),
      point('in', { gateId: GATE }),
      point('out', { gateId: GATE }),
    ];
    const wrong = [
      { from: 'a', to: 'b', metres: 49.9 },
      { from: 'a', to: 'b', metres: 50 },
      { from: 'a', to: 'x', metres: 100 },
      { from: 'a', to: 'a', metres: 100 },
      { from: 'in', to: 'out', metres: 100 },
      { from: 'b', to: 'a', metres: Number.NaN },
    ];
    expect(checkDistances(wrong, points).map(({ path }) => path)).toEqual([
      '[0].metres',
      '[1]',
      '[2].to',
      '[3].to',
      '[4]',
      '[5].metres',
    ]);
    expect(checkDistances([{ from: 'in', to: 'a', metres: 50 }], points)).toEqual([]);
  });
});

describe('sections', () => {
  const distances = prepareDistances([
    { from: 'a', to: 'b', metres: 100 },
    { from: 'b', to: 'a', metres: 150 },
    { from: 'b', to: 'c', metres: 100 },
    { from: 'a', to: 'near', metres: 40 },
  ]);
  const seen = (
    checkpointId: string,
    second: number,
    members: Partial<Sighting> = {},
  ): Sighting => ({
    checkpointId,
    at: second * 1_000,
    uncertaintyMs: 0,
    atGate: false,
    ...members,
  });

  it('are as fast as the shortest way in the time between, in either direction by its own length', () => {
    expect(sectionsOf([seen('b', 10), seen('a', 0)], distances)).toMatchObject([
      { metres: 100, speedKmh: 36, leastKmh: 36 },
    ]);
    expect(sectionsOf([seen('b', 0), seen('a', 10)], distances)).toMatchObject([{ speedKmh: 54 }]);
  });

  it('count what both clocks could explain for the rider', () => {
    const unsure = { uncertaintyMs: 1_000 };
    const [section] = sectionsOf([seen('a', 0, unsure), seen('b', 10, unsure)], distances);
    expect(section?.speedKmh).toBe(36);
    expect(section?.leastKmh).toBeCloseTo(30, 10);
  });

  it.each<[string, Sighting[]]>([
    [
      'between clocks that nobody knows',
      [seen('a', 0), seen('b', 9, { uncertaintyMs: Number.POSITIVE_INFINITY })],
    ],
    ['in no time', [seen('a', 5), seen('b', 5)]],
    ['without a distance', [seen('a', 0), seen('c', 10)]],
    ['under 50 m', [seen('a', 0), seen('near', 3)]],
    ['at one place', [seen('a', 0), seen('a', 10)]],
    ['from gate to gate', [seen('a', 0, { atGate: true }), seen('b', 10, { atGate: true })]],
  ])('are none %s', (_, sightings) => {
    expect(sectionsOf(sightings, distances)).toEqual([]);
  });

  it('begin at the last sighting before, whoever was seen twice', () => {
    const sightings = [seen('a', 0), seen('a', 20), seen('b', 30), seen('c', 40)];
    expect(sectionsOf(sightings, distances)).toMatchObject([{ speedKmh: 36 }, { speedKmh: 36 }]);
  });
});
