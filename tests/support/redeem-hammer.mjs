/**
 * A process that redeems as fast as it can and prints each answer, one JSON line each, once it has it.
 * Arguments: the database file, and {gates, passes, communityId, round}. It ends when it is killed.
 */
import { createHash, randomUUID } from 'node:crypto';
import process from 'node:process';
import { openSqliteStore } from '../../dist/store/sqlite/open.js';

const LANES = 24;
const STEP_MS = 1_000;

const [path, plan] = process.argv.slice(2);
const { gates, passes, communityId, start } = JSON.parse(plan);
const store = await openSqliteStore({ path });

function attemptOf(lane, step) {
  const receivedAt = start + step * STEP_MS;
  const passId = passes[lane % passes.length];
  const notBefore = Math.floor(receivedAt / 30_000) * 30;
  const payload = {
    directions: 3,
    communityId,
    passId,
    notBefore,
    lifetimeSeconds: 30,
    statusIndex: 0,
  };
  return {
    requestId: randomUUID(),
    gateId: gates[step % gates.length],
    direction: step % 3 === 2 ? 'out' : 'in',
    medium: 'qr',
    code: { kind: 'authentic', payload },
    codeDigest: createHash('sha256')
      .update(`${passId}${notBefore}`)
      .digest('base64url')
      .slice(0, 16),
    receivedAt,
  };
}

async function hammer(lane) {
  for (let step = 0; ; step++) {
    const attempt = attemptOf(lane, step);
    const { kind, record } = await store.redeem(attempt);
    if (kind !== 'decided') throw new Error(`expected a first decision, got ${kind}`);
    process.stdout.write(`${JSON.stringify({ attempt, record })}\n`);
  }
}

await Promise.all(Array.from({ length: LANES }, (_, lane) => hammer(lane)));
