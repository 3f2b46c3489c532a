import { and, desc, eq, gte, inArray, ne, or } from 'drizzle-orm';
import type { KeyState } from '../../store.ts';
import { digest } from '../audit.ts';
import type { Context } from '../database.ts';
import { keys } from '../schema.ts';
import type { Operations } from './operation.ts';
import { newBundleVersion } from './versions.ts';

type KeyOperations = Pick<
  Operations,
  'listKeys' | 'listRevokedKeys' | 'keyNumbersSince' | 'changeKeys'
>;
type KeyChange = Parameters<Operations['changeKeys']>[0];

/** States that one key of a purpose is in at a time, in the order in which keys leave them. */
const SIGNING: readonly KeyState[] = ['active', 'next'];

export function keyOperations(context: Context): KeyOperations {
  const { db, audit } = context;
  return {
    listKeys() {
      return db
        .select()
        .from(keys)
        .where(ne(keys.state, 'revoked'))
        .all()
        .map(({ no: _no, ...record }) => record);
    },

    listRevokedKeys(purpose) {
      return db
        .select()
        .from(keys)
        .where(and(eq(keys.purpose, purpose), eq(keys.state, 'revoked')))
        .all()
        .map(({ no: _no, ...record }) => record);
    },

    keyNumbersSince(since) {
      return db
        .select({ kid: keys.kid })
        .from(keys)
        .where(
          and(
            eq(keys.purpose, 'courier-code'),
            or(inArray(keys.state, [...SIGNING]), gte(keys.stateSince, since)),
          ),
        )
        .all()
        .map(({ kid }) => Number(kid));
    },

    changeKeys({ insert, move, actor, now }) {
      // Checked before anything is written: an operation that answers has either done all or nothing.
      const rows = move.map(({ purpose, kid, from }) =>
        db
          .select()
          .from(keys)
          .where(and(eq(keys.purpose, purpose), eq(keys.kid, kid), eq(keys.state, from)))
          // A number that was used again names the key that has it now.
          .orderBy(desc(keys.no))
          .get(),
      );
      const missing = move.find((_, index) => rows[index] === undefined);
      if (missing !== undefined) {
        return {
          kind: 'conflict',
          detail: `the ${missing.purpose} key ${missing.kid} is not ${missing.from} any more`,
        };
      }
      const crowded = crowdedState({ insert, move });
      if (crowded !== null) return { kind: 'conflict', detail: `two keys would be ${crowded}` };
      // Who leaves a state goes before who enters it.
      const leaving = move
        .map((step, index) => ({ ...step, no: rows[index]?.no ?? -1 }))
        .toSorted((a, b) => leavingRank(a.from) - leavingRank(b.from));
      for (const { no, purpose, kid, to } of leaving) {
        db.update(keys).set({ state: to, stateSince: now }).where(eq(keys.no, no)).run();
        audit.append('key.moved', now, null, { actor, purpose, kid, to });
      }
      for (const record of insert) {
        db.insert(keys).values(record).run();
        audit.append('key.created', now, null, {
          actor,
          purpose: record.purpose,
          kid: record.kid,
          state: record.state,
          ...(record.publicJwk !== null && { publicKey: digest(record.publicJwk) }),
        });
      }
      newBundleVersion(context, null);
      return { kind: 'ok', value: null };
    },
  };

  /** A signing state that two keys of one purpose would be in after the change; null: none. */
  function crowdedState({ insert, move }: Pick<KeyChange, 'insert' | 'move'>): string | null {
    const present = db
      .select()
      .from(keys)
      .where(inArray(keys.state, [...SIGNING]))
      .all();
    const moved = (key: { purpose: string; kid: string; state: KeyState }) =>
      move.some(
        ({ purpose, kid, from }) =>
          purpose === key.purpose && kid === key.kid && from === key.state,
      );
    const after = [
      ...present.filter((key) => !moved(key)),
      ...move.map(({ purpose, to }) => ({ purpose, state: to })),
      ...insert,
    ]
      .filter(({ state }) => SIGNING.includes(state))
      .map(({ purpose, state }) => `${state} for ${purpose}`);
    return after.find((name, index) => after.indexOf(name) < index) ?? null;
  }
}

function leavingRank(state: KeyState): number {
  const rank = SIGNING.indexOf(state);
  return rank < 0 ? SIGNING.length : rank;
}
