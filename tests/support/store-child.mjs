/**
 * A process that has a store open and does what it is told: a line {id, operation, args} on its input is answered by
 * a line {id, ok, value} or {id, ok, name, message} on its output. Arguments: the options of the store as JSON.
 */
import process from 'node:process';
import { createInterface } from 'node:readline';
import { openSqliteStore } from '../../dist/store/sqlite/open.js';

const store = await openSqliteStore(JSON.parse(process.argv[2]));
const answer = (line) => process.stdout.write(`${JSON.stringify(line)}\n`);
answer({ id: 0, ok: true });

for await (const line of createInterface({ input: process.stdin })) {
  const { id, operation, args } = JSON.parse(line);
  store[operation](...args).then(
    (value) => answer({ id, ok: true, value }),
    ({ name, message }) => answer({ id, ok: false, name, message }),
  );
}
