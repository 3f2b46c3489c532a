import { type CommunityId, formatIdentifier, type GateId } from '../domain/identifier.ts';
import type { TagKeySet } from '../keys/keys.ts';
import type { Actor, Conflict, Done, NotFound, TagRecord } from '../store/store.ts';
import type { Deps } from './deps.ts';

interface TagInput {
  readonly communityId: CommunityId;
  readonly gateId: GateId;
  /** 14 hex digits. */
  readonly uid: string;
  /** Left out: made. */
  readonly metaKey?: string | undefined;
  readonly fileKey?: string | undefined;
  readonly macParam: string;
  readonly actor: Actor;
}

/** A new tag, with the keys that were made for it: shown once. */
export interface NewTag {
  readonly tag: TagRecord;
  readonly made: TagKeySet;
}

/** Registers a tag at a gate's entry. `no_entry`: the gate is a guard's phone, or reads exits only. */
export async function createTag(
  deps: Deps,
  { metaKey, fileKey, ...input }: TagInput,
): Promise<Done<NewTag> | Conflict | NotFound | { readonly kind: 'no_entry' }> {
  const id = formatIdentifier('tag', deps.randomBytes(8));
  const uid = input.uid.toUpperCase();
  const { communityId } = input;
  const { sealedKeys, made } = deps.keys.makeTagKeys(
    { id, communityId, uid },
    { metaKey, fileKey },
  );
  const counter = fileKey === undefined ? 'new' : 'continued';
  const created = await deps.store.createTag({
    ...input,
    id,
    uid,
    sealedKeys,
    counter,
    now: deps.now(),
  });
  return created.kind === 'ok' ? { kind: 'ok', value: { tag: created.value, made } } : created;
}

/** What is written into a tag, up to what it changes itself at every tap. */
export function tagUrl(
  { publicUrl }: Pick<Deps['config'], 'publicUrl'>,
  id: TagRecord['id'],
): string {
  return `${publicUrl}/t#t=${id}`;
}
