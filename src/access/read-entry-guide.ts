import { entryGuide, type GuideSection } from '../domain/entry-guide.ts';
import type { CommunityRecord } from '../store/store.ts';
import type { Deps } from './deps.ts';
import { listAll } from './list-all.ts';

/** The rules in force as a rider reads them, and their version. */
export async function readEntryGuide(
  { store, now }: Deps,
  community: CommunityRecord,
): Promise<{ readonly version: number; readonly sections: readonly GuideSection[] }> {
  const [current, gates, places] = await Promise.all([
    store.currentRules(community.id, now()),
    listAll((page) => store.listGates(community.id, page)),
    store.readPlaces(community.id),
  ]);
  if (current === null) throw new Error(`community ${community.id} has no rules`);
  const zoneNames = new Map(places?.zones.document.map(({ id, name }) => [id, name]));
  const sections = entryGuide(current.rules, community, gates, zoneNames);
  return { version: current.version, sections };
}
