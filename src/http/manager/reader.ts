import type { Reader } from '../../web/manager/frame.tsx';
import type { AccountCaller } from '../auth.ts';

/** Who looks at a page, as its frame shows it. */
export function readerOf({ account, role, scope }: AccountCaller): Reader {
  return { name: account.name, role, scope };
}
