import { z } from '@hono/zod-openapi';
import type { Deps } from '../../access/deps.ts';
import { findReceipt } from '../../access/find-receipt.ts';
import { hasRight } from '../../domain/role.ts';
import type { ManagerScope } from '../../domain/scope.ts';
import { AuditPage, type ShownEntry } from '../../web/pages/audit-page.tsx';
import { placed } from '../manager/placed.ts';
import { page, type Web } from '../page.tsx';

const AUDIT_ID = /^[A-Za-z0-9_-]{43}$/;
const findQuery = z.object({ find: z.string().max(64).optional() });

/** `/m/:id/audit`: an entry with its receipt, the export, the newest checkpoint. */
export function registerManageAudit(web: Web, deps: Deps): void {
  const who = placed(deps, 'read');
  page(
    web,
    { path: '/m/:id/audit', who, query: findQuery },
    async ({ view, who: { caller, reader, community }, query }) => {
      const find = (query.find ?? '').trim();
      const scope: ManagerScope = { kind: 'community', communityId: community.id };
      return (
        <AuditPage
          {...{ view, reader, community, find }}
          shown={find === '' ? null : await entryOf(deps, find, scope)}
          checkpoint={await deps.audit.checkpoint()}
          mayExport={hasRight(caller.role, 'export')}
        />
      );
    },
  );
}

async function entryOf(deps: Deps, auditId: string, scope: ManagerScope): Promise<ShownEntry> {
  if (!AUDIT_ID.test(auditId)) return { kind: 'not_found' };
  const outcome = await findReceipt(deps, auditId, { kind: 'scope', scope });
  if (outcome.kind !== 'receipt') return outcome;
  return { kind: 'receipt', entry: entryIn(outcome.text), receipt: outcome.text };
}

/** The entry that a receipt carries as its `extra`, laid out to be read. @see C2SP tlog-proof */
function entryIn(receipt: string): string {
  const [, extra = ''] = /^extra (\S+)$/m.exec(receipt) ?? [];
  const text = Buffer.from(extra, 'base64').toString('utf8');
  return text === '' ? '' : JSON.stringify(JSON.parse(text), null, 2);
}
