import type { FaultPlan } from '../faults/fault-plan.ts';
import { type FaultyGate, openFaultyGate } from '../faults/faulty-gate.ts';
import { pause, systemClock } from '../hardware/clock.ts';
import { noPassageSensor, simulatedPassage } from '../hardware/passage-sensor.ts';
import { SimulatedRelay } from '../hardware/relay.ts';
import { tamperSignal } from '../hardware/tamper-switch.ts';
import { type FaultFlags, faultPlan } from './fault-options.ts';

/** What a gate that is switched off at once may take to say what it has to tell. */
const LAST_WORDS_MS = 5_000;

export interface BootFlags extends FaultFlags {
  readonly state: string;
  readonly passage: number | 'never';
  readonly buffer?: number;
  readonly verbose?: true;
}

/** Whether something goes wrong as soon as the gate has booted, and not before. */
function isStaged({ offline, flap, duplicate, clockJumpMs }: FaultPlan): boolean {
  return offline === 'ready' || [flap, duplicate, clockJumpMs].some((each) => each !== undefined);
}

/**
 * The gate on disk, with simulated hardware, booting: it serves riders while it asks for token and bundle.
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
    tamperSwitch: tamperSignal,
    ...(buffer === undefined ? {} : { bufferEvents: buffer }),
    ...(verbose === undefined ? {} : { notice: warn }),
  };
  const plan = faultPlan(flags);
  const device = await openFaultyGate(state, options, plan);
  const started = device.gate
    .start()
    .catch((error: unknown) => {
      warn(`no token yet: ${error instanceof Error ? error.message : error}`);
    })
    .then(device.ready);
  // Riders are served at once; only a fault that begins when the gate is ready has to be waited for.
  if (isStaged(plan)) await started;
  const close = async (): Promise<void> => {
    await Promise.race([started, pause(systemClock, LAST_WORDS_MS)]);
    await device.close();
  };
  return { ...device, close };
}
