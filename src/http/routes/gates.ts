import { z } from '@hono/zod-openapi';
import { createGate, type Enrolment, renewEnrolment } from '../../access/create-gate.ts';
import type { Deps } from '../../access/deps.ts';
import { enrolGate } from '../../access/enrol-gate.ts';
import { findCoveredCommunity, findCoveredGate } from '../../access/find-covered.ts';
import { tokenEndpoint } from '../../access/issue-gate-token.ts';
import type { GateId } from '../../domain/identifier.ts';
import type { GateRecord, Scope } from '../../store/store.ts';
import { formatTime } from '../answer.ts';
import { actorOf } from '../auth.ts';
import { type Api, endpoint } from '../endpoint.ts';
import { invalidInput, notFound, Problem } from '../problem.ts';
import { pageAnswer, pageQuery, pageRequest, pageSchema } from '../schemas/paging.ts';
import { postureItem, postureSchema } from '../schemas/posture.ts';
import { identifier, instantText, line } from '../schemas/values.ts';
import { requireCommunity, SUPERVISORS } from '../supervisor.ts';

const directionSchema = z.enum(['in', 'out']);
const mediumSchema = z.enum(['qr', 'nfc']);
const kindSchema = z.enum(['gate', 'guard']);

/** A list that names each thing once. */
function setOf<Item extends z.ZodType<string>>(item: Item) {
  return z
    .array(item)
    .min(1)
    .max(2)
    .refine((items) => new Set(items).size === items.length, 'names something twice');
}

const newGateSchema = z
  .object({
    name: line(1, 100),
    directions: setOf(directionSchema).openapi({ description: 'The readers that the device has.' }),
    media: setOf(mediumSchema),
    kind: kindSchema.default('gate'),
    passageSensor: z.boolean().default(false),
  })
  .openapi('NewGate');

const enrolmentSchema = z
  .object({
    id: identifier('gat'),
    enrollmentCode: z.string().openapi({ description: 'Works once, for 15 minutes. Shown once.' }),
    expiresAt: instantText,
  })
  .openapi('Enrolment');

const gateSchema = z
  .object({
    id: identifier('gat'),
    communityId: identifier('com'),
    name: z.string(),
    kind: kindSchema,
    directions: z.array(directionSchema).readonly(),
    media: z.array(mediumSchema).readonly(),
    passageSensor: z.boolean(),
    posture: postureSchema,
    enrolledAt: instantText.nullable(),
    createdAt: instantText,
  })
  .openapi('Gate');

const coordinate = z.string().regex(/^[A-Za-z0-9_-]{43}$/, 'expected 32 bytes in base64url');

const publicKeySchema = z
  .object({
    kty: z.literal('EC'),
    crv: z.literal('P-256'),
    x: coordinate,
    y: coordinate,
    d: z.undefined({ error: 'a private key must never leave the device' }).optional(),
  })
  .openapi('GatePublicKey', {
    type: 'object',
    description: 'A P-256 public key as a JWK (RFC 7518 §6.2). A private member is refused.',
    required: ['kty', 'crv', 'x', 'y'],
    properties: {
      kty: { type: 'string', enum: ['EC'] },
      crv: { type: 'string', enum: ['P-256'] },
      x: { type: 'string' },
      y: { type: 'string' },
    },
  });

const enrolRequestSchema = z
  .object({ enrollmentCode: z.string().min(1).max(128), publicKey: publicKeySchema })
  .openapi('EnrolRequest');

const enrolAnswerSchema = z
  .object({
    gateId: identifier('gat'),
    communityId: identifier('com'),
    tokenEndpoint: z
      .url()
      .openapi({ description: 'The `aud` of the gate’s assertions, letter by letter.' }),
    serverTime: instantText,
  })
  .openapi('EnrolAnswer');

const communityParams = z.object({ id: identifier('com') });
const gateParams = z.object({ id: identifier('gat') });

/** Gates: made by a manager, enrolled by a device. */
export function registerGates(api: Api, deps: Deps): void {
  registerEnrolment(api, deps);
  registerManagement(api, deps);
}

function registerManagement(api: Api, deps: Deps): void {
  const { store, now } = deps;

  /** @throws Problem 404 where it is not the caller's to see */
  async function requireGate(scope: Scope, id: GateId): Promise<GateRecord> {
    const gate = await findCoveredGate(deps, scope, id);
    if (gate === null) throw notFound();
    return gate;
  }

  endpoint(
    api,
    {
      method: 'post',
      path: '/v1/communities/{id}/gates',
      auth: ['manager'],
      tag: 'Gates',
      summary: 'Make a gate',
      description:
        'A reader faces one way for ever. `guard` is a guard’s phone enrolled as a device.',
      params: communityParams,
      body: { json: newGateSchema },
      answer: {
        status: 201,
        description: 'With which a device becomes it.',
        schema: enrolmentSchema,
      },
    },
    async ({ caller, params, body }) => {
      const community = await findCoveredCommunity(deps, caller.scope, params.id);
      const actor = actorOf(caller);
      const created =
        community && (await createGate(deps, { ...body, communityId: community.id, actor }));
      if (created === null) throw notFound();
      return enrolmentItem(created.gate.id, created.enrolment);
    },
  );
  endpoint(
    api,
    {
      method: 'get',
      path: '/v1/communities/{id}/gates',
      auth: SUPERVISORS,
      tag: 'Gates',
      summary: 'List the gates of a community',
      params: communityParams,
      query: pageQuery,
      answer: {
        description: 'A page of gates that are not revoked.',
        schema: pageSchema(gateSchema),
      },
    },
    async ({ caller, params, query }) => {
      await requireCommunity(deps, caller, params.id);
      const page = await store.listGates(params.id, pageRequest(query));
      return pageAnswer(page, (gate) => gateItem(gate, now()));
    },
  );
  endpoint(
    api,
    {
      method: 'get',
      path: '/v1/gates/{id}',
      auth: ['manager'],
      tag: 'Gates',
      summary: 'Read a gate',
      params: gateParams,
      answer: { description: 'The gate.', schema: gateSchema },
    },
    async ({ caller, params }) => gateItem(await requireGate(caller.scope, params.id), now()),
  );
  endpoint(
    api,
    {
      method: 'delete',
      path: '/v1/gates/{id}',
      auth: ['manager'],
      tag: 'Gates',
      summary: 'Revoke a gate',
      description:
        'Ends its tokens and streams at once. A gate that was revoked is never one again.',
      params: gateParams,
      answer: { status: 204, description: 'Revoked.' },
    },
    async ({ caller, params }) => {
      const { id, communityId } = await requireGate(caller.scope, params.id);
      const revoked = await store.revokeGate({ gateId: id, actor: actorOf(caller), now: now() });
      if (!revoked) throw notFound();
      deps.bus.publish({ topic: `community:${communityId}`, type: 'changed' });
      return undefined;
    },
  );
  endpoint(
    api,
    {
      method: 'post',
      path: '/v1/gates/{id}/enrollment-codes',
      auth: ['manager'],
      tag: 'Gates',
      summary: 'Let another device become the gate',
      description:
        'A code that was not used yet is void. The old key works until the new one has been used.',
      params: gateParams,
      answer: {
        status: 201,
        description: 'With which a device becomes it.',
        schema: enrolmentSchema,
      },
    },
    async ({ caller, params }) => {
      const { id } = await requireGate(caller.scope, params.id);
      const enrolment = await renewEnrolment(deps, { gateId: id, actor: actorOf(caller) });
      if (enrolment === null) throw notFound();
      return enrolmentItem(id, enrolment);
    },
  );
}

function registerEnrolment(api: Api, deps: Deps): void {
  endpoint(
    api,
    {
      method: 'post',
      path: '/v1/gates/enroll',
      auth: ['nobody'],
      tag: 'Gates',
      summary: 'Become a gate',
      description:
        'The device makes a P-256 key and sends its public half with the enrolment code. The same code with the same key again gives the same answer, so a lost reply strands nobody.',
      body: { json: enrolRequestSchema },
      answer: { description: 'What the device is now.', schema: enrolAnswerSchema },
      problems: ['credentials_required', 'too_many_refusals'],
    },
    async ({ body, c }) => {
      const publicKey = deps.keys.parseGatePublicKey(body.publicKey);
      if (publicKey === null) throw invalidInput('publicKey', 'is not a point on P-256');
      const enrolled = await enrolGate(deps, { enrollmentCode: body.enrollmentCode, publicKey });
      if (enrolled === null) {
        const detail = 'The enrolment code is unknown, too old, or was used by another device.';
        throw api.auth.refused(c, new Problem('credentials_required', detail));
      }
      const serverTime = formatTime(deps.now());
      return { ...enrolled, tokenEndpoint: tokenEndpoint(deps.config), serverTime };
    },
  );
}

function enrolmentItem(id: GateId, { enrollmentCode, expiresAt }: Enrolment) {
  return { id, enrollmentCode, expiresAt: formatTime(expiresAt) };
}

function gateItem(gate: GateRecord, now: number): z.input<typeof gateSchema> {
  const { posture, enrolledAt, createdAt, epoch: _epoch, ...members } = gate;
  return {
    ...members,
    posture: postureItem(posture, now),
    enrolledAt: enrolledAt === null ? null : formatTime(enrolledAt),
    createdAt: formatTime(createdAt),
  };
}
