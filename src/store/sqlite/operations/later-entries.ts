import { eq } from 'drizzle-orm';
import type { Attempt } from '../../../domain/attempt.ts';
import { DEFAULT_LIFETIME_SECONDS, ENTRY_BIT } from '../../../domain/courier-code.ts';
import type { CommunityId } from '../../../domain/identifier.ts';
import type { DeniedReason } from '../../../domain/reason.ts';
import { reconcile } from '../../../domain/reconcile.ts';
import type { Context } from '../database.ts';
import { attempts } from '../schema.ts';
import type { AttemptRow } from './attempt-record.ts';
import type { FactsThen } from './facts-then.ts';
import type { HeldPass, History } from './visit-history.ts';

/** Entries that one late report may call into question: more than a rider makes on one pass. */
const MOST_LATER = 32;

/** An entry that a gate granted alone, and why the service would not have, as is known now. */
export interface LaterConflict {
  readonly row: AttemptRow;
  readonly pass: HeldPass;
  readonly refusal: DeniedReason;
}

/**
 * Judges again what was reported before an entry that happened earlier: what is a conflict must not depend on which
 * gate came back first. Told is what this entry alone has made a conflict of, so nothing is told twice.
 */
export class LaterEntries {
  readonly #context: Context;
  readonly #facts: FactsThen;

  constructor(context: Context, facts: FactsThen) {
    this.#context = context;
    this.#facts = facts;
  }

  /** @param seq of the entry, which `history` holds */
  conflicts(history: History, seq: number): LaterConflict[] {
    const entry = history.passages.find((each) => each.seq === seq);
    if (entry === undefined || entry.kind !== 'entry') return [];
    const later = history.passages
      .filter(({ kind, live, at, seq: other }) => {
        return kind === 'entry' && !live && other !== seq && at >= entry.at;
      })
      .slice(0, MOST_LATER);
    return later.flatMap(({ seq: other, passNo }) => {
      const row = this.#context.db.select().from(attempts).where(eq(attempts.seq, other)).get();
      const pass = history.passes.find(({ no }) => no === passNo);
      if (row === undefined || pass === undefined) return [];
      const refusal = this.#refusal(row, pass, history);
      if (refusal === null || this.#refusal(row, pass, without(history, seq)) !== null) return [];
      return [{ row, pass, refusal }];
    });
  }

  /** Why the service would have refused an entry, by the others of a history. */
  #refusal(row: AttemptRow, pass: HeldPass, history: History): DeniedReason | null {
    const { reference } = this.#context;
    const gate = reference.gate(reference.gateId(row.gateNo));
    if (gate === null || row.codeWindow === null || row.passId === null) return null;
    const community = reference.community(row.communityNo);
    const asked = attemptOf(row, gate.id, community.id, row.passId, row.codeWindow);
    const facts = this.#facts.of({
      ...{ at: row.at, code: asked.code, leaving: false },
      ...{ gate, community, pass, own: row.seq, history: without(history, row.seq) },
    });
    // When it was is known by now, and that it was within its window was judged then.
    const reported = { decision: 'granted', reason: row.reason, certain: false } as const;
    return reconcile(asked, reported, facts).refusal;
  }
}

function without(history: History, seq: number): History {
  return { ...history, passages: history.passages.filter((each) => each.seq !== seq) };
}

function attemptOf(
  row: AttemptRow,
  gateId: Attempt['gateId'],
  communityId: CommunityId,
  passId: NonNullable<AttemptRow['passId']>,
  notBefore: number,
): Attempt {
  const payload = {
    ...{ directions: ENTRY_BIT, communityId, passId, notBefore },
    ...{ lifetimeSeconds: DEFAULT_LIFETIME_SECONDS, statusIndex: 0 },
  };
  return {
    ...{ requestId: row.requestId, gateId, direction: row.direction, medium: row.medium ?? 'qr' },
    ...{ code: { kind: 'authentic', payload }, codeDigest: row.codeDigest, receivedAt: row.at },
  };
}
