import pino from 'pino';
import type { Log } from './access/deps.ts';
import type { LogLevel } from './config.ts';

/** JSON lines on standard error, written behind the back of requests. `flush` writes what waits. */
export function createLog(level: LogLevel): { readonly log: Log; flush(): void } {
  const destination = pino.destination({ dest: 2, sync: false });
  const log = pino({ level, base: null, timestamp: pino.stdTimeFunctions.isoTime }, destination);
  return {
    log,
    flush() {
      try {
        destination.flushSync();
      } catch {
        // Nothing was opened yet, so nothing waits.
      }
    },
  };
}
