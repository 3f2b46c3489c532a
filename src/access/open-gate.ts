import type { GateId } from '../domain/identifier.ts';
import type { Actor, GateCommand } from '../store/store.ts';
import type { Deps } from './deps.ts';
import { publishCommand } from './publish.ts';

/** Orders a gate to open once: it may claim the command within 5 s. @returns null: there is no such gate */
export async function openGate(
  deps: Deps,
  input: {
    readonly gateId: GateId;
    /** In the person’s words; null: not given. */
    readonly reason: string | null;
    readonly openForMs: number;
    readonly actor: Actor;
  },
): Promise<GateCommand | null> {
  const command = await deps.store.createCommand({ ...input, now: deps.now() });
  if (command !== null) publishCommand(deps.bus, command);
  return command;
}
