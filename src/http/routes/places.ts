import { z } from '@hono/zod-openapi';
import type { Deps } from '../../access/deps.ts';
import { findCoveredCommunity } from '../../access/find-covered.ts';
import { type PlaceDocument, putPlaces } from '../../access/put-places.ts';
import type { CommunityId } from '../../domain/identifier.ts';
import type { Places } from '../../store/speed-store.ts';
import { actorOf, type CallerOf } from '../auth.ts';
import { type Api, endpoint, jsonResponse } from '../endpoint.ts';
import { parseIfMatch, versionTag } from '../etag.ts';
import { notFound, Problem } from '../problem.ts';
import {
  checkpointsItem,
  checkpointsOf,
  checkpointsSchema,
  distancesSchema,
  zonesItem,
  zonesOf,
  zonesPath,
  zonesSchema,
} from '../schemas/places.ts';
import { identifier } from '../schemas/values.ts';

const params = z.object({ id: identifier('com') });
const ETAG = { etag: 'The version, quoted; `"0"` where nobody has written it yet.' };

/** One of the documents about a community's places: how it is named, read and written. */
interface PlaceResource<Schema extends z.ZodType> {
  readonly name: PlaceDocument['kind'];
  readonly of: string;
  readonly description: string;
  readonly schema: Schema;
  read(places: Places): z.input<Schema>;
  write(body: z.output<Schema>): PlaceDocument;
  /** Where in the body a problem of the document is. */
  pathOf(path: string, body: z.output<Schema>): string;
}

/** `/v1/communities/{id}/zones`, `/checkpoints`, `/distances`: whole documents, never edited in place. */
export function registerPlaces(api: Api, deps: Deps): void {
  registerPlace(api, deps, {
    name: 'zones',
    of: 'zones',
    description:
      'A GeoJSON FeatureCollection of polygons in WGS-84, holes allowed; of two that overlap the later lies on top. A zone’s own speed limit stands in the rules (`zoneSpeedLimits`), so that it is versioned and agreed with them; a zone that rules or checkpoints name cannot go.',
    schema: zonesSchema,
    read: ({ zones }) => zonesItem(zones.document),
    write: (body) => ({ kind: 'zones', document: zonesOf(body) }),
    pathOf: zonesPath,
  });
  registerPlace(api, deps, {
    name: 'checkpoints',
    of: 'checkpoints',
    description:
      'Where riders are seen to come by: at a gate, whose scans are sightings, or inside, where a radar or camera reports through a gate (`speed` events with its `checkpointId`).',
    schema: checkpointsSchema,
    read: ({ checkpoints }) => checkpointsItem(checkpoints.document),
    write: (body) => ({ kind: 'checkpoints', document: checkpointsOf(body) }),
    pathOf: (path) => `checkpoints${path}`,
  });
  registerPlace(api, deps, {
    name: 'distances',
    of: 'distances between checkpoints',
    description:
      'Of the shortest rideable path, for each direction that is measured. None from gate to gate: the stop at the door hides the speed.',
    schema: distancesSchema,
    read: ({ distances }) => ({ distances: distances.document.map((each) => ({ ...each })) }),
    write: ({ distances }) => ({ kind: 'distances', document: distances }),
    pathOf: (path) => `distances${path}`,
  });
}

function registerPlace<Schema extends z.ZodType>(
  api: Api,
  deps: Deps,
  { name, of, description, schema, ...resource }: PlaceResource<Schema>,
): void {
  const path = `/v1/communities/{id}/${name}`;
  const common = { path, auth: ['manager'], tag: 'Speed', params } as const;
  endpoint(
    api,
    {
      ...common,
      method: 'get',
      summary: `Read the ${of}`,
      description,
      answer: {
        description: 'The document in use.',
        schema,
        headers: ETAG,
      },
    },
    async ({ caller, params: { id }, requestId }) => {
      await requireOwn(deps, caller, id);
      return placesResponse(await readPlaces(deps, id), requestId);
    },
  );
  endpoint(
    api,
    {
      ...common,
      method: 'put',
      summary: `Replace the ${of}`,
      description: `${description} With \`If-Match\`, only when the version is the one named.`,
      body: { json: schema, maxBytes: deps.config.limits.placesBytes },
      answer: { description: 'The new document.', schema, headers: ETAG },
      problems: ['version_mismatch'],
    },
    async ({ caller, params: { id }, body, c, requestId }) => {
      await requireOwn(deps, caller, id);
      const ifMatch = parseIfMatch(c.req.header('if-match'));
      // The body is what the schema returned: TypeScript cannot follow it through the type parameter.
      const document = body as z.output<Schema>;
      const outcome = await putPlaces(deps, {
        communityId: id,
        places: resource.write(document),
        ifVersions: ifMatch.kind === 'any' ? null : ifMatch.versions,
        actor: actorOf(caller),
      });
      switch (outcome.kind) {
        case 'ok':
          return placesResponse(await readPlaces(deps, id), requestId);
        case 'unsound':
          throw new Problem('invalid_input', 'See errors.', {
            errors: outcome.problems.slice(0, MAX_PROBLEMS).map(({ path: at, message }) => ({
              path: resource.pathOf(at, document),
              message,
            })),
          });
        case 'version_mismatch':
          throw new Problem('version_mismatch', 'Read the newest version, then write yours.');
        case 'not_found':
          throw notFound();
      }
    },
  );

  function placesResponse(places: Places, requestId: string): Response {
    const etag = versionTag(places[name].version);
    return jsonResponse(resource.read(places), 200, requestId, { etag });
  }
}

const MAX_PROBLEMS = 20;

async function readPlaces({ store }: Deps, id: CommunityId): Promise<Places> {
  const places = await store.readPlaces(id);
  if (places === null) throw notFound();
  return places;
}

/** @throws Problem 404 where it is not the caller's to see */
async function requireOwn(
  deps: Deps,
  { scope }: CallerOf<'manager'>,
  id: CommunityId,
): Promise<void> {
  if ((await findCoveredCommunity(deps, scope, id)) === null) throw notFound();
}
