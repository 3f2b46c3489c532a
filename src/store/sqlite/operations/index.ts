import type { Context } from '../database.ts';
import { accountLogOperations } from './account-log.ts';
import { alertCaseOperations } from './alert-cases.ts';
import { alertOperations } from './alerts.ts';
import { appealOperations } from './appeals.ts';
import { backtestOperations } from './backtest.ts';
import { commandOperations } from './commands.ts';
import { communityOperations, rulesOperations } from './communities.ts';
import { conductOperations } from './conduct.ts';
import { courierOperations } from './couriers.ts';
import { deliveryOperations } from './deliveries.ts';
import { exportOperations } from './export.ts';
import { gateEventOperations } from './gate-events.ts';
import { gateHealthOperations } from './gate-health.ts';
import { gateTermsOperations } from './gate-terms.ts';
import { gateOperations } from './gates.ts';
import { guardOperations } from './guard.ts';
import { speedOperations } from './judge-speeds.ts';
import { keyOperations } from './keys.ts';
import { blockOperations, listOperations } from './lists.ts';
import { logOperations } from './log.ts';
import { managerOperations } from './manager.ts';
import { notifyEndpointOperations } from './notify-endpoints.ts';
import { notifyQueueOperations } from './notify-queue.ts';
import type { Operations } from './operation.ts';
import { orderOperations } from './orders.ts';
import { passOperations } from './pass-views.ts';
import { pastRideOperations } from './past-rides.ts';
import { placeOperations } from './places.ts';
import { apiKeyOperations, platformOperations } from './platforms.ts';
import { positionOperations } from './positions.ts';
import { privacyOperations } from './privacy.ts';
import { judging, redeemOperation } from './redeem.ts';
import { reportOperations } from './reports.ts';
import { restoreOperations } from './restore.ts';
import { retentionOperations } from './retention.ts';
import { tagOperations } from './tags.ts';
import { tapOpening, tapOperation } from './taps.ts';
import { upkeepOperations } from './upkeep.ts';
import { viewCheckOperations } from './view-check.ts';

/** Every operation of the port, on one database. */
export function operations(context: Context): Operations {
  const parts = judging(context);
  return {
    ...communityOperations(context),
    ...rulesOperations(context),
    ...gateOperations(context),
    ...gateTermsOperations(context),
    ...commandOperations(context),
    ...gateHealthOperations(context),
    ...gateEventOperations(parts),
    ...alertOperations(context),
    ...alertCaseOperations(context),
    ...appealOperations(context),
    ...conductOperations(context),
    ...notifyEndpointOperations(context),
    ...backtestOperations(context),
    ...pastRideOperations(context),
    ...notifyQueueOperations(context),
    ...platformOperations(context),
    ...apiKeyOperations(context),
    ...deliveryOperations(context),
    ...courierOperations(context),
    ...passOperations(context),
    ...guardOperations(parts),
    redeem: redeemOperation(parts),
    ...tagOperations(context),
    redeemTap: tapOperation(parts),
    findTapOpening: tapOpening(context),
    ...listOperations(context),
    ...blockOperations(context),
    ...keyOperations(context),
    ...privacyOperations(context),
    ...exportOperations(context),
    ...retentionOperations(context),
    ...viewCheckOperations(context),
    ...restoreOperations(context),
    ...logOperations(context),
    ...upkeepOperations(context),
    ...placeOperations(context),
    ...positionOperations(context),
    ...speedOperations(context),
    ...accountLogOperations(context),
    ...managerOperations(context),
    ...orderOperations(context),
    ...reportOperations(context),
  };
}
