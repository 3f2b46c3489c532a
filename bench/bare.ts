/** The yardstick: a Hono route on the same server that parses the same JSON and answers. */
import { serve } from '@hono/node-server';
import { Hono } from 'hono';

const app = new Hono();
app.post('/v1/verify', async (c) => {
  const body: { requestId: string } = await c.req.json();
  return c.json({ decision: 'granted', requestId: body.requestId });
});
serve({ fetch: app.fetch, port: 0, hostname: '127.0.0.1' }, ({ port }) => {
  process.stdout.write(`listening on http://127.0.0.1:${port}\n`);
});
