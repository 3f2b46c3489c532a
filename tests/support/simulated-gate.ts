/** A gate of the simulator at a service's door: real firmware, a relay that remembers, a camera that is given pictures. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { enrollGate } from '../../gate-simulator/src/firmware/enrolment.ts';
import { openGate, type ScanResult } from '../../gate-simulator/src/firmware/gate.ts';
import { systemClock } from '../../gate-simulator/src/hardware/clock.ts';
import { simulatedPassage } from '../../gate-simulator/src/hardware/passage-sensor.ts';
import { SimulatedRelay } from '../../gate-simulator/src/hardware/relay.ts';
import { expectStatus, type Reachable } from './world.ts';

const WALK_MS = 50;

export interface SimulatedGate {
  readonly id: string;
  readonly communityId: string;
  /** Times that the arm went up. */
  openings(): number;
  /** Holds a picture before the camera. */
  scan(png: Uint8Array, direction: 'in' | 'out'): Promise<ScanResult>;
  close(): Promise<void>;
}

/** Makes a gate at the service, enrols the device and boots it. */
export async function bootGate(
  service: Reachable & { readonly origin: string },
  communityId: string,
  name = '南门',
): Promise<SimulatedGate> {
  const made = await service.call('POST', `/v1/communities/${communityId}/gates`, {
    token: service.operatorKey,
    body: { name, directions: ['in', 'out'], media: ['qr', 'nfc'] },
  });
  const { id, enrollmentCode } = expectStatus(made, 201).body;
  const stateDir = mkdtempSync(join(tmpdir(), 'courier-pass-gate-'));
  await enrollGate({ server: service.origin, enrollmentCode, stateDir, name });
  const relay = new SimulatedRelay();
  let openings = 0;
  relay.onMove((position) => {
    if (position === 'energised') openings += 1;
  });
  const passageSensor = simulatedPassage(systemClock, relay, WALK_MS);
  const gate = await openGate(stateDir, { relay, passageSensor });
  await gate.start();
  return {
    id,
    communityId,
    openings: () => openings,
    scan: (png, direction) => gate.scanPicture(png, { direction, medium: 'qr' }),
    async close() {
      await gate.close();
      rmSync(stateDir, { recursive: true, force: true });
    },
  };
}
