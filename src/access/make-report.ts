import { HOUR_MS } from '../domain/clock.ts';
import type { CommunityId, CourierId } from '../domain/identifier.ts';
import { cleanJpeg } from '../domain/jpeg.ts';
import { REPORTABLE_AFTER_PASS_HOURS } from '../domain/report.ts';
import type { MakeReportOutcome } from '../store/report-store.ts';
import type { Deps } from './deps.ts';

/** What a rider reports. The same `requestId` again is the same report. */
export interface ReportInput {
  readonly courierId: CourierId;
  readonly communityId: CommunityId;
  readonly requestId: string;
  readonly place: string;
  readonly text: string;
  /** As the phone sent it. */
  readonly photo: Uint8Array | null;
}

/** Tells a community's manager what a rider saw there. Of the photo only the picture is kept. */
export async function makeReport(
  { store, bus, config, now }: Deps,
  input: ReportInput,
): Promise<MakeReportOutcome | { readonly kind: 'not_a_photo' }> {
  const { limits } = config;
  const photo = input.photo === null ? null : cleanJpeg(input.photo, limits.reportPhotoPixels);
  if (photo === null && input.photo !== null) return { kind: 'not_a_photo' };
  const at = now();
  const outcome = await store.makeReport({
    ...input,
    requestId: input.requestId.toLowerCase(),
    photo: photo === null ? null : Buffer.from(photo.bytes).toString('base64'),
    passSince: at - REPORTABLE_AFTER_PASS_HOURS * HOUR_MS,
    mostInDay: limits.reportsPerDay,
    now: at,
  });
  if (outcome.kind === 'ok' && outcome.isNew)
    bus.publish({ topic: `community:${input.communityId}`, type: 'changed' });
  return outcome;
}
