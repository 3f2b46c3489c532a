import { type Command, Option } from 'commander';
import { progressLine, summarise, summaryTables } from '../swarm/report.ts';
import { setStage } from '../swarm/stage.ts';
import { runSwarm } from '../swarm/swarm.ts';
import { Tally } from '../swarm/tally.ts';
import { EXIT } from './exit-code.ts';
import { numberFromZero, serverUrl, wholeNumber } from './options.ts';
import { untilSignal } from './until-signal.ts';

const TTY_PROGRESS_MS = 500;
const PLAIN_PROGRESS_MS = 5_000;

interface SwarmFlags {
  readonly server: string;
  readonly adminKey: string;
  readonly riders: number;
  readonly orders: number;
  readonly gates: number;
  readonly communities: number;
  readonly rate: number;
  readonly duration?: number;
  readonly concurrency: number;
  readonly json?: true;
}

export function addSwarmCommand(program: Command): void {
  const count = wholeNumber(1);
  program
    .command('swarm')
    .description(
      'play many riders against a service, on a platform and in communities of their own',
    )
    .requiredOption('--server <url>', 'address of the service', serverUrl)
    .addOption(
      new Option('--admin-key <key>', 'operator API key, from <data dir>/admin-api-key')
        .env('ADMIN_API_KEY')
        .makeOptionMandatory(),
    )
    .option('--riders <n>', 'riders', count, 100)
    .option('--orders <n>', 'orders of each rider', count, 10)
    .option('--gates <n>', 'gates in all', count, 4)
    .option('--communities <n>', 'communities; at most as many as gates', count, 2)
    .option(
      '--rate <n>',
      'verifies a second, two or more an order; 0: as fast as it can',
      numberFromZero,
      400,
    )
    .option('--duration <s>', 'start no new order after so many seconds', numberFromZero)
    .option('--concurrency <n>', 'orders under way at once', count, 32)
    .option('--json', 'print the summary as JSON')
    .addHelpText(
      'after',
      '\nEach order: picked_up, codes, in, out, delivered. Every 20th, the used code is shown once more (code_used);\n' +
        'every 10th, the rider tries again after the delivery (delivery_not_active).\n' +
        "One city's day, 510,000 orders: --riders 17000 --orders 30 --rate 0\n\n" +
        'Exit code: 0 as expected, 1 with any error or unexpected answer, 2 when the stage could not be set.',
    )
    .action(swarm);
}

async function swarm(flags: SwarmFlags): Promise<void> {
  const { server, adminKey, gates, concurrency } = flags;
  const communities = Math.min(flags.communities, gates);
  const stage = await setStage({ server, adminKey, gates, communities, concurrency });
  const stop = untilSignal(flags.duration);
  const tally = new Tally();
  const startMs = performance.now();
  const endProgress = showProgress(tally, startMs, flags.riders * flags.orders);
  const plan = { ...flags, ordersPerRider: flags.orders };
  await runSwarm(stage, plan, tally, stop);
  const summary = summarise(tally, performance.now() - startMs);
  endProgress();
  console.log(flags.json ? JSON.stringify(summary) : summaryTables(summary));
  if (!tally.clean) process.exitCode = EXIT.no;
  await stage.close();
}

function showProgress(tally: Tally, startMs: number, ordersPlanned: number): () => void {
  const { isTTY } = process.stderr;
  const show = (): void => {
    const line = progressLine(tally, performance.now() - startMs, ordersPlanned);
    process.stderr.write(isTTY ? `\r\u001b[K${line}` : `${line}\n`);
  };
  const timer = setInterval(show, isTTY ? TTY_PROGRESS_MS : PLAIN_PROGRESS_MS);
  return () => {
    clearInterval(timer);
    show();
    if (isTTY) process.stderr.write('\n');
  };
}
