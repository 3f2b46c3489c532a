import { type Clock, systemClock } from '../hardware/clock.ts';
import { type Disk, systemDisk } from '../hardware/disk.ts';
import type { PassageSensor } from '../hardware/passage-sensor.ts';
import type { Relay } from '../hardware/relay.ts';
import type { TamperSwitch } from '../hardware/tamper-switch.ts';
import { HttpClient } from '../wire/http-client.ts';
import type { Transport } from '../wire/transport.ts';
import { AccessTokens } from './access-token.ts';
import { Alone } from './alone.ts';
import { AuthorisedService } from './authorised.ts';
import { BundleCache } from './bundle-cache.ts';
import { Commands } from './commands.ts';
import { courierJudge } from './courier-judge.ts';
import { EventLog } from './event-log.ts';
import { type GateIdentity, GateState } from './gate-state.ts';
import { Link, type LinkParts } from './link.ts';
import type { OfflineJudge, OfflineJudgeKit } from './offline-judge.ts';
import { EventStamp, Recorder } from './recorder.ts';
import { ServerClock } from './server-clock.ts';
import { lockState } from './state-lock.ts';
import { StreamClient } from './stream-client.ts';
import { Uploader } from './uploader.ts';
import { UsedCodes } from './used-codes.ts';
import { VerifyClient } from './verify-client.ts';

export interface GateOptions {
  readonly relay?: Relay;
  readonly passageSensor?: PassageSensor;
  readonly tamperSwitch?: TamperSwitch;
  readonly clock?: Clock;
  /** Shared by many gates in one process; `close` leaves it open then. */
  readonly http?: Transport;
  readonly disk?: Disk;
  /** What judges when the service cannot be reached. */
  readonly offlineJudge?: OfflineJudgeKit;
  /** Events that wait on disk for the server, at the most. */
  readonly bufferEvents?: number;
  /**
   * `verify`: the gate asks about scans and does nothing else over the network, for load.
   * `all`, when left out: it also keeps its bundle fresh, obeys commands and reports its events.
   */
  readonly speaks?: 'verify' | 'all';
  /** For people: what goes on behind the scans. Holds no code and no secret. */
  readonly notice?: (text: string) => void;
}

/** What a gate is made of. */
export interface GateParts {
  readonly identity: GateIdentity;
  readonly clock: Clock;
  readonly serverClock: ServerClock;
  readonly tokens: AccessTokens;
  readonly verify: VerifyClient;
  readonly bundle: BundleCache;
  readonly judge: OfflineJudge;
  readonly alone: Alone;
  readonly log: EventLog;
  readonly recorder: Recorder;
  /** Commands open the lane through `open`. */
  readonly makeLink: (open: (openForMs: number, commandId: string) => void) => Link;
  /** Waits until all that was begun is on disk, and lets go of the network. */
  readonly release: () => Promise<void>;
}

/**
 * Puts a gate together from the state in `stateDir`. Calls nobody: a gate boots without a network.
 *
 * @throws {NoGateState} @throws {StateInUse}
 */
export async function assembleGate(stateDir: string, options: GateOptions): Promise<GateParts> {
  const state = new GateState(stateDir);
  const identity = await state.identity();
  const unlock = await lockState(state.pathOf('gate.lock'));
  const { disk = systemDisk, clock = systemClock, notice = () => undefined } = options;
  const own = options.http === undefined ? new HttpClient() : undefined;
  const http = options.http ?? own ?? new HttpClient();
  const clocks = await openClock(state, clock, notice);
  const { serverClock } = clocks;
  const stamp = new EventStamp(clock);
  const log = await openLog(state, disk, stamp, options.bufferEvents);
  const recorder = new Recorder(log, stamp, notice);
  const kit = options.offlineJudge ?? courierJudge;
  const memory = await openMemory(state, disk, kit, serverClock);
  const tokens = new AccessTokens({ http, clock, serverClock, identity });
  const { server } = identity;
  const service = new AuthorisedService({ http, tokens, server });
  const { judge } = memory;
  const path = state.pathOf('bundle.json');
  const bundle = await BundleCache.open({ disk, path, service, serverClock, judge, notice });
  const talk = { service, clock, serverClock, recorder, log, bundle, notice };
  return {
    ...{ identity, clock, serverClock, tokens, bundle, judge, log, recorder },
    verify: new VerifyClient({ http, clock, serverClock, tokens, server }),
    alone: new Alone({ judge, bundle, log, recorder }),
    makeLink: (open) => makeLink({ ...talk, identity, stamp: () => stamp.now(), open }),
    release: async () => {
      await recorder.settled();
      await Promise.all([memory.codes.settled(), log.settled(), clocks.settled()]);
      own?.close();
      await unlock();
    },
  };
}

async function openClock(state: GateState, clock: Clock, notice: (text: string) => void) {
  let written: Promise<void> = Promise.resolve();
  const serverClock = new ServerClock(clock, await state.clock(), (kept) => {
    const write = (): Promise<void> => state.keepClock(kept);
    written = written.then(write).catch((error: unknown) => notice(`clock not kept: ${error}`));
  });
  return { serverClock, settled: () => written };
}

function openLog(
  state: GateState,
  disk: Disk,
  stamp: EventStamp,
  capacity: number | undefined,
): Promise<EventLog> {
  const bounded = capacity === undefined ? {} : { capacity };
  const path = state.pathOf('events.log');
  return EventLog.open({ disk, path, stamp: () => stamp.now(), ...bounded });
}

async function openMemory(
  state: GateState,
  disk: Disk,
  kit: OfflineJudgeKit,
  serverClock: ServerClock,
): Promise<{ codes: UsedCodes; judge: OfflineJudge }> {
  const { isForgettable } = kit;
  const now = (): number => serverClock.nowMs();
  const path = state.pathOf('used-codes.log');
  const codes = await UsedCodes.open({ disk, path, isForgettable, now });
  return { codes, judge: kit.makeJudge((event) => codes.append(event), codes.events) };
}

type Talk = ConstructorParameters<typeof Commands>[0] &
  ConstructorParameters<typeof Uploader>[0] &
  Pick<LinkParts, 'bundle' | 'recorder'>;

function makeLink(talk: Talk): Link {
  const { clock, bundle, log, recorder, service, notice } = talk;
  return new Link({
    ...{ clock, bundle, log, recorder },
    commands: new Commands(talk),
    uploader: new Uploader(talk),
    openStream: (onEvent, onTurn) => new StreamClient({ service, clock, notice, onEvent, onTurn }),
  });
}
