import { z } from '@hono/zod-openapi';
import type { IssuingDeps } from '../../access/issue-codes.ts';
import { verifyCode } from '../../access/verify-code.ts';
import type { DecisionRecord } from '../../domain/decision-record.ts';
import type { RedeemOutcome } from '../../store/store.ts';
import { verifyAnswer } from '../answer.ts';
import { type Api, endpoint } from '../endpoint.ts';
import { invalidInput, Problem } from '../problem.ts';
import { verifyAnswerSchema } from '../schemas/decision.ts';
import { instant, line } from '../schemas/values.ts';

const requestSchema = z
  .object({
    requestId: z.guid('expected a UUID').openapi({
      description: 'The gate’s own UUID for the attempt, in any case. A retry carries the same.',
    }),
    code: z.string().optional().openapi({
      description:
        'As scanned, but for one trailing CR, LF or CRLF that the scanner added. Required at `in`. What is not a code, empty or over-long too, is denied with `malformed_code`.',
    }),
    medium: z.enum(['qr', 'nfc']),
    direction: z.enum(['in', 'out']),
    lane: line(1, 16).optional(),
    scannedAt: instant.optional(),
    speedKmh: z.number().min(0).max(500).optional(),
    accuracyKmh: z.number().min(0).max(500).optional(),
  })
  .refine(({ direction, code }) => direction === 'out' || code !== undefined, {
    path: ['code'],
    message: 'required at entry',
  })
  .openapi('VerifyRequest');

/** `POST /v1/verify`: the gate's question, answered when the decision is on disk. */
export function registerVerify(api: Api, deps: IssuingDeps): void {
  const { gateOpenMs } = deps.config.limits;
  endpoint(
    api,
    {
      method: 'post',
      path: '/v1/verify',
      auth: ['gate-token'],
      tag: 'Gates',
      summary: 'May this code pass?',
      description:
        'Answers 200 whether granted or denied; any other status means that the request could not be judged, and the gate stays shut to those outside and opens to those inside.\n\nThe decision is durable before it is answered. The same `requestId` from the same gate gets its first answer again, for at least 24 hours and across restarts; with another code, medium or direction it is 409. Give up after 1.5 s and repeat with the same `requestId`; never open later than 5 s after the scan.',
      body: { json: requestSchema },
      answer: { description: 'The decision.', schema: verifyAnswerSchema },
      problems: ['request_id_reused'],
    },
    async ({ caller, body }) => {
      const startedAt = performance.now();
      const outcome = await verifyCode(deps, {
        gateId: caller.gateId,
        gateEpoch: caller.epoch,
        requestId: body.requestId,
        code: body.code ?? null,
        medium: body.medium,
        direction: body.direction,
        lane: body.lane,
        scannedAt: body.scannedAt,
        speedKmh: body.speedKmh,
        accuracyKmh: body.accuracyKmh,
      });
      const record = recordOf(outcome);
      api.metrics.verified(record.reason, performance.now() - startedAt);
      return verifyAnswer(record, gateOpenMs);
    },
  );
}

/** @throws Problem where nothing was decided */
function recordOf(outcome: RedeemOutcome): DecisionRecord {
  switch (outcome.kind) {
    case 'decided':
    case 'repeated':
      return outcome.record;
    case 'conflict':
      throw new Problem(
        'request_id_reused',
        'The requestId came before with another code, medium or direction.',
      );
    case 'no_such_reader':
      throw invalidInput('direction', 'the gate has no reader for this direction');
    case 'gate_revoked':
      throw new Problem('credentials_required', 'The gate was revoked.', {
        headers: { 'www-authenticate': 'Bearer error="invalid_token"' },
      });
  }
}
