import type { Context } from '../database.ts';
import { RIDE_SECONDS } from './speed-rides.ts';

/** Deletes what is known of a courier's conduct, or takes the courier out of it. Before the passes let go of them. */
export type ForgetConsequences = (courierNo: number) => void;

/**
 * Alerts and movements of points stay, as what happened in a community; that they were one person's is all that is left
 * of who it was, under a number that nobody else has.
 */
export function consequencesForgetter({ sqlite }: Context): ForgetConsequences {
  const rides = sqlite.prepare<[number], { no: number }>(
    'SELECT no FROM speed_rides WHERE pass_no IN (SELECT no FROM passes WHERE courier_no = ?)',
  );
  const forgetRide = sqlite.prepare<[number, number]>(
    'DELETE FROM phone_readings WHERE key >= ? AND key < ?',
  );
  const statements = [
    'UPDATE alert_cases SET courier_no = NULL WHERE courier_no = @no',
    'UPDATE appeals SET courier_no = NULL, text = NULL, reason = NULL WHERE courier_no = @no',
    `UPDATE point_movements SET courier_no = -(SELECT min(no) FROM point_movements WHERE courier_no = @no)
     WHERE courier_no = @no`,
    'DELETE FROM conduct_accounts WHERE courier_no = @no',
    'DELETE FROM visit_credits WHERE courier_no = @no',
    'DELETE FROM sanctions WHERE courier_no = @no',
    'DELETE FROM past_blocks WHERE courier_no = @no',
    'DELETE FROM position_consents WHERE courier_no = @no',
    'DELETE FROM report_photos WHERE report_no IN (SELECT no FROM reports WHERE courier_no = @no)',
    'DELETE FROM reports WHERE courier_no = @no',
  ].map((text) => sqlite.prepare<[{ no: number }]>(text));
  return (no) => {
    for (const ride of rides.all(no))
      forgetRide.run(ride.no * RIDE_SECONDS, (ride.no + 1) * RIDE_SECONDS);
    for (const statement of statements) statement.run({ no });
  };
}
