/**
 * The newest checkpoint in a file beside the database, as a line like those of the checkpoint file. A backup of the
 * database does not have it: a database that was put back is behind it, and that shows at the start.
 */
import { open, rename } from 'node:fs/promises';
import type { Millis } from '../domain/clock.ts';

/** Takes the place of what was there, whole or not at all; on the disk when this resolves. */
export async function writeHead(path: string, note: string, now: Millis): Promise<void> {
  const beside = `${path}.new`;
  const file = await open(beside, 'w', 0o600);
  try {
    await file.writeFile(
      `${JSON.stringify({ at: new Date(now).toISOString(), checkpoint: note })}\n`,
    );
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(beside, path);
}
