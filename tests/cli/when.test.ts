import { InvalidArgumentError } from 'commander';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { parseWhen, showInstant } from '../../src/cli/when.ts';

const NOW = Date.parse('2026-11-21T04:00:00.000Z');

beforeEach(() => vi.stubEnv('TZ', 'Asia/Shanghai'));
afterEach(() => vi.unstubAllEnvs());

test.each([
  ['30m', '2026-11-21T04:30:00.000Z'],
  ['2h', '2026-11-21T06:00:00.000Z'],
  ['7d', '2026-11-28T04:00:00.000Z'],
  ['2026-11-22T06:00:00+08:00', '2026-11-21T22:00:00.000Z'],
  ['2026-11-22T06:00+08:00', '2026-11-21T22:00:00.000Z'],
  ['2026-11-22 06:00:00+08:00', '2026-11-21T22:00:00.000Z'],
  ['2026-11-22t06:00:00.5z', '2026-11-22T06:00:00.500Z'],
])('%s is %s', (text, instant) => {
  expect(parseWhen(text, NOW)).toBe(instant);
});

test.each([
  '',
  'tomorrow',
  '2',
  '2w',
  '-2h',
  '1.5h',
  '2026-11-22',
  '2026-11-22T06:00:00',
  '2026-13-01T00:00Z',
  '2026-02-30T00:00Z',
])('%j is neither a while nor an instant with its offset', (text) => {
  expect(() => parseWhen(text, NOW)).toThrow(InvalidArgumentError);
});

test('an instant is shown in the time zone of this machine, and can be given back', () => {
  expect(showInstant('2026-11-21T04:03:10.131Z')).toBe('2026-11-21 12:03:10+08:00');
  expect(parseWhen('2026-11-21 12:03:10+08:00', NOW)).toBe('2026-11-21T04:03:10.000Z');
});

test('the offset is that of the instant shown, west of Greenwich too', () => {
  vi.stubEnv('TZ', 'America/St_Johns');
  expect(showInstant('2026-07-01T00:00:00.000Z')).toBe('2026-06-30 21:30:00-02:30');
  expect(showInstant('2026-11-21T00:00:00.000Z')).toBe('2026-11-20 20:30:00-03:30');
});

test('what is not an instant is shown as it is', () => {
  expect(showInstant('')).toBe('');
  expect(showInstant('soon')).toBe('soon');
});
