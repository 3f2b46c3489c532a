import { and, desc, eq, lte } from 'drizzle-orm';
import type { BetterSQLite3Database } from 'drizzle-orm/better-sqlite3';
import type { Millis } from '../../domain/clock.ts';
import { completeStored, type EntryRules } from '../../domain/entry-rules.ts';
import type { Gate } from '../../domain/gate.ts';
import type { GateId } from '../../domain/identifier.ts';
import { type PlacesInUse, readPlacesInUse } from './places.ts';
import * as schema from './schema.ts';

export type CommunityRow = typeof schema.communities.$inferSelect;
export type GateRow = typeof schema.gates.$inferSelect;
export type PlatformRow = typeof schema.platforms.$inferSelect;
export interface RulesInForce {
  readonly version: number;
  readonly rules: EntryRules;
  /** The version is in force from here, included; minus infinity: there was none before it. */
  readonly from: Millis;
  /** When the version that follows takes effect; infinity: none is announced. */
  readonly until: Millis;
}

/**
 * Rows that every decision reads and that change a few times a day, kept in the memory of the one thread that
 * writes them. Whoever changes one of these tables calls {@link forget} in the same operation; so does a rollback.
 */
export class ReferenceData {
  readonly #db: BetterSQLite3Database<typeof schema>;
  readonly #gates = new Map<string, GateRow>();
  readonly #gateIds = new Map<number, GateId>();
  readonly #gateFacts = new Map<number, Gate>();
  readonly #communities = new Map<number, CommunityRow>();
  readonly #communityNos = new Map<string, number>();
  readonly #rules = new Map<number, RulesInForce>();
  readonly #exitReaders = new Map<number, boolean>();
  readonly #platforms = new Map<number, PlatformRow>();
  readonly #places = new Map<number, PlacesInUse>();

  constructor(db: BetterSQLite3Database<typeof schema>) {
    this.#db = db;
  }

  gate(id: string): GateRow | null {
    const known = this.#gates.get(id);
    if (known !== undefined) return known;
    const row = this.#db
      .select()
      .from(schema.gates)
      .where(eq(schema.gates.id, id as never))
      .get();
    if (row !== undefined) this.#gates.set(id, row);
    return row ?? null;
  }

  /** A gate as the judge sees it. */
  gateFacts(row: GateRow): Gate {
    const known = this.#gateFacts.get(row.no);
    if (known !== undefined) return known;
    const facts = { ...row, communityId: this.community(row.communityNo).id };
    this.#gateFacts.set(row.no, facts);
    return facts;
  }

  /** @throws RangeError when there is no such gate */
  gateId(no: number): GateId {
    const known = this.#gateIds.get(no);
    if (known !== undefined) return known;
    const row = this.#db
      .select({ id: schema.gates.id })
      .from(schema.gates)
      .where(eq(schema.gates.no, no))
      .get();
    if (row === undefined) throw new RangeError(`no gate ${no}`);
    this.#gateIds.set(no, row.id);
    return row.id;
  }

  /** @throws RangeError when there is no such community: rows never name one that does not exist */
  community(no: number): CommunityRow {
    const known = this.#communities.get(no);
    if (known !== undefined) return known;
    const row = this.#db
      .select()
      .from(schema.communities)
      .where(eq(schema.communities.no, no))
      .get();
    if (row === undefined) throw new RangeError(`no community ${no}`);
    this.#communities.set(no, row);
    return row;
  }

  communityById(id: string): CommunityRow | null {
    const known = this.#communityNos.get(id);
    if (known !== undefined) return this.community(known);
    const row = this.#db
      .select()
      .from(schema.communities)
      .where(eq(schema.communities.id, id as never))
      .get();
    if (row === undefined) return null;
    this.#communityNos.set(id, row.no);
    this.#communities.set(row.no, row);
    return row;
  }

  /** Takes over a row that an operation has just written. */
  replaceCommunity(row: CommunityRow): void {
    this.#communities.set(row.no, row);
  }

  platform(no: number): PlatformRow {
    const known = this.#platforms.get(no);
    if (known !== undefined) return known;
    const row = this.#db.select().from(schema.platforms).where(eq(schema.platforms.no, no)).get();
    if (row === undefined) throw new RangeError(`no platform ${no}`);
    this.#platforms.set(no, row);
    return row;
  }

  /** The newest version whose `effectiveFrom` has come. */
  rules(communityNo: number, now: Millis): RulesInForce {
    const known = this.#rules.get(communityNo);
    if (known !== undefined && known.from <= now && now < known.until) return known;
    const { rules } = schema;
    const current =
      this.#db
        .select()
        .from(rules)
        .where(and(eq(rules.communityNo, communityNo), lte(rules.effectiveFrom, now)))
        .orderBy(desc(rules.version))
        .limit(1)
        .get() ?? this.#firstRules(communityNo);
    const changes = this.#db
      .select({ at: rules.effectiveFrom })
      .from(rules)
      .where(eq(rules.communityNo, communityNo))
      .all()
      .map(({ at }) => at);
    const inForce = {
      version: current.version,
      rules: completeStored(current.document),
      from: Math.max(Number.NEGATIVE_INFINITY, ...changes.filter((at) => at <= now)),
      until: Math.min(Number.POSITIVE_INFINITY, ...changes.filter((at) => at > now)),
    };
    this.#rules.set(communityNo, inForce);
    return inForce;
  }

  /** A clock that was set back behind the first version's time: the first version. */
  #firstRules(communityNo: number) {
    const { rules } = schema;
    const first = this.#db
      .select()
      .from(rules)
      .where(and(eq(rules.communityNo, communityNo), eq(rules.version, 1)))
      .get();
    if (first === undefined) throw new RangeError(`no rules for community ${communityNo}`);
    return first;
  }

  /**
   * The rules as they are judged: without an exit reader nobody is seen to leave, so hard anti-passback is soft and there
   * is no capacity. Such rules are refused when they are written; the last exit reader may be revoked later.
   */
  judgedRules(communityNo: number, now: Millis): RulesInForce {
    const inForce = this.rules(communityNo, now);
    const { rules } = inForce;
    if (rules.antiPassback !== 'hard' && rules.capacity === null) return inForce;
    if (this.#hasExitReader(communityNo)) return inForce;
    const antiPassback = rules.antiPassback === 'hard' ? 'soft' : rules.antiPassback;
    return { ...inForce, rules: { ...rules, antiPassback, capacity: null } };
  }

  #hasExitReader(communityNo: number): boolean {
    const known = this.#exitReaders.get(communityNo);
    if (known !== undefined) return known;
    const { gates } = schema;
    const has = this.#db
      .select({ directions: gates.directions, revokedAt: gates.revokedAt })
      .from(gates)
      .where(eq(gates.communityNo, communityNo))
      .all()
      .some((gate) => gate.revokedAt === null && gate.directions.includes('out'));
    this.#exitReaders.set(communityNo, has);
    return has;
  }

  places(communityNo: number): PlacesInUse {
    const known = this.#places.get(communityNo);
    if (known !== undefined) return known;
    const places = readPlacesInUse(this.#db, communityNo);
    this.#places.set(communityNo, places);
    return places;
  }

  forget(): void {
    this.#places.clear();
    this.#exitReaders.clear();
    this.#gates.clear();
    this.#gateIds.clear();
    this.#gateFacts.clear();
    this.#communities.clear();
    this.#communityNos.clear();
    this.#rules.clear();
    this.#platforms.clear();
  }
}
