import type { Millis } from '../../../domain/clock.ts';
import type { PostureState } from '../../../domain/community.ts';
import type { Page, PageRequest, Store } from '../../store.ts';

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
  openRiderSession: 'writes',
  findRiderSession: 'writes',
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
  listDecisions: 'reads',
  listVisits: 'reads',
  putBlock: 'writes',
  deleteBlock: 'writes',
  listBlocks: 'reads',
  listKeys: 'reads',
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
