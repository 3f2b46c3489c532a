import type { Millis } from '../../../domain/clock.ts';
import type { PostureState } from '../../../domain/community.ts';
import type { Page, PageRequest, PostureCommand, Store } from '../../store.ts';

/** The port's operations as the writing thread runs them: synchronous, inside the transaction of their group. */
export type Operations = {
  [K in Exclude<keyof Store, 'close'>]: (
    ...args: Parameters<Store[K]>
  ) => Awaited<ReturnType<Store[K]>>;
};

/** Every operation of the port, and whether it may write: a group that only reads needs no transaction. */
export const OPERATION_KINDS: Readonly<Record<keyof Operations, 'reads' | 'writes'>> = {
  createCommunity: 'writes',
  findCommunity: 'reads',
  listCommunities: 'reads',
  updateCommunity: 'writes',
  setCommunityPosture: 'writes',
  currentRules: 'reads',
  listRules: 'reads',
  putRules: 'writes',
  createGate: 'writes',
  renewEnrolment: 'writes',
  findGate: 'reads',
  listGates: 'reads',
  enrolGate: 'writes',
  findGateCredentials: 'reads',
  acceptGateAssertion: 'writes',
  revokeGate: 'writes',
  setGatePosture: 'writes',
  readGateTerms: 'reads',
  readStatusBits: 'reads',
  noteGateContact: 'writes',
  findGateHealth: 'reads',
  recordGateEvents: 'writes',
  listAlerts: 'reads',
  createCommand: 'writes',
  claimCommand: 'writes',
  reportCommand: 'writes',
  listCommands: 'reads',
  createPlatform: 'writes',
  findPlatform: 'reads',
  listPlatforms: 'reads',
  addWebhookSecret: 'writes',
  createApiKey: 'writes',
  findApiKey: 'reads',
  listApiKeys: 'reads',
  revokeApiKey: 'writes',
  getApiKey: 'reads',
  recordDelivery: 'writes',
  createRiderLink: 'writes',
  findRiderLink: 'reads',
  openRiderSession: 'writes',
  findRiderSession: 'reads',
  slideRiderSession: 'writes',
  endRiderSession: 'writes',
  listCourierPasses: 'reads',
  findCourierPass: 'reads',
  findRiderPass: 'reads',
  requestStationPass: 'writes',
  redeem: 'writes',
  confirmDecision: 'writes',
  admit: 'writes',
  createTag: 'writes',
  listTags: 'reads',
  findTag: 'reads',
  revokeTag: 'writes',
  redeemTap: 'writes',
  findTapOpening: 'reads',
  listDecisions: 'reads',
  listVisits: 'reads',
  putBlock: 'writes',
  deleteBlock: 'writes',
  listBlocks: 'reads',
  listKeys: 'reads',
  listRevokedKeys: 'reads',
  keyNumbersSince: 'reads',
  changeKeys: 'writes',
  eraseCourier: 'writes',
  forgetPersonal: 'writes',
  readExport: 'reads',
  pruneLog: 'writes',
  checkViews: 'writes',
  lockDownRestored: 'writes',
  readRestore: 'reads',
  confirmRestore: 'writes',
  makeReport: 'writes',
  listReports: 'reads',
  listCourierReports: 'reads',
  findReport: 'reads',
  readReportPhoto: 'reads',
  answerReport: 'writes',
  eraseReportPhotos: 'writes',
  sweep: 'writes',
  listAuditEntries: 'reads',
  openLog: 'writes',
  renameLog: 'writes',
  readLogTree: 'reads',
  readUnsequenced: 'reads',
  growLog: 'writes',
  readLogTile: 'reads',
  putCheckpoint: 'writes',
  latestCheckpoint: 'reads',
  readLogLeaves: 'reads',
  findLogEntry: 'reads',
  ping: 'reads',
  readPlaces: 'reads',
  putPlaces: 'writes',
  findPositionConsent: 'reads',
  givePositionConsent: 'writes',
  withdrawPositionConsent: 'writes',
  recordPositions: 'writes',
  judgeSpeeds: 'writes',
  forgetPositions: 'writes',
  findAlert: 'reads',
  acknowledgeAlert: 'writes',
  listRiderAlerts: 'writes',
  findRiderAlert: 'writes',
  fileAppeal: 'writes',
  decideAppeal: 'writes',
  listAppeals: 'reads',
  setSanction: 'writes',
  liftSanction: 'writes',
  listConduct: 'reads',
  listMovements: 'reads',
  contribute: 'writes',
  createNotifyEndpoint: 'writes',
  listNotifyEndpoints: 'reads',
  removeNotifyEndpoint: 'writes',
  listNotifications: 'reads',
  takeNotifications: 'writes',
  settleNotification: 'writes',
  replayNotifications: 'writes',
  recordAccountEvents: 'writes',
  readFigures: 'reads',
  findCouriers: 'reads',
  putPlan: 'writes',
  readPlan: 'reads',
  listOrders: 'reads',
  backtestRules: 'reads',
  readSpeedFigures: 'reads',
  backtestSpeed: 'reads',
};

/** A page of rows read with one row more than asked for; the cursor is the last item's sequence number. */
export function pageOf<Row extends { readonly no: number }, Item>(
  rows: readonly Row[],
  page: PageRequest,
  toItem: (row: Row) => Item,
): Page<Item> {
  const shown = rows.slice(0, page.limit);
  const last = shown.at(-1);
  const more = rows.length > page.limit && last !== undefined;
  return { items: shown.map(toItem), next: more ? String(last.no) : null };
}

/** The cursor as a number; nothing, or something that is no cursor, is `start`. */
export function cursor(page: PageRequest, start: number): number {
  const value = Number(page.after ?? Number.NaN);
  return Number.isSafeInteger(value) ? value : start;
}

/** Where a list that shows the newest first begins. */
export const NEWEST = Number.MAX_SAFE_INTEGER;

export function postureOf(row: {
  posture: PostureState['posture'];
  postureUntil: Millis | null;
}): PostureState {
  return { posture: row.posture, until: row.postureUntil };
}

/** The posture with the words of whoever set it. */
export function postureCommandOf(
  row: Parameters<typeof postureOf>[0] & { readonly postureReason: string | null },
): PostureCommand {
  return { ...postureOf(row), reason: row.postureReason };
}
