import type { Deps } from './deps.ts';

/** Erases what guards wrote long enough ago; that they admitted somebody stays on the audit log. */
export async function eraseGuardNotes({
  store,
  config,
  now,
}: Pick<Deps, 'store' | 'config' | 'now'>): Promise<void> {
  const { sweepItems: limit, guardNoteMs } = config.limits;
  const before = now() - guardNoteMs;
  while ((await store.eraseGuardNotes({ before, limit })) === limit);
}
