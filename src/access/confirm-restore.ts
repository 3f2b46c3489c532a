import type { Actor } from '../store/store.ts';
import type { Deps } from './deps.ts';
import { publishTouched } from './publish.ts';

/**
 * Ends the lockdown of a restored backup. A log that others remember to be longer goes on under another name, so that
 * nothing that was published is contradicted. @returns false: there was nothing to confirm
 */
export async function confirmRestore(
  deps: Pick<Deps, 'store' | 'audit' | 'bus' | 'now'>,
  actor: Actor,
): Promise<boolean> {
  if ((await deps.store.readRestore()) === null) return false;
  await deps.audit.goOnRenamed(actor);
  const outcome = await deps.store.confirmRestore({ actor, now: deps.now() });
  if (outcome.kind === 'nothing') return false;
  publishTouched(deps.bus, outcome);
  return true;
}
