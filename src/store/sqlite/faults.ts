/** SQLite's result codes that speak of the disk or of a lock, not of the operation. */
const FAULT = /^SQLITE_(FULL|IOERR|BUSY|LOCKED|CANTOPEN|READONLY|CORRUPT|NOTADB|NOMEM|PROTOCOL)/;

export function isFault(error: unknown): boolean {
  return error instanceof Error && 'code' in error && FAULT.test(String(error.code));
}
