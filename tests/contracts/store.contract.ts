/**
 * What every store guarantees, whatever it is made of. An adapter's own test opens it:
 * `describeStore('sqlite', openSqlite)`.
 */
import { describe } from 'vitest';
import type { OpenStore } from '../support/store-under-test.ts';
import { describeAudit } from './store/audit.ts';
import { describeCallbacks } from './store/callbacks.ts';
import { describeCommands } from './store/commands.ts';
import { describeCommunities } from './store/communities.ts';
import { describeContradictions } from './store/contradictions.ts';
import { describeCouriers } from './store/couriers.ts';
import { describeCoverage } from './store/coverage.ts';
import { describeEvents } from './store/events.ts';
import { describeGateTerms } from './store/gate-terms.ts';
import { describeGates } from './store/gates.ts';
import { describeGuard } from './store/guard.ts';
import { describeInvariants } from './store/invariants.ts';
import { describeKeys } from './store/keys.ts';
import { describeLog } from './store/log.ts';
import { describeManager } from './store/manager.ts';
import { describeNotify } from './store/notify.ts';
import { describeOrders } from './store/orders.ts';
import { describePasses } from './store/passes.ts';
import { describePlatforms } from './store/platforms.ts';
import { describePrivacy } from './store/privacy.ts';
import { describeRedeem } from './store/redeem.ts';
import { describeReports } from './store/reports.ts';
import { describeRestore } from './store/restore.ts';
import { describeSpeed } from './store/speed.ts';
import { describeTaps } from './store/taps.ts';
import { describeUpkeep } from './store/upkeep.ts';
import { describeViews } from './store/views.ts';

export function describeStore(name: string, open: OpenStore): void {
  describe(`${name} store`, () => {
    describe('communities and rules', () => describeCommunities(open));
    describe('gates', () => describeGates(open));
    describe('platforms and API keys', () => describePlatforms(open));
    describe('keys', () => describeKeys(open));
    describe('couriers', () => describeCouriers(open));
    describe('passes and blocks', () => describePasses(open));
    describe('callbacks', () => describeCallbacks(open));
    describe('redeem', () => describeRedeem(open));
    describe('taps and tags', () => describeTaps(open));
    describe('gate events', () => describeEvents(open));
    describe('gate events that contradict', () => describeContradictions(open));
    describe('guards', () => describeGuard(open));
    describe('orders', () => describeOrders(open));
    describe('gates without network', () => describeGateTerms(open));
    describe('commands', () => describeCommands(open));
    describe('speed', () => describeSpeed(open));
    describe('notifications', () => describeNotify(open));
    describe('reports', () => describeReports(open));
    describe('managers and accounts', () => describeManager(open));
    describe('upkeep', () => describeUpkeep(open));
    describe('audit log', () => describeAudit(open));
    describe('audit log of every operation', () => describeCoverage(open));
    describe('tables against the log', () => describeViews(open));
    describe('people who are forgotten', () => describePrivacy(open));
    describe('a restored backup', () => describeRestore(open));
    describe('the Merkle log', () => describeLog(open));
    describe('invariants', () => describeInvariants(open));
  });
}
