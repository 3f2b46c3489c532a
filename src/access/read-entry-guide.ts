import { entryGuide, type GuideSection } from '../domain/entry-guide.ts';
import type { CommunityRecord } from '../store/store.ts';
import type { Deps } from './deps.ts';
import { listAll } from './list-all.ts';

/** The rules in force as a rider reads them, and their version. */
export async function readEntryGuide(
  { store, now }: Deps,
  community: CommunityRecord,
): Promise<{ readonly version: number; readonly sections: readonly GuideSection[] }> {
  const [current, gates] = await Promise.all([
    store.currentRules(community.id, now()),
    listAll((page) => store.listGates(community.id, page)),
  ]);
  if (current === null) throw new Error(`community ${community.id} has no rules`);
  return { version: current.version, sections: entryGuide(current.rules, community, gates) };
}
