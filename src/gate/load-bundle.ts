import type { Millis } from '../domain/clock.ts';
import type { Bundle } from './bundle.ts';
import {
  type CourierCodeKeys,
  importJwks,
  importStatusListKeys,
  type StatusListKeys,
} from './key-set.ts';
import { readStatusList, type StatusList, type StatusListRefusal } from './status-list.ts';

/**
 * What a gate judges by while it is alone. A newer status list, or a posture that the stream has announced, takes
 * the place of the member that it renews.
 */
export interface OfflineCache {
  readonly bundle: Bundle;
  readonly codeKeys: CourierCodeKeys;
  readonly statusListKeys: StatusListKeys;
  readonly statusList: StatusList;
}

export type LoadOutcome =
  | { readonly kind: 'loaded'; readonly cache: OfflineCache }
  /** `unusable_keys`: a key is no point of its curve, or a name stands for two. */
  | { readonly kind: 'refused'; readonly why: 'unusable_keys' | StatusListRefusal };

/**
 * Makes a bundle ready to judge by: imports its keys and verifies its status list with them. What is refused must
 * not take the place of what a gate has. Never rejects.
 * @param demands.minVersion greatest version of a status list seen so far; 0: none
 * @param demands.now the server's time
 */
export async function loadBundle(
  bundle: Bundle,
  demands: { readonly minVersion: number; readonly now: Millis },
): Promise<LoadOutcome> {
  let codeKeys: CourierCodeKeys;
  let statusListKeys: StatusListKeys;
  try {
    codeKeys = await importJwks(bundle.jwks);
    statusListKeys = await importStatusListKeys(bundle.jwks);
  } catch {
    return { kind: 'refused', why: 'unusable_keys' };
  }
  const { communityId } = bundle.rules;
  const read = await readStatusList(bundle.statusList, statusListKeys, { communityId, ...demands });
  if (read.kind === 'refused') return read;
  return { kind: 'loaded', cache: { bundle, codeKeys, statusListKeys, statusList: read.list } };
}
