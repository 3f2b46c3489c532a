import { z } from '@hono/zod-openapi';
import { type BacktestSpeedOutcome, backtestSpeed } from '../../access/backtest-speed.ts';
import type { Deps } from '../../access/deps.ts';
import { DAY_MS } from '../../domain/clock.ts';
import type { SpeedBacktestReport } from '../../domain/speed/backtest.ts';
import type { LookedBack } from '../../store/backtest-store.ts';
import { type Api, endpoint } from '../endpoint.ts';
import { notFound, Problem } from '../problem.ts';
import { completeRules, rulesSchema } from '../schemas/rules.ts';
import { identifier, integerQuery } from '../schemas/values.ts';
import { requireCommunity } from '../supervisor.ts';

/** The furthest that is looked back. */
const MOST_DAYS = 90;

const params = z.object({ id: identifier('com') });
const extent = z
  .enum(['whole', 'cut'])
  .openapi({ description: '`cut`: there were more visits than are looked at; the newest count.' });

const figuresMembers = {
  visits: z.int(),
  measured: z.int().openapi({ description: 'Of which a radar or a section knows some speed.' }),
  overShare: z.number().min(0).max(1).nullable().openapi({
    description: 'Of those measured, the part in which some reading proves more than the limit.',
  }),
  p85Kmh: z
    .number()
    .nullable()
    .openapi({ description: 'So fast or slower were 85 % of readings.' }),
  alerts: z.int().openapi({ description: 'That count: not withdrawn, not taken back.' }),
  alertsPerThousandVisits: z.number().nullable(),
};

const figuresSchema = z
  .object({
    extent,
    all: z.object(figuresMembers),
    byHour: z
      .array(z.object({ hour: z.int().min(0).max(23), ...figuresMembers }))
      .readonly()
      .openapi({ description: 'By the hour of entry, in the community’s time zone.' }),
    byGate: z.array(z.object({ gateId: identifier('gat'), ...figuresMembers })).readonly(),
    byZone: z
      .array(z.object({ zone: z.string().nullable(), ...figuresMembers }))
      .readonly()
      .openapi({ description: 'By where it was measured; null: in no zone.' }),
  })
  .openapi('SpeedFigures');

const outcomeSchema = z.object({
  alerts: z.int(),
  serious: z.int().openapi({ description: 'By their own speed.' }),
  visits: z.int().openapi({ description: 'With an alert.' }),
});
const examplesSchema = z
  .array(z.object({ visitId: identifier('vis'), passId: identifier('pas'), peakKmh: z.number() }))
  .readonly();

const backtestSchema = z
  .object({
    extent,
    measured: z.int(),
    before: outcomeSchema,
    after: outcomeSchema,
    stricter: examplesSchema.openapi({ description: 'Visits with more alerts than before.' }),
    milder: examplesSchema.openapi({ description: 'Visits with fewer.' }),
  })
  .openapi('SpeedBacktest');

/** How fast riders ride in a community, and what other limits would have made of it. */
export function registerSpeedFigures(api: Api, deps: Deps): void {
  registerFigures(api, deps);
  registerSpeedBacktest(api, deps);
}

function registerFigures(api: Api, deps: Deps): void {
  endpoint(
    api,
    {
      method: 'get',
      path: '/v1/communities/{id}/speed/figures',
      auth: ['manager'],
      tag: 'Supervision',
      summary: 'How fast riders ride: all, by hour, gate and zone',
      description:
        'Of what radars and sections measured; what a rider’s phone tells counts nowhere here.',
      params,
      query: z.object({
        days: integerQuery(1, MOST_DAYS).default(7).openapi({ default: 7 }),
      }),
      answer: { description: 'The figures.', schema: figuresSchema },
    },
    async ({ caller, params: { id: communityId }, query }) => {
      await requireCommunity(deps, caller, communityId);
      const since = deps.now() - query.days * DAY_MS;
      const limit = deps.config.limits.figureVisits;
      const figures = await deps.store.readSpeedFigures({ communityId, since, limit });
      if (figures === null) throw notFound();
      return figures;
    },
  );
}

function registerSpeedBacktest(api: Api, deps: Deps): void {
  const { speedLimitKmh, speedMargin, zoneSpeedLimits } = rulesSchema.shape;
  endpoint(
    api,
    {
      method: 'post',
      path: '/v1/communities/{id}/speed/backtest',
      auth: ['manager'],
      tag: 'Supervision',
      summary: 'What other limits would have made of the last days',
      description:
        'What was measured is held against the draft, by the function that finds episodes. A member left out is as in the rules in force.',
      params,
      body: {
        json: z
          .object({
            speedLimitKmh,
            speedMargin,
            zoneSpeedLimits,
            days: z.int().min(1).max(MOST_DAYS).default(7),
          })
          .openapi('SpeedDraft'),
      },
      answer: { description: 'Before and after.', schema: backtestSchema },
    },
    async ({ caller, params: { id: communityId }, body: { days, ...draft } }) => {
      await requireCommunity(deps, caller, communityId);
      const current = await deps.store.currentRules(communityId, deps.now());
      if (current === null) throw notFound();
      const rules = completeRules(draft, current.rules);
      return resultOf(await backtestSpeed(deps, { communityId, draft: rules, days }));
    },
  );
}

/** @throws Problem where nothing was tried */
function resultOf(outcome: BacktestSpeedOutcome): SpeedBacktestReport & LookedBack {
  switch (outcome.kind) {
    case 'ok':
      return outcome.backtest;
    case 'not_found':
      throw notFound();
    case 'unsound':
      throw new Problem('invalid_input', 'See errors.', { errors: outcome.problems });
  }
}
