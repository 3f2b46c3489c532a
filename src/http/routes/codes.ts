import { z } from '@hono/zod-openapi';
import type { IssuingDeps } from '../../access/issue-codes.ts';
import { issuePlatformCodes } from '../../access/issue-platform-codes.ts';
import type { PlatformScope } from '../../domain/scope.ts';
import type { Scope } from '../../store/store.ts';
import { formatTime } from '../answer.ts';
import { type Api, endpoint } from '../endpoint.ts';
import { invalidInput, notFound } from '../problem.ts';
import {
  codeItem,
  codeSchema,
  passStatusSchema,
  refusalItem,
  refusalSchema,
} from '../schemas/pass.ts';
import { foreignId, identifier, instant, instantText } from '../schemas/values.ts';

const answerSchema = z
  .object({
    passId: identifier('pas'),
    status: passStatusSchema,
    codes: z.array(codeSchema).readonly(),
    refusal: refusalSchema.optional(),
    serverTime: instantText,
  })
  .openapi('PlatformCodes');

/** `POST /v1/codes`: codes for a platform that shows them in its own app. */
export function registerCodes(api: Api, deps: IssuingDeps): void {
  const { codesPerRequest, codesPerRequestDefault } = deps.config.limits;
  const requestSchema = z
    .object({
      riderId: foreignId,
      communityId: identifier('com'),
      codes: z.int().min(1).max(codesPerRequest).default(codesPerRequestDefault),
      after: instant
        .optional()
        .openapi({ description: 'A `notBefore` that is at hand: the codes are those after it.' }),
      platform: foreignId
        .optional()
        .openapi({ description: 'For the operator’s key only: whose rider.' }),
    })
    .openapi('PlatformCodesRequest');
  endpoint(
    api,
    {
      method: 'post',
      path: '/v1/codes',
      auth: ['platform', 'operator'],
      tag: 'Platforms',
      summary: 'Codes of a rider’s pass',
      description:
        'For a platform that shows courier codes in its own app: exactly `codes` of them, the first being the window that holds `serverTime`, or with `after` the next ones. Where a rule already refuses entry there are no entry codes and `refusal` says why. 404 when the platform’s rider has no live pass for the community.',
      body: { json: requestSchema },
      answer: { description: 'The pass and its codes.', schema: answerSchema },
    },
    async ({ caller, body }) => {
      const platform = platformOf(caller.scope, body.platform);
      const range = { count: body.codes, after: body.after ?? null };
      const { riderId, communityId } = body;
      const outcome = await issuePlatformCodes(deps, { platform, riderId, communityId, range });
      if (outcome.kind === 'not_found') throw notFound('The rider has no live pass there.');
      if (outcome.kind === 'too_far_ahead') throw tooFarAhead();
      const { pass, codes, now } = outcome;
      return {
        passId: pass.id,
        status: pass.status,
        codes: codes.map(codeItem),
        refusal: refusalItem(pass.refusal),
        serverTime: formatTime(now),
      };
    },
  );
}

/** Codes that were asked for end later than codes are issued for. */
export function tooFarAhead() {
  return invalidInput('after', 'codes are issued for the coming three hours only');
}

/** @throws Problem 422 when the operator names no platform; 404 when a platform names another one */
function platformOf(
  scope: PlatformScope | Extract<Scope, { kind: 'all' }>,
  named: string | undefined,
): string {
  if (scope.kind === 'platform') {
    if (named !== undefined && named !== scope.slug) throw notFound();
    return scope.slug;
  }
  if (named === undefined) throw invalidInput('platform', 'an operator names the platform');
  return named;
}
