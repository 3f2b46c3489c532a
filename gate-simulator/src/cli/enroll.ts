import type { Command } from 'commander';
import { enrollGate } from '../firmware/enrolment.ts';
import { ServiceRefusal } from '../wire/service.ts';
import { EXIT } from './exit-code.ts';
import { serverUrl } from './options.ts';

interface EnrollFlags {
  readonly server: string;
  readonly code: string;
  readonly state: string;
  readonly name?: string;
  readonly json?: true;
}

export function addEnrollCommand(program: Command): void {
  program
    .command('enroll')
    .description('make a key on this device and enrol it as a gate')
    .requiredOption('--server <url>', 'address of the service', serverUrl)
    .requiredOption(
      '--code <code>',
      'enrolment code from the property manager; good for 15 minutes',
    )
    .requiredOption('--state <dir>', 'where the gate keeps its key and state')
    .option('--name <name>', 'a label for people at the device')
    .option('--json', 'print one line of JSON')
    .addHelpText(
      'after',
      '\nThe key is on disk before the server hears of it. When no reply came, run the same command again:\n' +
        'the same code with the same key gets the same answer.\n\n' +
        'Exit code: 0 enrolled, 1 refused, 2 no answer (run it again).',
    )
    .action(enroll);
}

async function enroll({ server, code, state, name, json }: EnrollFlags): Promise<void> {
  const label = name === undefined ? {} : { name };
  try {
    const identity = await enrollGate({ server, enrollmentCode: code, stateDir: state, ...label });
    const { gateId, communityId, tokenEndpoint } = identity;
    const line = `enrolled as ${gateId} in ${communityId}; state in ${state}`;
    console.log(json ? JSON.stringify({ gateId, communityId, tokenEndpoint, ...label }) : line);
  } catch (error) {
    console.error(`not enrolled: ${error instanceof Error ? error.message : error}`);
    const refused = error instanceof ServiceRefusal && error.status < 500;
    process.exitCode = refused ? EXIT.no : EXIT.unknown;
  }
}
