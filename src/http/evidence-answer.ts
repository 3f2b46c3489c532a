import { drawEvidence } from '../domain/conduct/evidence-picture.ts';
import type { AlertCase } from '../store/conduct-store.ts';
import { notFound } from './problem.ts';

/** The content type of the picture. */
export const SVG = 'image/svg+xml';

/** The evidence of a speed alert as a picture. @throws Problem 404 when it is no speed alert */
export function evidenceAnswer({ alert, speed }: AlertCase, timezone: string): Response {
  if (speed === null) throw notFound('The alert rests on no readings.');
  const { at: startedAt, endedAt } = alert;
  const picture = drawEvidence({ ...speed, startedAt, endedAt, timezone });
  return new Response(picture, {
    headers: { 'content-type': SVG, 'content-security-policy': "default-src 'none'" },
  });
}
