#!/usr/bin/env node
import { createReadStream, createWriteStream } from 'node:fs';
import { appendFile, readFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { runCli } from './run.ts';

/** From the first call on, an interrupt asks to stop; a second one kills. */
function stopSignal(): AbortSignal {
  const controller = new AbortController();
  process.once('SIGINT', () => controller.abort());
  process.once('SIGTERM', () => controller.abort());
  return controller.signal;
}

// Whoever reads us, such as `head`, has read enough.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit();
});

process.exitCode = await runCli(process.argv.slice(2), {
  environment: process.env,
  out: (written) => process.stdout.write(written),
  err: (written) => process.stderr.write(written),
  read: (path) => (path === '-' ? text(process.stdin) : readFile(path, 'utf8')),
  lines: (path) => {
    const input = path === '-' ? process.stdin : createReadStream(path);
    return createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY });
  },
  save: (path, chunks) =>
    path === '-'
      ? pipeline(chunks, process.stdout, { end: false })
      : pipeline(chunks, createWriteStream(path)),
  append: (path, line) => appendFile(path, `${line}\n`, { mode: 0o600 }),
  terminal: process.stderr.isTTY ? process.stderr : null,
  now: Date.now,
  stopSignal,
});
