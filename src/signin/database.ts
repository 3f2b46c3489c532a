import Database from 'better-sqlite3';

export type SignInDatabase = Database.Database;

/** Tables beside those that better-auth makes for itself: `user`, `session`, `account`, `verification`. */
const TABLES = `
CREATE TABLE IF NOT EXISTS invitation (
  id TEXT PRIMARY KEY,
  token_hash TEXT NOT NULL UNIQUE,
  role TEXT NOT NULL,
  scope TEXT NOT NULL,
  invited_by TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  used_at INTEGER
) STRICT;
CREATE TABLE IF NOT EXISTS passkey (
  id TEXT PRIMARY KEY,
  account_id TEXT NOT NULL,
  public_key BLOB NOT NULL,
  counter INTEGER NOT NULL,
  transports TEXT NOT NULL,
  name TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  last_used_at INTEGER
) STRICT;
CREATE INDEX IF NOT EXISTS passkey_account ON passkey (account_id);
CREATE TABLE IF NOT EXISTS challenge (
  id TEXT PRIMARY KEY,
  challenge TEXT NOT NULL,
  account_id TEXT,
  expires_at INTEGER NOT NULL
) STRICT;
`;

/** Opens the file of the accounts, which is made where there is none. What is committed is on disk. */
export function openSignInDatabase(path: string): SignInDatabase {
  const database = new Database(path);
  database.pragma('journal_mode = WAL');
  database.pragma('synchronous = FULL');
  database.pragma('busy_timeout = 5000');
  database.exec(TABLES);
  return database;
}
