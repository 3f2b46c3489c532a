import { type Gate, openGate } from '../firmware/gate.ts';
import { systemClock } from '../hardware/clock.ts';
import { noPassageSensor, simulatedPassage } from '../hardware/passage-sensor.ts';
import { SimulatedRelay } from '../hardware/relay.ts';

/**
 * The gate on disk, with simulated hardware, booted: with a token when the server could be reached.
 *
 * @throws {NoGateState}
 */
export async function bootGate(
  stateDir: string,
  passage: number | 'never',
  warn: (text: string) => void,
): Promise<Gate> {
  const relay = new SimulatedRelay();
  const passageSensor =
    passage === 'never' ? noPassageSensor : simulatedPassage(systemClock, relay, passage);
  const gate = await openGate(stateDir, { relay, passageSensor });
  try {
    await gate.start();
  } catch (error) {
    warn(`no token yet: ${error instanceof Error ? error.message : error}`);
  }
  return gate;
}
