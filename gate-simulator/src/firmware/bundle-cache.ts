import type { Clock } from '../hardware/clock.ts';
import type { Disk } from '../hardware/disk.ts';
import {
  isObject,
  numberMember,
  optionalNumber,
  optionalText,
  parseJson,
  textMember,
} from '../wire/json.ts';
import { refusalOf } from '../wire/service.ts';
import type { HttpReply } from '../wire/transport.ts';
import type { AuthorisedService } from './authorised.ts';
import type { BundleOutcome, CachedBundle, OfflineJudge } from './offline-judge.ts';
import type { ServerClock } from './server-clock.ts';

const FETCH_TIMEOUT_MS = 10_000;
/** A bundle is asked for again after a third of the time in which it grows too old, within these bounds. */
const OFTENEST_MS = 30_000;
const SELDOMEST_MS = 10 * 60_000;

/** What is on disk: a bundle that was taken, and what it took to take it. */
interface KeptBundle extends CachedBundle {
  readonly etag?: string;
  readonly statusVersion: number;
}

type Loaded = Extract<BundleOutcome, { kind: 'loaded' }>;

export interface BundleParts {
  readonly disk: Disk;
  readonly path: string;
  readonly service: AuthorisedService;
  readonly clock: Clock;
  readonly serverClock: ServerClock;
  readonly judge: OfflineJudge;
  readonly notice: (text: string) => void;
}

/**
 * The bundle: what the gate judges alone by. Kept on disk as a whole, asked for again by its ETag. What the judge
 * refuses (a signature, an older status list) takes the place of nothing.
 */
export class BundleCache {
  readonly #parts: BundleParts;
  #kept: KeptBundle | undefined;
  #loaded: Loaded | undefined;
  #refreshing: Promise<boolean> | undefined;
  #askedAgain = false;

  private constructor(parts: BundleParts, kept: KeptBundle | undefined) {
    this.#parts = parts;
    this.#kept = kept;
  }

  /** With what is on disk; a file that cannot be read is as good as none. Loads nothing: the time is not known yet. */
  static async open(parts: BundleParts): Promise<BundleCache> {
    const text = await parts.disk.read(parts.path);
    return new BundleCache(parts, text === undefined ? undefined : readKept(text));
  }

  /** Undefined: the gate has none to judge by. */
  get version(): number | undefined {
    return this.#loaded?.version;
  }

  get statusVersion(): number | undefined {
    return this.#loaded?.statusVersion;
  }

  /** How long until it should be asked for again. */
  get refreshAfterMs(): number {
    const { maxStaleMinutes = 0, ttlSeconds = null } = this.#loaded ?? {};
    const staleMs = (maxStaleMinutes * 60_000) / 3;
    const ttlMs = ttlSeconds === null ? staleMs : ttlSeconds * 1_000;
    return Math.max(OFTENEST_MS, Math.min(SELDOMEST_MS, staleMs, ttlMs));
  }

  /** Before the gate judges alone: what is on disk is loaded, if it was not. Never rejects. */
  async ready(): Promise<void> {
    if (this.#loaded === undefined && this.#kept !== undefined) await this.#load(this.#kept);
  }

  /**
   * Takes the posture that the stream has announced into the bundle, on disk too: an order to lock down holds
   * also when the network goes right after it. Never rejects.
   */
  async takePosture(data: string): Promise<void> {
    const { notice } = this.#parts;
    const posture = parseJson(data);
    const kept = this.#kept;
    const bundle = parseJson(kept?.text ?? '');
    if (kept === undefined || !isObject(bundle) || !isObject(posture)) return;
    try {
      const text = JSON.stringify({ ...bundle, posture });
      const { confirmedAtMs, statusVersion } = kept;
      await this.#keep({ text, confirmedAtMs, statusVersion });
    } catch (error) {
      notice(`posture not kept: ${error instanceof Error ? error.message : error}`);
    }
  }

  /** Asks for the bundle. Who comes while one is asked for waits for another. Never rejects. @returns whether the server was reached */
  refresh(): Promise<boolean> {
    if (this.#refreshing !== undefined) {
      this.#askedAgain = true;
      return this.#refreshing;
    }
    this.#refreshing = this.#fetchAll().finally(() => {
      this.#refreshing = undefined;
    });
    return this.#refreshing;
  }

  async #fetchAll(): Promise<boolean> {
    try {
      do {
        this.#askedAgain = false;
        await this.#fetch();
      } while (this.#askedAgain);
      return true;
    } catch (error) {
      this.#parts.notice(`no bundle: ${error instanceof Error ? error.message : error}`);
      return false;
    }
  }

  async #fetch(): Promise<void> {
    const { service, clock, serverClock } = this.#parts;
    const etag = this.#kept?.etag;
    const askedAtMs = clock.monotonicMs();
    const reply = await service.call({
      method: 'GET',
      path: 'v1/gate/bundle',
      timeoutMs: FETCH_TIMEOUT_MS,
      ...(etag === undefined ? {} : { headers: { 'if-none-match': etag } }),
    });
    if (reply.status !== 200 && reply.status !== 304) throw refusalOf(reply);
    if (reply.status === 200) {
      const serverTime = optionalText(parseJson(reply.body), 'serverTime');
      serverClock.learn(serverTime, askedAtMs);
    }
    await this.#take(reply);
  }

  async #take({ status, body, headers: { etag } }: HttpReply): Promise<void> {
    const confirmedAtMs = this.#parts.serverClock.time().now;
    if (status === 304 && this.#kept === undefined)
      throw new Error('304 for a bundle that was never had');
    const text = status === 304 ? (this.#kept?.text ?? '') : body.toString();
    const tag = etag ?? (status === 304 ? this.#kept?.etag : undefined);
    const statusVersion = this.#kept?.statusVersion ?? 0;
    const bundle = { text, confirmedAtMs, ...(tag === undefined ? {} : { etag: tag }) };
    await this.#keep({ ...bundle, statusVersion });
  }

  async #keep(bundle: KeptBundle): Promise<void> {
    const loaded = await this.#load(bundle);
    if (loaded === undefined) return;
    this.#kept = { ...bundle, statusVersion: loaded.statusVersion };
    await this.#parts.disk.replace(this.#parts.path, JSON.stringify(this.#kept));
  }

  async #load(bundle: KeptBundle): Promise<Loaded | undefined> {
    const { judge, serverClock, notice } = this.#parts;
    const { now } = serverClock.time();
    const outcome = await judge.load(bundle, { minVersion: bundle.statusVersion, now });
    if (outcome.kind === 'refused') {
      notice(`bundle refused: ${outcome.why}`);
      return undefined;
    }
    this.#loaded = outcome;
    return outcome;
  }
}

function readKept(text: string): KeptBundle | undefined {
  try {
    const kept = parseJson(text);
    const etag = optionalText(kept, 'etag');
    return {
      text: textMember(kept, 'text'),
      confirmedAtMs: numberMember(kept, 'confirmedAtMs'),
      statusVersion: optionalNumber(kept, 'statusVersion') ?? 0,
      ...(etag === undefined ? {} : { etag }),
    };
  } catch {
    return undefined;
  }
}
