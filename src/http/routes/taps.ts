import { z } from '@hono/zod-openapi';
import type { Deps } from '../../access/deps.ts';
import { redeemTap } from '../../access/redeem-tap.ts';
import { verifyAnswer } from '../answer.ts';
import { type Api, endpoint } from '../endpoint.ts';
import { notFound } from '../problem.ts';
import { verifyAnswerSchema } from '../schemas/decision.ts';
import { identifier } from '../schemas/values.ts';

const openingSchema = z
  .object({ opening: z.enum(['waiting', 'opened', 'not_opened']) })
  .openapi('TapOpening');

const mirror = z.string().max(512);

const tapSchema = z
  .object({
    tagId: identifier('tag'),
    piccData: mirror.optional().openapi({ description: 'UID and counter, encrypted: 32 digits.' }),
    uid: mirror.optional().openapi({ description: '14 digits; together with `counter`.' }),
    counter: mirror.optional().openapi({ description: '6 digits, most significant first.' }),
    encFileData: mirror.optional(),
    cmac: mirror.openapi({ description: '16 digits.' }),
  })
  .refine(
    ({ piccData, uid, counter }) =>
      piccData === undefined
        ? uid !== undefined && counter !== undefined
        : uid === undefined && counter === undefined,
    { path: ['piccData'], message: 'send either piccData, or uid and counter' },
  )
  .openapi('TapRequest', {
    description:
      'The parameters of a tag’s URL, hex in upper or lower case. What is not what a tag writes is denied with `malformed_code`.',
  });

/** A rider's phone has read the tag at a gate: `POST /v1/rider/taps`, and what the gate made of it. */
export function registerTaps(api: Api, deps: Deps): void {
  registerTap(api, deps);
  registerOpening(api, deps);
}

/** A granted tap is an order to the gate, which may be without network: the rider is told when it has been claimed. */
function registerOpening(api: Api, { store, now }: Deps): void {
  endpoint(
    api,
    {
      method: 'get',
      path: '/v1/rider/taps/{auditId}',
      auth: ['rider'],
      tag: 'Riders',
      summary: 'Has the gate opened after my tap?',
      description:
        '`waiting`: the gate has not claimed its `open` yet, and has a second or two left. `opened`: it has. `not_opened`: it did not in time, or could not; the tap counts as no entry, and the rider shows a code or asks the guard. 404: no granted tap of this rider has this `auditId`.',
      params: z.object({ auditId: z.string().max(64) }),
      answer: { description: 'What has become of it.', schema: openingSchema },
      problems: ['not_found'],
    },
    async ({ caller, params }) => {
      const { auditId } = params;
      const { courierId } = caller;
      const opening = await store.findTapOpening({ auditId, courierId, now: now() });
      if (opening === null) throw notFound('There is no granted tap of yours with this auditId.');
      return { opening };
    },
  );
}

function registerTap(api: Api, deps: Deps): void {
  const { gateOpenMs } = deps.config.limits;
  endpoint(
    api,
    {
      method: 'post',
      path: '/v1/rider/taps',
      auth: ['rider'],
      tag: 'Riders',
      summary: 'I have tapped the tag at a gate',
      description:
        'Judged like a code at that gate’s entry, and answered 200 whether granted or denied: the tag’s signature stands for the code’s (`bad_signature`; `unknown_key`: the tag is out of use), its counter for the window and single use (`code_used`: a tap counts once, and not after a later one), the rider’s own pass for the one that a code names. A granted tap sends the gate an `open`, which it claims within 5 s. The same tap by the same rider gets its first answer again. 404: there is no such tag, or its gate was revoked.',
      body: { json: tapSchema },
      answer: { description: 'The decision.', schema: verifyAnswerSchema },
      problems: ['not_found'],
    },
    async ({ caller, body }) => {
      const startedAt = performance.now();
      const { tagId, ...parameters } = body;
      const outcome = await redeemTap(deps, { tagId, parameters, courierId: caller.courierId });
      if (outcome.kind === 'no_such_tag') throw notFound('There is no such tag at a gate in use.');
      const { record } = outcome;
      api.metrics.verified(record.reason, performance.now() - startedAt);
      return verifyAnswer(record, gateOpenMs);
    },
  );
}
