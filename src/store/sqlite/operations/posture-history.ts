import type { Statement } from 'better-sqlite3';
import type { Millis } from '../../../domain/clock.ts';
import type { Posture, PostureState } from '../../../domain/community.ts';
import type { Context } from '../database.ts';
import { postureChanges } from '../schema-postures.ts';

const NORMAL: PostureState = { posture: 'normal', until: null };
const WHOLE_COMMUNITY = 0;

/** Of what a posture was ordered. */
export interface PosturePlace {
  readonly communityNo: number;
  /** Null: the whole community. */
  readonly gateNo: number | null;
}

/** Notes an order in the transaction that carries it out. */
export function notePosture(
  { db }: Context,
  { communityNo, gateNo }: PosturePlace,
  order: { readonly posture: Posture; readonly until: Millis | null; readonly at: Millis },
): void {
  db.insert(postureChanges)
    .values({ communityNo, gateNo: gateNo ?? WHOLE_COMMUNITY, ...order })
    .run();
}

/** Which posture was in force at an instant. */
export class PostureHistory {
  readonly #newest: Statement<[number, number, Millis], PostureState>;

  constructor({ sqlite }: Context) {
    this.#newest = sqlite.prepare(
      `SELECT posture, until FROM posture_changes
       WHERE community_no = ? AND gate_no = ? AND at <= ? ORDER BY no DESC LIMIT 1`,
    );
  }

  at({ communityNo, gateNo }: PosturePlace, instant: Millis): PostureState {
    return this.#newest.get(communityNo, gateNo ?? WHOLE_COMMUNITY, instant) ?? NORMAL;
  }
}
