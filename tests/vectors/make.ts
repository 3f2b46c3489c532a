/**
 * Makes the vectors anew: `npx tsx tests/vectors/make.ts`. Everything is made from fixed keys and fixed times, so
 * the files are the same whoever makes them, and wherever.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { BUNDLES } from './bundles.ts';
import { formatCases } from './cases/format.ts';
import { passbackCases, rescanCases, useCases } from './cases/memory.ts';
import { exitCases, obstacleCases } from './cases/obstacles.ts';
import { orderCases } from './cases/order.ts';
import { guardCases, hoursCases, stationCases, statusCases } from './cases/pass.ts';
import { placeCases, postureCases, windowCases } from './cases/place.ts';
import { signatureCases } from './cases/signature.ts';
import { encodings } from './encodings.ts';
import { jsonText } from './json-text.ts';
import { plainText } from './plain-text.ts';
import { statusListCases } from './status-list-cases.ts';
import { type GateCase, JWKS, timeText } from './world.ts';

const gateCases: readonly GateCase[] = [
  ...formatCases,
  ...signatureCases,
  ...windowCases,
  ...placeCases,
  ...postureCases,
  ...statusCases,
  ...rescanCases,
  ...hoursCases,
  ...useCases,
  ...passbackCases,
  ...guardCases,
  ...stationCases,
  ...orderCases,
  ...obstacleCases,
  ...exitCases,
];

const ABOUT_GATE = [
  'What a gate that is alone decides. Protocol: docs/gate-protocol.md. Made by tests/vectors/make.ts.',
  'bundle: by name, null: the gate has never had one. code: as read, null: nothing was presented.',
  'clock: now is the server’s time as the gate knows it; synchronised: since boot; latestKnown: from its disk.',
  'memory: what happened at this gate before, oldest first.',
  'expected: the outcome, and remembers: what must be on its disk before it opens; at an exit, what it notes.',
];
const ABOUT_LISTS = [
  'Which status lists a gate takes, at now, when minVersion is the greatest version that it has seen.',
  'read: the list’s version, its entries, and the indexes whose bit is set. Made by tests/vectors/make.ts.',
];
const ABOUT_ENCODINGS = [
  'Identifiers, base45, one code taken apart. Made by tests/vectors/make.ts.',
];

/** The files by their names. */
export async function makeVectors(): Promise<ReadonlyMap<string, string>> {
  return new Map([
    ['encodings.json', jsonText({ about: ABOUT_ENCODINGS, ...encodings })],
    ['status-lists.json', jsonText({ about: ABOUT_LISTS, jwks: JWKS, cases: statusListCases })],
    ['gate.json', jsonText({ about: ABOUT_GATE, bundles: BUNDLES, cases: gateCases.map(written) })],
    ['gate.tsv', await plainText(BUNDLES, gateCases, encodings)],
  ]);
}

/** A case as its file holds it: times in RFC 3339. */
function written({ clock, memory, ...rest }: GateCase) {
  const { now, synchronised, latestKnown } = clock;
  const { expected, ...given } = rest;
  return {
    ...given,
    clock: { now: timeText(now), synchronised, latestKnown: timeText(latestKnown) },
    memory: memory.map((event) => ({
      ...event,
      at: timeText(event.at),
      ...(event.kind === 'entry' && { usableUntil: timeText(event.usableUntil) }),
    })),
    expected,
  };
}

/** Where a file of vectors is. */
export function vectorPath(name: string): string {
  return fileURLToPath(new URL(name, import.meta.url));
}

/** The file as it is in the repository. */
export function readVectors(name: string): string {
  return readFileSync(vectorPath(name), 'utf8');
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const [name, text] of await makeVectors()) writeFileSync(vectorPath(name), text);
}
