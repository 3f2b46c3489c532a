/** The pages, and the files that they refer to. */
import type { Deps } from '../../access/deps.ts';
import { riderManifest } from '../../web/manifest.ts';
import { FrontPage } from '../../web/pages/front-page.tsx';
import { RiderPage } from '../../web/pages/rider-page.tsx';
import { TapPage } from '../../web/pages/tap-page.tsx';
import { assetResponse, loadAssets } from '../assets.ts';
import type { Api } from '../endpoint.ts';
import { headerOf } from '../incoming.ts';
import { anybody, page, type Web } from '../page.tsx';
import { notFound, problemResponse } from '../problem.ts';
import { requestIdOf } from '../request-id.ts';
import { registerGuardPages } from './guard-pages.tsx';
import { registerManagerPages } from './manager-pages.ts';

/** @throws Error where the pages have not been built */
export function registerPages(api: Api, deps: Deps): Web {
  const web: Web = { api, assets: loadAssets(), config: deps.config, routes: new Set() };
  registerAssets(web);
  page(web, { path: '/', who: anybody }, ({ view }) => <FrontPage view={view} />);
  page(web, { path: '/t', who: anybody }, ({ view }) => <TapPage view={view} />);
  page(web, { path: '/r', who: anybody }, ({ view }) => <RiderPage view={view} />);
  page(web, { path: '/r/manifest.webmanifest', who: anybody }, ({ view }) =>
    Response.json(riderManifest(view), {
      headers: { 'content-type': 'application/manifest+json', vary: 'accept-language, cookie' },
    }),
  );
  registerGuardPages(web, deps);
  registerManagerPages(web, deps);
  return web;
}

const FOR_EVER = 'public, max-age=31536000, immutable';
const FOR_A_DAY = 'public, max-age=86400';

function registerAssets(web: Web): void {
  const { api, assets, routes } = web;
  const count = api.metrics.route('GET', '/assets/{file}');
  routes.add('GET /assets/{file}');
  api.hono.on('GET', '/assets/:file', (c) => {
    const found = assets.find(c.req.param('file'));
    const response =
      found === null
        ? problemResponse(notFound(), requestIdOf(headerOf(c, 'x-request-id')))
        : assetResponse(found, headerOf(c, 'accept-encoding'), { 'cache-control': FOR_EVER });
    count(response.status);
    return response;
  });
  // Asked for by its one name, so that a browser finds the next; it may keep the pages of the whole site.
  serve(web, '/r/worker.js', 'rider-worker.js', {
    'cache-control': 'no-cache',
    'service-worker-allowed': '/',
  });
  serve(web, '/g/worker.js', 'guard-worker.js', {
    'cache-control': 'no-cache',
    'service-worker-allowed': '/g',
  });
  // Browsers ask for this one by themselves.
  serve(web, '/favicon.ico', 'icon.svg', { 'cache-control': FOR_A_DAY });
}

/** Serves a built file under a name of its own. */
function serve(
  { api, assets, routes }: Web,
  path: string,
  name: string,
  headers: Readonly<Record<string, string>>,
): void {
  const count = api.metrics.route('GET', path);
  const asset = assets.read(name);
  routes.add(`GET ${path}`);
  api.hono.on('GET', path, (c) => {
    count(200);
    return assetResponse(asset, headerOf(c, 'accept-encoding'), headers);
  });
}
