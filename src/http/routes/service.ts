import { createRequire } from 'node:module';
import { z } from '@hono/zod-openapi';
import type { Deps } from '../../access/deps.ts';
import { type Api, endpoint } from '../endpoint.ts';
import { openApiDocument } from '../openapi.ts';

const statusSchema = z.object({ status: z.string() });

/** Whether it lives, whether it can work, what it has done, and what it offers. */
export function registerService(api: Api, deps: Deps): void {
  endpoint(
    api,
    {
      method: 'get',
      path: '/healthz',
      auth: ['nobody'],
      tag: 'Service',
      summary: 'Is the process alive?',
      answer: { description: 'Yes.', schema: statusSchema },
    },
    () => ({ status: 'ok' }),
  );
  endpoint(
    api,
    {
      method: 'get',
      path: '/readyz',
      auth: ['nobody'],
      tag: 'Service',
      summary: 'Can requests be served?',
      answer: { description: 'Yes: the store answers.', schema: statusSchema },
    },
    async () => {
      await deps.store.ping(deps.now());
      return { status: 'ready' };
    },
  );
  endpoint(
    api,
    {
      method: 'get',
      path: '/metrics',
      auth: ['operator'],
      tag: 'Service',
      summary: 'Figures for monitoring',
      answer: { description: 'In the text format of Prometheus.', contentType: 'text/plain' },
    },
    async () =>
      new Response(await api.metrics.expose(), {
        headers: { 'content-type': api.metrics.contentType },
      }),
  );

  let document: string | null = null;
  endpoint(
    api,
    {
      method: 'get',
      path: '/openapi.json',
      auth: ['nobody'],
      tag: 'Service',
      summary: 'This document',
      answer: { description: 'OpenAPI 3.1.', schema: z.looseObject({}) },
    },
    () => {
      document ??= JSON.stringify(openApiDocument(api.hono, VERSION, deps.config));
      return new Response(document, { headers: { 'content-type': 'application/json' } });
    },
  );
}

const VERSION: string = createRequire(import.meta.url)('../../../package.json').version;
