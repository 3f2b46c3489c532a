import { mkdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { optionalNumber, optionalText, parseJson, textMember } from '../wire/json.ts';
import { writeFileAtomic } from './atomic-file.ts';
import { type PrivateJwk, readPrivateJwk } from './gate-key.ts';
import type { KeptClock } from './server-clock.ts';

/** An enrolment that was begun: the key is safe on disk before the server hears of it. */
export interface PendingEnrolment {
  readonly server: string;
  /** Tells a retry from another enrolment without keeping the code. Base64url. */
  readonly enrollmentCodeSha256: string;
  readonly privateKey: PrivateJwk;
}

/** Who the gate is: complete, or not there. */
export interface GateIdentity extends PendingEnrolment {
  readonly gateId: string;
  readonly communityId: string;
  /** Absolute; also the audience of the gate's assertions. */
  readonly tokenEndpoint: string;
  /** A label for people at the device. */
  readonly name?: string;
}

/** The directory holds no gate, or one that cannot be read. */
export class NoGateState extends Error {
  override readonly name = 'NoGateState';
}

/**
 * What a gate keeps on disk, in a directory of mode 0700, each file of mode 0600 and replaced as a whole:
 *
 * - `gate.json`: the identity with the key; changes only when an enrolment has succeeded
 * - `enrolment.json`: an enrolment under way; the identity in use stays as it is meanwhile
 * - `clock.json`: how far the server's clock is ahead of the device's, and the latest time that was ever known;
 *   kept apart, so that the file with the key is hardly ever rewritten
 * - `bundle.json`, `used-codes.log`, `events.log`: what a gate judges alone by, remembers and has to tell
 */
export class GateState {
  readonly #directory: string;

  constructor(directory: string) {
    this.#directory = directory;
  }

  /** @throws {NoGateState} */
  async identity(): Promise<GateIdentity> {
    const text = await this.#read('gate.json');
    if (text === undefined) {
      throw new NoGateState(
        `${this.#directory} holds no gate; run "npx gate-simulator enroll" first`,
      );
    }
    try {
      return readIdentity(parseJson(text));
    } catch (error) {
      throw new NoGateState(`${join(this.#directory, 'gate.json')} cannot be read: ${error}`);
    }
  }

  /** The identity becomes the gate's, and the enrolment under way is over. */
  async keepIdentity(identity: GateIdentity): Promise<void> {
    await this.#write('gate.json', identity);
    await rm(join(this.#directory, 'enrolment.json'), { force: true });
  }

  /** The enrolment that was begun last and is not over; undefined also when its file is damaged. */
  async pendingEnrolment(): Promise<PendingEnrolment | undefined> {
    const text = await this.#read('enrolment.json');
    try {
      return text === undefined ? undefined : readPending(parseJson(text));
    } catch {
      return undefined;
    }
  }

  keepPendingEnrolment(pending: PendingEnrolment): Promise<void> {
    return this.#write('enrolment.json', pending);
  }

  /** What was last kept of the time. */
  async clock(): Promise<KeptClock> {
    const kept = parseJson((await this.#read('clock.json')) ?? '');
    return {
      serverClockOffsetMs: optionalNumber(kept, 'serverClockOffsetMs') ?? 0,
      latestKnownMs: optionalNumber(kept, 'latestKnownMs') ?? 0,
    };
  }

  keepClock(kept: KeptClock): Promise<void> {
    return this.#write('clock.json', kept);
  }

  /** Where a part of the firmware keeps a file of its own. */
  pathOf(name: 'events.log' | 'used-codes.log' | 'bundle.json' | 'gate.lock'): string {
    return join(this.#directory, name);
  }

  async #read(name: string): Promise<string | undefined> {
    try {
      return await readFile(join(this.#directory, name), 'utf8');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw error;
    }
  }

  async #write(name: string, value: object): Promise<void> {
    await mkdir(this.#directory, { recursive: true, mode: 0o700 });
    await writeFileAtomic(join(this.#directory, name), `${JSON.stringify(value, null, 2)}\n`);
  }
}

function readPending(value: unknown): PendingEnrolment {
  const key = typeof value === 'object' && value !== null && 'privateKey' in value;
  return {
    server: textMember(value, 'server'),
    enrollmentCodeSha256: textMember(value, 'enrollmentCodeSha256'),
    privateKey: readPrivateJwk(key ? value.privateKey : undefined),
  };
}

function readIdentity(value: unknown): GateIdentity {
  const name = optionalText(value, 'name');
  return {
    ...readPending(value),
    gateId: textMember(value, 'gateId'),
    communityId: textMember(value, 'communityId'),
    tokenEndpoint: textMember(value, 'tokenEndpoint'),
    ...(name === undefined ? {} : { name }),
  };
}
