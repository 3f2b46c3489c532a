#!/usr/bin/env node
import { Command } from 'commander';
import { EXIT } from '../cli/exit-code.ts';
import { runDemo } from './demo.ts';

const { keep } = new Command('demo')
  .description(
    'Plays the whole service through: two communities, two platforms, gates, and real pictures of codes.',
  )
  .option('--keep', 'leave everything running afterwards, until Ctrl-C', false)
  .addHelpText('after', '\nExit code: 0 only when every step went as it must.')
  .parse()
  .opts<{ keep: boolean }>();

// Whoever reads along may stop reading: then there is nobody to play for.
process.stdout.on('error', () => process.exit(EXIT.unknown));
const good = await runDemo({ keep, print: (line) => console.log(line) });
process.exitCode = good ? EXIT.ok : EXIT.no;
