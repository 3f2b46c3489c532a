import type { Millis } from '../../../domain/clock.ts';
import type { PassId, VisitId } from '../../../domain/identifier.ts';
import { backtestSpeed, type PastRide } from '../../../domain/speed/backtest.ts';
import { figuresOf, type MeasuredVisit } from '../../../domain/speed/figures.ts';
import type { SpeedReading } from '../../../domain/speed/reading.ts';
import type { BacktestStore, LookedBack } from '../../backtest-store.ts';
import type { Context } from '../database.ts';
import type { CommunityRow } from '../reference-data.ts';
import { OPEN_SLOT } from '../schema.ts';
import { MountedReadings } from './mounted-readings.ts';
import type { Operations } from './operation.ts';
import type { RideRow, RideVisit } from './speed-rides.ts';

type PastOperations = Pick<
  Operations,
  Extract<keyof BacktestStore, 'readSpeedFigures' | 'backtestSpeed'>
>;

export function pastRideOperations(context: Context): PastOperations {
  return {
    readSpeedFigures({ communityId, since, limit }) {
      const community = context.reference.communityById(communityId);
      if (community === null) return null;
      const { visits, extent } = pastVisits(context, community, since, limit);
      return { ...figuresOf(visits, community.timezone), extent };
    },

    backtestSpeed({ communityId, draft, since, limit, examples }) {
      const community = context.reference.communityById(communityId);
      if (community === null) return null;
      const { visits, extent } = pastVisits(context, community, since, limit);
      const rides: PastRide[] = visits.map(({ id, passId, readings }) => ({
        visitId: id,
        passId,
        readings,
      }));
      return { ...backtestSpeed(rides, draft, examples), extent };
    },
  };
}

type VisitColumns = RideVisit & { readonly passId: PassId; readonly rideNo: number | null };
type PastVisit = MeasuredVisit & { readonly passId: PassId };

/** Visits since an instant, the newest, each with what was measured of it. */
function pastVisits(
  context: Context,
  { no }: CommunityRow,
  since: Millis,
  limit: number,
): { readonly visits: PastVisit[] } & LookedBack {
  const { sqlite, reference } = context;
  const rows = sqlite
    .prepare<[number, number, Millis, number], VisitColumns>(
      `SELECT v.id, v.community_no AS communityNo, v.pass_no AS passNo, v.opened_at AS openedAt,
         v.entry_gate_no AS entryGateNo, v.closed_at AS closedAt, v.exit_gate_no AS exitGateNo, p.id AS passId,
         r.no AS rideNo
       FROM visits v JOIN passes p ON p.no = v.pass_no LEFT JOIN speed_rides r ON r.visit_id = v.id
       WHERE v.community_no = ? AND v.slot <= ? AND v.opened_at >= ? ORDER BY v.slot DESC LIMIT ?`,
    )
    .all(no, OPEN_SLOT, since, limit + 1);
  const mounted = new MountedReadings(context);
  const alerts = countAlerts(context);
  const visits = rows.slice(0, limit).map((row) => ({
    id: row.id,
    passId: row.passId,
    openedAt: row.openedAt,
    entryGateId: reference.gateId(row.entryGateNo),
    readings: row.rideNo === null ? [] : readingsOf(mounted, row, row.rideNo),
    alerts: alerts(row.id),
  }));
  return { visits, extent: rows.length > limit ? 'cut' : 'whole' };
}

function readingsOf(
  mounted: MountedReadings,
  visit: VisitColumns,
  rideNo: number,
): readonly SpeedReading[] {
  const { id: visitId, communityNo, passNo, openedAt: baseAt } = visit;
  const phone = { phoneOffsetMs: null, phoneState: null, phoneThrough: null, phoneFreshFrom: null };
  const ride: RideRow = { no: rideNo, visitId, communityNo, passNo, baseAt, ...phone };
  return mounted.of(ride, visit, Number.MAX_SAFE_INTEGER)?.readings ?? [];
}

/** Speed alerts of a visit that count. */
function countAlerts({ sqlite }: Context): (visit: VisitId) => number {
  const counted = sqlite.prepare<[VisitId], { count: number }>(
    `SELECT count(*) AS count FROM alerts a JOIN alert_cases c ON c.alert_no = a.no
       LEFT JOIN appeals p ON p.alert_no = a.no
     WHERE a.visit_id = ? AND a.kind = 'speeding' AND c.source <> 'phone' AND c.withdrawn_at IS NULL
       AND coalesce(p.state, '') <> 'upheld'`,
  );
  return (visit) => counted.get(visit)?.count ?? 0;
}
