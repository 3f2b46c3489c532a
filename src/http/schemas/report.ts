/** The shapes of riders' reports, and how they are written. */
import { z } from '@hono/zod-openapi';
import { LIMITS } from '../../config.ts';
import { MOST_CONTRIBUTION_POINTS, type Report } from '../../domain/report.ts';
import { formatTime } from '../answer.ts';
import { identifier, instantText, line } from './values.ts';

/** A text of some lines. */
function lines(least: number, most: number) {
  const pattern = /^[^\p{Cs}\p{Cc}\n]*(?:\n[^\p{Cs}\p{Cc}\n]*)*$/u;
  return z
    .string()
    .transform((text) => text.replaceAll('\r\n', '\n').trim())
    .refine(
      (text) => pattern.test(text) && [...text].length >= least && [...text].length <= most,
      `expected ${least}–${most} characters`,
    )
    .openapi({ type: 'string', minLength: least, maxLength: most });
}

/** Characters of base64 that hold so many bytes. */
const base64Characters = (bytes: number) => 4 * Math.ceil(bytes / 3);

export const newReportSchema = z
  .object({
    requestId: z.uuid().openapi({ description: 'The same again is the same report.' }),
    communityId: identifier('com'),
    place: line(1, 100).openapi({ example: '3 号楼北侧坡道' }),
    text: lines(1, 500),
    photo: z
      .string()
      .max(base64Characters(LIMITS.reportPhotoBytes))
      .regex(/^[A-Za-z0-9+/]*={0,2}$/, 'expected base64')
      .transform((text) => new Uint8Array(Buffer.from(text, 'base64')))
      .optional()
      .openapi({
        type: 'string',
        description: `A JPEG in base64, at most ${LIMITS.reportPhotoBytes.toLocaleString('en')} bytes and ${LIMITS.reportPhotoPixels} pixels a side. Only the picture is kept: place, time and camera are cut out.`,
      }),
  })
  .openapi('NewReport');

export const reportAnswerSchema = z
  .object({
    text: lines(1, 500),
    contributionPoints: z
      .int()
      .min(0)
      .max(MOST_CONTRIBUTION_POINTS)
      .default(0)
      .openapi({ description: 'Points for helping: an account of their own, never taken.' }),
  })
  .openapi('NewReportAnswer');

const reportMembers = {
  id: identifier('rep'),
  communityId: identifier('com'),
  at: instantText,
  place: z.string(),
  text: z.string(),
  photo: z.enum(['kept', 'none', 'erased']).openapi({
    description: '`kept`: at `/v1/reports/{id}/photo.jpg`; `erased`: it was kept long enough.',
  }),
  answer: z.object({ at: instantText, text: z.string(), contributionPoints: z.int() }).nullable(),
};

/** As its rider sees it. */
export const ownReportSchema = z.object(reportMembers).openapi('OwnReport');
/** As the community's manager sees it. */
export const reportSchema = z
  .object({ ...reportMembers, courierId: identifier('cou') })
  .openapi('Report');

export function ownReportItem(report: Report): z.input<typeof ownReportSchema> {
  const { id, communityId, at, place, text, photo, answer } = report;
  return {
    id,
    communityId,
    at: formatTime(at),
    place,
    text,
    photo,
    answer: answer && { ...answer, at: formatTime(answer.at) },
  };
}

export function reportItem(report: Report): z.input<typeof reportSchema> {
  return { ...ownReportItem(report), courierId: report.courierId };
}
