/** The log of the service as it is started: by its own clock, through an end and through kill -9. */
import { appendFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openCheckpoint, readCheckpoint } from '../../src/audit/checkpoint.ts';
import { parseVerifierKey } from '../../src/audit/signed-note.ts';
import { SECOND_MS } from '../../src/domain/clock.ts';
import { type RunningService, runService } from '../support/running-service.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { expectStatus, makeCommunity, makeGate, makeKey, verify } from '../support/world.ts';

let service: RunningService;
let file: string;

beforeEach(async () => {
  file = join(temporaryFolder(), 'checkpoints.ndjson');
  service = await runService({ environment: { CHECKPOINT_FILE: file } });
});
afterEach(() => service.dispose());

const published = () =>
  readFileSync(file, 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => readCheckpoint(JSON.parse(line).checkpoint));

test('an entry is covered by a checkpoint within 5 s, without anybody asking for it', async () => {
  const gate = await makeGate(service, await makeCommunity(service));
  const { auditId } = expectStatus(await verify(service, gate, { code: 'no code' }), 200).body;
  const madeAt = Date.now();
  const path = `/v1/audit/receipts/${auditId}`;
  let answer = await service.call('GET', path, { token: gate.token });
  while (answer.status === 202) answer = await service.call('GET', path, { token: gate.token });
  const lagMs = Date.now() - madeAt;
  expectStatus(answer, 200);
  process.stdout.write(`covered after ${lagMs} ms\n`);
  expect(lagMs).toBeLessThan(5 * SECOND_MS);
  const note = (await service.call('GET', '/v1/audit/checkpoint')).text;
  const { items } = (await service.call('GET', '/v1/audit/keys')).body;
  const keys = items.map(({ verifierKey }: { verifierKey: string }) =>
    parseVerifierKey(verifierKey),
  );
  expect(openCheckpoint(note, keys).origin).toMatch(/\/audit$/);
});

test('an end covers and publishes what was recorded before; a start goes on under the same name', async () => {
  for (let n = 0; n < 5; n++) await makeKey(service, { kind: 'all' });
  expect(await service.terminate()).toBe(0);
  const [last] = published().slice(-1);
  await service.start();
  const note = (await service.call('GET', '/v1/audit/checkpoint')).text;
  const now = readCheckpoint(note);
  expect(now.size).toBeGreaterThanOrEqual(last?.size ?? Number.NaN);
  expect(now.origin).toBe(last?.origin);
  const { text } = await service.call('GET', '/metrics', { token: service.operatorKey });
  expect(text).toContain('courier_pass_audit_log_halted 0');
});

test('a checkpoint file that contradicts the log halts it, and the service decides on', async () => {
  await makeKey(service, { kind: 'all' });
  await service.terminate();
  const line = readFileSync(file, 'utf8').trimEnd().split('\n').at(-1) ?? '';
  const other = JSON.parse(line) as { checkpoint: string };
  // The same name, and a signature of a key that this log never had.
  const forged = other.checkpoint.replace(/^— (\S+) .{8}/gm, '— $1 AAAAAAAA');
  appendFileSync(file, `${JSON.stringify({ ...other, checkpoint: forged })}\n`);
  await service.start();
  expect(service.log()).toContain('the audit log is halted');
  const { text } = await service.call('GET', '/metrics', { token: service.operatorKey });
  expect(text).toContain('courier_pass_audit_log_halted 1');
  const before = (await service.call('GET', '/v1/audit/checkpoint')).text;
  expectStatus(await service.call('GET', '/readyz'), 200);
  const body = { name: 'x', scope: { kind: 'all' } };
  const made = await service.call('POST', '/v1/api-keys', { token: service.operatorKey, body });
  expectStatus(made, 201);
  await service.terminate();
  await service.start();
  expect((await service.call('GET', '/v1/audit/checkpoint')).text).toBe(before);
});
