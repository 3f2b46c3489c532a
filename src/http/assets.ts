/** The files that pages refer to, as the build left them: read once, served compressed, kept by browsers for ever. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { z } from '@hono/zod-openapi';
import type { AssetName, Assets } from '../web/assets.ts';

/** A file that was built. */
export interface AssetFile {
  readonly type: string;
  readonly content: Uint8Array<ArrayBuffer>;
  readonly gzip: Uint8Array<ArrayBuffer> | null;
  readonly brotli: Uint8Array<ArrayBuffer> | null;
}

export interface BuiltAssets extends Assets {
  /** A file by the name under which it is served, e.g. `app-0123456789ab.css`; null where there is none. */
  find(file: string): AssetFile | null;
  /** A file by its name in the sources. @throws Error where the build lacks it */
  read(name: string): AssetFile;
}

/** The same folder from the sources and from what is built of them. */
const FOLDER = fileURLToPath(new URL('../../dist/web/assets/', import.meta.url));

const TYPES: Readonly<Record<string, string>> = {
  js: 'text/javascript; charset=utf-8',
  css: 'text/css; charset=utf-8',
  svg: 'image/svg+xml',
  png: 'image/png',
  wasm: 'application/wasm',
};

const listSchema = z.record(
  z.string(),
  z.looseObject({ file: z.string(), needs: z.array(z.string()) }),
);

/** @throws Error where the pages have not been built */
export function loadAssets(folder: string = FOLDER): BuiltAssets {
  const list = listSchema.parse(JSON.parse(readList(folder)));
  const files = new Map<string, AssetFile>();
  for (const { file } of Object.values(list)) files.set(file, readAsset(folder, file));
  const fileOf = (name: string): string => {
    const file = list[name]?.file;
    if (file === undefined) throw new Error(`the build has no ${name}`);
    return file;
  };
  return {
    url: (name: AssetName) => `/assets/${fileOf(name)}`,
    needs: (name: AssetName) => (list[name]?.needs ?? []).map((file) => `/assets/${file}`),
    find: (file) => files.get(file) ?? null,
    read(name) {
      const found = files.get(fileOf(name));
      if (found === undefined) throw new Error(`the build has no ${name}`);
      return found;
    },
  };
}

function readList(folder: string): string {
  try {
    return readFileSync(`${folder}assets.json`, 'utf8');
  } catch (cause) {
    throw new Error('the pages have not been built: run npm run build', { cause });
  }
}

function readAsset(folder: string, file: string): AssetFile {
  const type = TYPES[file.slice(file.lastIndexOf('.') + 1)] ?? 'application/octet-stream';
  const content = new Uint8Array(readFileSync(folder + file));
  return {
    type,
    content,
    gzip: readIfThere(`${folder}${file}.gz`),
    brotli: readIfThere(`${folder}${file}.br`),
  };
}

function readIfThere(path: string): Uint8Array<ArrayBuffer> | null {
  try {
    return new Uint8Array(readFileSync(path));
  } catch {
    return null;
  }
}

/** The file as the client can take it. */
export function assetResponse(
  asset: AssetFile,
  acceptEncoding: string | undefined,
  headers: Readonly<Record<string, string>>,
): Response {
  const [content, encoding] = encodingFor(asset, acceptEncoding ?? '');
  return new Response(content, {
    headers: {
      'content-type': asset.type,
      'x-content-type-options': 'nosniff',
      vary: 'accept-encoding',
      ...(encoding !== null && { 'content-encoding': encoding }),
      ...headers,
    },
  });
}

function encodingFor(
  { content, gzip, brotli }: AssetFile,
  accepted: string,
): [Uint8Array<ArrayBuffer>, 'br' | 'gzip' | null] {
  if (brotli !== null && accepts(accepted, 'br')) return [brotli, 'br'];
  if (gzip !== null && accepts(accepted, 'gzip')) return [gzip, 'gzip'];
  return [content, null];
}

/** Whether an `Accept-Encoding` takes a coding. @see RFC 9110 §12.5.3 */
export function accepts(acceptEncoding: string, coding: string): boolean {
  return acceptEncoding
    .toLowerCase()
    .split(',')
    .map((range) => range.trim().split(/\s*;\s*q=/))
    .some(([name, weight]) => name === coding && Number(weight ?? 1) > 0);
}
