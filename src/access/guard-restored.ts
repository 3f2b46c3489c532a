import type { Deps } from './deps.ts';

/**
 * At a start: where the log is halted, by what others remember of it or by the mark of the command that puts backups
 * back, the database is a restored backup. It is locked down, its passes end, and an operator must confirm it.
 * @param erased whom the mark names as erased since the backup, as entries `courier.erased` do
 */
export async function guardRestored(
  { store, audit, now, log }: Pick<Deps, 'store' | 'audit' | 'now' | 'log'>,
  erased: readonly string[],
): Promise<void> {
  const why = audit.halted();
  if (why === null) return;
  const { passesEnded } = await store.lockDownRestored({ why, erased, now: now() });
  log.warn(
    { why, passesEnded },
    'a restored backup: every gate is in lockdown until an operator confirms it',
  );
}
