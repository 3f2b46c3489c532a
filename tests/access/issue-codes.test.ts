import { beforeEach, describe, expect, test } from 'vitest';
import {
  type CodeWindow,
  codeDirections,
  firstWindow,
  type IssuingDeps,
  issueCodes,
} from '../../src/access/issue-codes.ts';
import { IssuedCodes } from '../../src/access/issued-codes.ts';
import { LIMITS } from '../../src/config.ts';
import { parseCourierCode } from '../../src/domain/courier-code.ts';
import { STANDARD_RULES } from '../../src/domain/entry-rules.ts';
import { formatIdentifier } from '../../src/domain/identifier.ts';
import { openKeyring } from '../../src/keys/keyring.ts';
import type { KeyRecord, PassRecord } from '../../src/store/store.ts';

/** 11 s into a window of 30 s. */
const NOW = Date.UTC(2026, 10, 21, 4, 3, 11, 250);
const WINDOW = Date.UTC(2026, 10, 21, 4, 3, 0);

const pass: PassRecord = {
  id: formatIdentifier('pas', new Uint8Array(8).fill(3)),
  community: {
    id: formatIdentifier('com', new Uint8Array(8).fill(4)),
    name: '阳光小区',
    kind: 'standard',
    timezone: 'Asia/Shanghai',
    district: null,
  },
  status: 'active',
  statusIndex: 77,
  expiresAt: null,
  createdAt: NOW,
  endedAt: null,
  visitOpen: false,
  stops: [],
  rules: STANDARD_RULES,
  rulesVersion: 1,
  refusal: null,
};

let deps: IssuingDeps;

/** Keys in a list: what the keyring needs of a store. */
function keyRecords() {
  let records: KeyRecord[] = [];
  return {
    listKeys: async () => records,
    listRevokedKeys: async () => [],
    keyNumbersSince: async () => records.map(({ kid }) => Number(kid)).filter(Number.isInteger),
    async changeKeys({
      insert,
      move,
    }: {
      insert: readonly KeyRecord[];
      move: readonly { kid: string; to: KeyRecord['state'] }[];
    }) {
      const moved = records.map((key) => ({
        ...key,
        state: move.find(({ kid }) => kid === key.kid)?.to ?? key.state,
      }));
      records = [...moved, ...insert];
      return { kind: 'ok' as const, value: null };
    },
  };
}

beforeEach(async () => {
  const limits = { ...LIMITS, retiredCodeKeyMs: 4 * 3_600_000, gateTokens: 10 };
  const keys = await openKeyring(
    { store: keyRecords(), keyEncryptionKey: new Uint8Array(32), limits },
    NOW,
  );
  deps = {
    keys,
    config: { limits: LIMITS },
    issuedCodes: new IssuedCodes(1_000),
  } as unknown as IssuingDeps;
});

const parse = (window: CodeWindow | undefined) => parseCourierCode(window?.code ?? '');

describe('the grid', () => {
  test('the first window is the one that holds now', () => {
    expect(firstWindow({ count: 8, after: null }, LIMITS, NOW)).toBe(WINDOW / 1000);
  });

  test.each([
    [WINDOW - 1, WINDOW - 30_000],
    [WINDOW, WINDOW],
    [WINDOW + 29_999, WINDOW],
    [WINDOW + 30_000, WINDOW + 30_000],
  ])('at %i the window is that of %i', (now, start) => {
    expect(firstWindow({ count: 1, after: null }, LIMITS, now)).toBe(start / 1000);
  });

  test('after a notBefore come the windows that follow it', () => {
    expect(firstWindow({ count: 8, after: WINDOW + 210_000 }, LIMITS, NOW)).toBe(
      WINDOW / 1000 + 240,
    );
  });

  test('after an instant within a window comes the next window', () => {
    expect(firstWindow({ count: 1, after: WINDOW + 210_001 }, LIMITS, NOW)).toBe(
      WINDOW / 1000 + 240,
    );
  });

  test('a range never starts before the window that holds now', () => {
    expect(firstWindow({ count: 1, after: WINDOW - 600_000 }, LIMITS, NOW)).toBe(WINDOW / 1000);
    expect(firstWindow({ count: 1, after: WINDOW - 30_000 }, LIMITS, NOW)).toBe(WINDOW / 1000);
  });

  test('240 codes from now are never too far ahead', () => {
    expect(firstWindow({ count: 240, after: null }, LIMITS, WINDOW)).not.toBeNull();
    expect(firstWindow({ count: 240, after: null }, LIMITS, WINDOW + 29_999)).not.toBeNull();
  });

  test('no window ends later than three hours ahead', () => {
    const last = WINDOW + LIMITS.codesAheadMs - 30_000;
    expect(firstWindow({ count: 1, after: last - 30_000 }, LIMITS, WINDOW)).toBe(last / 1000);
    expect(firstWindow({ count: 1, after: last }, LIMITS, WINDOW)).toBeNull();
    expect(firstWindow({ count: 2, after: last - 30_000 }, LIMITS, WINDOW)).toBeNull();
  });
});

describe('what the codes of a pass may do', () => {
  test.each([
    ['active', null, false, 3],
    ['active', null, true, 3],
    ['active', 'rider_blocked', false, null],
    ['active', 'rider_blocked', true, 2],
    ['leaving', null, true, 2],
    ['leaving', 'vehicle_not_allowed', true, 2],
    ['ended', null, false, null],
    ['ended', null, true, null],
    ['ended', 'rider_blocked', true, null],
  ] as const)('%s, refusal %s, visit open %s: %s', (status, refusal, visitOpen, directions) => {
    expect(codeDirections({ status, refusal, visitOpen })).toBe(directions);
  });
});

describe('codes', () => {
  const first = WINDOW / 1000;

  test.each([1, 2, 8, 240])('are exactly %i, one window after the other', async (count) => {
    const codes = await issueCodes(deps, { pass, first, count, now: NOW });
    expect(codes).toHaveLength(count);
    codes.forEach((window, index) => {
      expect(window.notBefore).toBe(WINDOW + index * 30_000);
      expect(window.notAfter).toBe(window.notBefore + 30_000);
    });
  });

  test('name the pass, the community, the window and the status index, and are authentic', async () => {
    const [window] = await issueCodes(deps, { pass, first, count: 1, now: NOW });
    const code = parse(window);
    expect(code).toMatchObject({
      directions: 3,
      communityId: pass.community.id,
      passId: pass.id,
      notBefore: first,
      lifetimeSeconds: 30,
      statusIndex: 77,
    });
    expect(await deps.keys.verifyCode(code!)).toBe('authentic');
  });

  test('carry exit only for a pass that is leaving', async () => {
    const leaving = { ...pass, status: 'leaving' as const, visitOpen: true };
    const codes = await issueCodes(deps, { pass: leaving, first, count: 3, now: NOW });
    expect(codes.map((window) => parse(window)?.directions)).toEqual([2, 2, 2]);
  });

  test('are none for an ended pass or a refused entry', async () => {
    const ended = { ...pass, status: 'ended' as const };
    const refused = { ...pass, refusal: 'platform_not_allowed' as const };
    expect(await issueCodes(deps, { pass: ended, first, count: 8, now: NOW })).toEqual([]);
    expect(await issueCodes(deps, { pass: refused, first, count: 8, now: NOW })).toEqual([]);
  });

  test('of the same window are the same, whoever fetches it and when', async () => {
    const early = await issueCodes(deps, { pass, first, count: 8, now: NOW });
    const late = await issueCodes(deps, { pass, first: first + 60, count: 8, now: NOW + 60_000 });
    expect(late.slice(0, 6)).toEqual(early.slice(2));
  });

  test('of the same window under a forgotten memory keep their identity', async () => {
    const [one] = await issueCodes(deps, { pass, first, count: 1, now: NOW });
    const [two] = await issueCodes(
      { ...deps, issuedCodes: new IssuedCodes(0) },
      { pass, first, count: 1, now: NOW },
    );
    expect(parse(two)?.payloadBytes).toEqual(parse(one)?.payloadBytes);
  });

  test('of a revoked key are signed anew; those of a retired one are not', async () => {
    const [original] = await issueCodes(deps, { pass, first, count: 1, now: NOW });
    const { keyNumber } = parse(original)!;
    await deps.keys.rotate('courier-code', 'system', NOW);
    const [rotated] = await issueCodes(deps, { pass, first, count: 1, now: NOW });
    expect(rotated).toEqual(original);
    await deps.keys.revoke('courier-code', String(keyNumber), 'system', NOW);
    const [renewed] = await issueCodes(deps, { pass, first, count: 1, now: NOW });
    expect(parse(renewed)?.keyNumber).not.toBe(keyNumber);
    expect(await deps.keys.verifyCode(parse(renewed)!)).toBe('authentic');
  });

  test('in great number let others have their turn', async () => {
    let turns = 0;
    const count = () => {
      turns++;
      timer = setImmediate(count);
    };
    let timer = setImmediate(count);
    await issueCodes(deps, { pass, first, count: 240, now: NOW });
    clearImmediate(timer);
    expect(turns).toBeGreaterThanOrEqual(11);
  });
});
