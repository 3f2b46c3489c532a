import { z } from '@hono/zod-openapi';
import { backtestRules } from '../../access/backtest-rules.ts';
import type { Deps } from '../../access/deps.ts';
import { findCoveredCommunity } from '../../access/find-covered.ts';
import { type RuleProblem, templateFor } from '../../domain/entry-rules.ts';
import { DENIED_REASONS, GRANTED_REASONS } from '../../domain/reason.ts';
import type { RulesBacktest } from '../../store/backtest-store.ts';
import { formatTime } from '../answer.ts';
import { type Api, endpoint } from '../endpoint.ts';
import { notFound, Problem } from '../problem.ts';
import { optionalTime } from '../schemas/alert.ts';
import { completeRules, rulesSchema } from '../schemas/rules.ts';
import { identifier, instantText } from '../schemas/values.ts';

/** The furthest that is looked back. */
const MOST_DAYS = 90;

const reason = z.enum([...GRANTED_REASONS, ...DENIED_REASONS]);

const rulesBacktestSchema = z
  .object({
    since: instantText.optional().openapi({ description: 'Of the oldest entry looked at.' }),
    entries: z.int().openapi({ description: 'Looked at.' }),
    extent: z.enum(['whole', 'cut']).openapi({
      description: '`cut`: there were more than one backtest looks at; the oldest are left out.',
    }),
    judged: z.int().openapi({ description: 'A matter of rules.' }),
    unchanged: z.int(),
    notReproduced: z.int().openapi({
      description:
        'Too little is known any more to decide them again as they were decided; they count nowhere else.',
    }),
    newlyGranted: z.int(),
    newlyDenied: z.int(),
    changes: z
      .array(
        z.object({
          from: reason,
          to: reason,
          count: z.int(),
          examples: z
            .array(
              z.object({
                auditId: z.string(),
                at: instantText,
                gateId: identifier('gat'),
                passId: identifier('pas').optional(),
              }),
            )
            .readonly(),
        }),
      )
      .readonly(),
  })
  .openapi('RulesBacktest');

/** `POST /v1/communities/{id}/rules/backtest`: see what a draft would have changed, before it is saved. */
export function registerBacktest(api: Api, deps: Deps): void {
  endpoint(
    api,
    {
      method: 'post',
      path: '/v1/communities/{id}/rules/backtest',
      auth: ['manager'],
      tag: 'Rules',
      summary: 'Run a draft over the last days',
      description: `The entries of the last days are judged again by the draft, with the function that judges at the gates and with what was true then. What riders would have done otherwise afterwards is not guessed. At most ${deps.config.limits.backtestEntries.toLocaleString('en')} entries, the newest.`,
      params: z.object({ id: identifier('com') }),
      body: {
        json: z
          .object({
            rules: rulesSchema.openapi({
              description: 'A member left out is as in the template of the community’s kind.',
            }),
            days: z.int().min(1).max(MOST_DAYS).default(7),
          })
          .openapi('RulesDraft'),
      },
      answer: { description: 'What would have changed.', schema: rulesBacktestSchema },
    },
    async ({ caller, params: { id: communityId }, body }) => {
      const community = await findCoveredCommunity(deps, caller.scope, communityId);
      if (community === null) throw notFound();
      const rules = completeRules(body.rules, templateFor(community.kind));
      const outcome = await backtestRules(deps, { communityId, rules, days: body.days });
      if (outcome.kind === 'not_found') throw notFound();
      if (outcome.kind === 'unsound') throw unsound(outcome.problems);
      return backtestItem(outcome.backtest);
    },
  );
}

function unsound(problems: readonly RuleProblem[]): Problem {
  return new Problem('invalid_input', 'See errors.', {
    errors: problems.map(({ path, message }) => ({ path: `rules.${path}`, message })),
  });
}

function backtestItem(backtest: RulesBacktest): z.input<typeof rulesBacktestSchema> {
  const { since, attempts: entries, changes, ...counts } = backtest;
  return {
    ...counts,
    since: optionalTime(since),
    entries,
    changes: changes.map(({ examples, ...change }) => ({
      ...change,
      examples: examples.map(({ at, passId, ...example }) => ({
        ...example,
        at: formatTime(at),
        passId: passId ?? undefined,
      })),
    })),
  };
}
