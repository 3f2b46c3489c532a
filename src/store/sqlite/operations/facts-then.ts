import type { PresentedCode } from '../../../domain/attempt.ts';
import type { Millis } from '../../../domain/clock.ts';
import type { Facts } from '../../../domain/decision.ts';
import type { GateEventRecord, ReportedAttempt } from '../../store.ts';
import type { Context } from '../database.ts';
import type { CommunityRow, GateRow } from '../reference-data.ts';
import type { DeliveriesThen } from './deliveries-then.ts';
import { PassThen } from './pass-then.ts';
import { PostureHistory } from './posture-history.ts';
import type { HeldPass, History, VisitHistory } from './visit-history.ts';

export type VerificationEvent = GateEventRecord & {
  readonly attempt: ReportedAttempt & { readonly reason: NonNullable<ReportedAttempt['reason']> };
};

/** A report with what was read for it. */
export interface Report {
  readonly event: VerificationEvent;
  readonly gate: GateRow;
  readonly community: CommunityRow;
  readonly pass: HeldPass | null;
  /** Of the pass's holder; null: no pass, or it was refused. */
  readonly history: History | null;
  readonly now: Millis;
}

/** What is asked about an instant. */
export interface Moment {
  readonly at: Millis;
  readonly code: PresentedCode;
  /** At exit little is looked at. */
  readonly leaving: boolean;
  readonly gate: GateRow;
  readonly community: CommunityRow;
  readonly pass: HeldPass | null;
  /** Of what else was; null: it does not matter. */
  readonly history: History | null;
  /** The attempt that is judged again; 0: it is not on record yet. */
  readonly own: number;
}

/** What was true when a gate decided alone. */
export class FactsThen {
  readonly #context: Context;
  readonly #postures: PostureHistory;
  readonly #pass: PassThen;

  constructor(context: Context, deliveries: DeliveriesThen, visits: VisitHistory) {
    this.#context = context;
    this.#postures = new PostureHistory(context);
    this.#pass = new PassThen(context, deliveries, visits);
  }

  of({ at, code, leaving, gate, community, pass, history, own }: Moment): Facts {
    const { reference } = this.#context;
    const { version, rules } = reference.rules(community.no, at);
    const communityNo = community.no;
    const window = code.kind === 'authentic' ? code.payload.notBefore : null;
    return {
      community,
      gate: reference.gateFacts(gate),
      communityPosture: this.#postures.at({ communityNo, gateNo: null }, at),
      gatePosture: this.#postures.at({ communityNo, gateNo: gate.no }, at),
      rules,
      rulesVersion: version,
      pass:
        pass === null || history === null
          ? null
          : this.#pass.facts(pass, history, { at, window, leaving, own }),
      occupancy: null,
    };
  }
}
