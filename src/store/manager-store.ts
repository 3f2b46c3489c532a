import type { Millis } from '../domain/clock.ts';
import type { FigureRow } from '../domain/figures.ts';
import type { CommunityId, CourierId } from '../domain/identifier.ts';
import type { Plan } from '../domain/plan.ts';

/** A courier as a community's manager finds one: who it is on the platforms, and what holds here. */
export interface CourierRecord {
  readonly courierId: CourierId;
  readonly riders: readonly { readonly platform: string; readonly riderId: string }[];
  /** Of the newest entry here. */
  readonly lastEntryAt: Millis | null;
  readonly entries: number;
  readonly block: { readonly reason: string; readonly until: Millis } | null;
}

export interface PlanRecord {
  readonly plan: Plan;
  readonly version: number;
  readonly author: string;
  readonly updatedAt: Millis;
}

/** The part of the store that only managers' pages ask for. */
export interface ManagerStore {
  /**
   * Attempts of a community since an instant, counted by part, direction and reason. What came in before that instant
   * is left out even where a gate's clock says later.
   */
  readFigures(input: {
    readonly communityId: CommunityId;
    readonly since: Millis;
    /** Length of a part. */
    readonly partMs: number;
  }): Promise<{ readonly rows: readonly FigureRow[]; readonly inside: number }>;
  /**
   * Couriers that hold or held a pass of the community: by their identifier, their pass's, or the beginning of a
   * platform's rider identifier. An empty text finds those of the newest visits. At most `limit`.
   */
  findCouriers(input: {
    readonly communityId: CommunityId;
    readonly text: string;
    readonly limit: number;
    readonly now: Millis;
  }): Promise<readonly CourierRecord[]>;
  /** Replaces the plan. Null: there is no such community. */
  putPlan(input: {
    readonly communityId: CommunityId;
    readonly plan: Plan;
    readonly actor: string;
    readonly now: Millis;
  }): Promise<PlanRecord | null>;
  readPlan(communityId: CommunityId): Promise<PlanRecord | null>;
}
