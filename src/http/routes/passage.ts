import type { Deps } from '../../access/deps.ts';
import { IssuedCodes } from '../../access/issued-codes.ts';
import { StatusLists } from '../../access/status-list.ts';
import type { Api } from '../endpoint.ts';
import { EventStreams } from '../event-stream.ts';
import { registerAlerts } from './alerts.ts';
import { registerAppeals } from './appeals.ts';
import { registerBlocks } from './blocks.ts';
import { registerCodes } from './codes.ts';
import { registerCommands } from './commands.ts';
import { registerConduct } from './conduct.ts';
import { registerDecisions } from './decisions.ts';
import { registerEvents } from './events.ts';
import { registerGateBundle } from './gate-bundle.ts';
import { registerGateEvents } from './gate-events.ts';
import { registerOrders } from './orders.ts';
import { registerPosture } from './posture.ts';
import { registerQr } from './qr.ts';
import { registerReports } from './reports.ts';
import { registerRiderAlerts } from './rider-alerts.ts';
import { registerRiderPasses } from './rider-passes.ts';
import { registerRiderSessions } from './rider-sessions.ts';
import { registerTags } from './tags.ts';
import { registerTaps } from './taps.ts';
import { registerVerify } from './verify.ts';
import { registerVisits } from './visits.ts';
import { registerWebhooks } from './webhooks.ts';

/**
 * Everything between a delivery and an open gate: callbacks, riders, codes, verification, supervision.
 * @returns the live streams, to be closed when the process goes down
 */
export function registerPassage(api: Api, deps: Deps): EventStreams {
  const { limits } = deps.config;
  const streams = new EventStreams(limits);
  const issuing = { ...deps, issuedCodes: new IssuedCodes(limits.issuedCodes) };
  registerVerify(api, issuing);
  registerWebhooks(api, deps);
  registerRiderSessions(api, deps);
  registerRiderPasses(api, issuing, streams);
  registerQr(api, issuing);
  registerReports(api, deps);
  registerTags(api, deps);
  registerTaps(api, deps);
  registerCodes(api, issuing);
  registerDecisions(api, deps);
  registerVisits(api, deps);
  registerOrders(api, deps);
  registerBlocks(api, deps);
  registerPosture(api, deps);
  registerAlerts(api, deps);
  registerAppeals(api, deps);
  registerConduct(api, deps);
  registerRiderAlerts(api, deps);
  registerEvents(api, deps, streams);
  registerGateEvents(api, deps);
  const statusLists = new StatusLists(limits.statusLists);
  registerGateBundle(api, { ...deps, statusLists }, streams);
  registerCommands(api, deps);
  return streams;
}
