/** The HTTP side as a whole: every route, and what answers where there is none. */
import { OpenAPIHono } from '@hono/zod-openapi';
import type { Context } from 'hono';
import type { Deps } from '../access/deps.ts';
import { createApi } from './endpoint.ts';
import { missingPage } from './page.tsx';
import { Problem, problemResponse, toProblem } from './problem.ts';
import { requestIdOf } from './request-id.ts';
import { EndpointRouter } from './router.ts';
import { registerApiKeys } from './routes/api-keys.ts';
import { registerAudit } from './routes/audit.ts';
import { registerAuditExport } from './routes/audit-export.ts';
import { registerBacktest } from './routes/backtest.ts';
import { registerCommunities } from './routes/communities.ts';
import { registerCouriers } from './routes/couriers.ts';
import { registerDocs } from './routes/docs.ts';
import { registerGates } from './routes/gates.ts';
import { registerKeys } from './routes/keys.ts';
import { registerPlan } from './routes/manage-plan.tsx';
import { registerNotify } from './routes/notify.ts';
import { registerOauth } from './routes/oauth.ts';
import { registerPages } from './routes/pages.tsx';
import { registerPassage } from './routes/passage.ts';
import { registerPeople } from './routes/people.ts';
import { registerPlaces } from './routes/places.ts';
import { registerPlatforms } from './routes/platforms.ts';
import { registerPositions } from './routes/positions.ts';
import { registerRestore } from './routes/restore.ts';
import { registerRules } from './routes/rules.ts';
import { registerService } from './routes/service.ts';
import { registerSpeedFigures } from './routes/speed-figures.ts';

export interface App {
  readonly hono: OpenAPIHono;
  /** `GET /t`…: pages and their files, which the API's document does not list. */
  readonly pageRoutes: ReadonlySet<string>;
  /** Ends the live streams and accepts no more: the process is going down. */
  endStreams(): void;
}

export function createApp(deps: Deps): App {
  const hono = new OpenAPIHono({ router: new EndpointRouter() });
  const api = createApi(hono, deps);
  const streams = registerPassage(api, deps);
  registerPlatforms(api, deps);
  registerCommunities(api, deps);
  registerRules(api, deps);
  registerBacktest(api, deps);
  registerSpeedFigures(api, deps);
  registerPlaces(api, deps);
  registerPositions(api, deps);
  registerPlan(api, deps);
  registerGates(api, deps);
  registerNotify(api, deps);
  registerOauth(api, deps);
  registerApiKeys(api, deps);
  registerPeople(api, deps);
  registerKeys(api, deps);
  registerCouriers(api, deps);
  registerAuditExport(api, deps);
  registerRestore(api, deps);
  registerAudit(api, deps);
  registerService(api, deps);
  registerDocs(api);
  const web = registerPages(api, deps);

  const countUnrouted = api.metrics.route('ANY', 'none');
  hono.notFound((c) => {
    const problem = unrouted(hono, c);
    countUnrouted(problem.status);
    if (problem.status === 404 && wantsPage(c))
      return missingPage(web, c, requestIdOf(c.req.header('x-request-id')));
    return problemResponse(problem, requestIdOf(c.req.header('x-request-id')));
  });
  hono.onError((error, c) => {
    deps.log.error({ err: error }, 'failed outside an endpoint');
    return problemResponse(toProblem(error), requestIdOf(c.req.header('x-request-id')));
  });
  return { hono, pageRoutes: web.routes, endStreams: () => streams.close() };
}

/** Whether a browser asks for something to look at. */
function wantsPage(c: Context): boolean {
  const accepted = c.req.header('accept') ?? '';
  return c.req.method === 'GET' && accepted.includes('text/html') && !c.req.path.startsWith('/v1/');
}

const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'] as const;

/** 405 where the path answers to other methods, else 404. */
function unrouted(hono: OpenAPIHono, c: Context): Problem {
  const allowed = METHODS.filter((method) => hono.router.match(method, c.req.path)[0].length > 0);
  if (allowed.length === 0) return new Problem('not_found', 'There is nothing at this address.');
  const allow = allowed
    .flatMap((method) => (method === 'GET' ? ['GET', 'HEAD'] : [method]))
    .join(', ');
  return new Problem('method_not_allowed', `Allowed here: ${allow}.`, { headers: { allow } });
}
