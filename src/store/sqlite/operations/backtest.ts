import { and, desc, eq, gte, lt } from 'drizzle-orm';
import type { Attempt } from '../../../domain/attempt.ts';
import { dependsOnRules, type Replayed, reportOf } from '../../../domain/backtest.ts';
import type { Millis } from '../../../domain/clock.ts';
import { decide, type Facts, type PassFacts } from '../../../domain/decision.ts';
import { completeStored, type EntryRules } from '../../../domain/entry-rules.ts';
import type { BacktestStore } from '../../backtest-store.ts';
import type { Context } from '../database.ts';
import type { CommunityRow } from '../reference-data.ts';
import { attempts, OPEN_SLOT, rules as rulesTable } from '../schema.ts';
import type { AttemptRow } from './attempt-record.ts';
import { DeliveriesThen } from './deliveries-then.ts';
import type { Operations } from './operation.ts';
import { PassThen } from './pass-then.ts';
import { VisitHistory } from './visit-history.ts';

type BacktestOperations = Pick<Operations, Extract<keyof BacktestStore, 'backtestRules'>>;

export function backtestOperations(context: Context): BacktestOperations {
  return {
    backtestRules({ communityId, rules, since, until, limit, examples }) {
      const community = context.reference.communityById(communityId);
      if (community === null) return null;
      const rows = entries(context, community, { since, until, limit: limit + 1 });
      const seen = rows.slice(0, limit);
      const replay = new Replay(context, community, since);
      const judged = seen.filter(
        ({ source, reason }) => isOnline(source) && dependsOnRules(reason),
      );
      const replayed = judged.map((row) => replay.judge(row, rules));
      return {
        ...reportOf(replayed, examples),
        since: seen.at(-1)?.at ?? null,
        attempts: seen.length,
        extent: rows.length > limit ? 'cut' : 'whole',
      };
    },
  };
}

/** What a guard or a gate without network decided is no matter of rules alone. */
function isOnline(source: AttemptRow['source']): boolean {
  return source === 'online' || source === 'tap';
}

/** Entries along the index of a community, newest first. */
function entries(
  { db }: Context,
  { no }: CommunityRow,
  { since, until, limit }: { since: Millis; until: Millis; limit: number },
): AttemptRow[] {
  return db
    .select()
    .from(attempts)
    .where(
      and(
        eq(attempts.communityNo, no),
        eq(attempts.direction, 'in'),
        gte(attempts.at, since),
        lt(attempts.at, until),
      ),
    )
    .orderBy(desc(attempts.seq))
    .limit(limit)
    .all();
}

/** Judges attempts again, each with what was true when it was made. */
class Replay {
  readonly #context: Context;
  readonly #community: CommunityRow;
  readonly #visits: VisitHistory;
  readonly #pass: PassThen;
  readonly #versions = new Map<number, EntryRules>();
  readonly #stays: { readonly opened: readonly Millis[]; readonly closed: readonly Millis[] };

  constructor(context: Context, community: CommunityRow, since: Millis) {
    this.#context = context;
    this.#community = community;
    const deliveries = new DeliveriesThen(context);
    this.#visits = new VisitHistory(context, deliveries);
    this.#pass = new PassThen(context, deliveries, this.#visits);
    this.#stays = readStays(context, community.no, since);
  }

  judge(row: AttemptRow, draft: EntryRules): Replayed {
    const { reference } = this.#context;
    const gateId = reference.gateId(row.gateNo);
    const { auditId, at, passId, reason: recorded } = row;
    const pass = this.#passFacts(row);
    const attempt = attemptOf(row, this.#community, gateId);
    const by = (rules: EntryRules) => decide(attempt, this.#facts(row, rules, pass)).reason;
    const then = this.#rulesOf(row);
    return { auditId, at, gateId, passId, recorded, again: by(then), draft: by(draft) };
  }

  #facts(row: AttemptRow, rules: EntryRules, pass: PassFacts | null): Facts {
    const { reference } = this.#context;
    const gate = reference.gate(reference.gateId(row.gateNo));
    if (gate === null) throw new RangeError('an attempt has a gate');
    const normal = { posture: 'normal', until: null } as const;
    return {
      community: this.#community,
      gate: reference.gateFacts(gate),
      communityPosture: normal,
      gatePosture: normal,
      rules,
      rulesVersion: row.rulesVersion,
      pass,
      occupancy: this.#insideAt(row.at),
    };
  }

  /** As it was before the attempt. */
  #passFacts(row: AttemptRow): PassFacts | null {
    if (row.passId === null) return null;
    const pass = this.#visits.findPass(row.passId, this.#community.no);
    if (pass === null) return null;
    const history = this.#visits.read(pass, row.at);
    const passages = history.passages.filter(
      ({ at, seq }) => at < row.at || (at === row.at && seq < row.seq),
    );
    const window = row.codeWindow;
    const before = { ...history, passages };
    const facts = this.#pass.facts(pass, before, {
      at: row.at,
      window,
      leaving: false,
      own: row.seq,
    });
    return { ...facts, conductPoints: this.#pointsLost(pass.courierNo, row.at) };
  }

  #pointsLost(courierNo: number | null, at: Millis): number {
    if (courierNo === null) return 0;
    const row = this.#context.sqlite
      .prepare<[number, number, Millis], { points: number | null }>(
        `SELECT sum(points) AS points FROM point_movements
         WHERE courier_no = ? AND community_no = ? AND account = 'conduct' AND at <= ?`,
      )
      .get(courierNo, this.#community.no, at);
    return Math.max(0, -(row?.points ?? 0));
  }

  #rulesOf({ rulesVersion, at }: AttemptRow): EntryRules {
    const known = this.#versions.get(rulesVersion);
    if (known !== undefined) return known;
    const { no } = this.#community;
    const version = and(eq(rulesTable.communityNo, no), eq(rulesTable.version, rulesVersion));
    const row = this.#context.db.select().from(rulesTable).where(version).get();
    const document =
      row === undefined
        ? this.#context.reference.judgedRules(no, at).rules
        : completeStored(row.document);
    this.#versions.set(rulesVersion, document);
    return document;
  }

  #insideAt(at: Millis): number {
    return below(this.#stays.opened, at) - below(this.#stays.closed, at);
  }
}

/** When the visits of a time opened and closed, each in order: who was inside is the difference. */
function readStays({ sqlite }: Context, communityNo: number, since: Millis) {
  const rows = sqlite
    .prepare<[number, Millis], { opened: Millis; closed: Millis | null }>(
      `SELECT opened_at AS opened, closed_at AS closed FROM visits
       WHERE community_no = ? AND (slot = ${OPEN_SLOT} OR closed_at >= ?)`,
    )
    .all(communityNo, since);
  const inOrder = (a: Millis, b: Millis) => a - b;
  return {
    opened: rows.map(({ opened }) => opened).sort(inOrder),
    closed: rows.flatMap(({ closed }) => (closed === null ? [] : [closed])).sort(inOrder),
  };
}

/** How many of sorted instants lie before another. */
function below(sorted: readonly Millis[], at: Millis): number {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((sorted[middle] ?? at) < at) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Its code was authentic, of this community and within its window: else its reason would be no matter of rules. */
function attemptOf(row: AttemptRow, { id }: CommunityRow, gateId: Attempt['gateId']): Attempt {
  const { requestId, direction, codeDigest, at, passId } = row;
  const medium = row.medium ?? 'qr';
  const asked = { requestId, gateId, direction, medium, codeDigest, receivedAt: at };
  const key = row.codeWindow ?? 0;
  if (row.source === 'tap' || passId === null)
    return { ...asked, code: { kind: 'tap', freshness: 'fresh', key } };
  const payload = {
    directions: 3,
    communityId: id,
    passId,
    notBefore: key,
    lifetimeSeconds: Math.max(1, Math.ceil(at / 1_000) - key),
    statusIndex: 0,
  };
  return { ...asked, code: { kind: 'authentic', payload } };
}
