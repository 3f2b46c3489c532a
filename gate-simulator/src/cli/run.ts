import type { Command } from 'commander';
import type { Gate, ScanResult } from '../firmware/gate.ts';
import { systemClock } from '../hardware/clock.ts';
import { PictureFolder } from '../hardware/picture-folder.ts';
import { scannerLines } from '../hardware/scanner-lines.ts';
import type { Direction, Medium } from '../wire/verify.ts';
import { EXIT } from './exit-code.ts';
import { addFaultOptions, POWER_CUT_HELP } from './fault-options.ts';
import { type BootFlags, bootGate } from './open-gate.ts';
import {
  bufferOption,
  directionOption,
  mediumOption,
  passageOption,
  verboseOption,
} from './options.ts';
import { scanJson, screenText } from './show-scan.ts';
import { untilSignal } from './until-signal.ts';

interface RunFlags extends BootFlags {
  readonly direction: Direction;
  readonly medium: Medium;
  readonly watch?: string;
  readonly json?: true;
}

export function addRunCommand(program: Command): void {
  const command = program
    .command('run')
    .description('be a gate: read codes as a scanner types them, and from pictures in a directory')
    .requiredOption('--state <dir>', 'where the gate keeps its key and state')
    .option('--watch <dir>', 'also judge each PNG that appears there; it moves to done/ or failed/')
    .addOption(directionOption())
    .addOption(mediumOption())
    .addOption(passageOption())
    .addOption(bufferOption())
    .option('--json', 'print one line of JSON for each scan')
    .addOption(verboseOption());
  addFaultOptions(command)
    .addHelpText(
      'after',
      '\nStandard input: one code a line, as a USB scanner types it. One CR, LF or CRLF at its end is taken\n' +
        'away and nothing else. Codes wait in the scanner while a rider is served.\n' +
        'SIGUSR2 is somebody who opens the cover of the device.\n' +
        'Runs until SIGTERM or SIGINT, and without --watch until the end of standard input;\n' +
        `the rider in the lane is served first.\n${POWER_CUT_HELP}`,
    )
    .action(run);
}

async function run(flags: RunFlags): Promise<void> {
  const stop = untilSignal();
  const device = await bootGate(flags, (text) => console.error(text));
  const { gate } = device;
  const { direction, medium, watch, json } = flags;
  console.error(`${gate.identity.gateId} is ready, direction ${direction}`);
  const show = (result: ScanResult): void =>
    console.log(json ? scanJson(result) : screenText(result));
  const typed = readScanner(gate, { direction, medium }, show, stop);
  if (watch !== undefined) {
    const folder = new PictureFolder(watch, systemClock);
    await folder.watch(async ({ png }) => {
      const result = await gate.scanPicture(png, { direction, medium });
      show(result);
      return isJudged(result) ? 'done' : 'failed';
    }, stop);
  }
  await typed;
  await device.close();
}

function isJudged({ judgement: { kind } }: ScanResult): boolean {
  return kind === 'answered' || kind === 'alone';
}

async function readScanner(
  gate: Gate,
  options: { direction: Direction; medium: Medium },
  show: (result: ScanResult) => void,
  stop: AbortSignal,
): Promise<void> {
  const unplug = (): void => {
    process.stdin.destroy();
  };
  stop.addEventListener('abort', unplug);
  try {
    for await (const code of scannerLines(process.stdin)) {
      if (stop.aborted) return;
      show(await gate.scanText(code, options));
      await gate.whenIdle();
    }
  } catch (error) {
    if (stop.aborted) return;
    console.error(`the scanner is lost: ${error instanceof Error ? error.message : error}`);
    process.exitCode = EXIT.unknown;
  } finally {
    stop.removeEventListener('abort', unplug);
  }
}
