import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { readOrMakeSecretFile } from './secret-file.ts';

const KEY_BYTES = 32;

/**
 * The key that seals all others: the configured one, or that of the file `key-encryption-key` in the data
 * directory, which is made on the first start with mode 0600. Where a database is there already, a new key would open
 * nothing in it: a lost file is an error and no file is written.
 * @throws Error when the file does not hold 32 bytes as hexadecimal digits, or is missing beside a database
 */
export async function loadKeyEncryptionKey(options: {
  readonly configured: Uint8Array | null;
  readonly dataDir: string;
  /** The database that it seals secrets in. */
  readonly database?: string;
}): Promise<Uint8Array> {
  if (options.configured !== null) return options.configured;
  const path = join(options.dataDir, 'key-encryption-key');
  const { database } = options;
  if (database !== undefined && existsSync(database) && !existsSync(path)) {
    throw new Error(`${path} is missing, and what it has sealed is in ${database}: put it back`);
  }
  const text = await readOrMakeSecretFile(path, () => randomBytes(KEY_BYTES).toString('hex'));
  if (!/^[0-9a-f]{64}$/.test(text)) throw new Error(`${path} does not hold a key-encryption key`);
  return new Uint8Array(Buffer.from(text, 'hex'));
}
