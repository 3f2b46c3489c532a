import type { Statement } from 'better-sqlite3';
import { passAuthorised } from '../../../domain/authorisation.ts';
import type { Millis } from '../../../domain/clock.ts';
import type { DeliveryFacts } from '../../../domain/decision.ts';
import {
  type DeliveryCallback,
  type DeliveryStatus,
  foldDelivery,
  type Leg,
} from '../../../domain/delivery.ts';
import type { EntryRules } from '../../../domain/entry-rules.ts';
import { PASS_LAPSE_MS } from '../../../domain/pass.ts';
import type { Context } from '../database.ts';
import { isAdmitted } from './pass-lifecycle.ts';

interface PassThen {
  readonly no: number;
  readonly communityNo: number;
  readonly courierNo: number | null;
  readonly expiresAt: Millis | null;
}
interface LegRow {
  readonly deliveryNo: number;
  readonly leg: Leg;
  readonly platformNo: number;
  readonly deliveryId: string;
}
interface CallbackRow {
  readonly webhookId: string;
  readonly timestamp: Millis;
  readonly status: DeliveryStatus;
  readonly members: string;
}
interface LinkedDelivery extends LegRow {
  readonly callbacks: readonly DeliveryCallback[];
}

/** What a pass's deliveries were at an earlier instant: by the callbacks that speak of it and of what was before it. */
export class DeliveriesThen {
  readonly #context: Context;
  readonly #legs: Statement<[number], LegRow>;
  readonly #callbacks: Statement<[number], CallbackRow>;

  constructor(context: Context) {
    this.#context = context;
    this.#legs = context.sqlite.prepare(
      `SELECT l.delivery_no AS deliveryNo, l.leg, d.platform_no AS platformNo, d.delivery_id AS deliveryId
       FROM pass_deliveries l JOIN deliveries d ON d.no = l.delivery_no WHERE l.pass_no = ?`,
    );
    this.#callbacks = context.sqlite.prepare(
      'SELECT webhook_id AS webhookId, timestamp, status, members FROM callbacks WHERE delivery_no = ?',
    );
  }

  /** The legs that led here then and were the holder's; and how many deliveries ever authorised the pass. */
  facts(pass: PassThen, at: Millis): { deliveries: DeliveryFacts[]; counted: number } {
    const linked = this.#linked(pass);
    return {
      deliveries: this.#factsOf(pass, linked, at),
      counted: new Set(linked.map(({ deliveryNo }) => deliveryNo)).size,
    };
  }

  /** When the right of a pass that had one ended for the first time after an instant; infinity: it never did. */
  rightEndsAt(pass: PassThen, rules: EntryRules, from: Millis): Millis {
    const linked = this.#linked(pass);
    const told = linked.flatMap(({ callbacks }) => callbacks.map(({ timestamp }) => timestamp));
    const ends = [from, ...told, ...told.map((at) => at + PASS_LAPSE_MS), pass.expiresAt ?? from]
      .filter((at) => at >= from)
      .sort((a, b) => a - b);
    const end = ends.find(
      (at) => !passAuthorised(this.#factsOf(pass, linked, at), pass.expiresAt, rules, at),
    );
    return end ?? Number.POSITIVE_INFINITY;
  }

  #linked({ no }: PassThen): LinkedDelivery[] {
    return this.#legs.all(no).map((leg) => {
      const { slug: platform } = this.#context.reference.platform(leg.platformNo);
      const callbacks = this.#callbacks.all(leg.deliveryNo).map(({ members, ...callback }) => ({
        ...(JSON.parse(members) as object),
        ...callback,
        platform,
        deliveryId: leg.deliveryId,
      }));
      return { ...leg, callbacks };
    });
  }

  #factsOf(pass: PassThen, linked: readonly LinkedDelivery[], at: Millis): DeliveryFacts[] {
    const { queries, reference } = this.#context;
    const community = reference.community(pass.communityNo);
    const facts: DeliveryFacts[] = [];
    for (const { leg, platformNo, callbacks } of linked) {
      const known = callbacks.filter(({ timestamp }) => timestamp <= at);
      if (known.length === 0) continue;
      const { riderId, vehicle, deadlineAt, dropoff, status, newestAt, ...state } =
        foldDelivery(known);
      const address = leg === 'dropoff' ? dropoff : state.pickup;
      if (riderId === undefined || address?.communityId !== community.id) continue;
      if (queries.account.get({ platformNo, riderId })?.courierNo !== pass.courierNo) continue;
      const { slug, districts } = reference.platform(platformNo);
      facts.push({
        platform: slug,
        platformAdmitted: isAdmitted(districts, community.district),
        leg,
        status,
        newestAt,
        vehicle: vehicle ?? null,
        building: leg === 'dropoff' ? (dropoff?.building ?? null) : null,
        deadlineAt: deadlineAt ?? null,
      });
    }
    return facts;
  }
}
