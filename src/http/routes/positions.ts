import { z } from '@hono/zod-openapi';
import type { Deps } from '../../access/deps.ts';
import { recordPositions } from '../../access/record-positions.ts';
import { KMH_PER_MPS, phoneAccuracyKmh } from '../../domain/speed/reading.ts';
import type { RiderPosition } from '../../store/speed-store.ts';
import { formatTime } from '../answer.ts';
import { type Api, endpoint } from '../endpoint.ts';
import { notFound, Problem } from '../problem.ts';
import { identifier, instant, instantText } from '../schemas/values.ts';

/** Assumed where the phone does not tell. */
const ACCURACY_M = 20;

/** One position, as a browser’s or a platform’s geolocation gives it. */
const positionSchema = z.object({
  t: instant,
  lat: z.number().min(-90).max(90),
  lon: z.number().min(-180).max(180),
  speedMps: z.number().min(0),
  speedAccuracyMps: z.number().min(0).nullish(),
  accuracyM: z.number().min(0).nullish(),
});

/** What one position looks like in the OpenAPI document: each is read by itself. */
const POSITION = {
  type: 'object' as const,
  required: ['t', 'lat', 'lon', 'speedMps'],
  properties: {
    t: { type: 'string' as const, format: 'date-time' },
    lat: { type: 'number' as const, minimum: -90, maximum: 90 },
    lon: { type: 'number' as const, minimum: -180, maximum: 180 },
    speedMps: {
      type: 'number' as const,
      minimum: 0,
      description:
        'By the Doppler shift, as the phone tells it; a position without one says nothing.',
    },
    speedAccuracyMps: {
      type: 'number' as const,
      minimum: 0,
      description:
        'One standard deviation, as phones tell it; 0.5 is assumed where it is left out.',
    },
    accuracyM: { type: 'number' as const, minimum: 0, default: ACCURACY_M },
  },
};

const count = z.int();
const recordedSchema = z
  .object({
    visitId: identifier('vis'),
    accepted: count,
    dropped: z.object({
      invalid: count.openapi({ description: 'Members that are missing or no numbers.' }),
      implausible: count.openapi({ description: 'Faster than anything rides, or too vague.' }),
      future: count.openapi({ description: 'Later than now.' }),
      outsideVisit: count.openapi({ description: 'Before the visit or after its end.' }),
    }),
  })
  .openapi('PositionsRecorded');

const consentSchema = z
  .object({ givenAt: instantText.optional().openapi({ description: 'Left out: not given.' }) })
  .openapi('PositionConsent');

/** `/v1/rider/positions` and the consent to them. */
export function registerPositions(api: Api, deps: Deps): void {
  registerConsent(api, deps);
  endpoint(
    api,
    {
      method: 'post',
      path: '/v1/rider/positions',
      auth: ['rider'],
      tag: 'Riders',
      summary: 'Send positions during a visit',
      description:
        'Only with consent, and only of a visit: while it is open and an hour afterwards for what was made during it. Of each second one reading of the speed is kept, for a day; where it was finds the zone and is not kept. From positions follow notices to the rider, never points. With `sentAt` a wrong clock is put right. A position that cannot be is left out and counted, the others are taken.',
      body: {
        json: z
          .object({
            passId: identifier('pas'),
            sentAt: instant.optional().openapi({ description: 'The phone’s clock, at sending.' }),
            positions: z
              .array(z.unknown())
              .max(deps.config.limits.positionsPerRequest)
              .openapi({ type: 'array', items: POSITION }),
          })
          .openapi('RiderPositions'),
      },
      answer: { description: 'What was taken.', schema: recordedSchema },
      problems: ['not_found', 'consent_required', 'no_open_visit'],
    },
    async ({ caller, body }) => {
      const positions = body.positions.flatMap(readPosition);
      const outcome = await recordPositions(deps, {
        courierId: caller.courierId,
        passId: body.passId,
        sentAt: body.sentAt ?? null,
        positions,
      });
      switch (outcome.kind) {
        case 'recorded': {
          const { visitId, accepted, implausible, future, outsideVisit } = outcome;
          const invalid = body.positions.length - positions.length;
          return { visitId, accepted, dropped: { invalid, implausible, future, outsideVisit } };
        }
        case 'no_consent':
          throw new Problem('consent_required', 'The rider has not consented to positions.');
        case 'no_visit':
          throw new Problem('no_open_visit', 'Positions are taken during a visit only.');
        case 'not_found':
          throw notFound();
      }
    },
  );
}

function readPosition(given: unknown): RiderPosition[] {
  const { data } = positionSchema.safeParse(given);
  if (data === undefined) return [];
  const { t, lat, lon, speedMps, speedAccuracyMps, accuracyM } = data;
  const speedKmh = speedMps * KMH_PER_MPS;
  const accuracyKmh = phoneAccuracyKmh(speedAccuracyMps ?? null);
  return [{ at: t, lat, lon, accuracyM: accuracyM ?? ACCURACY_M, speedKmh, accuracyKmh }];
}

function registerConsent(api: Api, { store, now }: Deps): void {
  const common = {
    path: '/v1/rider/consents/positions',
    auth: ['rider'],
    tag: 'Riders',
  } as const;
  endpoint(
    api,
    {
      ...common,
      method: 'get',
      summary: 'Whether I let my phone send positions',
      answer: { description: 'The consent.', schema: consentSchema },
    },
    async ({ caller }) => {
      const givenAt = await store.findPositionConsent(caller.courierId);
      return givenAt === null ? {} : { givenAt: formatTime(givenAt) };
    },
  );
  endpoint(
    api,
    {
      ...common,
      method: 'put',
      summary: 'Let my phone send positions',
      description: 'A consent of its own, which nothing else depends on. Given again, it stays.',
      answer: { description: 'The consent.', schema: consentSchema },
    },
    async ({ caller }) => {
      const { courierId } = caller;
      const givenAt = await store.givePositionConsent({ courierId, now: now() });
      return { givenAt: formatTime(givenAt) };
    },
  );
  endpoint(
    api,
    {
      ...common,
      method: 'delete',
      summary: 'Let it no more',
      description:
        'From now on nothing is taken, and what was kept is forgotten, but for the evidence of an alert.',
      answer: { status: 204, description: 'The consent is withdrawn.' },
    },
    async ({ caller }) => {
      await store.withdrawPositionConsent({ courierId: caller.courierId, now: now() });
      return undefined;
    },
  );
}
