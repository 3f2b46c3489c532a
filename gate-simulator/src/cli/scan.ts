import { readFile } from 'node:fs/promises';
import type { Command } from 'commander';
import type { Gate, ScanResult } from '../firmware/gate.ts';
import type { Direction, Medium } from '../wire/verify.ts';
import { addFaultOptions, POWER_CUT_HELP } from './fault-options.ts';
import { type BootFlags, bootGate } from './open-gate.ts';
import {
  bufferOption,
  directionOption,
  mediumOption,
  numberFromZero,
  passageOption,
  uuid,
  verboseOption,
} from './options.ts';
import { exitCodeOf, scanJson, screenText } from './show-scan.ts';

interface ScanFlags extends BootFlags {
  readonly direction: Direction;
  readonly medium: Medium;
  readonly ndef?: string;
  readonly requestId?: string;
  readonly speed?: number;
  readonly json?: true;
}

export function addScanCommand(program: Command): void {
  const command = program
    .command('scan')
    .description('read a code from a picture or an NFC message, ask the service, drive the lane')
    .argument('[file]', 'a PNG picture')
    .requiredOption('--state <dir>', 'where the gate keeps its key and state')
    .option('--ndef <file>', 'an NDEF message as a phone hands it over, instead of a picture')
    .addOption(directionOption())
    .addOption(mediumOption())
    .option('--request-id <uuid>', 'repeat an earlier scan under its requestId', uuid)
    .option('--speed <kmh>', 'what the radar of the lane has measured', numberFromZero)
    .addOption(passageOption())
    .addOption(bufferOption())
    .option('--json', 'print one line of JSON')
    .addOption(verboseOption());
  addFaultOptions(command)
    .addHelpText(
      'after',
      '\nPrints what the screen shows, then waits until the gate is shut again.\n' +
        'A reader that faces out opens whatever comes back, or nothing.\n\n' +
        `Exit code: 0 granted, 1 denied, 2 could not be judged.\n${POWER_CUT_HELP}`,
    )
    .action(scan);
}

async function scan(file: string | undefined, flags: ScanFlags): Promise<void> {
  if ((file === undefined) === (flags.ndef === undefined)) {
    throw new Error('give a picture, or a message with --ndef');
  }
  const shown = await readFile(flags.ndef ?? file ?? '');
  const device = await bootGate(flags, (text) => console.error(text));
  const result = await present(device.gate, shown, flags);
  console.log(flags.json ? scanJson(result) : screenText(result));
  process.exitCode = exitCodeOf(result);
  await device.close();
}

function present(gate: Gate, shown: Uint8Array, flags: ScanFlags): Promise<ScanResult> {
  const { direction, medium, requestId, speed } = flags;
  const options = {
    direction,
    ...(requestId === undefined ? {} : { requestId }),
    ...(speed === undefined ? {} : { speedKmh: speed }),
  };
  return flags.ndef === undefined
    ? gate.scanPicture(shown, { ...options, medium })
    : gate.scanNdef(shown, options);
}
