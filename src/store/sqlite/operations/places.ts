import { digest } from '../audit.ts';
import type { Context } from '../database.ts';
import { places } from '../schema-speed.ts';
import type { Operations } from './operation.ts';

export function placeOperations(context: Context): Pick<Operations, 'readPlaces' | 'putPlaces'> {
  const { db, audit, reference } = context;
  return {
    readPlaces(communityId) {
      const community = reference.communityById(communityId);
      return community === null ? null : reference.places(community.no).documents;
    },

    putPlaces({ communityId, kind, document, ifVersion, actor, now }) {
      const community = reference.communityById(communityId);
      if (community === null) return { kind: 'not_found' };
      const last = reference.places(community.no).documents[kind].version;
      if (ifVersion !== null && ifVersion !== last)
        return { kind: 'conflict', detail: `version ${last} is the newest, not ${ifVersion}` };
      const version = last + 1;
      const row = { communityNo: community.no, kind, version, author: actor, createdAt: now };
      db.insert(places)
        .values({ ...row, document })
        .run();
      reference.forget();
      const content = digest(JSON.stringify(document));
      audit.append(`${kind}.changed`, now, communityId, { actor, version, digest: content });
      return { kind: 'ok', value: { version, document } };
    },
  };
}
