import type { EventDraft, GateEvent } from '../wire/gate-events.ts';

/**
 * What an event is worth when the buffer is full:
 *
 * - `entry`: somebody is let in or refused. Finds no room → nobody is let in. Never overwritten.
 * - `guarded`: a command's end, force, tampering. Takes an older event's place. Never overwritten.
 * - `exit`: takes the place of older telemetry, else of an older exit.
 * - `telemetry`: takes the place of older telemetry; where there is none it is lost itself.
 * - `queue`: tells of the buffer itself. Always has room; at most one warning and one gap report wait.
 */
export type EventClass = 'entry' | 'guarded' | 'exit' | 'telemetry' | 'queue';

export function classOf(event: EventDraft): EventClass {
  switch (event.type) {
    case 'verification':
      return event.data.request.direction === 'in' ? 'entry' : 'exit';
    case 'command':
    case 'door_forced':
    case 'tamper':
      return 'guarded';
    case 'queue':
      return 'queue';
    default:
      return 'telemetry';
  }
}

/** What becomes of an event at the door of the buffer. */
export type Admission =
  | { readonly kind: 'room' }
  /** This waiting event goes. */
  | { readonly kind: 'overwrite'; readonly seq: number }
  /** No room, and the event's class does not take another's place. */
  | { readonly kind: 'full' }
  /** No room, and nothing that could go: the event itself is lost. */
  | { readonly kind: 'lost' };

/** @param waiting in the order of their numbers */
export function admit(
  event: EventDraft,
  waiting: Iterable<GateEvent>,
  { depth, capacity }: { readonly depth: number; readonly capacity: number },
): Admission {
  const kind = classOf(event);
  if (kind === 'queue' || depth < capacity) return { kind: 'room' };
  if (kind === 'entry') return { kind: 'full' };
  const { telemetry, exit } = oldestByClass(waiting);
  const victim = telemetry ?? (kind === 'telemetry' ? undefined : exit);
  return victim === undefined ? { kind: 'lost' } : { kind: 'overwrite', seq: victim };
}

function oldestByClass(waiting: Iterable<GateEvent>): { telemetry?: number; exit?: number } {
  let exit: number | undefined;
  for (const event of waiting) {
    const kind = classOf(event);
    if (kind === 'telemetry') return { telemetry: event.seq };
    if (kind === 'exit') exit ??= event.seq;
  }
  return exit === undefined ? {} : { exit };
}
