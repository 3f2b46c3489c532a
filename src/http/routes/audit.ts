import { z } from '@hono/zod-openapi';
import type { Deps } from '../../access/deps.ts';
import { findReceipt, type ReceiptReader } from '../../access/find-receipt.ts';
import { formatTime } from '../answer.ts';
import type { CallerOf } from '../auth.ts';
import { type Api, endpoint, jsonResponse } from '../endpoint.ts';
import { notFound } from '../problem.ts';
import { instantText } from '../schemas/values.ts';

/** A tile's address below `/tile/`. @see C2SP tlog-tiles */
const tileAddress = z.string().regex(/^[0-9x/]{3,40}(\.p\/\d{1,3})?$/);
const size = z
  .string()
  .regex(/^(0|[1-9]\d{0,15})$/, 'expected a number of entries')
  .transform(Number);

/** A tile changes only where a backup was put back and the log went on under another name; a checkpoint each second. */
const TILE_CACHE = 'public, max-age=3600';
const CHECKPOINT_MAX_AGE_SECONDS = 1;
const KEYS_MAX_AGE_SECONDS = 60;
const RETRY_AFTER_SECONDS = 2;

const keysSchema = z
  .object({
    origin: z.string().openapi({ description: 'The name of the log in its checkpoints.' }),
    items: z.array(
      z.object({
        verifierKey: z.string().openapi({ description: 'As C2SP signed-note writes it.' }),
        state: z.enum(['next', 'active', 'retired', 'revoked']),
        since: instantText,
      }),
    ),
    next: z.null(),
  })
  .openapi('AuditKeys');

const consistencySchema = z
  .object({
    from: z.int(),
    to: z.int(),
    hashes: z.array(z.string()).openapi({ description: 'SHA-256, standard base64.' }),
  })
  .openapi('ConsistencyProof');

/** The audit log as others check it. */
export function registerAudit(api: Api, deps: Deps): void {
  registerCheckpoint(api, deps);
  registerTiles(api, deps);
  registerConsistency(api, deps);
  registerReceipts(api, deps);
  const { audit, store } = deps;
  api.metrics.gauge(
    'courier_pass_audit_log_halted',
    '1 while the audit log neither grows nor signs, because what is remembered of it contradicts it.',
    () => (audit.halted() === null ? 0 : 1),
  );
  api.metrics.gauge(
    'courier_pass_audit_log_entries',
    'Entries that have their place in the tree.',
    async () => (await store.readLogTree())?.size ?? 0,
  );
  api.metrics.gauge(
    'courier_pass_audit_checkpoint_entries',
    'Entries that the newest checkpoint covers.',
    async () => (await store.latestCheckpoint())?.size ?? 0,
  );
}

function registerCheckpoint(api: Api, { audit }: Deps): void {
  endpoint(
    api,
    {
      method: 'get',
      path: '/v1/audit/checkpoint',
      auth: ['nobody'],
      tag: 'Audit log',
      summary: 'The newest checkpoint',
      description:
        'A signed note (C2SP signed-note, tlog-checkpoint): origin, number of entries, root of the RFC 6962 tree, and the signatures of the keys at `/v1/audit/keys`. It covers every entry at most 5 s after it was made. Keep it: with it you can prove later that nothing before it was changed.',
      answer: { description: 'The note.', contentType: 'text/plain; charset=utf-8' },
      problems: ['not_found'],
    },
    async () => {
      const note = await audit.checkpoint();
      if (note === null) throw notFound('Nothing was signed yet.');
      const headers = { 'cache-control': `public, max-age=${CHECKPOINT_MAX_AGE_SECONDS}` };
      return text(note, headers);
    },
  );
  endpoint(
    api,
    {
      method: 'get',
      path: '/v1/audit/keys',
      auth: ['nobody'],
      tag: 'Audit log',
      summary: 'The keys that verify checkpoints and receipts',
      description:
        'The next key is published before it signs. A retired one goes on signing beside its successor for 90 days, and stays in this list, since receipts outlive keys. A revoked one verifies nothing.',
      answer: { description: 'The keys.', schema: keysSchema },
    },
    ({ requestId }) => {
      const items = audit
        .publishedKeys()
        .map(({ since, ...key }) => ({ ...key, since: formatTime(since) }));
      return jsonResponse({ origin: audit.origin, items, next: null }, 200, requestId, {
        'cache-control': `public, max-age=${KEYS_MAX_AGE_SECONDS}`,
      });
    },
  );
}

function registerTiles(api: Api, { audit }: Deps): void {
  async function tile(path: string, cacheControl: string): Promise<Response> {
    const bytes = await audit.tile(path);
    if (bytes === null) throw notFound('There is no such tile.');
    const headers = { 'content-type': 'application/octet-stream', 'cache-control': cacheControl };
    return new Response(Uint8Array.from(bytes), { headers });
  }
  endpoint(
    api,
    {
      method: 'get',
      path: '/v1/audit/tile/{address}',
      rest: 'address',
      auth: ['nobody'],
      tag: 'Audit log',
      summary: 'A tile of hashes',
      description:
        '`<L>/<N>` or `<L>/<N>.p/<W>` (C2SP tlog-tiles): 256 hashes of 32 bytes, or the first W of them. Any proof can be made of tiles. They never change, unless a backup was put back: the log then goes on under another name.',
      params: z.object({ address: tileAddress }),
      answer: { description: 'The hashes.', contentType: 'application/octet-stream' },
    },
    ({ params }) => tile(params.address, TILE_CACHE),
  );
  endpoint(
    api,
    {
      method: 'get',
      path: '/v1/audit/tile/entries/{address}',
      rest: 'address',
      auth: ['auditor'],
      tag: 'Audit log',
      summary: 'A bundle of entries',
      description:
        '`<N>` or `<N>.p/<W>` (C2SP tlog-tiles): 256 entries, or the first W of them, each behind its length as uint16, big-endian. 404 also where the time of an entry was over.',
      params: z.object({ address: tileAddress }),
      answer: { description: 'The entries.', contentType: 'application/octet-stream' },
    },
    ({ params }) => tile(`entries/${params.address}`, 'private, no-store'),
  );
}

function registerConsistency(api: Api, { audit }: Deps): void {
  endpoint(
    api,
    {
      method: 'get',
      path: '/v1/audit/consistency',
      auth: ['nobody'],
      tag: 'Audit log',
      summary: 'That the log only grew between two checkpoints',
      description:
        'The consistency proof of RFC 6962 §2.1.2 from the tree of `from` entries to that of `to`. Neither may lie past the newest checkpoint.',
      query: z.object({ from: size, to: size }),
      answer: { description: 'The proof.', schema: consistencySchema },
      problems: ['not_found'],
    },
    async ({ query }) => {
      const hashes = await audit.consistencyProof(query.from, query.to);
      if (hashes === null)
        throw notFound('`from` lies past `to`, or `to` past the newest checkpoint.');
      return { ...query, hashes: [...hashes] };
    },
  );
}

function registerReceipts(api: Api, deps: Deps): void {
  endpoint(
    api,
    {
      method: 'get',
      path: '/v1/audit/receipts/{auditId}',
      auth: ['manager', 'auditor', 'gate', 'rider'],
      tag: 'Audit log',
      summary: 'What proves an entry',
      description:
        'A `tlog-proof` (C2SP): the entry itself in base64 as `extra`, its place, its inclusion proof, and a checkpoint that covers it. Verified offline with the keys at `/v1/audit/keys`. For a gate: the entries that name it; for a rider: those of the rider’s passes; for a manager: those of the community.',
      params: z.object({ auditId: z.string().regex(/^[A-Za-z0-9_-]{43}$/) }),
      answer: {
        description: 'The receipt.',
        contentType: 'text/plain; charset=utf-8',
        otherwise: {
          status: 202,
          description: 'It is on the log, and a checkpoint will cover it within seconds.',
        },
      },
    },
    async ({ caller, params }) => {
      const outcome = await findReceipt(deps, params.auditId, readerOf(caller));
      if (outcome.kind === 'not_found') throw notFound();
      if (outcome.kind === 'receipt') {
        const name = `attachment; filename="${params.auditId}.tlog-proof"`;
        return text(outcome.text, { 'content-disposition': name });
      }
      const headers = { 'retry-after': String(RETRY_AFTER_SECONDS) };
      return new Response(null, { status: 202, headers });
    },
  );
}

function readerOf(caller: CallerOf<'manager' | 'auditor' | 'gate' | 'rider'>): ReceiptReader {
  if (caller.kind === 'key' || caller.kind === 'account')
    return { kind: 'scope', scope: caller.scope };
  if (caller.kind === 'gate') return { kind: 'gate', gateId: caller.gateId };
  return { kind: 'rider', courierId: caller.courierId };
}

function text(body: string, headers: Readonly<Record<string, string>>): Response {
  return new Response(body, {
    headers: { ...headers, 'content-type': 'text/plain; charset=utf-8' },
  });
}
