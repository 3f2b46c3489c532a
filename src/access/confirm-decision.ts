import type { Actor, ConfirmOutcome, Scope } from '../store/store.ts';
import type { Deps } from './deps.ts';
import { publishCommand, publishDecision } from './publish.ts';

/** A guard lets in a rider whose entry waits for it. The gate's own answer stays; a new decision is made beside it, and opens the gate by a command. */
export async function confirmDecision(
  deps: Deps,
  input: { auditId: string; scope: Scope; actor: Actor },
): Promise<ConfirmOutcome> {
  const openForMs = deps.config.limits.gateOpenMs;
  const outcome = await deps.store.confirmDecision({ ...input, openForMs, now: deps.now() });
  if (outcome.kind !== 'decided') return outcome;
  if (outcome.command !== null) publishCommand(deps.bus, outcome.command);
  publishDecision(deps.bus, outcome.record, outcome.courierId);
  return outcome;
}
