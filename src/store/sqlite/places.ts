import { and, desc, eq } from 'drizzle-orm';
import type { BetterSQLite3Database } from 'drizzle-orm/better-sqlite3';
import type { GateId } from '../../domain/identifier.ts';
import { type Checkpoint, type DistanceMap, prepareDistances } from '../../domain/speed/section.ts';
import { prepareZones, type ZoneMap, zonesAround } from '../../domain/speed/zones.ts';
import type { PlaceKind, Places, PlaceVersion } from '../speed-store.ts';
import type * as schema from './schema.ts';
import { places } from './schema-speed.ts';

/** A community's places, ready to be asked. */
export interface PlacesInUse {
  readonly documents: Places;
  readonly zones: ZoneMap;
  readonly zoneNames: ReadonlyMap<string, string>;
  readonly distances: DistanceMap;
  readonly checkpoints: ReadonlyMap<string, Checkpoint>;
  readonly checkpointAt: ReadonlyMap<GateId, Checkpoint>;
}

export function readPlacesInUse(
  db: BetterSQLite3Database<typeof schema>,
  communityNo: number,
): PlacesInUse {
  const newest = <Document>(kind: PlaceKind): PlaceVersion<Document> => {
    const row = db
      .select()
      .from(places)
      .where(and(eq(places.communityNo, communityNo), eq(places.kind, kind)))
      .orderBy(desc(places.version))
      .limit(1)
      .get();
    return { version: row?.version ?? 0, document: (row?.document ?? []) as Document };
  };
  const documents: Places = {
    zones: newest('zones'),
    checkpoints: newest('checkpoints'),
    distances: newest('distances'),
  };
  const zones = prepareZones(documents.zones.document);
  const checkpoints = documents.checkpoints.document.map((each) => located(each, zones));
  return {
    documents,
    zones,
    zoneNames: new Map(documents.zones.document.map(({ id, name }) => [id, name])),
    distances: prepareDistances(documents.distances.document),
    checkpoints: new Map(checkpoints.map((each) => [each.id, each])),
    checkpointAt: new Map(
      checkpoints.flatMap((each) => (each.gateId === null ? [] : [[each.gateId, each]])),
    ),
  };
}

/** A checkpoint that names no zone is in the one at its position. */
function located(checkpoint: Checkpoint, zones: ZoneMap): Checkpoint {
  const { zoneId, position } = checkpoint;
  if (zoneId !== null || position === null) return checkpoint;
  return { ...checkpoint, zoneId: zonesAround(zones, position, 0)[0] };
}
