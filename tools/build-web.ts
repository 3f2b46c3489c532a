/**
 * Builds what browsers are given: scripts, styles and pictures under `dist/web/assets`, each named by its content and
 * beside it compressed as gzip and Brotli. `assets.json` says which file stands for which name, and what else that
 * file needs from the start.
 */
import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { basename, extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';
import { build, type Metafile, type Plugin } from 'esbuild';

const WEB = fileURLToPath(new URL('../src/web/', import.meta.url));
const OUT = fileURLToPath(new URL('../dist/web/assets/', import.meta.url));

/** Phones of five years ago. */
const TARGET = ['chrome87', 'safari15', 'firefox91'];
const COMPRESSED = new Set(['.js', '.css', '.svg', '.wasm']);

/** A file that was built. */
interface Built {
  /** By its content: `rider-3QX7L2AB.js`. */
  readonly file: string;
  readonly content: Uint8Array;
  /** Files that it imports at its start. */
  readonly needs: readonly string[];
}

/** Bundles entries. @returns by name: those of entries are the sources', such as `rider.js` */
async function bundle(
  entries: readonly string[],
  define: Readonly<Record<string, string>> = {},
): Promise<ReadonlyMap<string, Built>> {
  const { outputFiles, metafile } = await build({
    entryPoints: [...entries],
    outdir: OUT,
    entryNames: '[name]-[hash]',
    chunkNames: '[name]-[hash]',
    bundle: true,
    splitting: true,
    minify: true,
    write: false,
    metafile: true,
    format: 'esm',
    target: TARGET,
    jsx: 'automatic',
    jsxImportSource: 'hono/jsx/dom',
    define: { ...define },
    plugins: [iconsOf(entries)],
    legalComments: 'none',
    logLevel: 'warning',
  });
  const contents = new Map(outputFiles.map(({ path, contents }) => [basename(path), contents]));
  return new Map(
    Object.entries(metafile.outputs).map(([path, { entryPoint }]) => {
      const file = basename(path);
      const isEntry = entries.some((entry) => entryPoint && entry.endsWith(entryPoint));
      const name = isEntry ? file.replace(/-[^-.]+(?=\.\w+$)/, '') : file;
      const content = contents.get(file) ?? new Uint8Array();
      return [name, { file, content, needs: neededBy(path, metafile) }];
    }),
  );
}

/** What is imported later, and so soon that it had better be under way. */
const FIRST = /^first-/;

/** What a bundle imports at its start, and what that imports. */
function neededBy(path: string, { outputs }: Metafile): string[] {
  const direct = (outputs[path]?.imports ?? [])
    .filter(({ kind, external }) => kind === 'import-statement' && !external)
    .concat((outputs[path]?.imports ?? []).filter((each) => FIRST.test(basename(each.path))))
    .map((imported) => imported.path);
  const deep = direct.flatMap((each) => neededBy(each, { inputs: {}, outputs }));
  return [...new Set([...direct.map((each) => basename(each)), ...deep])];
}

/** Leaves in a bundle the icons that it may show: those whose names stand in its sources or in a component. */
function iconsOf(entries: readonly string[]): Plugin {
  const sources = [
    ...entries,
    ...entries.flatMap((entry) => sourcesIn(entry.replace(/\.tsx?$/, ''))),
    ...sourcesIn(join(WEB, 'components')),
  ];
  const text = sources.map((source) => readFileSync(source, 'utf8')).join('\n');
  return {
    name: 'icons',
    setup({ onLoad }) {
      onLoad({ filter: /src\/web\/icons\.ts$/ }, ({ path }) => {
        const lines = readFileSync(path, 'utf8').split('\n');
        const isUnused = (line: string) => {
          const name = /^ {2}(\w+)(?:: \w+)?,$/.exec(line)?.[1];
          return name !== undefined && !new RegExp(`['"]${name}['"]`).test(text);
        };
        return { loader: 'ts', contents: lines.filter((line) => !isUnused(line)).join('\n') };
      });
    },
  };
}

function sourcesIn(folder: string): string[] {
  if (!existsSync(folder) || !statSync(folder).isDirectory()) return [];
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}

/** The entries of a folder: files directly in it. */
function entriesOf(folder: string, pattern: RegExp): string[] {
  return readdirSync(join(WEB, folder))
    .filter((file) => pattern.test(file))
    .map((file) => join(WEB, folder, file));
}

function readFile(path: string): Built {
  const content = readFileSync(path);
  const hash = createHash('sha256').update(content).digest('hex').slice(0, 8);
  const extension = extname(path);
  return { file: `${basename(path, extension)}-${hash}${extension}`, content, needs: [] };
}

/** Writes a file and its compressed forms. @returns their names */
function write({ file, content }: Built): string[] {
  writeFileSync(join(OUT, file), content);
  if (!COMPRESSED.has(extname(file))) return [file];
  writeFileSync(join(OUT, `${file}.gz`), gzipSync(content, { level: 9 }));
  const params = {
    [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY,
    [constants.BROTLI_PARAM_SIZE_HINT]: content.length,
  };
  writeFileSync(join(OUT, `${file}.br`), brotliCompressSync(content, { params }));
  return [file, `${file}.gz`, `${file}.br`];
}

/** What pages need without signal: these, and all of their own script. */
const KEPT = {
  rider: ['app.css', 'rider.css', 'tap.css', 'tap.js', 'icon.svg', 'icon-192.png'],
  guard: ['app.css', 'guard.css', 'guard-decoder.js', 'zxing_reader.wasm', 'icon.svg'],
} as const;
type KeptPage = keyof typeof KEPT;

/** The worker that keeps a page: it changes with everything that it keeps, pages included. */
async function buildWorker(
  page: KeptPage,
  built: ReadonlyMap<string, Built>,
  scripts: ReadonlyMap<string, Built> = new Map(),
) {
  const kept = [...KEPT[page].map((name) => built.get(name)), ...scripts.values()].map((each) => {
    if (each === undefined) throw new Error(`a file of the ${page}’s page is missing`);
    return `/assets/${each.file}`;
  });
  const version = createHash('sha256');
  for (const source of sourcesIn(WEB).sort()) version.update(readFileSync(source));
  return bundle([join(WEB, 'worker', `${page}-worker.ts`)], {
    FILES: JSON.stringify(kept),
    BUILD: JSON.stringify(version.digest('hex').slice(0, 12)),
  });
}

mkdirSync(OUT, { recursive: true });
const built = new Map<string, Built>();
const add = (more: ReadonlyMap<string, Built>) => {
  for (const [name, each] of more) built.set(name, each);
};
add(await bundle(entriesOf('styles', /^(app|tap|rider|guard|manager)\.css$/)));
const scripts = new Map<string, ReadonlyMap<string, Built>>();
for (const script of entriesOf('client', /(?<!\.d)\.tsx?$/)) {
  const made = await bundle([script]);
  scripts.set(basename(script, extname(script)), made);
  add(made);
}
for (const picture of entriesOf('pictures', /\.(svg|png)$/))
  built.set(basename(picture), readFile(picture));
const wasm = fileURLToPath(import.meta.resolve('zxing-wasm/reader/zxing_reader.wasm'));
built.set(basename(wasm), readFile(wasm));
for (const page of ['rider', 'guard'] as const)
  add(await buildWorker(page, built, scripts.get(page)));

const written = new Set(['assets.json', ...[...built.values()].flatMap(write)]);
const list = Object.fromEntries(
  [...built].map(([name, { file, content, needs }]) => [
    name,
    { file, bytes: content.length, needs },
  ]),
);
// Whoever starts meanwhile finds the old list or the new one, and the files of either.
writeFileSync(join(OUT, 'assets.json.new'), `${JSON.stringify(list, null, 2)}\n`);
renameSync(join(OUT, 'assets.json.new'), join(OUT, 'assets.json'));
for (const old of readdirSync(OUT)) if (!written.has(old)) rmSync(join(OUT, old), { force: true });
