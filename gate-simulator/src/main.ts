#!/usr/bin/env node
import { Command, CommanderError } from 'commander';
import { addEnrollCommand } from './cli/enroll.ts';
import { EXIT } from './cli/exit-code.ts';
import { addRidesCommand } from './cli/rides.ts';
import { addRunCommand } from './cli/run.ts';
import { addScanCommand } from './cli/scan.ts';
import { addSwarmCommand } from './cli/swarm.ts';
import { addTapCommand } from './cli/tap.ts';

const program = new Command('gate-simulator')
  .description(
    "A gate's firmware and hardware in software, speaking to courier-pass over HTTP only.",
  )
  .version('0.1.0')
  .exitOverride()
  .showHelpAfterError('(add --help for the options)');
addEnrollCommand(program);
addScanCommand(program);
addRunCommand(program);
addTapCommand(program);
addSwarmCommand(program);
addRidesCommand(program);

try {
  await program.parseAsync();
} catch (error) {
  if (error instanceof CommanderError) {
    process.exitCode = error.exitCode === 0 ? EXIT.ok : EXIT.unknown;
  } else {
    console.error(error instanceof Error ? error.message : String(error));
    process.exitCode = EXIT.unknown;
  }
}
