import type { GateId } from '../domain/identifier.ts';
import { StoreUnavailable } from '../store/store.ts';
import type { Deps } from './deps.ts';

/** Notes that a gate has spoken. A full disk keeps no gate from what it came for. */
export async function noteGateContact(
  { store, log, now }: Deps,
  contact: { gateId: GateId; bundleVersion?: string; statusVersion?: number },
): Promise<void> {
  try {
    await store.noteGateContact({ ...contact, now: now() });
  } catch (err) {
    if (!(err instanceof StoreUnavailable)) throw err;
    log.warn({ err }, 'a gate’s contact was not noted');
  }
}
