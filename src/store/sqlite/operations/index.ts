import type { Context } from '../database.ts';
import { communityOperations, rulesOperations } from './communities.ts';
import { courierOperations } from './couriers.ts';
import { deliveryOperations } from './deliveries.ts';
import { gateOperations } from './gates.ts';
import { guardOperations } from './guard.ts';
import { keyOperations } from './keys.ts';
import { blockOperations, listOperations } from './lists.ts';
import type { Operations } from './operation.ts';
import { passOperations } from './pass-views.ts';
import { apiKeyOperations, platformOperations } from './platforms.ts';
import { judging, redeemOperation } from './redeem.ts';
import { upkeepOperations } from './upkeep.ts';

/** Every operation of the port, on one database. */
export function operations(context: Context): Operations {
  const parts = judging(context);
  return {
    ...communityOperations(context),
    ...rulesOperations(context),
    ...gateOperations(context),
    ...platformOperations(context),
    ...apiKeyOperations(context),
    ...deliveryOperations(context),
    ...courierOperations(context),
    ...passOperations(context),
    ...guardOperations(parts),
    redeem: redeemOperation(parts),
    ...listOperations(context),
    ...blockOperations(context),
    ...keyOperations(context),
    ...upkeepOperations(context),
  };
}
