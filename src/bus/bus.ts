/**
 * The bus port: what may be lost. Everything here may vanish at any time and nothing wrong happens: a live view
 * misses a line, a rate limit starts anew.
 */

import type { DecisionRecord } from '../domain/decision-record.ts';
import type { CommunityId, CourierId } from '../domain/identifier.ts';

export type BusEvent =
  | {
      readonly topic: `community:${CommunityId}`;
      readonly type: 'decision';
      readonly record: DecisionRecord;
    }
  /** Something that a view of this community or courier shows has changed: read it again. */
  | { readonly topic: `community:${CommunityId}`; readonly type: 'changed' }
  | { readonly topic: `courier:${CourierId}`; readonly type: 'changed' };

export type Topic = BusEvent['topic'];

export interface Bus {
  publish(event: BusEvent): void;
  /** Calls the listener for each later event of the topic; returns the way to stop. A listener must not throw. */
  subscribe(topic: Topic, listener: (event: BusEvent) => void): () => void;
  close(): Promise<void>;
}
