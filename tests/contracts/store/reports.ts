import { randomBytes, randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { DAY_MS, HOUR_MS } from '../../../src/domain/clock.ts';
import type { CommunityId, CourierId } from '../../../src/domain/identifier.ts';
import type { Report } from '../../../src/domain/report.ts';
import { type OpenStore, readLog, sha256, sharedStore } from '../../support/store-under-test.ts';
import { ACTOR, makeWorld, NOON, unique } from '../../support/store-world.ts';
import { expectPaged } from './paging.ts';

export function describeReports(open: OpenStore): void {
  const under = sharedStore(open);

  interface Made {
    readonly courierId: CourierId;
    readonly communityId: CommunityId;
    readonly requestId?: string;
    readonly photo?: string;
    readonly text?: string;
    readonly now?: number;
    readonly passSince?: number;
    readonly mostInDay?: number;
  }
  const make = ({ courierId, communityId, now = NOON, ...made }: Made) =>
    under.store.makeReport({
      courierId,
      communityId,
      requestId: made.requestId ?? randomUUID(),
      place: '3 号楼北侧坡道',
      text: made.text ?? '井盖松了',
      photo: made.photo ?? null,
      passSince: made.passSince ?? now - DAY_MS,
      mostInDay: made.mostInDay ?? 20,
      now,
    });
  async function report(made: Made): Promise<Report> {
    const outcome = await make(made);
    if (outcome.kind !== 'ok') throw new Error(`expected a report, got ${outcome.kind}`);
    return outcome.report;
  }
  async function there() {
    const world = await makeWorld(under);
    const [riderId, delivery] = [unique('rider'), unique('order')];
    await world.deliver({ delivery, riderId });
    const courierId = await world.courier(riderId);
    return { world, riderId, delivery, courierId, communityId: world.community.id };
  }
  const page = { limit: 50, after: null };

  describe('a report', () => {
    it('is kept once for each request, with its photo byte for byte', async () => {
      const { courierId, communityId } = await there();
      const photo = randomBytes(5_000).toString('base64');
      const requestId = randomUUID();
      const first = await make({ courierId, communityId, requestId, photo });
      const again = await make({ courierId, communityId, requestId, text: 'anything else' });
      expect(first).toMatchObject({
        kind: 'ok',
        isNew: true,
        report: { photo: 'kept', answer: null },
      });
      expect(again).toEqual({ ...first, isNew: false });
      if (first.kind !== 'ok') throw new Error('made above');
      expect(await under.store.readReportPhoto(first.report.id)).toEqual(photo);
      expect(await under.store.findReport(first.report.id)).toEqual(first.report);
      const { items } = await under.store.listReports({ communityId, open: null, page });
      expect(items).toEqual([first.report]);
    });

    it('needs a pass for the community, live or ended since', async () => {
      const { world, riderId, delivery, courierId, communityId } = await there();
      const other = await makeWorld(under);
      expect(await make({ courierId, communityId: other.community.id })).toEqual({
        kind: 'not_there',
      });
      const endedAt = NOON + HOUR_MS;
      await world.deliver({ delivery, riderId, status: 'delivered', now: endedAt });
      const now = NOON + 2 * HOUR_MS;
      expect(await world.findPass(riderId, now)).toBeNull();
      expect(await make({ courierId, communityId, now, passSince: endedAt - 1 })).toMatchObject({
        kind: 'ok',
      });
      expect(await make({ courierId, communityId, now, passSince: endedAt })).toEqual({
        kind: 'not_there',
      });
    });

    it('is one of so many in 24 hours, to the millisecond', async () => {
      const { courierId, communityId } = await there();
      const at = (now: number) => make({ courierId, communityId, now, mostInDay: 2, passSince: 0 });
      expect(await at(NOON)).toMatchObject({ kind: 'ok' });
      expect(await at(NOON + 1)).toMatchObject({ kind: 'ok' });
      expect(await at(NOON + DAY_MS - 1)).toEqual({ kind: 'too_many', most: 2 });
      expect(await at(NOON + DAY_MS)).toMatchObject({ kind: 'ok' });
    });

    it('is answered once, with points that its courier keeps', async () => {
      const { courierId, communityId } = await there();
      const made = [
        await report({ courierId, communityId }),
        await report({ courierId, communityId }),
      ];
      const answer = (index: number, text: string, contributionPoints: number) =>
        under.store.answerReport({
          id: made[index]!.id,
          text,
          contributionPoints,
          actor: ACTOR,
          now: NOON + 5,
        });
      const answers = await Promise.all([answer(0, '已修', 3), answer(0, '又修', 20)]);
      expect(answers.map(({ kind }) => kind)).toEqual(['ok', 'answered']);
      expect(await answer(1, '谢谢', 2)).toMatchObject({
        kind: 'ok',
        report: { answer: { at: NOON + 5, text: '谢谢', contributionPoints: 2 } },
      });
      const own = await under.store.listCourierReports({ courierId, page });
      expect(own.contributionPoints).toBe(5);
      expect(own.items.map(({ id }) => id)).toEqual([made[1]!.id, made[0]!.id]);
      const listed = (open: boolean) => under.store.listReports({ communityId, open, page });
      expect((await listed(true)).items).toEqual([]);
      expect((await listed(false)).items).toHaveLength(2);
      const unknown = { id: 'rep_0000000000000' as Report['id'], text: 'x', contributionPoints: 0 };
      expect(await under.store.answerReport({ ...unknown, actor: ACTOR, now: NOON })).toEqual({
        kind: 'not_found',
      });
    });

    it('goes to the elder with the courier that it came from, whatever its request was called', async () => {
      const [a, b] = [await there(), await there()];
      const requestId = randomUUID();
      await report({ ...a, requestId });
      await report({ ...b, requestId });
      const theirs = await report(b);
      const linkHash = sha256(unique('link'));
      const { platform } = b.world;
      await under.store.createRiderLink({
        platform,
        riderId: b.riderId,
        tokenHash: linkHash,
        expiresAt: NOON + HOUR_MS,
        now: NOON,
      });
      await under.store.openRiderSession({
        linkHash,
        sessionHash: sha256(unique('session')),
        sessionExpiresAt: NOON + DAY_MS,
        join: a.courierId,
        now: NOON,
      });
      const { items } = await under.store.listCourierReports({ courierId: a.courierId, page });
      expect(items).toHaveLength(2);
      expect(items.map(({ id }) => id)).toContain(theirs.id);
    });

    it('is in the audit log by its number alone', async () => {
      const { courierId, communityId } = await there();
      const { id } = await report({ courierId, communityId, text: '有人摔倒了 13800138000' });
      await under.store.answerReport({
        id,
        text: '马上处理，谢谢王师傅',
        contributionPoints: 1,
        actor: ACTOR,
        now: NOON,
      });
      const log = await readLog(under.store);
      const entries = JSON.stringify(log);
      expect(entries).toContain(id);
      for (const personal of ['13800138000', '王师傅', '坡道', courierId])
        expect(entries).not.toContain(personal);
    });
  });

  describe('photos', () => {
    it('are erased when they were kept long enough, and not before', async () => {
      const { courierId, communityId } = await there();
      const photo = 'AQID';
      const old = await report({ courierId, communityId, photo });
      const young = await report({ courierId, communityId, photo, now: NOON + 1 });
      const erase = () =>
        under.store.eraseReportPhotos({ before: NOON + 1, limit: 500, now: NOON + DAY_MS });
      expect(await erase()).toBeGreaterThanOrEqual(1);
      expect(await erase()).toBe(0);
      expect(await under.store.readReportPhoto(old.id)).toBeNull();
      expect(await under.store.findReport(old.id)).toMatchObject({
        photo: 'erased',
        text: '井盖松了',
      });
      expect(await under.store.readReportPhoto(young.id)).toEqual(photo);
    });
  });

  it('lists page by page', async () => {
    const { courierId, communityId } = await there();
    const made: string[] = [];
    for (let index = 0; index < 5; index++)
      made.unshift((await report({ courierId, communityId })).id);
    const listed = await expectPaged((asked) =>
      under.store.listReports({ communityId, open: null, page: asked }),
    );
    expect(listed.map(({ id }) => id)).toEqual(made);
  });
}
