import { enrollGate } from '../../../gate-simulator/src/firmware/enrolment.ts';
import type { FakeService } from './fake-service.ts';
import { temporaryDirectory } from './state-dir.ts';

/** A folder with a gate that has enrolled at the service. */
export async function enrolledGate(service: FakeService): Promise<string> {
  const stateDir = temporaryDirectory();
  await enrollGate({ server: service.url, enrollmentCode: stateDir, stateDir });
  return stateDir;
}

/** Resolves when `is` holds; looks whenever the loop turns. */
export async function until(is: () => boolean, patienceMs = 5_000): Promise<void> {
  const endMs = performance.now() + patienceMs;
  while (!is()) {
    if (performance.now() > endMs) throw new Error(`not in ${patienceMs} ms: ${is}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
