/** What the documents say is so: commands, links, configuration, and the tests that they name. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { readConfig } from '../src/config.ts';
import { listenService, run } from './cli/support.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const read = (file: string) => readFileSync(join(ROOT, file), 'utf8');

const READMES = ['README.md', 'README.zh-CN.md'] as const;
const DOCUMENTS = [
  ...READMES,
  'CHANGELOG.md',
  ...readdirSync(join(ROOT, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`),
];

interface Block {
  readonly language: string;
  readonly text: string;
}

function codeBlocks(file: string): Block[] {
  const found = read(file).matchAll(/^```(\w*)\n([\s\S]*?)^```$/gm);
  return [...found].map(([, language = '', text = '']) => ({ language, text }));
}

/** The lines that a reader types into a shell. */
function shellLines(file: string): string[] {
  return codeBlocks(file)
    .filter(({ language }) => language === 'sh')
    .flatMap(({ text }) => text.trim().split('\n'));
}

/** A document without its code blocks. */
const prose = (file: string) => read(file).replaceAll(/^```[\s\S]*?^```$/gm, '');

interface Link {
  readonly file: string;
  readonly anchor: string | undefined;
}

/** Where the relative links of a document lead, from the root. */
function links(file: string): Link[] {
  const targets = [...prose(file).matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = '']) => target);
  return targets
    .filter((target) => !/^[a-z]+:/.test(target))
    .map((target) => {
      const [path = '', anchor] = target.split('#');
      return { file: path === '' ? file : normalize(join(dirname(file), path)), anchor };
    });
}

/** The anchors that a document's headings have on GitHub. */
function anchors(file: string): string[] {
  return [...prose(file).matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
      .replaceAll(' ', '-'),
  );
}

describe('the two READMEs', () => {
  test('hold the same code blocks and the same commands in the same order', () => {
    expect(codeBlocks(READMES[1])).toEqual(codeBlocks(READMES[0]));
    expect(codeBlocks(READMES[0]).length).toBeGreaterThan(5);
  });

  test('have the same headings by level, the same tables by size, and the same links', () => {
    const shape = (file: string) => ({
      levels: [...prose(file).matchAll(/^(#+) /gm)].map(([, level]) => level),
      rows: [...prose(file).matchAll(/^\|.*\|$/gm)].map(([row]) => row.split('|').length),
      items: [...prose(file).matchAll(/^(-|\d\.) /gm)].map(([, mark]) => mark),
      links: links(file).filter(({ file: target }) => !/^README/.test(target)),
    });
    expect(shape(READMES[1])).toEqual(shape(READMES[0]));
  });
});

describe.each(DOCUMENTS)('%s', (file) => {
  test('names only scripts that package.json has', () => {
    const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };
    const named = [...read(file).matchAll(/npm (?:run (?:-s )?([\w-]+)|(test|start)\b)/g)];
    for (const [, script, lifecycle] of named) {
      expect(Object.keys(scripts)).toContain(script ?? lifecycle);
    }
  });

  test('links to files and headings that exist', () => {
    for (const { file: target, anchor } of links(file)) {
      expect(existsSync(join(ROOT, target)), target).toBe(true);
      if (anchor !== undefined) expect(anchors(target)).toContain(anchor);
    }
  });

  test('names tests by titles that they have', () => {
    const named = prose(file).matchAll(/\]\(([^)]+\.ts)\):\s+“([^”]+)”/g);
    for (const [, target = '', title = ''] of named) {
      expect(read(normalize(join(dirname(file), target))), title).toContain(title);
    }
  });
});

describe('the commands', () => {
  test('that install, test and play the demo are those of continuous integration', () => {
    const given = read('.ci/run').split('\n');
    const promised = shellLines(READMES[0]).filter((line) => line.startsWith('npm ci'));
    expect(promised).toEqual(['npm ci && npm run demo', 'npm ci && npm test']);
    for (const command of promised.flatMap((line) => line.split(' && '))) {
      expect(given).toContain(command);
    }
  });

  test('of the first steps work in their order, each on what those before it have made', async () => {
    const service = await listenService();
    const made = new Map<string, string>();
    for (const { given, stdin } of shellLines(READMES[0]).flatMap(cliCommand)) {
      const named = given.map((word) =>
        word.replaceAll(EXAMPLE_IDENTIFIER, (example) => made.get(example) ?? example),
      );
      const answer = await service.json(named, stdin);
      const id: unknown = answer.id;
      if (given[1] === 'create' && typeof id === 'string') made.set(exampleOf(id), id);
    }
    expect([...made.keys()]).toEqual(
      expect.arrayContaining(['com_0123456789abc', 'gat_0123456789abc']),
    );
    await service.stop();
  });

  test('of every document are understood', async () => {
    const commands = DOCUMENTS.flatMap(shellLines).flatMap(cliCommand);
    expect(commands.length).toBeGreaterThan(20);
    for (const { given, stdin } of commands) {
      const { code, err } = await run([...given, '--server', 'http://127.0.0.1:1'], { stdin });
      // What reads a file finds none here; what is not understood is told how to get help.
      const isLocal =
        given.slice(0, 2).join(' ') === 'restore put' ||
        given.some((word) => ['--database', '--file'].includes(word));
      expect({ given, code }).toEqual({ given, code: isLocal ? 2 : 3 });
      expect(err).not.toContain('add --help');
    }
  });
});

const EXAMPLE_IDENTIFIER = /[a-z]{3}_0123456789abc/g;
const exampleOf = (id: string) => `${id.slice(0, 4)}0123456789abc`;

/** A line that calls the command line, as the program gets it; none for any other line. */
function cliCommand(line: string): { given: string[]; stdin: string }[] {
  const [, stdin = '', words] = /^(?:echo '([^']*)' \| )?npm run -s cli -- (.+)$/.exec(line) ?? [];
  if (words === undefined) return [];
  const given = (words.match(/"[^"]*"|\S+/g) ?? []).map((word) => word.replaceAll('"', ''));
  return [{ given, stdin }];
}

describe.each(READMES)('the configuration in %s', (file) => {
  const rows = [...prose(file).matchAll(/^\| `([A-Z_]+)` +\| ([^|]+?) +\|/gm)].map(
    ([, name = '', value = '']) => [name, value.replaceAll('`', '')] as const,
  );

  test('is the one that the service reads', () => {
    const [, schema = ''] =
      /const environmentSchema = z\.object\(\{([\s\S]*?)^\}\);/m.exec(read('src/config.ts')) ?? [];
    const variables = [...schema.matchAll(/^ {2}([A-Z_]+):/gm)].map(([, name]) => name);
    expect(variables.length).toBeGreaterThan(9);
    expect(rows.map(([name]) => name).sort()).toEqual(variables.sort());
  });

  test('has the defaults that the service has', () => {
    const { host, port, dataDir, logLevel } = readConfig({});
    expect(Object.fromEntries(rows)).toMatchObject({
      HOST: host,
      PORT: String(port),
      DATA_DIR: dataDir,
      LOG_LEVEL: logLevel,
    });
  });
});

test('the transcript is of the demo: it has these steps', () => {
  const folder = 'gate-simulator/src/demo/chapters';
  const chapters = readdirSync(join(ROOT, folder)).map((name) => read(`${folder}/${name}`));
  const transcript = codeBlocks(READMES[0]).find(({ language }) => language === 'text');
  const titles = [...(transcript?.text ?? '').matchAll(/^ ?\d+ {2}(.+)$/gm)].map(
    ([, title = '']) => title,
  );
  expect(titles.length).toBeGreaterThan(3);
  for (const title of titles) expect(chapters.join('\n')).toContain(title);
});
