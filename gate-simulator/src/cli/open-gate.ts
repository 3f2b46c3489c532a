import { type FaultyGate, openFaultyGate } from '../faults/faulty-gate.ts';
import { systemClock } from '../hardware/clock.ts';
import { noPassageSensor, simulatedPassage } from '../hardware/passage-sensor.ts';
import { SimulatedRelay } from '../hardware/relay.ts';
import { type FaultFlags, faultPlan } from './fault-options.ts';

export interface BootFlags extends FaultFlags {
  readonly state: string;
  readonly passage: number | 'never';
  readonly buffer?: number;
  readonly verbose?: true;
}

/**
 * The gate on disk, with simulated hardware, booted: with a token and a bundle when the server could be reached.
 *
 * @throws {NoGateState}
 */
export async function bootGate(
  flags: BootFlags,
  warn: (text: string) => void,
): Promise<FaultyGate> {
  const { state, passage, buffer, verbose } = flags;
  const relay = new SimulatedRelay();
  const passageSensor =
    passage === 'never' ? noPassageSensor : simulatedPassage(systemClock, relay, passage);
  const options = {
    relay,
    passageSensor,
    ...(buffer === undefined ? {} : { bufferEvents: buffer }),
    ...(verbose === undefined ? {} : { notice: warn }),
  };
  const device = await openFaultyGate(state, options, faultPlan(flags));
  try {
    await device.gate.start();
  } catch (error) {
    warn(`no token yet: ${error instanceof Error ? error.message : error}`);
  }
  device.ready();
  return device;
}
