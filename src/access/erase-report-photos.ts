import type { Deps } from './deps.ts';

/** Erases photos that were kept long enough; what was said and answered stays. */
export async function eraseReportPhotos({
  store,
  config,
  now,
}: Pick<Deps, 'store' | 'config' | 'now'>): Promise<void> {
  const { sweepItems: limit, reportPhotoMs } = config.limits;
  const before = now() - reportPhotoMs;
  while ((await store.eraseReportPhotos({ before, limit, now: now() })) === limit);
}
