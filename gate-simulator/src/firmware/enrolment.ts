import { createHash } from 'node:crypto';
import { type Clock, pause, systemClock } from '../hardware/clock.ts';
import { HttpClient } from '../wire/http-client.ts';
import { optionalText, textMember } from '../wire/json.ts';
import { askService, ServiceRefusal } from '../wire/service.ts';
import { NoReply } from '../wire/transport.ts';
import { makeGateKey, publicPart } from './gate-key.ts';
import { type GateIdentity, GateState, NoGateState, type PendingEnrolment } from './gate-state.ts';
import { ServerClock, UNKNOWN_CLOCK } from './server-clock.ts';

const TRIES = 3;
const PAUSE_MS = 500;

export interface EnrolmentOptions {
  readonly server: string;
  /** From `POST /v1/communities/{id}/gates`; good once, for 15 minutes. */
  readonly enrollmentCode: string;
  readonly stateDir: string;
  /** A label for people at the device; not sent. */
  readonly name?: string;
  readonly clock?: Clock;
  readonly timeoutMs?: number;
}

/**
 * Makes the gate's key, keeps it on disk, then enrols with it. A reply that gets lost strands nobody:
 * the same code from the same directory sends the same key and gets the same answer, now or later.
 * A gate that is enrolled again keeps its old identity until the server has answered.
 *
 * @throws {NoReply} when three tries brought nothing; the key is kept for the next call
 * @throws {ServiceRefusal} when the server does not accept the code
 */
export async function enrollGate(options: EnrolmentOptions): Promise<GateIdentity> {
  const clock = options.clock ?? systemClock;
  const state = new GateState(options.stateDir);
  const pending = await beginEnrolment(state, options.server, options.enrollmentCode);
  const askedAtMs = clock.monotonicMs();
  const answer = await sendEnrolment(options, pending, clock);
  const identity: GateIdentity = {
    ...pending,
    gateId: textMember(answer, 'gateId'),
    communityId: textMember(answer, 'communityId'),
    tokenEndpoint: textMember(answer, 'tokenEndpoint'),
    ...(options.name === undefined ? {} : { name: options.name }),
  };
  const serverClock = new ServerClock(clock, UNKNOWN_CLOCK, () => undefined);
  serverClock.learn(optionalText(answer, 'serverTime'), askedAtMs);
  await state.keepClock(serverClock.kept());
  await state.keepIdentity(identity);
  return identity;
}

/** The key for this code: the one made at an earlier try, or a new one. On disk either way. */
async function beginEnrolment(
  state: GateState,
  server: string,
  enrollmentCode: string,
): Promise<PendingEnrolment> {
  const enrollmentCodeSha256 = createHash('sha256').update(enrollmentCode).digest('base64url');
  const earlier = [await state.pendingEnrolment(), await enrolledIdentity(state)];
  const same = earlier.find((each) => each?.enrollmentCodeSha256 === enrollmentCodeSha256);
  const privateKey = same?.privateKey ?? (await makeGateKey());
  const pending = { server, enrollmentCodeSha256, privateKey };
  await state.keepPendingEnrolment(pending);
  return pending;
}

async function enrolledIdentity(state: GateState): Promise<GateIdentity | undefined> {
  try {
    return await state.identity();
  } catch (error) {
    if (error instanceof NoGateState) return undefined;
    throw error;
  }
}

async function sendEnrolment(
  { enrollmentCode, timeoutMs }: EnrolmentOptions,
  { server, privateKey }: PendingEnrolment,
  clock: Clock,
): Promise<unknown> {
  const http = new HttpClient();
  const body = { enrollmentCode, publicKey: publicPart(privateKey) };
  const path = 'v1/gates/enroll';
  const wait = timeoutMs === undefined ? {} : { timeoutMs };
  try {
    for (let triesLeft = TRIES - 1; ; triesLeft -= 1) {
      try {
        return await askService(http, { method: 'POST', server, path, body, ...wait });
      } catch (error) {
        if (triesLeft === 0 || !mayPass(error)) throw error;
      }
      await pause(clock, PAUSE_MS);
    }
  } finally {
    http.close();
  }
}

function mayPass(error: unknown): boolean {
  return error instanceof NoReply || (error instanceof ServiceRefusal && error.status >= 500);
}
