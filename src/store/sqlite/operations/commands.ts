import { and, desc, eq, lt } from 'drizzle-orm';
import { type Millis, SECOND_MS } from '../../../domain/clock.ts';
import type { CommandId, GateId } from '../../../domain/identifier.ts';
import type { Actor, CommandCause, GateCommand, ReportOutcome } from '../../store.ts';
import type { Context } from '../database.ts';
import { newIdentifier } from '../random.ts';
import type { GateRow } from '../reference-data.ts';
import { gateCommands } from '../schema.ts';
import { liveGate } from './gate-rows.ts';
import { cursor, NEWEST, type Operations, pageOf } from './operation.ts';

type CommandOperations = Pick<
  Operations,
  'createCommand' | 'claimCommand' | 'reportCommand' | 'listCommands'
>;
export type CommandRow = typeof gateCommands.$inferSelect;

/** A command is claimed within this time of the decision that it follows from, by our clock, or never. */
const CLAIMABLE_MS = 5 * SECOND_MS;

export function commandOperations(context: Context): CommandOperations {
  const { db } = context;
  return {
    createCommand({ gateId, reason, openForMs, actor, now }) {
      const gate = liveGate(context, gateId);
      if (gate === null) return null;
      const order = {
        gate,
        cause: 'remote',
        decision: null,
        reason,
        openForMs,
        actor,
        now,
      } as const;
      return addCommand(context, order);
    },

    claimCommand({ gateId, commandId, now }) {
      const row = find(context, gateId, commandId);
      if (row === null) return { kind: 'not_found' };
      if (row.claimedAt !== null) return { kind: 'claimed_before' };
      if (now >= row.expiresAt || row.outcome !== null) return { kind: 'expired' };
      db.update(gateCommands).set({ claimedAt: now }).where(eq(gateCommands.no, row.no)).run();
      appendOfCommand(context, 'command.claimed', row, now, {});
      return { kind: 'claimed', command: commandOf(context, { ...row, claimedAt: now }) };
    },

    reportCommand: (report) => reportCommand(context, report),

    listCommands(gateId, page) {
      const gate = liveGate(context, gateId);
      if (gate === null) return { items: [], next: null };
      const rows = db
        .select()
        .from(gateCommands)
        .where(and(eq(gateCommands.gateNo, gate.no), lt(gateCommands.no, cursor(page, NEWEST))))
        .orderBy(desc(gateCommands.no))
        .limit(page.limit + 1)
        .all();
      return pageOf(rows, page, (row) => commandOf(context, row));
    },
  };
}

/** Makes a command in the transaction of what it follows from. @param command.decision its audit id; null: none */
export function addCommand(
  context: Context,
  command: {
    readonly gate: GateRow;
    readonly cause: CommandCause;
    readonly decision: string | null;
    /** A person's words, which the log never holds. */
    readonly reason?: string | null;
    readonly openForMs: number;
    readonly actor: Actor;
    readonly now: Millis;
  },
): GateCommand {
  const { gate, cause, decision, reason = null, openForMs, actor, now } = command;
  const id = newIdentifier('cmd');
  const { auditId } = appendOfCommand(context, 'command.created', { id, gateNo: gate.no }, now, {
    actor,
    cause,
    openForMs,
    ...(decision === null ? {} : { decision }),
  });
  const row = context.db
    .insert(gateCommands)
    .values({
      id,
      gateNo: gate.no,
      openForMs,
      cause,
      auditId: decision ?? auditId,
      reason,
      createdAt: now,
      expiresAt: now + CLAIMABLE_MS,
    })
    .returning()
    .get();
  return commandOf(context, row);
}

/** Writes down what a gate says has become of a command, in the transaction that takes over the gate's event. */
export function reportCommand(
  context: Context,
  report: { gateId: GateId; commandId: CommandId; done: boolean; now: Millis },
): ReportOutcome {
  const { gateId, commandId, done, now } = report;
  const row = find(context, gateId, commandId);
  if (row === null) return 'not_found';
  if (row.claimedAt === null) return 'not_claimed';
  if (row.outcome !== null && row.outcome !== 'not_reported') return 'repeated';
  settleCommand(context, row, done ? 'done' : 'not_done', now);
  appendOfCommand(context, 'command.reported', row, now, { done });
  return 'reported';
}

export function settleCommand(
  { db }: Context,
  row: CommandRow,
  outcome: NonNullable<CommandRow['outcome']>,
  reportedAt: Millis | null,
): void {
  db.update(gateCommands).set({ outcome, reportedAt }).where(eq(gateCommands.no, row.no)).run();
}

/** A command of this gate; a gate that was revoked has none. */
function find(context: Context, gateId: GateId, commandId: CommandId): CommandRow | null {
  const gate = liveGate(context, gateId);
  const row = context.db.select().from(gateCommands).where(eq(gateCommands.id, commandId)).get();
  return gate !== null && row?.gateNo === gate.no ? row : null;
}

export function appendOfCommand(
  { audit, reference }: Context,
  type: string,
  command: Pick<CommandRow, 'id' | 'gateNo'>,
  now: Millis,
  members: Readonly<Record<string, unknown>>,
) {
  const gate = reference.gateId(command.gateNo);
  const communityNo = reference.gate(gate)?.communityNo;
  if (communityNo === undefined) throw new RangeError(`no gate ${command.gateNo}`);
  const { id: community } = reference.community(communityNo);
  return audit.append(type, now, community, { ...members, command: command.id, gate });
}

function commandOf({ reference }: Context, row: CommandRow): GateCommand {
  const { no: _no, gateNo, ...members } = row;
  return { ...members, gateId: reference.gateId(gateNo) };
}
