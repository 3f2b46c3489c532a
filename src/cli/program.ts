import { Command, Option } from 'commander';
import { addAlerts } from './commands/alerts.ts';
import { addApiKeys } from './commands/api-keys.ts';
import { addAudit } from './commands/audit.ts';
import { addBlock } from './commands/block.ts';
import { addCommunities } from './commands/communities.ts';
import { addCouriers } from './commands/couriers.ts';
import { addDecisions } from './commands/decisions.ts';
import { addGates } from './commands/gates.ts';
import { addKeys } from './commands/keys.ts';
import { addNotify } from './commands/notify.ts';
import { addPeople } from './commands/people.ts';
import { addPlatforms } from './commands/platforms.ts';
import { addPosture } from './commands/posture.ts';
import { addRestore } from './commands/restore.ts';
import { addRules } from './commands/rules.ts';
import { addTags } from './commands/tags.ts';
import { addVisits } from './commands/visits.ts';
import type { Io } from './io.ts';

const HELP = `
Options may stand anywhere; --help after a command shows its own. A key on the command line can be read by other
users of the machine: better set COURIER_PASS_API_KEY.

Exit codes: 0 done, 1 the server refused, 2 wrong usage, 3 the server does not answer, 4 what was checked is not
whole. What went wrong is on
standard error; standard output holds answers only (\`npm run -s\` keeps npm's own lines out).

Examples:
  npm run cli -- communities create 东湖花园 --kind strict --district 武昌
  npm run cli -- gates create com_0123456789abc 北门 --directions in,out
  npm run cli -- decisions follow com_0123456789abc
  npm run -s cli -- communities list --all --json | jq -r '.items[].id'`;

/** How the program is called, as help shows it. */
const COMMAND = 'npm run cli --';

/** The command line. Throws {@link CommanderError} instead of ending the process; writes through `io` only. */
export function createProgram(io: Io): Command {
  const program = new Command(COMMAND)
    .description('Runs a courier-pass service over its HTTP API.')
    .addOption(
      new Option(
        '--server <url>',
        'the service; else COURIER_PASS_URL, else http://127.0.0.1:8080',
      ),
    )
    .addOption(
      new Option(
        '--api-key <key>',
        'else COURIER_PASS_API_KEY, else, for a service on this machine, the file admin-api-key in DATA_DIR or ./data',
      ),
    )
    .option('--json', 'answer with one JSON document (`decisions follow`: one on each line)')
    .exitOverride()
    .configureOutput({ writeOut: io.out, writeErr: io.err })
    .configureHelp({ showGlobalOptions: true })
    .showHelpAfterError('(add --help for the arguments and options)')
    .addHelpText('after', HELP);
  for (const add of COMMANDS) add(program, io);
  return program;
}

const COMMANDS = [
  addPlatforms,
  addCommunities,
  addGates,
  addTags,
  addRules,
  addPosture,
  addBlock,
  addCouriers,
  addDecisions,
  addVisits,
  addAlerts,
  addNotify,
  addApiKeys,
  addPeople,
  addKeys,
  addAudit,
  addRestore,
];
