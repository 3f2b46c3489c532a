/** The script that docs/integration.md shows, run as it stands there. */
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type RunningService, runService } from './support/running-service.ts';

const DOCUMENT = readFileSync(new URL('../docs/integration.md', import.meta.url), 'utf8');

let service: RunningService;
beforeAll(async () => {
  service = await runService();
});
afterAll(() => service.dispose());

it('leads a platform from its secrets to a courier code', async () => {
  const token = service.operatorKey;
  const platform = await service.call('POST', '/v1/platforms', {
    token,
    body: { slug: 'kuaisong', name: '快送' },
  });
  const community = await service.call('POST', '/v1/communities', {
    token,
    body: { name: '东湖花园', kind: 'standard' },
  });
  const script = /```js\n([\s\S]*?)```/.exec(DOCUMENT)?.[1] ?? '';
  const run = promisify(execFile);
  const { stdout } = await run(process.execPath, ['--input-type=module', '--eval', script], {
    env: {
      ...process.env,
      SERVER: `http://127.0.0.1:${service.port}`,
      SLUG: 'kuaisong',
      WEBHOOK_SECRET: platform.body.webhookSecret,
      API_KEY: platform.body.apiKey,
      COMMUNITY: community.body.id,
    },
  });
  expect(stdout).toContain('callback 202');
  expect(stdout).toContain('codes 200');
  expect(stdout).toContain('CP1:');
});
