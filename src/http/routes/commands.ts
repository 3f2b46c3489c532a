import { z } from '@hono/zod-openapi';
import type { Deps } from '../../access/deps.ts';
import { findCoveredGate } from '../../access/find-covered.ts';
import { openGate } from '../../access/open-gate.ts';
import type { ClaimOutcome, GateCommand } from '../../store/store.ts';
import { formatTime } from '../answer.ts';
import { actorOf } from '../auth.ts';
import { type Api, endpoint } from '../endpoint.ts';
import { notFound, Problem } from '../problem.ts';
import { pageAnswer, pageQuery, pageRequest, pageSchema } from '../schemas/paging.ts';
import { identifier, instantText, line } from '../schemas/values.ts';
import { SUPERVISORS, scopeOf } from '../supervisor.ts';

const gateParams = z.object({ id: identifier('gat') });

const orderSchema = z
  .object({ commandId: identifier('cmd'), openForMs: z.int(), expiresAt: instantText })
  .openapi('OpenOrder', { description: 'From `expiresAt` on it can no longer be claimed.' });

const commandSchema = z
  .object({
    id: identifier('cmd'),
    gateId: identifier('gat'),
    cause: z.enum(['confirmation', 'admission', 'tap', 'remote']),
    openForMs: z.int(),
    auditId: z
      .string()
      .openapi({ description: 'The decision that it follows from, or its own audit entry.' }),
    reason: z
      .string()
      .nullable()
      .openapi({ description: 'Of a remote order: as it was given, unless it was erased.' }),
    createdAt: instantText,
    expiresAt: instantText,
    claimedAt: instantText.nullable(),
    reportedAt: instantText.nullable(),
    outcome: z.enum(['done', 'not_done', 'not_delivered', 'not_reported']).nullable().openapi({
      description:
        'Null: it waits for the claim, or for what the gate has to report. `not_delivered`: not claimed in time, and the gate stayed shut. `not_reported`: claimed a day ago, and the gate has not said since what became of it.',
    }),
  })
  .openapi('GateCommand');

/** Orders to gates to open once. */
export function registerCommands(api: Api, deps: Deps): void {
  registerOpen(api, deps);
  registerList(api, deps);
  registerClaim(api, deps);
}

function registerOpen(api: Api, deps: Deps): void {
  const { gateOpenMs, gateOpenMostMs } = deps.config.limits;
  endpoint(
    api,
    {
      method: 'post',
      path: '/v1/gates/{id}/open',
      auth: SUPERVISORS,
      right: 'guard',
      tag: 'Supervision',
      summary: 'Let a gate open once',
      description:
        'The gate hears of it on its stream and opens when it claims the command within 5 s; otherwise the command ends as `not_delivered`. No pass, code or visit is concerned. What became of it: `GET /v1/gates/{id}/commands`.',
      params: gateParams,
      body: {
        json: z
          .object({
            reason: line(1, 200).nullable().default(null),
            openForMs: z.int().min(500).max(gateOpenMostMs).default(gateOpenMs),
          })
          .openapi('OpenRequest'),
        mayBeAbsent: true,
      },
      answer: { status: 201, description: 'The command.', schema: orderSchema },
    },
    async ({ caller, params, body }) => {
      const gate = await findCoveredGate(deps, scopeOf(caller), params.id);
      if (gate === null) throw notFound();
      const command = await openGate(deps, { gateId: gate.id, ...body, actor: actorOf(caller) });
      if (command === null) throw notFound();
      return orderItem(command);
    },
  );
}

function registerList(api: Api, deps: Deps): void {
  endpoint(
    api,
    {
      method: 'get',
      path: '/v1/gates/{id}/commands',
      auth: SUPERVISORS,
      tag: 'Supervision',
      summary: 'Commands to a gate, newest first',
      params: gateParams,
      query: pageQuery,
      answer: {
        description: 'A page of commands.',
        schema: pageSchema(commandSchema).openapi('GateCommandPage'),
      },
    },
    async ({ caller, params, query }) => {
      const gate = await findCoveredGate(deps, scopeOf(caller), params.id);
      if (gate === null) throw notFound();
      return pageAnswer(await deps.store.listCommands(gate.id, pageRequest(query)), commandItem);
    },
  );
}

function registerClaim(api: Api, deps: Deps): void {
  endpoint(
    api,
    {
      method: 'post',
      path: '/v1/gate/commands/{id}/claim',
      auth: ['gate'],
      tag: 'Gates without network',
      summary: 'May I open by this command?',
      description:
        'Answers 200 once, to the gate that the command is for, within 5 s of the decision by our clock. Open after 200 only: after no answer at all the command may be used up, and stays shut. Report afterwards whether it was done, as an event of type `command`.',
      params: z.object({ id: identifier('cmd') }),
      answer: { description: 'Open now.', schema: orderSchema },
      problems: ['not_found', 'command_claimed', 'command_expired'],
    },
    async ({ caller, params }) => {
      const { gateId } = caller;
      const claim = { gateId, commandId: params.id, now: deps.now() };
      return orderItem(claimed(await deps.store.claimCommand(claim)));
    },
  );
}

/** @throws Problem where the gate must stay shut */
function claimed(outcome: ClaimOutcome): GateCommand {
  switch (outcome.kind) {
    case 'claimed':
      return outcome.command;
    case 'not_found':
      throw notFound('There is no such command for this gate.');
    case 'claimed_before':
      throw new Problem('command_claimed', 'A command opens once.');
    case 'expired':
      throw new Problem('command_expired', 'It was not claimed within 5 s.');
  }
}

function orderItem({ id, openForMs, expiresAt }: GateCommand): z.input<typeof orderSchema> {
  return { commandId: id, openForMs, expiresAt: formatTime(expiresAt) };
}

function commandItem(command: GateCommand): z.input<typeof commandSchema> {
  const { createdAt, expiresAt, claimedAt, reportedAt, ...members } = command;
  return {
    ...members,
    createdAt: formatTime(createdAt),
    expiresAt: formatTime(expiresAt),
    claimedAt: claimedAt === null ? null : formatTime(claimedAt),
    reportedAt: reportedAt === null ? null : formatTime(reportedAt),
  };
}
