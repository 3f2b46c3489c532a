import type { Actor, ConfirmOutcome, Scope } from '../store/store.ts';
import type { Deps } from './deps.ts';
import { publishDecision } from './publish.ts';

/** A guard lets in a rider whose entry waits for it. The gate's own answer stays; a new decision is made beside it. */
export async function confirmDecision(
  deps: Deps,
  input: { auditId: string; scope: Scope; actor: Actor },
): Promise<ConfirmOutcome> {
  const outcome = await deps.store.confirmDecision({ ...input, now: deps.now() });
  if (outcome.kind === 'decided') publishDecision(deps.bus, outcome.record, outcome.courierId);
  return outcome;
}
