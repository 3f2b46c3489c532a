import { z } from '@hono/zod-openapi';
import type { Deps } from '../../access/deps.ts';
import { recordGateEvents } from '../../access/record-gate-events.ts';
import { createTurnstile } from '../../access/turnstile.ts';
import type { GateId } from '../../domain/identifier.ts';
import { formatTime } from '../answer.ts';
import { parseJson } from '../body.ts';
import { type Api, endpoint } from '../endpoint.ts';
import { headerOf } from '../incoming.ts';
import { inputProblem, invalidInput, Problem } from '../problem.ts';
import {
  type EventBatch,
  eventBatchSchema,
  eventsAnswerSchema,
  parseEnvelope,
  parseGateEvent,
} from '../schemas/gate-event.ts';
import { instantText } from '../schemas/values.ts';

const TYPE = 'application/jose';

/** `POST /v1/gate/events`: what a gate wrote down while nobody heard it, and what it has to tell besides. */
export function registerGateEvents(api: Api, deps: Deps): void {
  const { limits } = deps.config;
  const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));
  const turnstile = createTurnstile(() => performance.now(), pause);
  endpoint(
    api,
    {
      method: 'post',
      path: '/v1/gate/events',
      auth: ['gate'],
      tag: 'Gates',
      summary: 'Events of the gate’s log',
      description: `A compact JWS (RFC 7515), ES256 by the gate’s own key, with the gate’s identifier as \`kid\`, over a \`GateEventBatch\` in JSON: at most ${limits.eventsPerBatch} events and ${limits.eventBatchBytes} bytes.\n\n\`logId\` is random and made with the log on the gate’s disk; \`seq\` counts from 1. The same event under its number again changes nothing, another one is kept beside it and raises \`gate_event_conflict\`. An event that cannot be taken is rejected alone, for good, and counts as acknowledged. Send the oldest events first, one batch after the other, and delete those up to \`ackedThrough\`; send again whatever was not acknowledged. What is missing between two events of a batch is taken for lost, and so is what is missing below \`oldest\`, or was told by a \`queue\` event; other numbers before a batch are waited for, and nothing above them is acknowledged.\n\nA \`verification\` is an attempt that the gate judged alone: it is judged again with what was true then, and visits become what they would be if it had come in time. Under the \`requestId\` of an attempt that was answered it is the same attempt.`,
      body: { raw: TYPE, schema: eventBatchSchema, maxBytes: limits.eventBatchBytes },
      answer: {
        description: 'On disk.',
        schema: eventsAnswerSchema.extend({ serverTime: instantText }),
      },
      problems: [
        'invalid_signature',
        'wrong_signer',
        'malformed_request',
        'unsupported_media_type',
        'invalid_input',
      ],
    },
    async ({ caller, body, c }) => {
      requireType(headerOf(c, 'content-type'));
      const batch = await turnstile(async () =>
        readBatch(await readSigned(deps, caller.gateId, body), limits.eventsPerBatch),
      );
      const outcome = await recordGateEvents(
        { ...deps, turnstile },
        { ...caller, ...batch, read: parseGateEvent },
      );
      if (outcome.kind === 'gate_revoked') {
        throw new Problem('credentials_required', 'The gate was revoked.');
      }
      const { ackedThrough, gaps, rejected } = outcome;
      const answer = { logId: batch.logId, ackedThrough, gaps, rejected: rejected.map(written) };
      return { ...answer, serverTime: formatTime(deps.now()) };
    },
  );
}

function written({ seq, code }: { seq: number | null; code: string }) {
  return { seq, code: code as z.input<typeof eventsAnswerSchema>['rejected'][number]['code'] };
}

function requireType(given: string | undefined): void {
  const [type = ''] = (given ?? '').toLowerCase().split(';');
  if (type.trim() !== TYPE)
    throw new Problem('unsupported_media_type', `Send the body as ${TYPE}.`);
}

/** What the gate has signed. @throws Problem 403 where it names another gate, 401 where the signature is wrong */
async function readSigned(
  { store, keys }: Deps,
  gateId: GateId,
  body: Uint8Array,
): Promise<Uint8Array> {
  const jws = Buffer.from(body).toString('latin1').trim();
  const signer = keys.claimedSigner(jws);
  if (signer === null)
    throw new Problem('malformed_request', 'It is no compact JWS with a gate as its kid.');
  if (signer !== gateId)
    throw new Problem('wrong_signer', 'The kid is not the gate that the token belongs to.');
  const credentials = await store.findGateCredentials(gateId);
  if (credentials === null) throw new Problem('credentials_required', 'The gate was revoked.');
  const checked = await keys.checkGateBatch(jws, credentials.keys);
  if (checked.kind === 'refused') throw new Problem('invalid_signature', checked.why);
  return checked.payload;
}

/** @throws Problem 400 where it is no JSON, 422 where it is no batch or too large a one */
function readBatch(payload: Uint8Array, most: number): EventBatch {
  const value = parseJson(payload);
  try {
    const batch = parseEnvelope(value);
    if (batch.events.length <= most) return batch;
  } catch (error) {
    if (error instanceof z.ZodError) throw inputProblem(error);
    throw error;
  }
  throw invalidInput('events', `at most ${most} events come in one batch`);
}
