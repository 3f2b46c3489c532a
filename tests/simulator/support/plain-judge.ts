import { createHash } from 'node:crypto';
import type {
  AloneOutcome,
  GateTime,
  MemoryEvent,
  OfflineJudgeKit,
} from '../../../gate-simulator/src/firmware/offline-judge.ts';
import { formatIdentifier, type PassId } from '../../../src/domain/identifier.ts';

/** A bundle that the judge takes. */
export function plainBundle(version: number, statusVersion = version): string {
  const serverTime = new Date().toISOString();
  return JSON.stringify({ serverTime, version, statusVersion, posture: { posture: 'normal' } });
}

/**
 * A judge without cryptography: every code that begins with `CP1:` is somebody's, opens once, and is used up for ten
 * minutes. It asks of clock and bundle what the real one asks.
 */
export const plainJudge: OfflineJudgeKit = {
  isForgettable: ({ at }, now) => now >= at + 600_000,
  makeJudge: (journal, past) => {
    const used = new Set<string>();
    for (const event of past) if (event.kind === 'entry') used.add(event.passId);
    let posture: string | undefined;
    return {
      load: async (text, { minVersion }) => {
        const bundle = JSON.parse(text);
        if (typeof bundle.version !== 'number') return { kind: 'refused', why: 'malformed' };
        if (bundle.statusVersion < minVersion) return { kind: 'refused', why: 'older_version' };
        posture = bundle.posture.posture ?? 'normal';
        const { version, statusVersion = 0 } = bundle;
        return { kind: 'loaded', version, statusVersion, ttlSeconds: null, maxStaleMinutes: 30 };
      },
      judge: async ({ direction, code }, time) => {
        const passId = passOf(code ?? '');
        if (direction === 'out') return outcome('granted', 'granted_exit', passId);
        const why = obstacle(posture, time);
        if (why !== null) return { outcome: 'cannot_judge', why, message: { zh: '', en: '' } };
        if (posture === 'lockdown') return outcome('denied', 'community_lockdown', passId);
        if (code?.startsWith('CP1:') !== true) return outcome('denied', 'malformed_code', null);
        if (used.has(passId)) return outcome('denied', 'code_used', passId);
        used.add(passId);
        const event: MemoryEvent = {
          ...{ kind: 'entry', passId, notBefore: 0 },
          usableUntil: time.now + 45_000,
          at: time.now,
        };
        try {
          await journal(event);
        } catch {
          used.delete(passId);
          return { outcome: 'cannot_judge', why: 'not_recorded', message: { zh: '', en: '' } };
        }
        return outcome('granted', 'granted', passId);
      },
      remember: async (event) => {
        if (event.kind === 'entry') used.add(event.passId);
        await journal(event);
      },
    };
  },
};

function obstacle(posture: string | undefined, time: GateTime): string | null {
  if (posture === undefined) return 'no_bundle';
  if (!time.synchronised) return 'clock_not_synchronised';
  return time.latestKnown - time.now >= 2_000 ? 'clock_stepped_back' : null;
}

function outcome(
  decision: 'granted' | 'denied',
  reason: string,
  passId: PassId | null,
): AloneOutcome {
  const message = { zh: reason, en: reason };
  return { outcome: decision, reason, message, passId, rulesVersion: 1 };
}

/** Each code is a pass of its own. */
function passOf(code: string): PassId {
  const bytes = createHash('sha256').update(code).digest().subarray(0, 8);
  bytes[0] = (bytes[0] ?? 0) & 0x7f;
  return formatIdentifier('pas', bytes);
}
