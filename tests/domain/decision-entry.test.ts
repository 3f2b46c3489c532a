import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalJson } from '../../src/domain/audit-entry.ts';
import { type DecisionEntry, writeDecisionEntry } from '../../src/domain/decision-entry.ts';
import { formatIdentifier } from '../../src/domain/identifier.ts';
import { DENIED_REASONS, GRANTED_REASONS } from '../../src/domain/reason.ts';

const bytes = fc.uint8Array({ minLength: 8, maxLength: 8 });
const instant = fc.integer({ min: 0, max: 4_102_444_800_000 });
const entries: fc.Arbitrary<DecisionEntry> = fc.record({
  communityId: bytes.map((b) => formatIdentifier('com', b)),
  gateId: bytes.map((b) => formatIdentifier('gat', b)),
  requestId: fc.uuid(),
  codeDigest: fc.constantFrom('', 'q83vEjRWeJCrze8S'),
  direction: fc.constantFrom('in', 'out'),
  medium: fc.constantFrom('qr', 'nfc', null),
  at: instant,
  source: fc.constantFrom('online', 'offline', 'guard', 'tap'),
  decision: fc.constantFrom('granted', 'denied'),
  reason: fc.constantFrom(...GRANTED_REASONS, ...DENIED_REASONS),
  passId: fc.option(bytes.map((b) => formatIdentifier('pas', b))),
  visitId: fc.option(bytes.map((b) => formatIdentifier('vis', b))),
  codeWindow: fc.option(fc.integer({ min: 0, max: 0xffffffff })),
  consumedWindow: fc.option(fc.integer({ min: 0, max: 0xffffffff })),
  tag: fc.option(
    fc.record({
      id: bytes.map((b) => formatIdentifier('tag', b)),
      counter: fc.option(fc.integer({ min: 0, max: 2 ** 24 - 1 })),
    }),
    { nil: undefined },
  ),
  clock: fc.option(
    fc.record({
      deviceTime: fc.option(instant),
      receivedAt: instant,
      offsetMs: fc.option(fc.integer({ min: -1e9, max: 1e9 })),
    }),
    { nil: undefined },
  ),
  rulesVersion: fc.integer({ min: 1, max: 1_000_000 }),
  flags: fc.subarray([
    'anti_passback',
    'code_replayed',
    'exit_without_visit',
    'unrecognised_code_at_exit',
    'offline_conflict',
  ]),
  lane: fc.option(fc.string({ minLength: 1, maxLength: 16 }), { nil: undefined }),
  scannedAt: fc.option(instant, { nil: undefined }),
  speedKmh: fc.option(fc.double({ min: 0, max: 500, noNaN: true }), { nil: undefined }),
  accuracyKmh: fc.option(fc.double({ min: 0, max: 500, noNaN: true }), { nil: undefined }),
  actor: fc.constantFrom(undefined, 'key:key_0123456789abc'),
  confirms: fc.constantFrom(undefined, 'fisaJjt_8FWntkJ99mZFuznExjhKLxOXrp038fvTkjM'),
});

describe('the audit entry of a decision', () => {
  it('is canonical JSON, member by member', () => {
    fc.assert(
      fc.property(entries, (entry) => {
        const text = writeDecisionEntry(entry, 'c2FsdHNhbHRzYWx0c2FsdA');
        expect(text).toBe(canonicalJson(JSON.parse(text)));
      }),
    );
  });

  it('says what was decided, by whom, of which pass and by which rules', () => {
    fc.assert(
      fc.property(entries, (entry) => {
        const said = JSON.parse(writeDecisionEntry(entry, 'salt'));
        expect(said).toMatchObject({
          type: 'decision',
          v: 1,
          at: new Date(entry.at).toISOString(),
          community: entry.communityId,
          gate: entry.gateId,
          reason: entry.reason,
          rulesVersion: entry.rulesVersion,
        });
        expect(said.pass ?? null).toBe(entry.passId);
        expect(said.visit ?? null).toBe(entry.visitId);
        expect(said.clockOffsetMs ?? null).toBe(entry.clock?.offsetMs ?? null);
        expect(said.tag).toBe(entry.tag?.id);
        expect(said.counter ?? null).toBe(entry.tag?.counter ?? null);
        expect(said.consumed ?? false).toBe(entry.consumedWindow !== null);
      }),
    );
  });

  it('holds no digest of a text that is no code: a short one could be guessed', () => {
    fc.assert(
      fc.property(entries, (entry) => {
        const malformed = { ...entry, reason: 'malformed_code' as const, codeWindow: null };
        expect(JSON.parse(writeDecisionEntry(malformed, 'salt'))).not.toHaveProperty('code');
      }),
    );
  });
});
