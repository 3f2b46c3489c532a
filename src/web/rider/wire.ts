/** What the API tells a rider's page, as JSON holds it. */
import type { Plan } from '../../domain/plan.ts';
import type { Bilingual } from '../../domain/reason.ts';

export interface CodeWindow {
  readonly code: string;
  readonly notBefore: string;
  readonly notAfter: string;
}

export interface Stop {
  readonly leg: 'pickup' | 'dropoff';
  readonly status: string;
  readonly label?: string;
  readonly building?: string;
  readonly unit?: string;
  readonly floor?: number;
  readonly deadlineAt?: string;
}

export interface Pass {
  readonly id: string;
  readonly community: { readonly id: string; readonly name: string; readonly kind: string };
  readonly status: 'active' | 'leaving' | 'ended';
  readonly expiresAt?: string;
  readonly inside: boolean;
  readonly speedLimitKmh: number;
  readonly stops: readonly Stop[];
  readonly codes: readonly CodeWindow[];
  readonly refusal?: { readonly reason: string; readonly message: Bilingual };
}

export interface Passes {
  readonly items: readonly Pass[];
  readonly serverTime: string;
}

/** What a gate has decided about the rider. */
export interface Decision {
  readonly decision: 'granted' | 'denied';
  readonly reason: string;
  readonly message: Bilingual;
  readonly direction: 'in' | 'out';
  readonly passId?: string;
  readonly speedLimitKmh?: number;
  readonly guidance?: { readonly building: string };
  readonly serverTime: string;
  readonly auditId: string;
}

export interface GuideSection {
  readonly topic: string;
  readonly title: Bilingual;
  readonly lines: readonly Bilingual[];
}

export interface Guide {
  readonly version: number;
  readonly sections: readonly GuideSection[];
  /** Left out: there is no plan. */
  readonly planVersion?: number;
}

export interface Report {
  readonly id: string;
  readonly communityId: string;
  readonly at: string;
  readonly place: string;
  readonly text: string;
  readonly photo: 'kept' | 'none' | 'erased';
  readonly answer: { readonly text: string; readonly contributionPoints: number } | null;
}

export interface Reports {
  readonly items: readonly Report[];
  readonly contributionPoints: number;
}

/** What somebody noticed about the rider, with all that it rests on and led to. */
export interface Alert {
  readonly id: string;
  readonly communityId: string;
  readonly kind: string;
  readonly at: string;
  readonly level?: 'notice' | 'warning' | 'serious';
  readonly message: Bilingual;
  /** Conduct points that it costs now. */
  readonly points: number;
  readonly evidence?: { readonly peakKmh: number; readonly limitKmh: number };
  readonly appeal?: {
    readonly state: 'open' | 'upheld' | 'rejected';
    readonly reason?: string;
  };
  readonly withdrawnAt?: string;
}

/** What stands on a rider's accounts in a community. */
export interface Conduct {
  readonly communityId: string;
  /** At most 0. */
  readonly conduct: number;
  readonly contribution: number;
  readonly sanctions: readonly {
    readonly kind: 'confirmation' | 'suspension';
    readonly until: string;
  }[];
}

/** The plan of a community, as it was read. */
export interface HeldPlan {
  readonly version: number;
  readonly plan: Plan;
}
