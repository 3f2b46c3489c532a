import { readCheckpoint } from '../../audit/checkpoint.ts';
import { NoteError } from '../../audit/signed-note.ts';
import { decodeBundle, TILE_WIDTH, tilePath } from '../../audit/tiles.ts';
import type { LogPiece, LogSource } from '../../audit/verify-log.ts';
import type { ApiClient } from '../api-client.ts';
import { UsageError } from '../exit.ts';
import { listOf, textOf } from '../json.ts';

/** A server's log, as its tiles show it. Entries need an operator's key; without one the tree alone is checked. */
export async function openServerSource(client: ApiClient): Promise<{
  readonly source: LogSource;
  /** The keys that the server names; nobody need believe them. */
  readonly keys: readonly string[];
}> {
  const [note, published] = await Promise.all([
    client.bytes('/v1/audit/checkpoint'),
    client.ask({ method: 'GET', path: '/v1/audit/keys' }),
  ]);
  if (note === null) throw new UsageError(`${client.server} has signed nothing yet.`);
  const checkpoint = Buffer.from(note).toString('utf8');
  const size = sizeOf(checkpoint, client.server);
  return {
    source: { size, checkpoint, pieces: () => pieces(client, size) },
    keys: listOf(published.body, 'items').map((item) => textOf(item, 'verifierKey')),
  };
}

/** @throws UsageError */
function sizeOf(note: string, server: string): number {
  try {
    return readCheckpoint(note).size;
  } catch (error) {
    if (error instanceof NoteError)
      throw new UsageError(`${server} shows a checkpoint that is none: ${error.message}.`);
    throw error;
  }
}

async function* pieces(client: ApiClient, size: number): AsyncGenerator<LogPiece, void> {
  for (let from = 0; from < size; from += TILE_WIDTH) {
    const tile = from / TILE_WIDTH;
    const count = Math.min(TILE_WIDTH, size - from);
    const [hashes, bundle] = await Promise.all([
      client.bytes(`/v1/audit/tile/${tilePath({ level: 0, tile, width: count })}`),
      client.bytes(`/v1/audit/tile/${tilePath({ level: 'entries', tile, width: count })}`),
    ]);
    const entries = bundle === null ? [] : (decodeBundle(bundle) ?? []);
    yield { from, count, hashes: hashes ?? new Uint8Array(), entries };
  }
}
