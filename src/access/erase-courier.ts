import type { CourierId } from '../domain/identifier.ts';
import type { BlocksAtErasure, EraseOutcome } from '../store/privacy-store.ts';
import type { Actor } from '../store/store.ts';
import type { Deps } from './deps.ts';
import { publishTouched } from './publish.ts';

/** Erases a courier, or has it erased as soon as nothing of it is live. Streams that its sessions opened end. */
export async function eraseCourier(
  deps: Pick<Deps, 'store' | 'bus' | 'now'>,
  input: { courierId: CourierId; blocks: BlocksAtErasure; actor: Actor },
): Promise<EraseOutcome> {
  const outcome = await deps.store.eraseCourier({ ...input, now: deps.now() });
  if (outcome.kind === 'erased') publishTouched(deps.bus, outcome);
  return outcome;
}
