import type { Command } from 'commander';
import { path } from '../api-client.ts';
import { COURIER } from '../arguments.ts';
import type { Io } from '../io.ts';
import { textOf } from '../json.ts';
import { type Session, show, withSession } from '../session.ts';

/** `couriers`: the right to be forgotten. */
export function addCouriers(program: Command, io: Io): void {
  const couriers = program.command('couriers').description('people who deliver');
  couriers
    .command('erase')
    .description('forget a courier: accounts, sessions, deliveries, and who held which pass')
    .addArgument(COURIER)
    .option('--lift-blocks', 'end blocks in force instead of waiting for their end')
    .addHelpText(
      'after',
      '\nPasses, visits and decisions stay under their random numbers; proofs of the audit log stay valid. While a pass\nof the courier has not ended, the erasure waits and is carried out by itself.',
    )
    .action(withSession(io, erase));
}

async function erase(
  session: Session,
  courier: string,
  { liftBlocks }: { readonly liftBlocks?: true },
): Promise<void> {
  const { body } = await session.client.ask({
    method: 'POST',
    path: path`/v1/couriers/${courier}/erasure`,
    body: { blocks: liftBlocks ? 'lift' : 'keep' },
  });
  show(session, body, () => describe(courier, body));
}

function describe(courier: string, body: unknown): string {
  if (textOf(body, 'status') === 'pending')
    return `${courier} will be erased when this is over: ${textOf(body, 'waitsFor')}.\n`;
  const [passes, deliveries] = [
    textOf(body, 'forgotten.passes'),
    textOf(body, 'forgotten.deliveries'),
  ];
  return `${courier} is erased: ${deliveries} deliveries deleted, ${passes} passes name nobody any more.\n`;
}
