/** A gate in a process of its own, which a power cut kills: says on standard output when its relay opens. */
import { writeSync } from 'node:fs';
import { isPowerCutStep } from '../../../gate-simulator/src/faults/fault-plan.ts';
import { openFaultyGate } from '../../../gate-simulator/src/faults/faulty-gate.ts';
import { courierJudge } from '../../../gate-simulator/src/firmware/courier-judge.ts';
import { SimulatedRelay } from '../../../gate-simulator/src/hardware/relay.ts';
import { plainJudge } from './plain-judge.ts';

const [stateDir = '', step = '', scene = '', code = '', judge = 'plain'] = process.argv.slice(2);
const relay = new SimulatedRelay();
relay.onMove((position) => {
  if (position === 'energised') writeSync(1, 'OPEN\n');
});
const offlineJudge = judge === 'plain' ? plainJudge : courierJudge;
const options = { relay, offlineJudge, speaks: 'all' } as const;
const powerCut = isPowerCutStep(step) ? { powerCut: { step, occurrence: 1 } } : {};
const device = await openFaultyGate(stateDir, options, { offline: 'ready', ...powerCut });
await device.gate.start();
if (scene !== 'online') device.ready();
if (scene !== 'command') await device.gate.scanText(code, { direction: 'in' });
if (scene === 'command') {
  device.network.comeBack();
  await new Promise((resolve) => setTimeout(resolve, 10_000));
}
device.network.comeBack();
await device.close();
writeSync(1, 'END\n');
