import type { Deps } from '../../access/deps.ts';
import { createAttempts } from '../manager/attempts.ts';
import type { Web } from '../page.tsx';
import { registerAccount } from './account.tsx';
import { registerInvitation } from './invitation.tsx';
import { registerSignIn } from './sign-in.tsx';

/** The pages of those who have accounts, and the way in. */
export function registerManagerPages(web: Web, deps: Deps): void {
  const attempts = createAttempts(deps);
  registerSignIn(web, deps, attempts);
  registerInvitation(web, deps);
  registerAccount(web, deps, attempts);
}
