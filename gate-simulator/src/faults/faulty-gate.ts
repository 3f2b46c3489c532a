import { type Gate, type GateOptions, openGate } from '../firmware/gate.ts';
import { systemClock } from '../hardware/clock.ts';
import { systemDisk } from '../hardware/disk.ts';
import { SimulatedRelay } from '../hardware/relay.ts';
import { HttpClient } from '../wire/http-client.ts';
import type { FaultPlan } from './fault-plan.ts';
import { FaultyClock } from './faulty-clock.ts';
import { FaultyNetwork } from './faulty-network.ts';
import { killProcess, PowerCut } from './power-cut.ts';

/** A gate with faults around it; the firmware inside is the same. */
export interface FaultyGate {
  readonly gate: Gate;
  readonly network: FaultyNetwork;
  readonly clock: FaultyClock;
  /** The gate has booted: what was to go wrong from now on does. */
  ready(): void;
  close(): Promise<void>;
}

/** @param chance decides about losses and duplicates; from 0 up to 1 @throws {NoGateState} */
export async function openFaultyGate(
  stateDir: string,
  options: Omit<GateOptions, 'clock' | 'http'>,
  faults: FaultPlan,
  chance: () => number = Math.random,
): Promise<FaultyGate> {
  const clock = new FaultyClock(systemClock, faults);
  const http = new HttpClient();
  const network = new FaultyNetwork({ inner: http, clock: systemClock, chance }, faults);
  const gate = await openGate(stateDir, { ...withPowerCut(options, network, faults), clock });
  return {
    gate,
    network,
    clock,
    ready: () => {
      network.ready();
      clock.ready();
    },
    close: async () => {
      network.stop();
      await gate.close();
      http.close();
    },
  };
}

function withPowerCut(
  options: Omit<GateOptions, 'clock' | 'http'>,
  network: FaultyNetwork,
  { powerCut }: FaultPlan,
): GateOptions {
  if (powerCut === undefined) return { ...options, http: network };
  const cut = new PowerCut(powerCut.step, powerCut.occurrence, killProcess);
  return {
    ...options,
    http: cut.aroundNetwork(network),
    disk: cut.aroundDisk(options.disk ?? systemDisk),
    relay: cut.aroundRelay(options.relay ?? new SimulatedRelay()),
  };
}
