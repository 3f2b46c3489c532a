import { and, eq, isNotNull, isNull, lte } from 'drizzle-orm';
import { DAY_MS, type Millis } from '../../../domain/clock.ts';
import type { Context } from '../database.ts';
import { attempts, gateCommands } from '../schema.ts';
import { appendOfCommand, type CommandRow, settleCommand } from './commands.ts';
import { NotEntered } from './not-entered.ts';

/** A gate without network reports later; what it has not told by then is called unknown until it does. */
const REPORTED_WITHIN_MS = DAY_MS;

/** Settles commands that no gate claimed, and those whose gate never told what became of them. */
export class LapsedCommands {
  readonly #context: Context;
  readonly #notEntered: NotEntered;

  constructor(context: Context) {
    this.#context = context;
    this.#notEntered = new NotEntered(context);
  }

  /** At most `limit` of each. @returns whose visits have changed */
  settle(now: Millis, limit: number): readonly number[] {
    const { db } = this.#context;
    const { claimedAt, expiresAt, outcome } = gateCommands;
    const open = isNull(outcome);
    const unclaimed = and(open, isNull(claimedAt), lte(expiresAt, now));
    const unreported = and(open, isNotNull(claimedAt), lte(claimedAt, now - REPORTED_WITHIN_MS));
    const changed: number[] = [];
    for (const row of db.select().from(gateCommands).where(unclaimed).limit(limit).all()) {
      settleCommand(this.#context, row, 'not_delivered', null);
      appendOfCommand(this.#context, 'command.not_delivered', row, now, {});
      const courierNo = this.#takeBackTap(row, now);
      if (courierNo !== null) changed.push(courierNo);
    }
    for (const row of db.select().from(gateCommands).where(unreported).limit(limit).all()) {
      settleCommand(this.#context, row, 'not_reported', null);
      appendOfCommand(this.#context, 'command.not_reported', row, now, {});
    }
    return changed;
  }

  /** A tap opens nothing but through its command: nobody came in by it. */
  #takeBackTap({ cause, auditId }: CommandRow, now: Millis): number | null {
    if (cause !== 'tap') return null;
    const tapped = and(eq(attempts.auditId, auditId), eq(attempts.source, 'tap'));
    const attempt = this.#context.db.select().from(attempts).where(tapped).get();
    return attempt === undefined ? null : this.#notEntered.takeBack(attempt, now);
  }
}
