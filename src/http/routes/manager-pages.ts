import type { Deps } from '../../access/deps.ts';
import { createAttempts } from '../manager/attempts.ts';
import type { Web } from '../page.tsx';
import { registerAccount } from './account.tsx';
import { registerInvitation } from './invitation.tsx';
import { registerManageCouriers } from './manage-couriers.tsx';
import { registerManageGates } from './manage-gates.tsx';
import { registerManageApiKeys, registerManagePeople } from './manage-people.tsx';
import { registerManagePlan } from './manage-plan.tsx';
import { registerManageRules } from './manage-rules.tsx';
import { registerOverview } from './overview.tsx';
import { registerSignIn } from './sign-in.tsx';

/** The pages of those who have accounts, and the way in. */
export function registerManagerPages(web: Web, deps: Deps): void {
  const attempts = createAttempts(deps);
  registerSignIn(web, deps, attempts);
  registerInvitation(web, deps);
  // Names before identifiers: the router takes the first that fits.
  registerAccount(web, deps, attempts);
  registerManagePeople(web, deps);
  registerManageApiKeys(web, deps);
  registerManageGates(web, deps);
  registerManageCouriers(web, deps);
  registerManagePlan(web, deps);
  registerManageRules(web, deps);
  registerOverview(web, deps);
}
