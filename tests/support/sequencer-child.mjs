/**
 * A process that appends entries and sequences them, and kills itself at one step. Arguments: the database file, and
 * JSON {operation, when, call, privateKey}. Prints each checkpoint that it announced as a line of JSON.
 */
import { createPrivateKey, createPublicKey, sign } from 'node:crypto';
import { writeSync } from 'node:fs';
import process from 'node:process';
import { createSequencer } from '../../dist/audit/sequencer.js';
import { verifierKey } from '../../dist/audit/signed-note.js';
import { openSqliteStore } from '../../dist/store/sqlite/open.js';

const [, , path, planText] = process.argv;
const plan = JSON.parse(planText);
const privateKey = createPrivateKey(plan.privateKey);
const { x } = createPublicKey(privateKey).export({ format: 'jwk' });
const key = verifierKey(plan.origin, Buffer.from(x, 'base64url'));
const store = await openSqliteStore({ path });

/** Dies before the call, right behind it while the database works, or when it is done. */
let calls = 0;
const die = () => process.kill(process.pid, 'SIGKILL');
const dying = new Proxy(store, {
  get(target, name) {
    const own = target[name];
    if (name !== plan.operation) return own;
    return async (...args) => {
      calls += 1;
      if (calls !== plan.call) return own(...args);
      if (plan.when === 'before') die();
      const done = own(...args);
      if (plan.when === 'during') setImmediate(() => setImmediate(die));
      await done;
      if (plan.when === 'after') die();
      return done;
    };
  },
});

const sequencer = createSequencer({
  store: dying,
  origin: plan.origin,
  verifierKeys: () => [key],
  sign: (_, text) => [{ key, signature: sign(null, Buffer.from(text), privateKey) }],
  now: () => Date.now(),
  // At once, by the system: a line that a dead process had in memory was never said.
  onCheckpoint: ({ note }) => writeSync(1, `${JSON.stringify(note)}\n`),
});

for (let round = 0; round < 40; round++) {
  const made = Array.from({ length: 1 + ((round * 37) % 90) }, (_, n) =>
    store.createApiKey({
      name: 'x',
      scope: { kind: 'all' },
      hash: `${process.pid}-${round}-${n}`,
      actor: 'system',
      now: Date.now(),
    }),
  );
  await Promise.all([sequencer.run(), ...made]);
}
await store.close();
