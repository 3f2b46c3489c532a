import { join } from 'node:path';
import type { Connection } from './api-client.ts';
import { UsageError } from './exit.ts';
import type { Io } from './io.ts';

const DEFAULT_SERVER = 'http://127.0.0.1:8080';
const DEFAULT_DATA_DIR = './data';
/** Where the first start of the service leaves its operator key. */
const ADMIN_KEY_FILE = 'admin-api-key';
const KEY = /^[\x21-\x7e]{1,512}$/;

/** The options of the command line that say whom to call, as given. */
export interface ConnectionOptions {
  readonly server?: string;
  readonly apiKey?: string;
}

/**
 * Whom to call and with which key: the options, else the environment, else what a service on this machine left
 * in its data directory; that key is sent to this machine alone.
 * An empty variable counts as unset.
 * @throws UsageError
 */
export async function readConnection(options: ConnectionOptions, io: Io): Promise<Connection> {
  const { environment } = io;
  const server = parseServer(options.server ?? (environment['COURIER_PASS_URL'] || DEFAULT_SERVER));
  const apiKey =
    options.apiKey ??
    (environment['COURIER_PASS_API_KEY'] || (isThisMachine(server) ? await readKeyFile(io) : null));
  if (apiKey !== null && !KEY.test(apiKey)) {
    throw new UsageError('The API key is not one: expected printable ASCII without spaces.');
  }
  return { server, apiKey };
}

/** A mistyped or foreign address must not receive the operator's key. */
function isThisMachine(server: string): boolean {
  const { hostname } = new URL(server);
  return /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/.test(hostname);
}

/** @throws UsageError */
function parseServer(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : null;
  const usable =
    url !== null &&
    (url.protocol === 'http:' || url.protocol === 'https:') &&
    url.username === '' &&
    url.password === '' &&
    url.search === '' &&
    url.hash === '';
  if (!usable)
    throw new UsageError('The server is not an address such as https://pass.example.cn.');
  return url.origin + url.pathname.replace(/\/+$/, '');
}

/** @returns null: there is no such file @throws UsageError where there is one that may not be read */
async function readKeyFile({ environment, read }: Io): Promise<string | null> {
  const file = join(environment['DATA_DIR'] || DEFAULT_DATA_DIR, ADMIN_KEY_FILE);
  try {
    return (await read(file)).trim();
  } catch (error) {
    if (error instanceof Error && 'code' in error) {
      if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return null;
      throw new UsageError(`${file} cannot be read (${String(error.code)}); give --api-key.`);
    }
    throw error;
  }
}
