/** What gates report, as the wire writes it. A batch is a document of its own inside a JWS. */
import { createHash } from 'node:crypto';
import { z } from '@hono/zod-openapi';
import type { IncomingGateEvent } from '../../access/record-gate-events.ts';
import { canonicalJson } from '../../domain/audit-entry.ts';
import { DAY_MS } from '../../domain/clock.ts';
import {
  type EventRejection,
  GATE_EVENT_TYPES,
  type GateEventContent,
  type GateEventType,
} from '../../domain/gate-event.ts';
import { DENIED_REASONS, GRANTED_REASONS, type Reason } from '../../domain/reason.ts';
import { PLACE_ID } from '../../domain/speed/zones.ts';
import { identifier, instant, line } from './values.ts';

/** One event is at most this long, as canonical JSON. */
const MAX_EVENT_BYTES = 8_192;
const LONGEST_UPTIME_MS = 20 * 366 * DAY_MS;

const seq = z.int().min(1);
const uuid = z.guid('expected a UUID').transform((text) => text.toLowerCase());
const lane = line(1, 16).optional();
const word = z.string().regex(/^[a-z][a-z0-9_]{0,39}$/);
const version = z.union([z.int().min(0), line(1, 64)]);
const count = z.int().min(0).max(1_000_000_000);
const kmh = z.number().min(0).max(500);
const range = z.object({ from: seq, to: seq }).refine(({ from, to }) => from <= to);

const verification = z
  .object({
    request: z.object({
      requestId: uuid,
      code: z.string().max(2_048).optional(),
      medium: z.enum(['qr', 'nfc']),
      direction: z.enum(['in', 'out']),
      lane,
      scannedAt: instant.optional(),
      speedKmh: kmh.optional(),
      accuracyKmh: kmh.optional(),
    }),
    decision: z.enum(['granted', 'denied']),
    reason: word.openapi({
      description:
        'One of the closed list; a refusal of the gate’s own, which judged nothing, may have a word of its own.',
    }),
    rulesVersion: z.int().min(0).optional(),
    bundleVersion: version.optional(),
  })
  .refine(({ decision, reason }) => decision === 'denied' || isReason(reason, GRANTED_REASONS))
  .refine(({ decision, reason }) => decision === 'granted' || !isReason(reason, GRANTED_REASONS))
  .refine(({ request, decision }) => request.direction === 'in' || decision === 'granted');

const passage = z.object({
  passed: z.boolean(),
  requestId: uuid.optional(),
  commandId: z.string().max(64).optional(),
  direction: z.enum(['in', 'out']).optional(),
  lane,
});
const speed = z.object({
  speedKmh: kmh.optional().openapi({
    description: 'Left out: somebody was seen at the checkpoint, and nothing was measured.',
  }),
  accuracyKmh: kmh.optional(),
  requestId: uuid.optional(),
  direction: z.enum(['in', 'out']).optional(),
  lane,
  checkpointId: z
    .string()
    .regex(PLACE_ID)
    .optional()
    .openapi({ description: 'Where the radar or camera stands; left out: at the gate itself.' }),
  plate: line(1, 32).optional().openapi({
    description: 'Whose it is, where no scan tells. Forgotten as soon as that is known.',
  }),
});
const queue = z.object({
  depth: count,
  capacity: count.min(1),
  lost: z.array(range).max(200).optional(),
  lostUnnumbered: count.optional(),
});
const heartbeat = z.object({
  queueDepth: count.optional(),
  queueCapacity: count.min(1).optional(),
  bundleVersion: version.optional(),
  statusVersion: z.int().min(0).optional(),
});
const command = z.object({
  commandId: identifier('cmd'),
  outcome: z.enum(['done', 'not_done']),
});
const boot = z.object({
  firmware: line(1, 64).optional(),
  damagedLines: count.optional(),
  bundleVersion: version.optional(),
});
const atLane = z.object({ lane });

/** A counter that was never set, or counts something else, says nothing. */
function believableUptime(ms: number): number | null {
  return ms > LONGEST_UPTIME_MS ? null : Math.round(ms);
}

const stamp = z.object({
  deviceTime: instant.nullish(),
  uptimeMs: z.number().min(0).transform(believableUptime).nullish(),
  bootId: z
    .string()
    .regex(/^[\x21-\x7e]{1,64}$/)
    .nullish(),
});
const eventSchema = stamp
  .extend({
    seq,
    type: z.enum(GATE_EVENT_TYPES),
    data: z.union([verification, passage, speed, queue, heartbeat, command, boot, atLane]),
  })
  .openapi('GateEvent');

/** Events are judged one by one, so that a wrong one does not hold up the others. */
const envelopeSchema = z.object({
  logId: z.string().regex(/^[A-Za-z0-9_-]{8,64}$/, 'expected 8–64 characters of base64url'),
  sent: stamp.optional(),
  oldest: seq.optional(),
  events: z.array(z.unknown()),
});

/** The batch as the OpenAPI document shows it. */
export const eventBatchSchema = envelopeSchema
  .extend({
    sent: stamp.optional().openapi({
      description:
        'The device’s clocks when it sent the batch. With them the server knows how wrong the clock is, also of events before it was set.',
    }),
    oldest: seq.optional().openapi({
      description:
        'The lowest number that the gate still has and that was not acknowledged. What is missing below it never comes; what is missing above it does, however late. Without it, what is missing before a batch is waited for 10 minutes.',
    }),
    events: z.array(eventSchema),
  })
  .openapi('GateEventBatch');

export interface EventBatch {
  readonly logId: string;
  readonly sent: IncomingGateEvent['stamp'] | null;
  readonly oldest: number | null;
  readonly events: readonly unknown[];
}

/** The envelope of a batch. @throws ZodError */
export function parseEnvelope(value: unknown): EventBatch {
  const { logId, sent, oldest = null, events } = envelopeSchema.parse(value);
  return { logId, sent: sent === undefined ? null : stampOf(sent), oldest, events };
}

/** One event, or why it is rejected for good. */
export function parseGateEvent(value: unknown): IncomingGateEvent {
  const text = writing(value);
  const digest = createHash('sha256').update(text).digest('base64url');
  const number = seq.safeParse(memberOf(value, 'seq'));
  const type = memberOf(value, 'type');
  const shown = { seq: number.success ? number.data : null, digest, type: shownType(type) };
  const rejected = (code: EventRejection): IncomingGateEvent => ({
    ...shown,
    stamp: NO_STAMP,
    content: null,
    data: {},
    rejected: code,
  });
  if (!number.success) return rejected('invalid_seq');
  if (Buffer.byteLength(text) > MAX_EVENT_BYTES) return rejected('too_long');
  if (!isEventType(type)) return rejected('unknown_type');
  const stamped = stamp.safeParse(value);
  if (!stamped.success) return rejected('invalid_event');
  const content = READERS[type](memberOf(value, 'data'));
  if (content === null) return rejected('invalid_data');
  return { ...shown, stamp: stampOf(stamped.data), ...content, rejected: null };
}

const NO_STAMP = { deviceTime: null, uptimeMs: null, bootId: null };

function stampOf(stamped: z.output<typeof stamp>): IncomingGateEvent['stamp'] {
  const { deviceTime = null, uptimeMs = null, bootId = null } = stamped;
  return { deviceTime, uptimeMs, bootId };
}

/** The same for the same event, however its members are ordered and spaced. */
function writing(value: unknown): string {
  for (const write of [canonicalJson, JSON.stringify]) {
    try {
      return write(value);
    } catch {
      // No number of JSON, or nested too deep.
    }
  }
  return TOO_DEEP;
}

/** Stands for an event that is nested deeper than anything can be written: too long, whatever it says. */
const TOO_DEEP = '['.repeat(MAX_EVENT_BYTES + 1);

function memberOf(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null) return undefined;
  return Object.hasOwn(value, name) ? (value as Record<string, unknown>)[name] : undefined;
}

function isEventType(type: unknown): type is GateEventType {
  return GATE_EVENT_TYPES.some((known) => known === type);
}

function shownType(type: unknown): string {
  return word.safeParse(type).data ?? 'unknown';
}

function isReason<R extends Reason>(text: string, reasons: readonly R[]): text is R {
  return reasons.some((reason) => reason === text);
}

/** What an event says, and what is kept of it. */
interface Content {
  readonly content: GateEventContent;
  readonly data: Readonly<Record<string, unknown>>;
}

function reader<Schema extends z.ZodObject>(
  schema: Schema,
  contentOf: (data: z.output<Schema>) => GateEventContent,
): (given: unknown) => Content | null {
  return (given) => {
    const { data } = schema.safeParse(given);
    return data === undefined ? null : { content: contentOf(data), data };
  };
}

const NO_HEALTH = {
  depth: null,
  capacity: null,
  bundleVersion: null,
  statusVersion: null,
  lost: [],
  lostUnnumbered: 0,
};

const READERS: Readonly<Record<GateEventType, (given: unknown) => Content | null>> = {
  verification: readVerification,
  passage: reader(passage, ({ requestId = null, passed }) => ({
    type: 'passage',
    requestId,
    passed,
  })),
  speed: readSpeed,
  door_forced: reader(atLane, ({ lane: at = null }) => ({ type: 'door_forced', lane: at })),
  tamper: reader(atLane, ({ lane: at = null }) => ({ type: 'tamper', lane: at })),
  boot: reader(boot, () => ({ type: 'boot' })),
  queue: reader(queue, ({ depth, capacity, lost = [], lostUnnumbered = 0 }) => ({
    type: 'queue',
    ...NO_HEALTH,
    depth,
    capacity,
    lost,
    lostUnnumbered,
  })),
  heartbeat: reader(heartbeat, (data) => ({
    type: 'heartbeat',
    ...NO_HEALTH,
    depth: data.queueDepth ?? null,
    capacity: data.queueCapacity ?? null,
    bundleVersion: data.bundleVersion === undefined ? null : String(data.bundleVersion),
    statusVersion: data.statusVersion ?? null,
  })),
  command: reader(command, ({ commandId, outcome }) => ({
    type: 'command',
    commandId,
    done: outcome === 'done',
  })),
};

/** A number plate is a person's: it is used to find the visit, and not kept with the event. */
function readSpeed(given: unknown): Content | null {
  const { data } = speed.safeParse(given);
  if (data === undefined) return null;
  const { plate = null, ...kept } = data;
  const { speedKmh = null, accuracyKmh = null, lane: at = null, requestId = null } = data;
  const { checkpointId = null } = data;
  if (speedKmh === null && checkpointId === null) return null;
  const seen = { speedKmh, accuracyKmh, lane: at, requestId, plate, checkpointId };
  return { content: { type: 'speed', ...seen }, data: kept };
}

/** What was presented is kept by its digest alone: it may be anything that somebody held before the reader. */
function readVerification(given: unknown): Content | null {
  const { data } = verification.safeParse(given);
  if (data === undefined) return null;
  const { request, decision, reason } = data;
  const { code = null, ...asked } = request;
  const judged = isReason(reason, GRANTED_REASONS) || isReason(reason, DENIED_REASONS);
  const told = { ...asked, code, decision, reason: judged ? reason : null };
  return {
    content: { type: 'verification', verification: told },
    data: { ...data, request: asked },
  };
}

export const eventsAnswerSchema = z
  .object({
    logId: z.string(),
    ackedThrough: z.int().openapi({
      description:
        'Everything up to this number need not be sent again: it is stored, rejected for good, or known to be lost.',
    }),
    gaps: z
      .array(z.object({ from: z.int(), to: z.int() }))
      .readonly()
      .openapi({
        description:
          'Numbers that are missing before the newest, both ends included; at most 100 ranges.',
      }),
    rejected: z
      .array(
        z.object({
          seq: z.int().nullable(),
          code: z.enum([
            'invalid_seq',
            'invalid_event',
            'unknown_type',
            'invalid_data',
            'too_long',
          ]),
        }),
      )
      .readonly()
      .openapi({ description: 'Events that will never be taken. They count as acknowledged.' }),
  })
  .openapi('GateEventsAnswer');
