/** Online and offline are one judgement: over random worlds they differ only by what the server alone knows. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { HOUR_MS, MINUTE_MS, SECOND_MS } from '../../src/domain/clock.ts';
import { windowStart } from '../../src/domain/courier-code.ts';
import { decide, type Facts, type PassFacts } from '../../src/domain/decision.ts';
import type { EntryRules, Hours } from '../../src/domain/entry-rules.ts';
import { DENIED_REASONS, type Reason } from '../../src/domain/reason.ts';
import {
  createGateMemory,
  judgeOffline,
  type MemoryEvent,
  SERVER_ONLY_REASONS,
} from '../../src/gate/index.ts';
import {
  attempt,
  COMMUNITY,
  delivery,
  facts,
  GATE,
  OTHER_COMMUNITY,
  PASS,
  payload,
  VISIT,
} from '../domain/support.ts';
import { checkProperty } from '../support/property.ts';
import { bundleOf, clockAt, loaded, signedCode } from './support.ts';

/** Saturdays, midnights, and days on which clocks change. */
const INSTANTS = [
  Date.UTC(2026, 10, 21, 4, 0, 30),
  Date.UTC(2026, 10, 21, 16, 0, 0),
  Date.UTC(2026, 9, 25, 1, 0, 0),
  Date.UTC(2026, 2, 29, 1, 0, 0),
];
const ZONES = ['Asia/Shanghai', 'Europe/Berlin', 'Asia/Kathmandu', 'America/St_Johns'];

const day = fc.constantFrom('fri', 'sat', 'sun', 'mon');
const hours: fc.Arbitrary<Hours> = fc.record({
  days: fc.uniqueArray(day, { minLength: 1 }),
  from: fc.constantFrom('00:00', '02:00', '02:30', '05:30', '12:00', '12:01', '23:00'),
  to: fc.constantFrom('01:00', '03:00', '05:31', '12:02', '13:00', '24:00'),
});
/** Mostly the usual value, so that judgements get far; now and then another one. */
const mostly = <T>(usual: T, ...others: T[]) =>
  fc.oneof(
    { weight: 15, arbitrary: fc.constant(usual) },
    { weight: 1 + others.length, arbitrary: fc.constantFrom(usual, ...others) },
  );
const often = (value: boolean) => mostly(value, !value);
const state = <P extends string>(...postures: P[]) =>
  fc.record({
    posture: mostly<P | 'normal'>('normal', ...postures),
    untilOffset: fc.option(fc.constantFrom(-1, 0, 1, HOUR_MS)),
  });

/** What both judges can know. */
const sharedWorld = fc.record({
  instant: fc.constantFrom(...INSTANTS),
  timezone: fc.constantFrom(...ZONES),
  /** How long before the attempt the bundle was made. */
  ageMs: fc.integer({ min: 0, max: 29 * MINUTE_MS }),
  own: often(true),
  directions: mostly(3, 1, 2),
  windowOffsetMs: mostly(0, -5_001, -5_000, 29_999, 44_999, 45_000, 90_000),
  direction: mostly<'in' | 'out'>('in', 'out'),
  kind: fc.constantFrom('standard', 'station'),
  forRiders: often(true),
  community: state('lockdown', 'open'),
  gate: state('lockdown', 'open', 'closed'),
  hours: fc.oneof(fc.constant([]), fc.constant([]), fc.array(hours, { maxLength: 3 })),
  confirmation: fc.oneof(fc.constant(null), fc.constant(null), fc.array(hours, { maxLength: 2 })),
  rescanGraceSeconds: fc.constantFrom(0, 20, 300),
  passageSensor: fc.boolean(),
  ended: often(false),
  entry: fc.option(
    fc.record({
      agoMs: fc.constantFrom(0, 1, 19_999, 20_000, 30_000, 59_999, 60_000, 299_999, 300_000),
      sameCode: fc.boolean(),
      rescans: fc.constantFrom(0, 0, 1, 2),
      passageReported: often(false),
      exited: often(false),
    }),
  ),
});
type SharedWorld = typeof sharedWorld extends fc.Arbitrary<infer World> ? World : never;

/** What only the server knows. */
const serverWorld = fc.record({
  known: often(true),
  blocked: often(false),
  suspended: often(false),
  platformAdmitted: often(true),
  vehicle: mostly<'e-bike' | 'van'>('e-bike', 'van'),
  hard: often(false),
  entries: fc.constantFrom(0, 0, 0, 3),
  full: often(false),
  confirm: often(false),
});
type ServerWorld = typeof serverWorld extends fc.Arbitrary<infer World> ? World : never;
const NOTHING_SPECIAL: ServerWorld = {
  known: true,
  blocked: false,
  suspended: false,
  platformAdmitted: true,
  vehicle: 'e-bike',
  hard: false,
  entries: 0,
  full: false,
  confirm: false,
};

interface Scene {
  readonly now: number;
  readonly notBefore: number;
  readonly facts: Facts;
  readonly memory: readonly MemoryEvent[];
  readonly revoked: boolean;
}

function sceneOf(world: SharedWorld, server: ServerWorld): Scene {
  const notBefore = windowStart(world.instant / SECOND_MS, 30);
  const now = notBefore * SECOND_MS + world.windowOffsetMs;
  const posture = ({ posture, untilOffset }: SharedWorld['gate']) => ({
    posture,
    until: untilOffset === null ? null : now + untilOffset,
  });
  const base = facts({
    community: { ...facts().community, kind: world.kind, timezone: world.timezone },
    gate: { ...facts().gate, passageSensor: world.passageSensor },
    communityPosture: posture(world.community),
    gatePosture: posture(world.gate),
    rules: rulesOf(world, server),
    occupancy: server.full ? 1 : 0,
    pass: server.known && world.own ? passOf(world, server, now) : null,
  });
  return {
    now,
    notBefore,
    facts: base,
    memory: memoryOf(world, now, notBefore),
    revoked: world.ended || server.blocked || server.suspended,
  };
}

function rulesOf(world: SharedWorld, server: ServerWorld): Partial<EntryRules> {
  return {
    hours: world.hours,
    gates: world.forRiders ? 'all' : [],
    rescanGraceSeconds: world.rescanGraceSeconds,
    antiPassback: server.hard ? 'hard' : 'soft',
    capacity: 1,
    guardConfirmation:
      world.confirmation === null
        ? null
        : { hours: world.confirmation, vehicles: [], conductPoints: null },
  };
}

function passOf(world: SharedWorld, server: ServerWorld, now: number): PassFacts {
  const { entry } = world;
  const until = (set: boolean) => (set ? now + 1 : null);
  const station = world.kind === 'station';
  return {
    id: PASS,
    status: world.ended ? 'ended' : 'active',
    expiresAt: station ? now + HOUR_MS : null,
    deliveries: station
      ? []
      : [
          delivery({
            newestAt: now - MINUTE_MS,
            platformAdmitted: server.platformAdmitted,
            vehicle: server.vehicle,
          }),
        ],
    deliveriesCounted: 1,
    entries: server.entries,
    lastEntry:
      entry === null
        ? null
        : {
            at: now - entry.agoMs,
            gateId: GATE,
            passageReported: entry.passageReported,
            rescans: entry.rescans,
            exited: entry.exited,
          },
    openVisit: entry === null || entry.exited ? null : { id: VISIT, openedAt: now - entry.agoMs },
    codeUsed: entry?.sameCode ?? false,
    blockedUntil: until(server.blocked),
    suspendedUntil: until(server.suspended),
    confirmationUntil: until(server.confirm),
    conductPoints: 0,
  };
}

/** What the gate remembers of the same events. */
function memoryOf({ entry }: SharedWorld, now: number, notBefore: number): MemoryEvent[] {
  if (entry === null) return [];
  const at = now - entry.agoMs;
  const events: MemoryEvent[] = [
    {
      kind: 'entry',
      passId: PASS,
      notBefore: entry.sameCode ? notBefore : notBefore - 600,
      usableUntil: now + HOUR_MS,
      at,
    },
  ];
  for (let count = 0; count < entry.rescans; count++)
    events.push({ kind: 'rescan', passId: PASS, at });
  if (entry.passageReported) events.push({ kind: 'passage', passId: PASS, at });
  if (entry.exited) events.push({ kind: 'exit', passId: PASS, at });
  return events;
}

/** The reasons of both judges on one world. */
async function judgeTwice(world: SharedWorld, server: ServerWorld) {
  const { now, notBefore, facts: known, memory, revoked } = sceneOf(world, server);
  const { directions, direction, own } = world;
  const members = { directions, notBefore, communityId: own ? COMMUNITY : OTHER_COMMUNITY };
  const code = { kind: 'authentic', payload: payload(members) } as const;
  const online = decide(attempt({ code, direction, receivedAt: now }), known);
  const posture = { community: known.communityPosture, gate: known.gatePosture };
  const ended = revoked ? [payload().statusIndex] : [];
  const bundle = bundleOf(known, now - world.ageMs, { posture }, { length: 64, ended });
  const offline = await judgeOffline(
    { direction, code: signedCode(members) },
    await loaded(bundle),
    createGateMemory(() => {}, memory),
    clockAt(now),
  );
  if (offline.outcome === 'cannot_judge') throw new Error(offline.why);
  return { online: online.reason, offline: offline.reason };
}

/** Where a reason stands in the order of judgement; grants come last. */
function rank(reason: Reason): number {
  const position = (DENIED_REASONS as readonly Reason[]).indexOf(reason);
  return position === -1 ? DENIED_REASONS.length : position;
}

describe('offline and online', () => {
  it('agree on every world that both can know', async () => {
    const seen = new Map<Reason, number>();
    await checkProperty(
      'both can know',
      fc.asyncProperty(sharedWorld, async (world) => {
        const { online, offline } = await judgeTwice(world, NOTHING_SPECIAL);
        seen.set(online, (seen.get(online) ?? 0) + 1);
        expect(offline).toBe(online);
      }),
      500,
    );
    expect(seen.size).toBeGreaterThan(10);
  }, 120_000);

  it('differ elsewhere only where the server says what it alone knows, and then offline errs to a later step', async () => {
    const own: readonly Reason[] = [...SERVER_ONLY_REASONS, 'unknown_pass'];
    const alsoOwn: readonly Reason[] = ['already_inside', 'guard_confirmation_required'];
    await checkProperty(
      'the server knows more',
      fc.asyncProperty(sharedWorld, serverWorld, async (world, server) => {
        const { online, offline } = await judgeTwice(world, server);
        if (offline === online) return;
        const hidden = alsoOwn.includes(online) && (server.hard || server.confirm);
        expect([online, offline, own.includes(online) || hidden]).toEqual([online, offline, true]);
        expect(rank(offline)).toBeGreaterThan(rank(online));
      }),
      500,
    );
  }, 120_000);
});
