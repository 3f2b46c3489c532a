import { readFile } from 'node:fs/promises';
import type { Command } from 'commander';
import type { Direction, Medium } from '../wire/verify.ts';
import { bootGate } from './open-gate.ts';
import { directionOption, mediumOption, passageOption, uuid } from './options.ts';
import { exitCodeOf, scanJson, screenText } from './show-scan.ts';

interface ScanFlags {
  readonly state: string;
  readonly direction: Direction;
  readonly medium: Medium;
  readonly requestId?: string;
  readonly passage: number | 'never';
  readonly json?: true;
}

export function addScanCommand(program: Command): void {
  program
    .command('scan')
    .description('read the QR code in a picture, ask the service, drive the lane')
    .argument('<file>', 'a PNG picture')
    .requiredOption('--state <dir>', 'where the gate keeps its key and state')
    .addOption(directionOption())
    .addOption(mediumOption())
    .option('--request-id <uuid>', 'repeat an earlier scan under its requestId', uuid)
    .addOption(passageOption())
    .option('--json', 'print one line of JSON')
    .addHelpText(
      'after',
      '\nPrints what the screen shows, then waits until the gate is shut again.\n' +
        'A reader that faces out opens whatever comes back, or nothing.\n\n' +
        'Exit code: 0 granted, 1 denied, 2 could not be judged.',
    )
    .action(scan);
}

async function scan(file: string, flags: ScanFlags): Promise<void> {
  const png = await readFile(file);
  const gate = await bootGate(flags.state, flags.passage, (text) => console.error(text));
  const { direction, medium, requestId } = flags;
  const repeated = requestId === undefined ? {} : { requestId };
  const result = await gate.scanPicture(png, { direction, medium, ...repeated });
  console.log(flags.json ? scanJson(result) : screenText(result));
  process.exitCode = exitCodeOf(result);
  await gate.close();
}
