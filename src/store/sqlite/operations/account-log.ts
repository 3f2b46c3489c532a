import type { Context } from '../database.ts';
import type { Operations } from './operation.ts';

/** Entries about accounts: one of a community's people stands on that community's log. */
export function accountLogOperations({ audit }: Context): Pick<Operations, 'recordAccountEvents'> {
  return {
    recordAccountEvents({ events, now }) {
      for (const { type, ...members } of events) {
        const standing = 'standing' in members ? members.standing : null;
        const scope = standing?.scope;
        const community = scope?.kind === 'community' ? scope.communityId : null;
        audit.append(type, now, community, members);
      }
    },
  };
}
