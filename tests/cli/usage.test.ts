/** What needs no service: help, wrong usage, and a server that is not there. */
import type { Command } from 'commander';
import { describe, expect, test } from 'vitest';
import { createProgram } from '../../src/cli/program.ts';
import { run } from './support.ts';

const NOWHERE = ['--server', 'http://127.0.0.1:1'];
const COMMUNITY = 'com_0123456789abc';
const COURIER = 'cou_0123456789abc';

function commandsOf(
  command: Command,
  path: readonly string[] = [],
): { path: readonly string[]; command: Command }[] {
  const own = command.commands.length === 0 ? [{ path, command }] : [];
  return [
    ...own,
    ...command.commands.flatMap((child) => commandsOf(child, [...path, child.name()])),
  ];
}
const COMMANDS = commandsOf(
  createProgram({
    environment: {},
    out() {},
    err() {},
    read: () => Promise.reject(new Error('nothing is read')),
    now: () => 0,
    async *lines() {},
    save: () => Promise.resolve(),
    append: () => Promise.resolve(),
    terminal: null,
    stopSignal: () => new AbortController().signal,
  }),
);

test('the commands are these', () => {
  expect(COMMANDS.map(({ path }) => path.join(' '))).toEqual([
    'platforms create',
    'platforms list',
    'platforms rotate-secret',
    'communities create',
    'communities list',
    'communities show',
    'communities update',
    'gates create',
    'gates open',
    'gates orders',
    'gates list',
    'gates revoke',
    'gates re-enrol',
    'tags create',
    'tags list',
    'tags revoke',
    'rules show',
    'rules put',
    'rules history',
    'rules backtest',
    'rules guide',
    'posture community',
    'posture gate',
    'block add',
    'block remove',
    'block list',
    'couriers erase',
    'decisions follow',
    'decisions list',
    'visits list',
    'alerts list',
    'alerts show',
    'alerts acknowledge',
    'appeals list',
    'appeals decide',
    'notify create',
    'notify list',
    'notify remove',
    'notify history',
    'notify replay',
    'api-keys create',
    'api-keys list',
    'api-keys revoke',
    'people invite',
    'people list',
    'people invitations',
    'people remove',
    'people revoke',
    'keys list',
    'keys rotate',
    'keys revoke',
    'audit verify',
    'audit export',
    'audit receipt verify',
    'audit check-views',
    'restore put',
    'restore status',
    'restore confirm',
  ]);
});

describe('help', () => {
  test.each(COMMANDS)(
    '$path tells what it does, its arguments, and the global options',
    async ({ path, command }) => {
      const { code, out, err } = await run([...path, '--help']);
      expect({ code, err }).toEqual({ code: 0, err: '' });
      for (const { description } of [command, ...command.options, ...command.registeredArguments]) {
        expect(description).not.toBe('');
      }
      expect(command.description()).not.toBe('');
      expect(out).toContain('--server <url>');
    },
  );

  test('the program tells examples, exit codes and where the key comes from', async () => {
    const { code, out } = await run(['--help']);
    expect(code).toBe(0);
    for (const text of [
      'Examples:',
      'Exit codes:',
      'COURIER_PASS_URL',
      'COURIER_PASS_API_KEY',
      'admin-api-key',
    ]) {
      expect(out).toContain(text);
    }
  });
});

test('every example of the help is understood', async () => {
  const helps = await Promise.all(
    [[], ['posture'], ...COMMANDS.map(({ path }) => path)].map((path) => run([...path, '--help'])),
  );
  const examples = helps.flatMap(({ out }) => [
    ...out.matchAll(/cli -- ([^|>\n]+?)(?= {2}| [|>]|\n|$)/g),
  ]);
  const shown = examples.map(([, example = '']) => example).filter((text) => !text.includes('['));
  expect(shown.length).toBeGreaterThan(10);
  for (const example of shown) {
    const given = (example.match(/"[^"]*"|\S+/g) ?? []).map((word) => word.replaceAll('"', ''));
    const { code, err } = await run([...given, ...NOWHERE], { stdin: '{}' });
    // The file of an example is not there, which is found out after the arguments are understood.
    if (!err.startsWith('rules.json cannot be read'))
      expect({ example, code }).toEqual({ example, code: 3 });
  }
});

describe('wrong usage ends with 2 and sends nothing', () => {
  test.each([
    [[]],
    [['platforms']],
    [['platfroms', 'list']],
    [['platforms', 'list', 'extra']],
    [['platforms', 'create', 'kuaisong']],
    [['platforms', 'create', '快送', '快送']],
    [['platforms', 'rotate-secret', '..']],
    [['communities', 'list', '--limit', '0']],
    [['communities', 'list', '--limit', '5', '--all']],
    [['communities', 'create', '东湖花园', '--kind', 'castle']],
    [['communities', 'show', '../platforms']],
    [['communities', 'show', 'gat_0123456789abc']],
    [['gates', 'create', COMMUNITY, '北门']],
    [['gates', 'create', COMMUNITY, '北门', '--directions', 'up']],
    [['gates', 'create', COMMUNITY, '北门', '--directions', 'in', '--media', 'qr;nfc']],
    [['gates', 'open', 'gat_0123456789abc']],
    [['gates', 'open', 'gat_0123456789abc', '--reason', 'x', '--open-for', 'long']],
    [['tags', 'create', COMMUNITY, 'gat_0123456789abc', '04DE5F1EACC0']],
    [['tags', 'create', COMMUNITY, 'gat_0123456789abc']],
    [['api-keys', 'create', 'name']],
    [['api-keys', 'create', 'name', '--scope', 'everything']],
    [['api-keys', 'create', 'name', '--scope', 'district:']],
    [['api-keys', 'create', 'name', '--scope', 'community:wuhan']],
    [['rules', 'put', COMMUNITY]],
    [['rules', 'put', COMMUNITY, '-', '--agreed-by', 'everybody']],
    [['rules', 'put', COMMUNITY, '-', '--effective-from', 'tomorrow']],
    [['posture', 'community', COMMUNITY, 'closed']],
    [['posture', 'community', COMMUNITY, 'lockdown', '--until', 'later']],
    [['block', 'add', COMMUNITY, COURIER, '--reason', '逆行']],
    [['block', 'add', COMMUNITY, COURIER, '--until', '7d']],
    [['visits', 'list', COMMUNITY, '--open', '--closed']],
    [['keys', 'rotate', 'everything']],
    [['keys', 'revoke', 'courier-code', '../token']],
    [['communities', 'list', '--api-key', 'two words']],
    [['communities', 'list', '--server', 'pass.example']],
  ])('%j', async (given) => {
    const { code, out, err } = await run([
      ...given,
      ...(given.includes('--server') ? [] : NOWHERE),
    ]);
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).not.toBe('');
  });

  test('a wrong value is told with how to do better', async () => {
    const { err } = await run(['gates', 'create', COMMUNITY, '北门', '--directions', 'up']);
    expect(err).toContain('Give one or more of in, out, with commas between.');
    expect(err).toContain('--help');
  });
});

test.each([[[]], [['--json']]])(
  'a server that is not there ends with 3, and answers nothing %j',
  async (options) => {
    const { code, out, err } = await run(['platforms', 'list', ...NOWHERE, ...options]);
    expect({ code, out }).toEqual({ code: 3, out: '' });
    expect(err).toMatch(/^http:\/\/127\.0\.0\.1:1 does not answer: .+\.\n$/);
  },
);
