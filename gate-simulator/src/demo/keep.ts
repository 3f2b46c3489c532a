import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { textMember } from '../wire/json.ts';
import { askService } from '../wire/service.ts';
import type { City } from './city.ts';
import { riderWithOrder } from './rider.ts';

const RIDER = 'r-27';

/**
 * Leaves a rider with a live order outside the gate, and says how to go on by hand.
 * No secret is printed: the guide names the files that hold them.
 */
export async function guideFor(city: City, folder: string): Promise<string> {
  const { server, lake, river, service, operatorKeyFile } = city;
  const { passId, sessionFile } = await leaveRider(city, folder);
  return `
Everything is left running until Ctrl-C; its folder goes away then.

  service        ${server}
  API to browse  ${server}/docs
  operator key   ${operatorKeyFile}
  log            ${service.logFile}
  communities    ${lake.id} ${lake.name} · ${river.id} ${river.name}
  gates          ${[lake.north, lake.east, river.gate].map(({ id, name }) => `${id} ${name}`).join(' · ')}
  rider          ${RIDER} of 快送 has a live order for ${lake.name}: pass ${passId}

Follow the decisions, in another window:
  COURIER_PASS_URL=${server} DATA_DIR=${service.dataDir} \\
    npm run -s cli -- decisions follow ${lake.id}

Be the rider: fetch the picture of his code and hold it before the camera; --direction out to leave:
  curl -s -o code.png -H "authorization: Bearer $(cat ${sessionFile})" ${server}/v1/passes/${passId}/qr.png
  node gate-simulator/dist/main.js scan code.png --state ${lake.north.stateDir}
`;
}

/** A rider whose session is in a file, for a shell. */
async function leaveRider(
  city: City,
  folder: string,
): Promise<{ passId: string; sessionFile: string }> {
  const { http, server, kuaisong, lake } = city;
  const dropoff = { communityId: lake.id, building: '12' };
  const rider = await riderWithOrder(city, RIDER, { deliveryId: 'k-9', dropoff });
  const body = { token: (await kuaisong.riderLink(RIDER)).token };
  const call = { method: 'POST', server, path: 'v1/rider-sessions', body } as const;
  const session = textMember(await askService(http, call), 'accessToken');
  const sessionFile = join(folder, 'rider-session');
  await writeFile(sessionFile, session, { mode: 0o600 });
  return { passId: (await rider.pass()).id, sessionFile };
}
