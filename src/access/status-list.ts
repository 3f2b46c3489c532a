import { MINUTE_MS, type Millis, SECOND_MS } from '../domain/clock.ts';
import type { CommunityId } from '../domain/identifier.ts';
import { statusListPath } from '../domain/status-list.ts';
import type { GateTerms } from '../store/store.ts';
import type { Deps } from './deps.ts';

/** Deps of the verbs that hand out status lists: all of a process share one memory. */
export interface StatusListDeps extends Deps {
  readonly statusLists: StatusLists;
}

/** A status list as gates get it. */
export interface SignedStatusList {
  /** Compact JWS. */
  readonly jwt: string;
  readonly version: number;
}

/** A list, and what it was signed for. */
interface KeptList extends SignedStatusList {
  readonly issuedAt: Millis;
  readonly maxStaleMs: Millis;
  readonly keys: string;
}

/** A list is signed anew after this part of the time that a gate may judge by it… */
const RENEWALS = 10;
/** …within these bounds. */
const LEAST_TTL_MS = 6 * SECOND_MS;
const MOST_TTL_MS = 5 * MINUTE_MS;

/** How soon a gate should ask for a newer list. @param maxStaleMs how old a list may be that it judges by */
export function statusListTtl(maxStaleMs: Millis): Millis {
  return Math.min(MOST_TTL_MS, Math.max(LEAST_TTL_MS, Math.floor(maxStaleMs / RENEWALS)));
}

/** The signed lists of the communities whose gates asked last. */
export class StatusLists {
  readonly #most: number;
  readonly #kept = new Map<CommunityId, KeptList>();
  readonly #signing = new Map<CommunityId, Promise<KeptList | null>>();

  /** @param most lists kept at once; the one that was signed longest ago is forgotten first */
  constructor(most: number) {
    this.#most = most;
  }

  /**
   * The list of the version that `terms` name, or a newer one; signed at most {@link statusListTtl} ago.
   * @returns null: there is no such community any more
   */
  async read(deps: Deps, terms: GateTerms): Promise<SignedStatusList | null> {
    const { id } = terms.community;
    for (;;) {
      const kept = this.#kept.get(id);
      if (kept !== undefined && isFresh(deps, terms, kept)) return kept;
      // Of many that ask at once one signs; the others look again.
      const signing = this.#signing.get(id);
      if (signing === undefined) return this.#renew(deps, terms);
      await signing;
    }
  }

  #renew(deps: Deps, terms: GateTerms): Promise<KeptList | null> {
    const { id } = terms.community;
    const signing = sign(deps, terms)
      .then((list) => {
        if (list !== null) this.#keep(id, list);
        return list;
      })
      .finally(() => {
        if (this.#signing.get(id) === signing) this.#signing.delete(id);
      });
    this.#signing.set(id, signing);
    return signing;
  }

  #keep(id: CommunityId, list: KeptList): void {
    const newest = this.#kept.get(id);
    if (newest !== undefined && newest.version > list.version) return;
    this.#kept.delete(id);
    this.#kept.set(id, list);
    const [oldest] = this.#kept.keys();
    if (this.#kept.size > this.#most && oldest !== undefined) this.#kept.delete(oldest);
  }
}

function isFresh(deps: Deps, { rules, statusVersion }: GateTerms, list: KeptList): boolean {
  const age = deps.now() - list.issuedAt;
  return (
    list.version >= statusVersion &&
    list.maxStaleMs === rules.offline.maxStaleMinutes * MINUTE_MS &&
    age >= 0 &&
    age < statusListTtl(list.maxStaleMs) &&
    list.keys === keyNames(deps)
  );
}

async function sign(deps: Deps, { community, rules }: GateTerms): Promise<KeptList | null> {
  const issuedAt = deps.now();
  const keys = keyNames(deps);
  const bits = await deps.store.readStatusBits(community.id, issuedAt);
  if (bits === null) return null;
  const maxStaleMs = rules.offline.maxStaleMinutes * MINUTE_MS;
  const jwt = await deps.keys.signStatusList({
    uri: deps.config.publicUrl + statusListPath(community.id),
    ...bits,
    issuedAt,
    expiresAt: issuedAt + maxStaleMs,
    ttlMs: statusListTtl(maxStaleMs),
  });
  return { jwt, version: bits.version, issuedAt, maxStaleMs, keys };
}

/** A list that a revoked key has signed is not handed out again. */
function keyNames({ keys }: Deps): string {
  return keys
    .jwks()
    .keys.map(({ kid }) => kid)
    .join();
}
