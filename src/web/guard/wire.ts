/** What the guard's page reads of the service's answers. */
import type { AlertKind } from '../../domain/alert.ts';
import type { Direction } from '../../domain/gate.ts';
import type { Bilingual, Reason } from '../../domain/reason.ts';

/** A decision: the gate's answer, and in lists and on streams what was asked. */
export interface Decision {
  readonly decision: 'granted' | 'denied';
  readonly reason: Reason;
  readonly message: Bilingual;
  readonly passId?: string;
  readonly speedLimitKmh?: number;
  readonly guidance?: { readonly building: string };
  readonly auditId: string;
  readonly serverTime: string;
}

/** A decision as supervisors see it. */
export interface SeenDecision extends Decision {
  readonly gateId: string;
  readonly direction: Direction;
  readonly at: string;
  readonly source: 'online' | 'offline' | 'guard' | 'tap';
}

export interface Gate {
  readonly id: string;
  readonly name: string;
  readonly kind: 'gate' | 'guard';
  readonly directions: readonly Direction[];
  readonly posture: { readonly posture: string };
}

export interface Visit {
  readonly id: string;
  readonly passId: string;
  readonly openedAt: string;
  readonly entryGateId?: string;
}

export interface Alert {
  readonly id: string;
  readonly kind: AlertKind;
  readonly gateId?: string;
  readonly passId?: string;
  readonly at: string;
  /** Left out while it lasts. */
  readonly endedAt?: string;
}

/** What a rider brings or fetches. */
export interface Order {
  readonly passId: string;
  readonly platform: string;
  readonly label?: string;
  readonly leg: 'pickup' | 'dropoff';
  readonly building?: string;
  readonly vehicle?: 'foot' | 'bicycle' | 'e-bike' | 'motorcycle' | 'van';
}

export interface OpenOrder {
  readonly commandId: string;
}

export interface Command {
  readonly id: string;
  readonly claimedAt: string | null;
  readonly outcome: 'done' | 'not_done' | 'not_delivered' | null;
}

export interface Page<Item> {
  readonly items: readonly Item[];
}

/** Who is signed in, as the page was told when it was served. */
export interface Account {
  readonly name: string;
  /** Null: more than one community, which is the manager's pages' business. */
  readonly communityId: string | null;
}
