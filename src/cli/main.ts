#!/usr/bin/env node
import { readFile } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
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
  now: Date.now,
  stopSignal,
});
