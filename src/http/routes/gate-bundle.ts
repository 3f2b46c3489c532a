import { createHash } from 'node:crypto';
import { z } from '@hono/zod-openapi';
import type { Context } from 'hono';
import { readGateBundle } from '../../access/gate-bundle.ts';
import { noteGateContact } from '../../access/note-gate-contact.ts';
import type { StatusListDeps } from '../../access/status-list.ts';
import { type Api, endpoint } from '../endpoint.ts';
import { isKnown } from '../etag.ts';
import type { EventStreams } from '../event-stream.ts';
import { GateFeed } from '../gate-feed.ts';
import { headerOf } from '../incoming.ts';
import { notFound } from '../problem.ts';
import { bundleSchema } from '../schemas/bundle.ts';
import { identifier } from '../schemas/values.ts';

const CONDITIONAL = {
  headers: {
    etag: 'Of the content without `serverTime`. Sent back in `If-None-Match`, the answer is 304 while it holds.',
  },
  otherwise: {
    status: 304,
    description: 'Nothing has changed: what the caller has, by the `etag` that it sent, holds.',
  },
} as const;

/** What a gate keeps so that it can judge alone, and how it hears that it is out of date. */
export function registerGateBundle(api: Api, deps: StatusListDeps, streams: EventStreams): void {
  registerBundle(api, deps);
  registerStatusList(api, deps);
  registerStream(api, deps, streams);
}

function registerBundle(api: Api, deps: StatusListDeps): void {
  endpoint(
    api,
    {
      method: 'get',
      path: '/v1/gate/bundle',
      auth: ['gate'],
      tag: 'Gates without network',
      summary: 'What to judge by when alone',
      description:
        'Keys, status list, postures and the rules that a gate can judge. Ask for it at the start, when the stream says so, and after the status list’s `ttl`: within a tenth of `maxStaleMinutes` its list is signed anew, so that a bundle that answers 304 is never old. 304 with `If-None-Match` while nothing has changed.',
      answer: { description: 'The bundle.', schema: bundleSchema, ...CONDITIONAL },
    },
    async ({ caller, c }) => {
      const { gateId } = caller;
      const read = await readGateBundle(deps, gateId);
      if (read === null) throw notFound();
      const { statusVersion } = read;
      const bundle: z.input<typeof bundleSchema> = read.bundle;
      await noteGateContact(deps, { gateId, bundleVersion: String(bundle.version), statusVersion });
      const { serverTime, ...content } = bundle;
      const text = JSON.stringify({ serverTime, ...content });
      return conditional(c, text, tagOf(JSON.stringify(content)), 'application/json');
    },
  );
}

function registerStatusList(api: Api, deps: StatusListDeps): void {
  endpoint(
    api,
    {
      method: 'get',
      path: '/v1/communities/{id}/status-list',
      auth: ['gate'],
      tag: 'Gates without network',
      summary: 'Which passes may not enter',
      description:
        'IETF Token Status List, `bits` 1, ES256 by a key whose `kid` starts with `sl-`: the bit at a code’s status index is set while its pass is leaving, or ended less than 3 hours ago, or while its courier is blocked or suspended here. `version` only grows: refuse a lower one. An index past the end may not enter.',
      params: z.object({ id: identifier('com') }),
      answer: {
        description: 'The list, for gates of the community.',
        contentType: 'application/statuslist+jwt',
        ...CONDITIONAL,
      },
    },
    async ({ caller, params, c }) => {
      const { gateId, communityId } = caller;
      if (params.id !== communityId) throw notFound();
      const terms = await deps.store.readGateTerms(gateId, deps.now());
      const list = terms && (await deps.statusLists.read(deps, terms));
      if (list === null) throw notFound();
      await noteGateContact(deps, { gateId, statusVersion: list.version });
      return conditional(c, list.jwt, tagOf(list.jwt), 'application/statuslist+jwt');
    },
  );
}

function registerStream(api: Api, deps: StatusListDeps, streams: EventStreams): void {
  endpoint(
    api,
    {
      method: 'get',
      path: '/v1/gate/stream',
      auth: ['gate'],
      tag: 'Gates without network',
      summary: 'What has changed, as it changes, and orders to open',
      description:
        'Server-sent events, each with an `id`: `bundle` `{version}` and `status-list` `{version}`: fetch it anew; `posture` with the bundle’s member of that name; `open` `{commandId, openForMs, expiresAt}`: claim the command, and open only after 200. A comment every 15 s.\n\nWith `Last-Event-ID` the stream begins with what differs from what had been said by then; without it, with all three. `open` is never said again. A gate that reads too slowly is cut off and comes again. Ends at once when the gate is revoked or another device becomes it.',
      answer: { description: 'The stream.', contentType: 'text/event-stream' },
    },
    async ({ caller, c }) => {
      await noteGateContact(deps, { gateId: caller.gateId });
      const lastEventId = headerOf(c, 'last-event-id');
      const owner = `gate:${caller.gateId}`;
      return streams.open(owner, (stream) => new GateFeed(deps, caller, stream, lastEventId));
    },
  );
}

/** The body, or 304 where the caller has it already. */
function conditional(c: Context, body: string, etag: string, contentType: string): Response {
  const headers = { etag, 'cache-control': 'private, no-cache' };
  if (isKnown(headerOf(c, 'if-none-match'), etag))
    return new Response(null, { status: 304, headers });
  return new Response(body, { headers: { ...headers, 'content-type': contentType } });
}

function tagOf(content: string): string {
  return `"${createHash('sha256').update(content).digest('base64url').slice(0, 22)}"`;
}
