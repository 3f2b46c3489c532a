/**
 * Builds what browsers are given: scripts, styles and pictures under `dist/web/assets`, each named by its content and
 * beside it compressed as gzip and Brotli. `assets.json` says which file stands for which name.
 */
import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { basename, extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';
import { build, type Plugin } from 'esbuild';

const WEB = fileURLToPath(new URL('../src/web/', import.meta.url));
const OUT = fileURLToPath(new URL('../dist/web/assets/', import.meta.url));

/** Phones of five years ago. */
const TARGET = ['chrome87', 'safari15', 'firefox91'];
const COMPRESSED = new Set(['.js', '.css', '.svg', '.wasm']);

interface BuiltFile {
  readonly file: string;
  readonly bytes: number;
  readonly gzipBytes: number;
}

async function bundle(
  entries: readonly string[],
  define: Readonly<Record<string, string>> = {},
): Promise<ReadonlyMap<string, Uint8Array>> {
  const { outputFiles } = await build({
    entryPoints: [...entries],
    outdir: OUT,
    bundle: true,
    minify: true,
    write: false,
    format: 'esm',
    target: TARGET,
    jsx: 'automatic',
    jsxImportSource: 'hono/jsx/dom',
    define: { ...define },
    plugins: [iconsOf(entries)],
    legalComments: 'none',
    logLevel: 'warning',
  });
  return new Map(outputFiles.map(({ path, contents }) => [basename(path), contents]));
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

/** Writes a file under a name that changes with its content. */
function write(name: string, content: Uint8Array): BuiltFile {
  const hash = createHash('sha256').update(content).digest('hex').slice(0, 12);
  const extension = extname(name);
  const file = `${basename(name, extension)}-${hash}${extension}`;
  writeFileSync(join(OUT, file), content);
  if (!COMPRESSED.has(extension)) return { file, bytes: content.length, gzipBytes: content.length };
  const gzip = gzipSync(content, { level: 9 });
  writeFileSync(join(OUT, `${file}.gz`), gzip);
  const params = {
    [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY,
    [constants.BROTLI_PARAM_SIZE_HINT]: content.length,
  };
  writeFileSync(join(OUT, `${file}.br`), brotliCompressSync(content, { params }));
  return { file, bytes: content.length, gzipBytes: gzip.length };
}

/** The entries of a folder: files directly in it. */
function entriesOf(folder: string, pattern: RegExp): string[] {
  return readdirSync(join(WEB, folder))
    .filter((file) => pattern.test(file))
    .map((file) => join(WEB, folder, file));
}

rmSync(OUT, { recursive: true, force: true });
mkdirSync(OUT, { recursive: true });
const styles = entriesOf('styles', /^(app|tap|rider|guard|manager)\.css$/);
const contents = new Map<string, Uint8Array>(await bundle(styles));
for (const script of entriesOf('client', /(?<!\.d)\.tsx?$/))
  for (const [name, content] of await bundle([script])) contents.set(name, content);
for (const picture of entriesOf('pictures', /\.(svg|png)$/))
  contents.set(basename(picture), readFileSync(picture));

const files: Record<string, BuiltFile> = {};
for (const [name, content] of contents) files[name] = write(name, content);

/** What the rider's page needs without signal. */
const KEPT = ['app.css', 'rider.css', 'tap.css', 'rider.js', 'tap.js', 'icon.svg', 'icon-192.png'];
const kept = KEPT.flatMap((name) => (files[name] ? [`/assets/${files[name].file}`] : []));
if (kept.length < KEPT.length) throw new Error('a file of the rider’s page is missing');
// The pages themselves are kept as well: another markup is another version.
const version = createHash('sha256')
  .update(
    sourcesIn(WEB)
      .sort()
      .map((source) => readFileSync(source))
      .join(),
  )
  .digest('hex')
  .slice(0, 12);
const worker = await bundle([join(WEB, 'worker', 'rider-worker.ts')], {
  FILES: JSON.stringify(kept),
  BUILD: JSON.stringify(version),
});
for (const [name, content] of worker) files[name] = write(name, content);
writeFileSync(join(OUT, 'assets.json'), `${JSON.stringify(files, null, 2)}\n`);
