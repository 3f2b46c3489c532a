/** The architecture as a test: who may import whom, and what has no place where. */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const ROOT = fileURLToPath(new URL('..', import.meta.url));

function sources(folder: string): string[] {
  return readdirSync(join(ROOT, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.tsx?$/.test(entry.name))
    .map((entry) => relative(ROOT, join(entry.parentPath, entry.name)))
    .filter((file) => !/(^|\/)(node_modules|dist)\/|\.d\.ts$/.test(file))
    .sort();
}

/** A file's code without comments, so that prose never counts. */
function code(file: string): string {
  return withoutComments(readFileSync(join(ROOT, file), 'utf8'));
}

function withoutComments(text: string): string {
  return text.replaceAll(/\/\*[\s\S]*?\*\//g, '').replaceAll(/(^|\s)\/\/.*$/gm, '$1');
}

/** Where code reaches for the time or for chance itself, instead of being given them. */
function timeAndChance(text: string): string[] {
  const direct =
    /\bDate\.now\b|\bnew Date\(\s*\)|(?<!new )\bDate\(|\bperformance\b|\bhrtime\b|\bMath\.random\b|\bgetRandomValues\b|\brandomUUID\b|\brandomInt\b|\brandomFill|\bcrypto\.(?!createHash\b)\w+/g;
  const imported = /\b(?:import|export)\s+([^;'"]*?)\s*\bfrom\s+['"](?:node:)?crypto['"]/g;
  const dynamic = /\b(?:import|require)\s*\(\s*['"](?:node:)?crypto['"]/g;
  return [
    ...[...text.matchAll(direct)].map(([found]) => found),
    ...[...text.matchAll(imported)]
      .filter(([, names = '']) => names.replaceAll(/[\s,]/g, '') !== '{createHash}')
      .map(([found]) => found),
    ...[...text.matchAll(dynamic)].map(([found]) => found),
  ];
}

interface Import {
  readonly file: string;
  /** A path from the root for a file of ours, else the package's name or `node:…`. */
  readonly target: string;
}

function imports(file: string): Import[] {
  const found = code(file).matchAll(/\b(?:from\s+|import\s*\(?\s*)'([^']+)'/g);
  return [...found].map(([, specifier = '']) => ({
    file,
    target: specifier.startsWith('.') ? normalize(join(dirname(file), specifier)) : specifier,
  }));
}

/** Ports and type files: what describes an adapter without being one. */
const PORTS = [
  'src/store/store.ts',
  'src/store/backtest-store.ts',
  'src/store/conduct-store.ts',
  'src/store/notify-store.ts',
  'src/store/speed-store.ts',
  'src/store/log-store.ts',
  'src/store/privacy-store.ts',
  'src/store/export-store.ts',
  'src/store/retention-store.ts',
  'src/store/restore-store.ts',
  'src/store/view-check-store.ts',
  'src/audit/audit.ts',
  'src/store/account-log.ts',
  'src/store/manager-store.ts',
  'src/store/guard-store.ts',
  'src/store/report-store.ts',
  'src/signin/signin.ts',
  'src/bus/bus.ts',
  'src/keys/keys.ts',
  'src/platforms/platforms.ts',
  'src/notify/notify.ts',
  'src/config.ts',
  'src/limits.ts',
  'src/access/deps.ts',
];

const ANY_NODE = /^node:/;
const HONO = /^(hono|@hono\/|zod$|zod\/|qrcode$|prom-client$)/;

/** What the files of a folder may import beside their own folder. */
const MAY_IMPORT: Readonly<Record<string, readonly (string | RegExp)[]>> = {
  'src/domain': ['node:crypto'],
  'src/gate': ['src/domain/', 'jose'],
  'src/access': ['src/domain/', 'src/gate/', ...PORTS, 'node:crypto', 'node:timers/promises'],
  'src/http': ['src/access/', 'src/domain/', 'src/web/', ...PORTS, HONO, ANY_NODE],
  // In a browser or a service worker: what is shared with the server is pure.
  'src/web/client': [
    '@simplewebauthn/browser',
    'src/web/',
    'src/domain/',
    /^hono\/jsx\/dom/,
    /^qrcode\//,
    'idb-keyval',
    // The guard's phone judges as a gate does.
    'src/gate/',
    'zxing-wasm/reader',
  ],
  'src/web/worker': ['src/web/', 'idb-keyval'],
  'src/web': ['src/access/', 'src/domain/', ...PORTS, HONO, /^lucide-static\//],
  'src/signin': [
    'src/domain/',
    ...PORTS,
    /^better-auth(\/|$)/,
    '@simplewebauthn/server',
    'better-sqlite3',
    'zod',
    ANY_NODE,
  ],
  'src/store': ['src/domain/', /^drizzle-orm/, 'better-sqlite3', ANY_NODE],
  'src/bus': ['src/domain/', ANY_NODE],
  'src/keys': ['src/domain/', 'src/gate/', ...PORTS, 'jose', ANY_NODE],
  'src/platforms': ['src/domain/', ...PORTS, ANY_NODE],
  'src/notify': ['src/domain/', 'src/outbound/', ...PORTS, ANY_NODE],
  'src/outbound': ['src/domain/', ANY_NODE],
  'src/audit': ['src/domain/', 'src/outbound/', ...PORTS, ANY_NODE],
  // Whoever checks the log uses nothing of the service but how it hashes: of `audit`, what is pure.
  'src/cli': [
    'src/domain/',
    /^src\/audit\/(checkpoint|receipt|signed-note|tiles|tree|verify-export|verify-log)\.ts$/,
    'better-sqlite3',
    'cli-progress',
    'commander',
    ANY_NODE,
  ],
  'gate-simulator/src': [
    'courier-pass/gate',
    'jose',
    'commander',
    'zxing-wasm',
    /^zxing-wasm\//,
    'pngjs',
    'cli-table3',
    'qrcode',
    ANY_NODE,
  ],
};
/** The composition root and its helpers know every part. */
const ROOTS = ['src/main.ts', 'src/config.ts', 'src/limits.ts', 'src/log.ts', 'src/upkeep.ts'];

const ours = sources('src');
const simulator = sources('gate-simulator/src');

function folderOf(file: string): string | undefined {
  return Object.keys(MAY_IMPORT).find((folder) => file.startsWith(`${folder}/`));
}

function isAllowed({ file, target }: Import): boolean {
  const folder = folderOf(file);
  if (folder === undefined) return ROOTS.includes(file);
  if (target.startsWith(`${folder}/`)) return true;
  return (MAY_IMPORT[folder] ?? []).some((allowed) =>
    typeof allowed === 'string'
      ? target === allowed || (allowed.endsWith('/') && target.startsWith(allowed))
      : allowed.test(target),
  );
}

describe('who may import whom', () => {
  it('every file lives in a folder that the table knows', () => {
    const homeless = [...ours, ...simulator].filter(
      (file) => folderOf(file) === undefined && !ROOTS.includes(file),
    );
    expect(homeless).toEqual([]);
  });

  it('no file imports beyond its folder’s table', () => {
    const wrong = [...ours, ...simulator].flatMap(imports).filter((each) => !isAllowed(each));
    expect(wrong).toEqual([]);
  });

  it('adapters never import each other', () => {
    const adapters = [
      'src/store/',
      'src/bus/',
      'src/keys/',
      'src/platforms/',
      'src/notify/',
      'src/signin/',
    ];
    const crossing = ours.flatMap(imports).filter(({ file, target }) => {
      const home = adapters.find((folder) => file.startsWith(folder));
      const other = adapters.find((folder) => target.startsWith(folder));
      return home && other && home !== other && !PORTS.includes(target);
    });
    expect(crossing).toEqual([]);
  });

  it('a port is described with domain types and its own parts alone', () => {
    const ports = PORTS.filter((file) =>
      /^src\/(store|bus|keys|platforms|notify|signin)\//.test(file),
    );
    const wrong = ports
      .filter((file) => ours.includes(file))
      .flatMap(imports)
      .filter(({ target }) => !target.startsWith('src/domain/') && !PORTS.includes(target));
    expect(wrong).toEqual([]);
  });
});

describe('what has no place where', () => {
  const matching = (files: readonly string[], pattern: RegExp) =>
    files.filter((file) => pattern.test(code(file)));

  it('domain/ and gate/ have no clock and no randomness', () => {
    const pure = ours.filter((file) => /^src\/(domain|gate)\//.test(file));
    const impure =
      /\bDate\.now\(|\bnew Date\(\)|performance\.now|Math\.random|random(Bytes|UUID|Fill)|getRandomValues|setTimeout|process\./;
    expect(matching(pure, impure)).toEqual([]);
  });

  it('domain/ takes createHash, and nothing else, from Node', () => {
    const domain = ours.filter((file) => file.startsWith('src/domain/'));
    const wrong = domain.flatMap((file) =>
      [...code(file).matchAll(/import\s+([^;]*?)\s+from\s+'node:[^']+'/g)]
        .map(([, names]) => names)
        .filter((names) => names !== '{ createHash }'),
    );
    expect(wrong).toEqual([]);
  });

  it('access/ takes the time and chance as arguments', () => {
    const access = ours.filter((file) => file.startsWith('src/access/'));
    expect(access.length).toBeGreaterThan(20);
    expect(access.filter((file) => timeAndChance(code(file)).length > 0)).toEqual([]);
  });

  it.each([
    "import { randomBytes } from 'node:crypto';",
    "import { createHash, randomBytes } from 'node:crypto';",
    "import {\n  createHash,\n  randomUUID as id,\n} from 'node:crypto';",
    "import * as anything from 'node:crypto';",
    "import anything from 'crypto';",
    "const { randomBytes } = await import('node:crypto');",
    'const id = randomUUID();',
    'const id = crypto.randomUUID();',
    'globalThis.crypto.getRandomValues(bytes);',
    'const at = Date.now();',
    'const clock = Date.now;',
    'const at = new Date();',
    'const at = performance.now();',
    'const chance = Math.random();',
  ])('and this would be found there: %s', (sample) => {
    expect(timeAndChance(withoutComments(sample))).not.toEqual([]);
  });

  it.each([
    "import { createHash } from 'node:crypto';",
    "import {\n  createHash,\n} from 'node:crypto';",
    'const bytes = deps.randomBytes(32);',
    'randomBytes(count: number): Uint8Array;',
    'const at = new Date(now).toISOString();',
    '// Date.now() is not for here\nconst at = deps.now();',
  ])('and this would not: %s', (sample) => {
    expect(timeAndChance(withoutComments(sample))).toEqual([]);
  });

  it('console belongs to command lines', () => {
    const library = ours.filter((file) => !file.startsWith('src/cli/'));
    expect(matching(library, /\bconsole\./)).toEqual([]);
  });

  it('nobody silences the compiler or the linter in the product', () => {
    const silenced = [...ours, ...simulator].filter((file) =>
      /@ts-ignore|@ts-expect-error|@ts-nocheck|biome-ignore|eslint-disable|\bas any\b/.test(
        readFileSync(join(ROOT, file), 'utf8'),
      ),
    );
    expect(silenced).toEqual([]);
  });

  it('there are no drawers for odds and ends', () => {
    const drawers = [...ours, ...simulator].filter((file) =>
      /(^|\/)(utils?|helpers?|misc|common|services|managers)(\/|\.ts$)/.test(file),
    );
    expect(drawers).toEqual([]);
  });

  it('every file has a purpose: somebody imports it, or it is an entry', () => {
    const entries =
      /^(src\/main|src\/cli\/main|src\/gate\/index|src\/store\/sqlite\/(worker|schema-\w+)|src\/web\/(client|worker)\/[\w-]+|gate-simulator\/src\/(main|index|demo\/main))\.tsx?$/;
    const files = [...ours, ...simulator];
    const imported = new Set(files.flatMap(imports).map(({ target }) => target));
    expect(files.filter((file) => !imported.has(file) && !entries.test(file))).toEqual([]);
  });

  it('a file is at most 400 lines, lists of declarations apart', () => {
    const lists = ['src/store/store.ts', 'src/store/sqlite/schema.ts'];
    const long = [...ours, ...simulator].filter(
      (file) =>
        !lists.includes(file) && readFileSync(join(ROOT, file), 'utf8').split('\n').length > 400,
    );
    expect(long).toEqual([]);
  });
});
