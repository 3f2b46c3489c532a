/** What every use-case is given. Nothing in `access` or `http` reaches for a clock, randomness or a global. */
import type { AuditLog } from '../audit/audit.ts';
import type { Bus } from '../bus/bus.ts';
import type { Config } from '../config.ts';
import type { Millis } from '../domain/clock.ts';
import type { Keys } from '../keys/keys.ts';
import type { Notifier } from '../notify/notify.ts';
import type { Platforms } from '../platforms/platforms.ts';
import type { SignIn } from '../signin/signin.ts';
import type { Store } from '../store/store.ts';

/** Where lines for the operator go; pino has this shape. Never a credential, a body or a person. */
export interface Log {
  debug(members: object, message: string): void;
  info(members: object, message: string): void;
  warn(members: object, message: string): void;
  error(members: object, message: string): void;
  isLevelEnabled(level: string): boolean;
}

export interface Deps {
  readonly store: Store;
  readonly keys: Keys;
  readonly bus: Bus;
  readonly platforms: Platforms;
  readonly notifier: Notifier;
  readonly audit: AuditLog;
  /** People's accounts. */
  readonly signIn: SignIn;
  readonly config: Config;
  /** The server's clock. */
  now(): Millis;
  /** Cryptographically random bytes. */
  randomBytes(count: number): Uint8Array;
  readonly log: Log;
}
