import type { Millis } from '../domain/clock.ts';
import type { CommunityId, CourierId, ReportId } from '../domain/identifier.ts';
import type { Report } from '../domain/report.ts';
import type { Actor, Page, PageRequest } from './store.ts';

export type MakeReportOutcome =
  /** `isNew` false: the same request came before, and changed nothing now. */
  | { readonly kind: 'ok'; readonly report: Report; readonly isNew: boolean }
  /** The courier holds no pass for the community, and held none lately. */
  | { readonly kind: 'not_there' }
  | { readonly kind: 'too_many'; readonly most: number };

/** Riders' reports. Rows name people and show places: all of them may be erased, and the audit log holds none of it. */
export interface ReportStore {
  /** Keeps a report and its photo, once for each (courier, requestId). */
  makeReport(input: {
    readonly courierId: CourierId;
    readonly communityId: CommunityId;
    readonly requestId: string;
    readonly place: string;
    readonly text: string;
    /** JPEG in base64. */
    readonly photo: string | null;
    /** A pass that ended after this will do. */
    readonly passSince: Millis;
    /** The most that a courier reports in a day. */
    readonly mostInDay: number;
    readonly now: Millis;
  }): Promise<MakeReportOutcome>;
  /** A community's reports, newest first. `open`: only those without an answer, or only the others. */
  listReports(input: {
    readonly communityId: CommunityId;
    readonly open: boolean | null;
    readonly page: PageRequest;
  }): Promise<Page<Report>>;
  /** A courier's own, newest first, and the contribution points of all of them. */
  listCourierReports(input: {
    readonly courierId: CourierId;
    readonly page: PageRequest;
  }): Promise<Page<Report> & { readonly contributionPoints: number }>;
  findReport(id: ReportId): Promise<Report | null>;
  /** In base64. */
  readReportPhoto(id: ReportId): Promise<string | null>;
  /** Answers once: `answered` says that somebody has. */
  answerReport(input: {
    readonly id: ReportId;
    readonly text: string;
    readonly contributionPoints: number;
    readonly actor: Actor;
    readonly now: Millis;
  }): Promise<
    | { readonly kind: 'ok'; readonly report: Report }
    | { readonly kind: 'answered' }
    | { readonly kind: 'not_found' }
  >;
  /** Erases photos of reports made before an instant, at most `limit`. @returns how many */
  eraseReportPhotos(input: {
    readonly before: Millis;
    readonly limit: number;
    readonly now: Millis;
  }): Promise<number>;
}
