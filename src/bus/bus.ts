/**
 * The bus port: what may be lost. Everything here may vanish at any time and nothing wrong happens: a live view
 * misses a line, a rate limit starts anew.
 */

import type { AlertRecord } from '../domain/alert.ts';
import type { Millis } from '../domain/clock.ts';
import type { AppealState } from '../domain/conduct/appeal.ts';
import type { DecisionRecord } from '../domain/decision-record.ts';
import type {
  AlertId,
  AppealId,
  CommandId,
  CommunityId,
  CourierId,
  GateId,
} from '../domain/identifier.ts';

export type BusEvent =
  | {
      readonly topic: `community:${CommunityId}`;
      readonly type: 'decision';
      readonly record: DecisionRecord;
    }
  /** An alert was raised, or has ended. */
  | {
      readonly topic: `community:${CommunityId}`;
      readonly type: 'alert';
      readonly alert: AlertRecord;
    }
  /** The courier is to see an alert: read it. */
  | {
      readonly topic: `courier:${CourierId}`;
      readonly type: 'own-alert';
      readonly alertId: AlertId;
    }
  /** A rider objected to an alert, or a manager decided about it. */
  | {
      readonly topic: `community:${CommunityId}`;
      readonly type: 'appeal';
      readonly appealId: AppealId;
      readonly alertId: AlertId;
      readonly state: AppealState;
    }
  /** A gate, or a guard, has judged this courier. */
  | {
      readonly topic: `courier:${CourierId}`;
      readonly type: 'decision';
      readonly record: DecisionRecord;
    }
  /** Something that a view of this community or courier shows has changed: read it again. */
  | { readonly topic: `community:${CommunityId}`; readonly type: 'changed' }
  | { readonly topic: `courier:${CourierId}`; readonly type: 'changed' }
  /** The gate may claim a command. Lost, it is settled as not delivered. */
  | {
      readonly topic: `gate:${GateId}`;
      readonly type: 'open';
      readonly commandId: CommandId;
      readonly openForMs: number;
      readonly expiresAt: Millis;
    }
  /** The published keys have changed. */
  | { readonly topic: 'keys'; readonly type: 'changed' };

export type Topic = BusEvent['topic'];

export interface Bus {
  publish(event: BusEvent): void;
  /** Calls the listener for each later event of the topic; returns the way to stop. A listener must not throw. */
  subscribe(topic: Topic, listener: (event: BusEvent) => void): () => void;
  close(): Promise<void>;
}
