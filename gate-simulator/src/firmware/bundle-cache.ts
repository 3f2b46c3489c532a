import type { Disk } from '../hardware/disk.ts';
import { isObject, optionalNumber, optionalText, parseJson, textMember } from '../wire/json.ts';
import { refusalOf } from '../wire/service.ts';
import type { AuthorisedService } from './authorised.ts';
import type { BundleOutcome, OfflineJudge } from './offline-judge.ts';
import type { ServerClock } from './server-clock.ts';

const FETCH_TIMEOUT_MS = 10_000;
/** A bundle is asked for again after a third of the time in which it grows too old, within these bounds. */
const OFTENEST_MS = 30_000;
const SELDOMEST_MS = 10 * 60_000;

/** What is on disk: a bundle that was taken, and what it took to take it. */
interface KeptBundle {
  /** The answer as it came. */
  readonly text: string;
  readonly etag?: string;
  /** Of its status list; a lower one is refused from now on. */
  readonly statusVersion: number;
}

type Loaded = Extract<BundleOutcome, { kind: 'loaded' }>;

export interface BundleParts {
  readonly disk: Disk;
  readonly path: string;
  readonly service: AuthorisedService;
  readonly serverClock: ServerClock;
  readonly judge: OfflineJudge;
  readonly notice: (text: string) => void;
}

/**
 * The bundle: what the gate judges alone by. Kept on disk as a whole, asked for again by its ETag. What the judge
 * refuses (a signature, an older status list) takes the place of nothing. Its time says how old it is and sets no
 * clock: whoever can keep a bundle back could set the clock back with it.
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
      await this.#keep({ text, statusVersion: kept.statusVersion });
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
    const { service } = this.#parts;
    await this.ready();
    const etag = this.#loaded === undefined ? undefined : this.#kept?.etag;
    const reply = await service.call({
      method: 'GET',
      path: 'v1/gate/bundle',
      timeoutMs: FETCH_TIMEOUT_MS,
      ...(etag === undefined ? {} : { headers: { 'if-none-match': etag } }),
    });
    // Only a new bundle is young again; the service sends one before the old one is too old.
    if (reply.status === 304 && etag !== undefined) return;
    if (reply.status !== 200) throw refusalOf(reply);
    const text = reply.body.toString();
    const statusVersion = this.#kept?.statusVersion ?? 0;
    const tag = reply.headers.etag;
    await this.#keep({ text, statusVersion, ...(tag === undefined ? {} : { etag: tag }) });
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
    const outcome = await judge.load(bundle.text, { minVersion: bundle.statusVersion, now });
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
      statusVersion: optionalNumber(kept, 'statusVersion') ?? 0,
      ...(etag === undefined ? {} : { etag }),
    };
  } catch {
    return undefined;
  }
}
