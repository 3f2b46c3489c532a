import type { Deps } from '../../access/deps.ts';
import { createAttempts } from '../manager/attempts.ts';
import { anybody, page, seeOther, type Web } from '../page.tsx';
import { registerAccount } from './account.tsx';
import { registerInvitation } from './invitation.tsx';
import { registerManageAlerts } from './manage-alerts.tsx';
import { registerManageAudit } from './manage-audit.tsx';
import { registerManageCouriers } from './manage-couriers.tsx';
import { registerManageGates } from './manage-gates.tsx';
import { registerManageNotify } from './manage-notify.tsx';
import { registerManageApiKeys, registerManagePeople } from './manage-people.tsx';
import { registerManagePlan } from './manage-plan.tsx';
import { registerManageReports } from './manage-reports.tsx';
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
  registerManageAlerts(web, deps);
  registerManageReports(web, deps);
  registerManageAudit(web, deps);
  registerManageNotify(web, deps);
  registerOverview(web, deps);
  leadBack(web);
}

/**
 * A form's address is no page of its own, but it stands in the address bar when the form is shown again: reloaded, or
 * in another language, it leads back to the page that the form is on.
 */
function leadBack(web: Web): void {
  for (const route of [...web.routes]) {
    const [method, pattern = ''] = route.split(' ');
    if (method !== 'POST' || !pattern.startsWith('/m/') || web.routes.has(`GET ${pattern}`))
      continue;
    const steps = stepsBack(web, pattern);
    const path = pattern.replaceAll(/\{(\w+)\}/g, ':$1');
    page(web, { path, who: anybody }, ({ c }) =>
      seeOther(c.req.path.split('/').slice(0, -steps).join('/')),
    );
  }
}

/** How many parts of the path lie between it and a page. */
function stepsBack(web: Web, pattern: string): number {
  const parts = pattern.split('/');
  for (let steps = 1; steps < parts.length - 1; steps++)
    if (web.routes.has(`GET ${parts.slice(0, -steps).join('/')}`)) return steps;
  return parts.length - 2;
}
