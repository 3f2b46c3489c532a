import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { PNG } from 'pngjs';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { prepareZXingModule, readBarcodes } from 'zxing-wasm/reader';
import { type Service, startService } from '../support/service.ts';
import {
  expectStatus,
  makeCommunity,
  makeDelivery,
  makeGate,
  makePlatform,
  nextHour,
  type PlatformHandle,
  presentCode,
  type RiderHandle,
  readPasses,
  sendCallback,
  signIn,
  verify,
} from '../support/world.ts';

let service: Service;
let platform: PlatformHandle;
let communityId: string;
let rider: RiderHandle;
let passId: string;
let count = 0;

beforeAll(async () => {
  const wasm = createRequire(import.meta.url).resolve('zxing-wasm/reader/zxing_reader.wasm');
  const wasmBinary = new Uint8Array(await readFile(wasm)).buffer;
  prepareZXingModule({ overrides: { wasmBinary } });
  service = await startService();
  platform = await makePlatform(service, 'kuaisong');
  communityId = await makeCommunity(service);
});
afterAll(() => service.stop());

beforeEach(async () => {
  nextHour(service, 4_000);
  count++;
  await makeDelivery(service, platform, {
    communityId,
    deliveryId: `d-${count}`,
    riderId: `r-${count}`,
  });
  rider = await signIn(service, platform, `r-${count}`);
  passId = (await readPasses(service, rider)).items[0].id;
});

function picture(
  extension: string,
  { id = passId, token = rider.token as string | null } = {},
): Promise<Response> {
  const headers = token === null ? {} : { authorization: `Bearer ${token}` };
  return Promise.resolve(service.app.request(`/v1/passes/${id}/qr.${extension}`, { headers }));
}

async function scan(png: Uint8Array) {
  const [symbol] = await readBarcodes(png, { formats: ['QRCode'], tryInvert: false });
  return symbol;
}

async function scanPicture(extension: string) {
  const png = Buffer.from(await (await picture(extension)).arrayBuffer());
  return { symbol: await scan(png), ...PNG.sync.read(png) };
}

describe('the PNG', () => {
  test('is scanned as the code of the present window: version 6, level M', async () => {
    const response = await picture('png');
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe('image/png');
    expect(response.headers.get('cache-control')).toBe('no-store');
    const { symbol } = await scanPicture('png');
    expect(symbol?.text).toBe(await presentCode(service, rider));
    expect(symbol?.version).toBe('6');
    expect(symbol?.ecLevel).toBe('M');
  });

  test('is black on white, with a quiet zone of four modules', async () => {
    const { data, width, height } = await scanPicture('png');
    expect(width).toBe(height);
    const scale = width / (41 + 8);
    expect(Number.isInteger(scale)).toBe(true);
    const at = (x: number, y: number) => [
      ...data.subarray((y * width + x) * 4, (y * width + x) * 4 + 4),
    ];
    for (let along = 0; along < width; along++) {
      expect(at(along, 4 * scale - 1)).toEqual([255, 255, 255, 255]);
      expect(at(4 * scale - 1, along)).toEqual([255, 255, 255, 255]);
    }
    expect(at(4 * scale, 4 * scale)).toEqual([0, 0, 0, 255]);
  });

  test('of the next window is another one, and what was scanned opens the gate', async () => {
    const { symbol: first } = await scanPicture('png');
    service.clock.advance(30_000);
    const { symbol: second } = await scanPicture('png');
    expect(second?.text).not.toBe(first?.text);
    const gate = await makeGate(service, communityId);
    expect((await verify(service, gate, { code: second?.text })).body.reason).toBe('granted');
  });
});

describe('the SVG', () => {
  test('is as many modules wide as version 6 and its quiet zone, black on white', async () => {
    const response = await picture('svg');
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe('image/svg+xml');
    const svg = await response.text();
    expect(svg).toContain('viewBox="0 0 49 49"');
    expect(svg).toContain('#ffffff');
    expect(svg).toContain('#000000');
  });

  test('shows the same modules as the PNG', async () => {
    const svg = await (await picture('svg')).text();
    const symbol = await scan(rasterize(/stroke="#000000" d="([^"]+)"/.exec(svg)?.[1] ?? ''));
    expect(symbol?.text).toBe(await presentCode(service, rider));
  });
});

/** Draws the dark rows of an SVG's path, 8 pixels a module: moves (M, m) and horizontal lines (h) are all it has. */
function rasterize(path: string): Buffer {
  const scale = 8;
  const side = 49 * scale;
  const image = new PNG({ width: side, height: side });
  image.data.fill(255);
  let [x, y] = [0, 0];
  for (const [, command, one, two] of path.matchAll(/([Mmh])(-?[\d.]+)(?: (-?[\d.]+))?/g)) {
    const [dx, dy] = [Number(one), Math.floor(Number(two ?? 0))];
    if (command === 'M') [x, y] = [dx, dy];
    if (command === 'm') [x, y] = [x + dx, y + dy];
    if (command !== 'h') continue;
    for (let row = y * scale; row < (y + 1) * scale; row++) {
      for (let column = x * scale; column < (x + dx) * scale; column++) {
        image.data.fill(0, (row * side + column) * 4, (row * side + column) * 4 + 3);
      }
    }
    x += dx;
  }
  return PNG.sync.write(image);
}

describe.each(['svg', 'png'])('the %s of what is not there', (extension) => {
  test('an ended pass is 404', async () => {
    expectStatus(
      await sendCallback(service, platform, { deliveryId: `d-${count}`, status: 'delivered' }),
      202,
    );
    const response = await picture(extension);
    expect(response.status).toBe(404);
    expect(response.headers.get('content-type')).toBe('application/problem+json');
  });

  test('another rider’s pass is 404', async () => {
    const other = await signIn(service, platform, `r-${count}-other`);
    expect((await picture(extension, { token: other.token })).status).toBe(404);
  });

  test.each([
    'pas_0123456789abc',
    'pas_x',
    'x',
    'com_0123456789abc',
    passId?.toUpperCase() ?? 'PAS',
  ])('%s is 404', async (id) => {
    expect((await picture(extension, { id })).status).toBe(404);
  });

  test('without a session is 401', async () => {
    expect((await picture(extension, { token: null })).status).toBe(401);
    expect((await picture(extension, { token: platform.apiKey })).status).toBe(401);
  });

  test('while entry is refused and nobody is inside is 404', async () => {
    const path = `/v1/communities/${communityId}`;
    const gate = await makeGate(service, communityId);
    await verify(service, gate, { code: await presentCode(service, rider) });
    await verify(service, gate, { direction: 'out', code: await presentCode(service, rider) });
    const visits = await service.call('GET', `${path}/visits`, { token: service.operatorKey });
    const body = { reason: 'x', until: new Date(service.clock.now() + 60_000).toISOString() };
    const block = `${path}/blocks/${visits.body.items[0].courierId}`;
    expectStatus(await service.call('PUT', block, { token: service.operatorKey, body }), 200);
    expect((await picture(extension)).status).toBe(404);
  });
});
