import { z } from '@hono/zod-openapi';
import type { Context } from 'hono';
import { generateCookie } from 'hono/cookie';
import { closeRiderSession } from '../../access/close-rider-session.ts';
import { createRiderLink } from '../../access/create-rider-link.ts';
import type { Deps } from '../../access/deps.ts';
import { openRiderSession } from '../../access/open-rider-session.ts';
import { readRiderLink } from '../../access/read-rider-link.ts';
import type { CourierId } from '../../domain/identifier.ts';
import { formatTime } from '../answer.ts';
import { SESSION_COOKIE } from '../auth.ts';
import { type Api, endpoint, jsonResponse } from '../endpoint.ts';
import { Problem } from '../problem.ts';
import { foreignId, instantText } from '../schemas/values.ts';

/** The most that browsers keep. The session's own end, which slides, is judged by us. */
const COOKIE_SECONDS = 400 * 86_400;

const linkSchema = z
  .object({
    url: z.url().openapi({
      description:
        'Opens the rider’s page. The token travels in the fragment: no server or log sees it.',
    }),
    token: z.string(),
    expiresAt: instantText,
  })
  .openapi('RiderLink');

const sessionRequestSchema = z
  .object({
    token: z.string().min(1).max(256),
    join: z.boolean().default(false).openapi({
      description: 'The session that authenticates this request and the link belong to one person.',
    }),
  })
  .openapi('RiderSessionRequest');

const sessionSchema = z
  .object({
    accessToken: z.string(),
    expiresAt: instantText.openapi({ description: 'Slides ahead while the session is used.' }),
  })
  .openapi('RiderSession');

/** `/v1/rider-links` and `/v1/rider-sessions`: how a platform's rider comes to a session. */
export function registerRiderSessions(api: Api, deps: Deps): void {
  registerLinks(api, deps);
  registerLinkReading(api, deps);
  registerOpening(api, deps);
  registerClosing(api, deps);
}

function registerLinks(api: Api, deps: Deps): void {
  endpoint(
    api,
    {
      method: 'post',
      path: '/v1/rider-links',
      auth: ['platform'],
      tag: 'Platforms',
      summary: 'A link that opens one session of a rider',
      description:
        'For one use within 10 minutes. Opening the page changes nothing; the session is opened by a POST. By it the platform vouches for the rider.',
      body: { json: z.object({ riderId: foreignId }).openapi('RiderLinkRequest') },
      answer: { status: 201, description: 'The link.', schema: linkSchema },
    },
    async ({ caller, body }) => {
      const rider = { platform: caller.scope.slug, riderId: body.riderId };
      const { token, expiresAt } = await createRiderLink(deps, rider);
      const url = `${deps.config.publicUrl}/r#t=${token}`;
      return { url, token, expiresAt: formatTime(expiresAt) };
    },
  );
}

function registerLinkReading(api: Api, deps: Deps): void {
  endpoint(
    api,
    {
      method: 'post',
      path: '/v1/rider-links/read',
      auth: ['rider'],
      tag: 'Riders',
      summary: 'Whose is this link?',
      description:
        'Before a session opens a second link: `own` is the same courier, nothing need be done; `other` is one whom the link would join, or replace. Uses nothing up.',
      body: { json: z.object({ token: z.string().min(1).max(256) }).openapi('RiderLinkToken') },
      answer: {
        description: 'Whose it is.',
        schema: z
          .object({
            holder: z.enum(['own', 'other', 'unusable']).openapi({
              description: '`unusable`: unknown, used, or older than 10 minutes.',
            }),
          })
          .openapi('RiderLinkHolder'),
      },
    },
    async ({ caller, body }) => {
      const { courierId } = caller;
      return { holder: await readRiderLink(deps, { token: body.token, courierId }) };
    },
  );
}

function registerOpening(api: Api, deps: Deps): void {
  const requireRider = api.auth.require(['rider']);
  const joinedBy = async (c: Context): Promise<CourierId> => {
    const caller = await requireRider(c);
    if (caller.kind !== 'rider')
      throw new TypeError('the rule rider let in another kind of caller');
    return caller.courierId;
  };
  endpoint(
    api,
    {
      method: 'post',
      path: '/v1/rider-sessions',
      auth: ['nobody'],
      tag: 'Riders',
      summary: 'Open a session with a rider link',
      description:
        'Uses the link up. Our own page gets the session as a cookie as well. With `join: true`, sent under the session of another platform’s link, the two riders become one courier: the elder stays, with the passes, blocks and points of both.',
      body: { json: sessionRequestSchema },
      answer: { description: 'The session.', schema: sessionSchema },
      problems: ['credentials_required', 'too_many_refusals', 'cross_site_request'],
    },
    async ({ body, c, requestId }) => {
      const join = body.join ? await joinedBy(c) : null;
      const session = await openRiderSession(deps, { linkToken: body.token, join });
      if (session === null) {
        throw api.auth.refused(
          c,
          new Problem(
            'credentials_required',
            'The link is unknown, used or older than 10 minutes.',
          ),
        );
      }
      const { accessToken, expiresAt } = session;
      const answer = { accessToken, expiresAt: formatTime(expiresAt) };
      const cookie = isOurPage(c, deps.config.publicUrl);
      return jsonResponse(answer, 200, requestId, cookie ? setCookie(deps, accessToken) : {});
    },
  );
}

function registerClosing(api: Api, deps: Deps): void {
  endpoint(
    api,
    {
      method: 'delete',
      path: '/v1/rider-sessions',
      auth: ['rider'],
      tag: 'Riders',
      summary: 'Sign out',
      description: 'Ends the session that authenticates this request, its streams and its cookie.',
      answer: { status: 204, description: 'Ended.' },
    },
    async ({ caller }) => {
      await closeRiderSession(deps, caller);
      return new Response(null, { status: 204, headers: setCookie(deps, '') });
    },
  );
}

/** Whether a page of ours makes the request: only then may a cookie be set by it. */
function isOurPage(c: Context, ours: string): boolean {
  const site = c.req.header('sec-fetch-site');
  return site === undefined ? c.req.header('origin') === ours : site === 'same-origin';
}

/** The header that sets the session's cookie, or, with an empty token, deletes it. */
function setCookie(deps: Deps, token: string): Record<string, string> {
  const cookie = generateCookie(SESSION_COOKIE, token, {
    path: '/',
    httpOnly: true,
    sameSite: 'Lax',
    secure: deps.config.publicUrl.startsWith('https:'),
    maxAge: token === '' ? 0 : COOKIE_SECONDS,
  });
  return { 'set-cookie': cookie };
}
