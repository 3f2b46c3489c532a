import type { Clock } from './clock.ts';
import type { SimulatedRelay } from './relay.ts';

/** A light barrier behind the gate: tells that somebody went through. */
export interface PassageSensor {
  onPassage(listener: () => void): void;
}

/** A lane without a sensor stays open for the time that it was given. */
export const noPassageSensor: PassageSensor = { onPassage: () => undefined };

/** Somebody walks through `delayMs` after the gate opened, every time. */
export function simulatedPassage(
  clock: Clock,
  relay: SimulatedRelay,
  delayMs: number,
): PassageSensor {
  return {
    onPassage: (listener) => {
      let callOff = (): void => undefined;
      relay.onMove((position) => {
        callOff();
        if (position === 'energised') callOff = clock.after(delayMs, listener);
      });
    },
  };
}
