import type { Deps } from '../access/deps.ts';
import type { CommunityId } from '../domain/identifier.ts';

/** Reads the notes to a page's items. @returns the note to an item; undefined where there is none */
export async function readNotes(
  { store }: Pick<Deps, 'store'>,
  communityId: CommunityId,
  items: readonly { readonly auditId: string }[],
): Promise<(item: { readonly auditId: string }) => string | undefined> {
  const auditIds = items.map(({ auditId }) => auditId);
  const notes = await store.listGuardNotes({ communityId, auditIds });
  const textOf = new Map(notes.map(({ auditId, text }) => [auditId, text]));
  return ({ auditId }) => textOf.get(auditId);
}
