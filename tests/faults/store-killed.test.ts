import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { Attempt } from '../../src/domain/attempt.ts';
import { openSqliteStore } from '../../src/store/sqlite/open.ts';
import type { DecisionRecord } from '../../src/store/store.ts';
import { expectNothingHalfWritten, expectWholeLog } from '../support/log-checks.ts';
import { linesOf, startScript } from '../support/store-child.ts';
import { makeWorld, NOON } from '../support/store-world.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

interface Answered {
  readonly attempt: Attempt;
  readonly record: DecisionRecord;
}

const ROUNDS = 6;
/** A round is killed after so many answers at most. */
const MOST_ANSWERS = 600;

/** Lets the process answer so many attempts, kills it in the midst of the next, and returns all it said. */
async function hammerUntil(path: string, plan: object, answers: number): Promise<Answered[]> {
  const child = startScript('redeem-hammer.mjs', path, JSON.stringify(plan));
  const said: Answered[] = [];
  for await (const line of linesOf(child)) {
    said.push(JSON.parse(line));
    if (said.length === answers) child.kill('SIGKILL');
  }
  expect(child.signalCode ?? 'SIGKILL').toBe('SIGKILL');
  return said;
}

it('has every decision that it answered on the log, exactly once, after it was killed at any moment', async () => {
  const seed = Number(process.env['FC_SEED'] ?? Math.floor(Math.random() * 2 ** 31));
  process.stdout.write(`moments of kill -9: seed ${seed}\n`);
  const path = join(temporaryFolder(), 'store.sqlite');
  let store = await openSqliteStore({ path });
  const world = await makeWorld({ store });
  const second = await world.addGate();
  const passes = await Promise.all(
    Array.from({ length: 8 }, async (_, index) => (await world.rider(`r-${index}`)).id),
  );
  const said: Answered[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    await store.close();
    const plan = {
      gates: [world.gate.id, second.id],
      passes,
      communityId: world.community.id,
      start: NOON + round * 600_000,
    };
    const answers = 1 + ((seed + round * 2_654_435_761) % MOST_ANSWERS);
    const now = await hammerUntil(path, plan, answers);
    expect(now.length).toBeGreaterThanOrEqual(answers);
    said.push(...now);

    store = await openSqliteStore({ path });
    const log = await expectWholeLog(store);
    const logged = new Map(log.map((entry) => [entry.auditId, entry]));
    for (const { record } of said) {
      const { requestId, reason } = record;
      expect(logged.get(record.auditId)?.members).toMatchObject({ requestId, reason });
    }
    // Who asks again gets the first answer, though it came from a process that is dead.
    for (const { attempt, record } of now.slice(-20)) {
      expect(await store.redeem(attempt)).toEqual({ kind: 'repeated', record });
    }
    expectNothingHalfWritten(path);
  }
  expect(new Set(said.map(({ record }) => record.reason))).toContain('granted');
  await store.close();
});
