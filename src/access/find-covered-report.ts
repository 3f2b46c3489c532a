import type { ReportId } from '../domain/identifier.ts';
import type { Report } from '../domain/report.ts';
import type { Scope } from '../store/store.ts';
import type { Deps } from './deps.ts';
import { findCoveredCommunity } from './find-covered.ts';

/** A report on a community that the scope reaches. @returns null: there is none, or it is not the caller's to see */
export async function findCoveredReport(
  deps: Pick<Deps, 'store'>,
  scope: Scope,
  id: ReportId,
): Promise<Report | null> {
  const report = await deps.store.findReport(id);
  if (report === null) return null;
  const community = await findCoveredCommunity(deps, scope, report.communityId);
  return community === null ? null : report;
}
