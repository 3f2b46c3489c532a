/**
 * Pages: what `endpoint()` is for the API, for browsers. Judged in the same order: who asks, path, query, form. What
 * is thrown becomes a page as well.
 */

import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { z } from '@hono/zod-openapi';
import type { Context } from 'hono';
import { generateCookie, getCookie } from 'hono/cookie';
import type { Config } from '../config.ts';
import { type Language, preferredLanguage } from '../web/language.ts';
import { ErrorPage } from '../web/pages/error-page.tsx';
import { contentSecurityPolicy, type PolicyChange } from '../web/policy.ts';
import { LANGUAGE_COOKIE, THEME_COOKIE, THEMES, type Theme, type View } from '../web/view.ts';
import { accepts, type BuiltAssets } from './assets.ts';
import { requireSameOrigin } from './auth.ts';
import { readForm } from './body.ts';
import type { Api } from './endpoint.ts';
import { headerOf } from './incoming.ts';
import { inputProblem, notFound, type Problem, toProblem } from './problem.ts';
import { requestIdOf } from './request-id.ts';

/** What pages are registered on. */
export interface Web {
  readonly api: Api;
  readonly assets: BuiltAssets;
  readonly config: Pick<Config, 'publicUrl'>;
  /** `GET /m/gates`…: the pages that there are, which the API's document does not list. */
  readonly routes: Set<string>;
}

/** A page: what a component returns. */
export type Markup = { toString(): string } | Promise<{ toString(): string }>;

/** A page with a status of its own. */
export class PageWith {
  readonly status: number;
  readonly content: Markup;
  readonly headers: Readonly<Record<string, string>>;

  constructor(status: number, content: Markup, headers: Readonly<Record<string, string>> = {}) {
    this.status = status;
    this.content = content;
    this.headers = headers;
  }
}

interface Spec<Who, Params extends z.ZodObject> {
  /** As Hono writes it: `/m/gates/:id`. */
  readonly path: string;
  /** Who asks. Throws a {@link Problem}, or a {@link SeeOther} such as that to the sign-in. */
  readonly who: (c: Context, view: View) => Promise<Who> | Who;
  /** What fails here is a page that is not there. */
  readonly params?: Params;
  readonly policy?: PolicyChange;
}
export interface PageSpec<Who, Params extends z.ZodObject, Query extends z.ZodObject>
  extends Spec<Who, Params> {
  readonly query?: Query;
}
export interface FormSpec<Who, Params extends z.ZodObject> extends Spec<Who, Params> {
  /** In bytes; the API's own limit unless said otherwise. */
  readonly maxBytes?: number;
}

interface Asked<Who, Params> {
  readonly who: Who;
  readonly params: Params;
  readonly view: View;
  readonly c: Context;
  readonly requestId: string;
}

/** The members of a form as they were sent: what they mean is the handler's to judge, so that it can show them again. */
export type FormMembers = Readonly<Record<string, string>>;

type NoMembers = z.ZodObject<Record<never, never>>;

/** Anyone. */
export const anybody = (): null => null;

/** Thrown, or returned as a response by {@link seeOther}: the browser goes on to another page. */
export class SeeOther extends Error {
  override readonly name = 'SeeOther';
  readonly location: string;

  constructor(location: string) {
    super('see other');
    this.location = location;
  }
}

/** After a form: the browser reads another page, and reloading sends nothing again. */
export function seeOther(
  location: string,
  headers: Readonly<Record<string, string>> = {},
): Response {
  return new Response(null, { status: 303, headers: { location, ...headers } });
}

/** Registers a page. `?lang=` and `?theme=` on it are choices that a cookie keeps. */
export function page<
  Who,
  Params extends z.ZodObject = NoMembers,
  Query extends z.ZodObject = NoMembers,
>(
  web: Web,
  spec: PageSpec<Who, Params, Query>,
  handler: (
    asked: Asked<Who, z.output<Params>> & { readonly query: z.output<Query> },
  ) => Markup | PageWith | Response | Promise<Markup | PageWith | Response>,
): void {
  install(web, 'GET', spec, async (asked) => {
    const choice = choiceOf(asked.c, web.config);
    if (choice !== null) return choice;
    const who = await spec.who(asked.c, asked.view);
    const params = parse(spec.params, asked.c.req.param(), () => notFound());
    const query = parse(spec.query, asked.c.req.query(), inputProblem);
    return [await handler({ ...asked, who, params, query }), 200];
  });
}

/**
 * Registers what a form does. Only our own pages may send it. The handler answers with {@link seeOther} when it is
 * done, or with the page again, which is then sent with status 422.
 */
export function form<Who, Params extends z.ZodObject = NoMembers>(
  web: Web,
  spec: FormSpec<Who, Params>,
  handler: (
    asked: Asked<Who, z.output<Params>> & { readonly form: FormMembers },
  ) => Markup | PageWith | Response | Promise<Markup | PageWith | Response>,
): void {
  install(web, 'POST', spec, async (asked) => {
    requireSameOrigin(asked.c, web.config.publicUrl);
    const who = await spec.who(asked.c, asked.view);
    const params = parse(spec.params, asked.c.req.param(), () => notFound());
    const members = await readForm(asked.c, spec.maxBytes ?? web.api.bodyBytes);
    return [await handler({ ...asked, who, params, form: members }), 422];
  });
}

type Judge = (asked: {
  readonly c: Context;
  readonly view: View;
  readonly requestId: string;
}) => Promise<Response | readonly [Markup | PageWith | Response, number]>;

function install(
  web: Web,
  method: 'GET' | 'POST',
  spec: Pick<Spec<unknown, z.ZodObject>, 'path' | 'policy'>,
  judge: Judge,
): void {
  const { api } = web;
  const pattern = spec.path.replaceAll(/:(\w+)/g, '{$1}');
  const count = api.metrics.route(method, pattern);
  web.routes.add(`${method} ${pattern}`);

  api.hono.on(method, spec.path, async (c) => {
    const requestId = requestIdOf(headerOf(c, 'x-request-id'));
    const view = viewOf(c, web.assets);
    let response: Response;
    try {
      const judged = await judge({ c, view, requestId });
      response = judged instanceof Response ? judged : await answer(c, spec.policy, ...judged);
    } catch (thrown) {
      response = await answerThrown(web, c, view, requestId, thrown);
    }
    response.headers.set('x-request-id', requestId);
    count(response.status);
    return response;
  });
}

/** A page where there is none, for a browser that asked for one. */
export function missingPage(web: Web, c: Context, requestId: string): Promise<Response> {
  return errorPage(c, viewOf(c, web.assets), 404, requestId);
}

async function answerThrown(
  web: Web,
  c: Context,
  view: View,
  requestId: string,
  thrown: unknown,
): Promise<Response> {
  if (thrown instanceof SeeOther) return seeOther(thrown.location);
  const problem = toProblem(thrown);
  if (problem.status >= 500) web.api.log.error({ requestId, err: thrown }, 'a page failed');
  const response = await errorPage(c, view, problem.status, requestId);
  for (const [name, value] of Object.entries(problem.headers ?? {}))
    response.headers.set(name, value);
  return response;
}

function errorPage(c: Context, view: View, status: number, requestId: string): Promise<Response> {
  return answer(c, {}, <ErrorPage view={view} status={status} requestId={requestId} />, status);
}

/** Pages shorter than this are not worth compressing. */
const COMPRESS_FROM_CHARACTERS = 1_024;
const compress = promisify(gzip);

async function answer(
  c: Context,
  policy: PolicyChange | undefined,
  content: Markup | PageWith | Response,
  status: number,
): Promise<Response> {
  if (content instanceof Response) return content;
  if (content instanceof PageWith) {
    const response = await answer(c, policy, content.content, content.status);
    for (const [name, value] of Object.entries(content.headers)) response.headers.set(name, value);
    return response;
  }
  const html = `<!doctype html>${await content}`;
  const headers: Record<string, string> = {
    'content-type': 'text/html; charset=utf-8',
    'content-security-policy': contentSecurityPolicy(policy),
    'referrer-policy': 'no-referrer',
    'x-content-type-options': 'nosniff',
    'cross-origin-opener-policy': 'same-origin',
    'cache-control': 'no-store',
    vary: 'accept-language, accept-encoding, cookie',
  };
  if (
    html.length < COMPRESS_FROM_CHARACTERS ||
    !accepts(headerOf(c, 'accept-encoding') ?? '', 'gzip')
  )
    return new Response(html, { status, headers });
  return new Response(new Uint8Array(await compress(html)), {
    status,
    headers: { ...headers, 'content-encoding': 'gzip' },
  });
}

function parse<Schema extends z.ZodObject>(
  schema: Schema | undefined,
  given: unknown,
  problem: (error: z.ZodError) => Problem,
): z.output<Schema> {
  if (schema === undefined) return {} as z.output<Schema>;
  const parsed = schema.safeParse(given);
  if (!parsed.success) throw problem(parsed.error);
  return parsed.data;
}

// ── for whom ──────────────────────────────────────────────────────────────────────────────────────────────

/** The language that was chosen, else the one that the browser prefers. */
function viewOf(c: Context, assets: BuiltAssets): View {
  const { pathname, search } = new URL(c.req.url);
  const language = languageNamed(getCookie(c, LANGUAGE_COOKIE));
  return {
    language: language ?? preferredLanguage(headerOf(c, 'accept-language')),
    theme: themeNamed(getCookie(c, THEME_COOKIE)) ?? 'auto',
    assets,
    path: pathname + search,
  };
}

function languageNamed(text: string | undefined): Language | null {
  return text === 'zh' || text === 'en' ? text : null;
}

function themeNamed(text: string | undefined): Theme | null {
  return THEMES.find((theme) => theme === text) ?? null;
}

const CHOICE_SECONDS = 365 * 86_400;

/** A choice in the query goes into a cookie, and the browser comes back without it. */
function choiceOf(c: Context, { publicUrl }: Pick<Config, 'publicUrl'>): Response | null {
  const url = new URL(c.req.url);
  const chosen = [
    [LANGUAGE_COOKIE, 'lang', languageNamed(url.searchParams.get('lang') ?? undefined)],
    [THEME_COOKIE, 'theme', themeNamed(url.searchParams.get('theme') ?? undefined)],
  ] as const;
  if (chosen.every(([, , value]) => value === null)) return null;
  const response = seeOther('/');
  for (const [cookie, parameter, value] of chosen) {
    url.searchParams.delete(parameter);
    if (value === null) continue;
    response.headers.append(
      'set-cookie',
      generateCookie(cookie, value, {
        path: '/',
        maxAge: CHOICE_SECONDS,
        sameSite: 'Lax',
        secure: publicUrl.startsWith('https:'),
      }),
    );
  }
  // A path that begins with two slashes would lead to another host.
  response.headers.set('location', url.pathname.replace(/^\/+/, '/') + url.search);
  return response;
}
