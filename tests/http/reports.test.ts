import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { eraseReportPhotos } from '../../src/access/erase-report-photos.ts';
import { DAY_MS } from '../../src/domain/clock.ts';
import { EXIF, frame, jpeg, SCAN, TABLE } from '../support/jpeg.ts';
import { type Service, startService } from '../support/service.ts';
import {
  expectStatus,
  makeCommunity,
  makeDelivery,
  makeKey,
  makePlatform,
  type PlatformHandle,
  type RiderHandle,
  signIn,
} from '../support/world.ts';

const JPEG = Buffer.from(jpeg(TABLE, frame(640, 480), SCAN));
/** The same, and where it was taken. */
const TAGGED = Buffer.from(jpeg(EXIF, TABLE, frame(640, 480), SCAN));

let service: Service;
let platform: PlatformHandle;
let communityId: string;
let rider: RiderHandle;
let manager: string;

beforeAll(async () => {
  service = await startService();
  platform = await makePlatform(service, 'kuaisong');
  communityId = await makeCommunity(service);
  await makeDelivery(service, platform, { communityId });
  rider = await signIn(service, platform);
  manager = await makeKey(service, { kind: 'community', communityId });
});
afterAll(() => service.stop());

const report = (members: object = {}, token = rider.token) =>
  service.call('POST', '/v1/rider/reports', {
    token,
    body: {
      requestId: randomUUID(),
      communityId,
      place: '3 号楼北侧坡道',
      text: '地上有油，差点滑倒',
      ...members,
    },
  });
const get = (path: string, token: string) => service.call('GET', path, { token });
const answer = (id: string, body: object, token = manager) =>
  service.call('POST', `/v1/reports/${id}/answer`, { token, body });

test('a rider’s report reaches the manager with its photo, without the place where it was taken', async () => {
  const made = expectStatus(await report({ photo: TAGGED.toString('base64') }), 201).body;
  expect(made).toMatchObject({ communityId, photo: 'kept', answer: null });
  expect(made).not.toHaveProperty('courierId');
  const { items } = expectStatus(
    await get(`/v1/communities/${communityId}/reports?open=true`, manager),
    200,
  ).body;
  expect(items[0]).toMatchObject({ id: made.id, text: '地上有油，差点滑倒' });
  for (const token of [manager, rider.token]) {
    const photo = await service.app.request(`/v1/reports/${made.id}/photo.jpg`, {
      headers: { authorization: `Bearer ${token}` },
    });
    expect(photo.status).toBe(200);
    expect(photo.headers.get('content-type')).toBe('image/jpeg');
    expect(photo.headers.get('content-security-policy')).toContain('sandbox');
    expect(Buffer.from(await photo.arrayBuffer())).toEqual(JPEG);
  }
});

test('the manager answers once, with contribution points that the rider reads', async () => {
  const before = (await get('/v1/rider/reports', rider.token)).body.contributionPoints;
  const { id } = expectStatus(await report(), 201).body;
  const answered = await answer(id, { text: '已安排清理，谢谢！', contributionPoints: 5 });
  expect(expectStatus(answered, 200).body.answer).toMatchObject({ contributionPoints: 5 });
  expect((await answer(id, { text: '再次' })).status).toBe(409);
  const own = expectStatus(await get('/v1/rider/reports', rider.token), 200).body;
  expect(own.contributionPoints).toBe(before + 5);
  expect(own.items[0]).toMatchObject({
    id,
    answer: { text: '已安排清理，谢谢！', contributionPoints: 5 },
  });
  const conduct = expectStatus(await get('/v1/rider/conduct', rider.token), 200).body.items;
  expect(conduct).toMatchObject([{ communityId, conduct: 0, contribution: before + 5 }]);
  for (const contributionPoints of [-1, 21, 1.5])
    expect((await answer(id, { text: 'x', contributionPoints })).status).toBe(422);
});

test('the same request again is the same report', async () => {
  const requestId = randomUUID();
  const [first, again] = [await report({ requestId }), await report({ requestId })];
  expect([first.status, again.status]).toEqual([201, 201]);
  expect(again.body).toEqual(first.body);
});

test('only who has a pass reports, and only managers of the place and the rider see it', async () => {
  const elsewhere = await makeCommunity(service);
  expect((await report({ communityId: elsewhere })).status).toBe(404);
  const { id } = (await report({ photo: JPEG.toString('base64') })).body;
  await makeDelivery(service, platform, { communityId, riderId: 'other', deliveryId: 'o' });
  const other = await signIn(service, platform, 'other');
  const stranger = await makeKey(service, { kind: 'community', communityId: elsewhere });
  for (const token of [other.token, stranger])
    expect((await get(`/v1/reports/${id}/photo.jpg`, token)).status).toBe(404);
  expect((await get('/v1/rider/reports', other.token)).body.items).toEqual([]);
  expect((await get(`/v1/communities/${communityId}/reports`, stranger)).status).toBe(404);
  expect((await answer(id, { text: 'x' }, stranger)).status).toBe(404);
});

test('what is no photo, or too much of one, is refused, and so is a text of none or too much', async () => {
  for (const photo of [Buffer.from('<svg onload=alert(1)>'), JPEG.subarray(0, 60)])
    expect((await report({ photo: photo.toString('base64') })).status).toBe(422);
  const large = Buffer.alloc(512 * 1024 + 3, 0xff).toString('base64');
  expect((await report({ photo: large })).status).toBe(422);
  expect((await report({ photo: Buffer.alloc(600_000).toString('base64') })).status).toBe(413);
  expect((await report({ text: ' \n ' })).status).toBe(422);
  expect((await report({ text: '字'.repeat(501) })).status).toBe(422);
  expect((await report({ text: '第一行\n第二行' })).status).toBe(201);
  expect((await report({ place: '两\n行' })).status).toBe(422);
});

test('twenty a day are enough', async () => {
  await makeDelivery(service, platform, { communityId, riderId: 'busy', deliveryId: 'b' });
  const busy = await signIn(service, platform, 'busy');
  for (let made = 0; made < 20; made++) expect((await report({}, busy.token)).status).toBe(201);
  expect(await report({}, busy.token)).toMatchObject({
    status: 429,
    body: { code: 'too_many_reports' },
  });
});

test('after 90 days a photo is erased, and the report says so', async () => {
  const { id } = (await report({ photo: JPEG.toString('base64') })).body;
  service.clock.advance(90 * DAY_MS);
  await eraseReportPhotos(service.deps);
  expect((await get(`/v1/reports/${id}/photo.jpg`, manager)).status).toBe(200);
  service.clock.advance(1);
  await eraseReportPhotos(service.deps);
  expect((await get(`/v1/reports/${id}/photo.jpg`, manager)).status).toBe(404);
  const { items } = (await get(`/v1/communities/${communityId}/reports`, manager)).body;
  expect(items.find((each: { id: string }) => each.id === id)).toMatchObject({ photo: 'erased' });
});
