/** Tags at gates, and phones that read them. */
import {
  type TagSettings,
  type TapMirrors,
  tapMirrors,
} from '../../gate-simulator/src/hardware/tag.ts';
import type { Answer } from './service.ts';
import { expectStatus, type Reachable, type RiderHandle } from './world.ts';

const bytes = (hex: string) => Uint8Array.from(Buffer.from(hex, 'hex'));

export interface TagHandle {
  readonly tagId: string;
  /** The tag as its manager has written it. */
  readonly settings: TagSettings;
}

let made = 0;

/** A UID that no other tag has: 14 hex digits. */
export function newUid(): string {
  made += 1;
  return `04${made.toString(16).padStart(12, '0')}`.toUpperCase();
}

export type PiccWay = 'encrypted' | 'plain';

/** Registers a tag at a gate and writes the keys that were made for it into the tag. */
export async function makeTag(
  service: Reachable,
  gate: { readonly id: string; readonly communityId: string },
  options: { readonly way?: PiccWay; readonly uid?: string } = {},
): Promise<TagHandle> {
  const uid = options.uid ?? newUid();
  const body = { gateId: gate.id, uid };
  const path = `/v1/communities/${gate.communityId}/tags`;
  const answer = await service.call('POST', path, { token: service.operatorKey, body });
  const { tagId, url, keys } = expectStatus(answer, 201).body;
  const settings: TagSettings = {
    url,
    uid,
    fileKey: bytes(keys.fileKey),
    ...(options.way !== 'plain' && { metaKey: bytes(keys.metaKey) }),
  };
  return { tagId, settings };
}

/** What a phone sends that reads the tag at this count of its reads. */
export function tapOf(
  { tagId, settings }: TagHandle,
  counter: number,
): TapMirrors & { readonly tagId: string } {
  return { tagId, ...tapMirrors(settings, counter) };
}

export function sendTap(service: Reachable, rider: RiderHandle, body: object): Promise<Answer> {
  return service.call('POST', '/v1/rider/taps', { token: rider.token, body });
}
