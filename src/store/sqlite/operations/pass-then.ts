import type { Statement } from 'better-sqlite3';
import type { Millis } from '../../../domain/clock.ts';
import type { LastEntry, PassFacts } from '../../../domain/decision.ts';
import type { FoldedVisit } from '../../../domain/visit-history.ts';
import type { Context } from '../database.ts';
import { newIdentifier } from '../random.ts';
import { BlockHistory } from './block-history.ts';
import type { DeliveriesThen } from './deliveries-then.ts';
import type { HeldPass, History, RecordedPassage, VisitHistory } from './visit-history.ts';

/** The moment that is looked back at. */
export interface Then {
  readonly at: Millis;
  /** Start of the window of the code at hand; null: there is none. */
  readonly window: number | null;
  /** At an exit no delivery is looked at. */
  readonly leaving: boolean;
  /** The attempt that is judged again; 0: it is not on record yet. */
  readonly own: number;
}

/** What a decision depends on of a pass, as it was at an earlier instant, as far as is still known. */
export class PassThen {
  readonly #context: Context;
  readonly #deliveries: DeliveriesThen;
  readonly #visits: VisitHistory;
  readonly #blocks: BlockHistory;
  readonly #restrictions: Statement<
    [number | null, number, Millis],
    { kind: string; until: Millis }
  >;
  readonly #used: Statement<[number, number, number, string, number], unknown>;

  constructor(context: Context, deliveries: DeliveriesThen, visits: VisitHistory) {
    this.#context = context;
    this.#deliveries = deliveries;
    this.#visits = visits;
    this.#blocks = new BlockHistory(context);
    this.#restrictions = context.sqlite.prepare(
      'SELECT kind, until FROM restrictions WHERE courier_no = ? AND community_no = ? AND created_at <= ?',
    );
    this.#used = context.sqlite.prepare(
      'SELECT 1 FROM attempts WHERE pass_no = ? AND entry_key >= ? AND entry_key < ? AND pass_id = ? AND seq <> ? LIMIT 1',
    );
  }

  /** @param history of the pass's holder, without what is judged */
  facts(pass: HeldPass, history: History, { at, window, leaving, own: seq }: Then): PassFacts {
    const { deliveries, counted } = leaving ? NO_DELIVERIES : this.#deliveries.facts(pass, at);
    const restrictions = this.#restrictions.all(pass.courierNo, pass.communityNo, at);
    const until = (kind: string) => restrictions.find((row) => row.kind === kind)?.until ?? null;
    const before = { ...history, passages: history.passages.filter((each) => each.at <= at) };
    const newest = this.#visits.fold(before, at).at(-1);
    const own = history.passages.filter(
      ({ passNo, kind }) => passNo === pass.no && kind === 'entry',
    );
    return {
      id: pass.id,
      status: pass.endedAt !== null && at >= pass.endedAt ? 'ended' : 'active',
      expiresAt: pass.expiresAt,
      deliveries,
      deliveriesCounted: counted,
      entries: own.filter((each) => each.at < at && (each.entryKey ?? 0) > 0).length,
      lastEntry: this.#lastEntry(newest),
      openVisit:
        newest?.end === null
          ? { id: newest.id ?? newIdentifier('vis'), openedAt: newest.entries[0].at }
          : null,
      codeUsed: window !== null && this.#isUsed(pass, history, { window, seq }),
      blockedUntil: until('block') ?? this.#pastBlock(pass, at),
      suspendedUntil: until('suspension'),
      confirmationUntil: until('confirmation'),
      conductPoints: 0,
    };
  }

  #pastBlock({ courierNo, communityNo }: HeldPass, at: Millis): Millis | null {
    return courierNo === null ? null : this.#blocks.at({ courierNo, communityNo }, at);
  }

  /** By an entry of this pass, which a join may have put under another one: half a second beside, where it must. */
  #isUsed(
    pass: HeldPass,
    { passes }: History,
    { window, seq }: { readonly window: number; readonly seq: number },
  ): boolean {
    return passes.some(
      ({ no }) => this.#used.get(no, window, window + 1, pass.id, seq) !== undefined,
    );
  }

  #lastEntry(newest: FoldedVisit<RecordedPassage> | undefined): LastEntry | null {
    const last = newest?.entries.at(-1);
    if (newest === undefined || last === undefined) return null;
    return {
      at: last.at,
      gateId: this.#context.reference.gateId(last.gateNo),
      passageReported: false,
      rescans: 0,
      exited: newest.end?.by === 'exit',
    };
  }
}

/** At exit no delivery is looked at. */
const NO_DELIVERIES = { deliveries: [], counted: 0 };
