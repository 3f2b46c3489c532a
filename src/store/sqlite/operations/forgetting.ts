import type { Millis } from '../../../domain/clock.ts';
import type { Forgotten } from '../../privacy-store.ts';
import type { Context } from '../database.ts';
import { consequencesForgetter } from './forget-consequences.ts';

export function sum({ deliveries, passes, couriers, restrictions }: Forgotten): number {
  return deliveries + passes + couriers + restrictions;
}

/** One round of what is old: how much of it, and whether there may be more. */
type ForgetOld = (
  before: Millis,
  limit: number,
) => { readonly forgotten: Forgotten; readonly full: boolean };

/** Rows of a table that one round looks at, at most this many times its limit: the oldest come first. */
const LOOKED_AT = 4;

/**
 * Forgets what is older than an instant. Deliveries are looked at in the order in which they came to be, which is
 * nearly that of their age; couriers in turn, from where the round before has stopped.
 */
export function forgetOldRows(context: Context): ForgetOld {
  const { sqlite } = context;
  const forgetConsequences = consequencesForgetter(context);
  const oldDeliveries = sqlite.prepare<[number, Millis], { no: number }>(
    `SELECT no FROM (SELECT no, newest_at FROM deliveries ORDER BY no LIMIT ?) AS d
     WHERE newest_at < ? AND NOT EXISTS (
       SELECT 1 FROM pass_deliveries l JOIN passes p ON p.no = l.pass_no
       WHERE l.delivery_no = d.no AND p.status <> 'ended')`,
  );
  const deleteParts = ['callbacks', 'pass_deliveries', 'former_riders'].map((table) =>
    sqlite.prepare<[number]>(`DELETE FROM ${table} WHERE delivery_no = ?`),
  );
  const deleteDelivery = sqlite.prepare<[number]>('DELETE FROM deliveries WHERE no = ?');
  const oldPasses = sqlite.prepare<[Millis, number], { no: number }>(
    'SELECT no FROM passes WHERE courier_no IS NOT NULL AND ended_at < ? ORDER BY ended_at LIMIT ?',
  );
  const forgetPass = [
    'DELETE FROM pass_deliveries WHERE pass_no = ?',
    'UPDATE passes SET courier_no = NULL, commitment_salt = NULL WHERE no = ?',
  ].map((text) => sqlite.prepare<[number]>(text));
  const oldRestrictions = sqlite.prepare<[Millis, number]>(
    'DELETE FROM restrictions WHERE rowid IN (SELECT rowid FROM restrictions WHERE until < ? LIMIT ?)',
  );
  const couriersAfter = sqlite.prepare<[number, number, Millis], { no: number; last: number }>(
    `SELECT no FROM (SELECT no, created_at, joined_into FROM couriers WHERE no > ? ORDER BY no LIMIT ?) AS c
     WHERE created_at < ? AND joined_into IS NULL`,
  );
  const lastLookedAt = sqlite.prepare<[number, number], { last: number | null; count: number }>(
    'SELECT max(no) AS last, count(*) AS count FROM (SELECT no FROM couriers WHERE no > ? ORDER BY no LIMIT ?)',
  );
  const isKept = sqlite.prepare<[{ no: number; before: Millis }]>(
    `SELECT 1 WHERE EXISTS (SELECT 1 FROM rider_accounts WHERE courier_no = @no AND vouched_at >= @before)
       OR EXISTS (SELECT 1 FROM passes WHERE courier_no = @no) OR EXISTS (SELECT 1 FROM deliveries WHERE courier_no = @no)
       OR EXISTS (SELECT 1 FROM restrictions WHERE courier_no = @no)
       OR EXISTS (SELECT 1 FROM rider_sessions WHERE courier_no = @no) OR EXISTS (SELECT 1 FROM rider_links WHERE courier_no = @no)`,
  );
  const deleteCourier = [
    'DELETE FROM rider_accounts WHERE courier_no = ?',
    'DELETE FROM former_riders WHERE courier_no = ?',
    'DELETE FROM erasures WHERE courier_no = ?',
    'DELETE FROM couriers WHERE joined_into = ?',
    'DELETE FROM couriers WHERE no = ?',
  ].map((text) => sqlite.prepare<[number]>(text));
  let courierCursor = 0;

  function forgetCouriers(before: Millis, limit: number): { forgotten: number; full: boolean } {
    const looked = limit * LOOKED_AT;
    const candidates = couriersAfter.all(courierCursor, looked, before);
    const { last, count } = lastLookedAt.get(courierCursor, looked) ?? { last: null, count: 0 };
    const gone = candidates.filter(({ no }) => isKept.get({ no, before }) === undefined);
    for (const { no } of gone) {
      forgetConsequences(no);
      for (const statement of deleteCourier) statement.run(no);
    }
    const full = count === looked;
    courierCursor = full ? (last ?? 0) : 0;
    return { forgotten: gone.length, full };
  }

  return (before, limit) => {
    const old = oldDeliveries.all(limit, before);
    for (const { no } of old) {
      for (const statement of deleteParts) statement.run(no);
      deleteDelivery.run(no);
    }
    const held = oldPasses.all(before, limit);
    for (const { no } of held) for (const statement of forgetPass) statement.run(no);
    const passes = held.length;
    const restrictions = oldRestrictions.run(before, limit).changes;
    const couriers = forgetCouriers(before, limit);
    return {
      forgotten: { deliveries: old.length, passes, couriers: couriers.forgotten, restrictions },
      full: couriers.full || [old.length, passes, restrictions].includes(limit),
    };
  };
}
