import { z } from '@hono/zod-openapi';
import type { Deps } from '../../access/deps.ts';
import { type ExportRecord, exportAudit } from '../../access/export-audit.ts';
import { findCoveredCommunity } from '../../access/find-covered.ts';
import { listAll } from '../../access/list-all.ts';
import type { CommunityId } from '../../domain/identifier.ts';
import type { AuditorScope, ManagerScope } from '../../domain/scope.ts';
import { type Api, endpoint } from '../endpoint.ts';
import { EXPORT_TYPES, type ExportFormat, exportLine } from '../export-text.ts';
import { notFound } from '../problem.ts';
import { identifier, instant } from '../schemas/values.ts';

/** Text that is handed on at once. */
const CHUNK_CHARACTERS = 64 * 1024;

/** `GET /v1/audit/export`: entries with their receipts, as many as there are. */
export function registerAuditExport(api: Api, deps: Deps): void {
  endpoint(
    api,
    {
      method: 'get',
      path: '/v1/audit/export',
      auth: ['manager', 'auditor'],
      right: 'export',
      tag: 'Audit log',
      summary: 'Entries with their receipts',
      description:
        'A stream of lines, `ndjson` or `csv`: first the checkpoint, then each entry with its place, its audit id and its inclusion proof, at last how many there were; without that last line an export is not whole. An entry that names a pass says whose it is (`courier`), or `erased`; one that commits to the holder brings the salt that proves it. What came after the newest checkpoint is not in it. For keys of a district or a community: the entries that name one of theirs. Of people, for operators, auditors and managers of a community.',
      query: z.object({
        format: z.enum(['ndjson', 'csv']).default('ndjson'),
        community: identifier('com').optional(),
        courier: identifier('cou').optional(),
        since: instant.optional().openapi({ description: 'Included.' }),
        until: instant.optional().openapi({ description: 'Excluded.' }),
      }),
      answer: {
        description: 'The export.',
        contentType: EXPORT_TYPES.ndjson,
        orContentType: EXPORT_TYPES.csv,
      },
    },
    async ({ caller, query }) => {
      const { format, community, courier, since, until } = query;
      const scope = readingScope(caller.scope);
      const isTheirs =
        community === undefined || (await findCoveredCommunity(deps, scope, community));
      if (!isTheirs) throw notFound();
      const communities = community === undefined ? await reached(deps, scope) : [community];
      const records = await exportAudit(deps, {
        communities,
        courierId: courier ?? null,
        since: since ?? null,
        until: until ?? null,
      });
      if (records === null) throw notFound('Nothing was signed yet.');
      const headers = {
        'content-type': EXPORT_TYPES[format],
        'content-disposition': `attachment; filename="audit-log.${format}"`,
      };
      return new Response(textStream(records, format), { headers });
    },
  );
}

/** An auditor reads what an operator reads. */
function readingScope(scope: ManagerScope | AuditorScope): ManagerScope {
  return scope.kind === 'audit' ? { kind: 'all' } : scope;
}

/** Null: everything, also what names no community. */
async function reached(
  { store }: Pick<Deps, 'store'>,
  scope: ManagerScope,
): Promise<readonly CommunityId[] | null> {
  if (scope.kind === 'all') return null;
  const communities = await listAll((page) => store.listCommunities(scope, page));
  return communities.map(({ id }) => id);
}

/** Asks for the next records only when the reader has taken those before. */
function textStream(
  records: AsyncGenerator<ExportRecord, void>,
  format: ExportFormat,
): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  return new ReadableStream(
    {
      async pull(controller) {
        let text = '';
        while (text.length < CHUNK_CHARACTERS) {
          const { done, value } = await records.next();
          if (done === true) {
            if (text !== '') controller.enqueue(encoder.encode(text));
            return controller.close();
          }
          text += exportLine(value, format);
        }
        controller.enqueue(encoder.encode(text));
      },
      async cancel() {
        await records.return();
      },
    },
    { highWaterMark: 0 },
  );
}
