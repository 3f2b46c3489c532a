import Table, { type HorizontalAlignment } from 'cli-table3';
import type { Latencies } from './latency.ts';
import { type Tally, total } from './tally.ts';

export interface Summary {
  readonly orders: number;
  readonly elapsedSeconds: number;
  readonly verifiesPerSecond: number;
  readonly granted: Readonly<Record<string, number>>;
  readonly denied: Readonly<Record<string, number>>;
  readonly retries: number;
  readonly errors: Readonly<Record<string, number>>;
  readonly unexpected: Readonly<Record<string, number>>;
  /** Milliseconds. */
  readonly latencyMs: Readonly<Record<'verify' | 'callback' | 'codes', LatencySummary>>;
}

export interface LatencySummary {
  readonly count: number;
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
  readonly max: number;
}

export function summarise(tally: Tally, elapsedMs: number): Summary {
  const elapsedSeconds = elapsedMs / 1_000;
  return {
    orders: tally.orders,
    elapsedSeconds: round(elapsedSeconds),
    verifiesPerSecond: round(tally.verifies.count / elapsedSeconds),
    granted: Object.fromEntries(tally.granted),
    denied: Object.fromEntries(tally.denied),
    retries: tally.retries,
    errors: Object.fromEntries(tally.errors),
    unexpected: Object.fromEntries(tally.unexpected),
    latencyMs: {
      verify: summariseLatency(tally.verifies),
      callback: summariseLatency(tally.callbacks),
      codes: summariseLatency(tally.codeFetches),
    },
  };
}

/** One line while it runs. */
export function progressLine(tally: Tally, elapsedMs: number, ordersPlanned: number): string {
  const verifies = tally.verifies.count;
  return [
    `${(elapsedMs / 1_000).toFixed(0)} s`,
    `${tally.orders}/${ordersPlanned} orders`,
    `${verifies} verifies (${(verifies / (elapsedMs / 1_000)).toFixed(0)}/s)`,
    `p99 ${tally.verifies.percentileMs(99).toFixed(1)} ms`,
    `${tally.errorCount} errors`,
    `${total(tally.unexpected)} unexpected`,
  ].join(' · ');
}

export function summaryTables(summary: Summary): string {
  const answers = new Table({
    ...plain,
    head: ['answer', 'count'],
    colAligns: ['left', 'right'],
  });
  const { elapsedSeconds, verifiesPerSecond } = summary;
  answers.push([`orders in ${elapsedSeconds} s (${verifiesPerSecond} verifies/s)`, summary.orders]);
  answers.push(...rows('granted', summary.granted), ...rows('denied', summary.denied));
  answers.push(['retries under the same requestId', summary.retries]);
  answers.push(...rows('error', summary.errors), ...rows('unexpected', summary.unexpected));
  answers.push(['errors', sum(summary.errors)], ['unexpected answers', sum(summary.unexpected)]);
  const head = ['latency, ms', 'count', 'p50', 'p90', 'p99', 'max'];
  const colAligns: HorizontalAlignment[] = ['left', ...head.slice(1).map(() => 'right' as const)];
  const latencies = new Table({ ...plain, head, colAligns });
  for (const [call, { count, p50, p90, p99, max }] of Object.entries(summary.latencyMs)) {
    latencies.push([call, count, p50, p90, p99, max]);
  }
  return `${answers.toString()}\n${latencies.toString()}`;
}

/** No colours, and no line between rows. */
const plain = {
  style: { head: [], border: [] },
  chars: { mid: '', 'left-mid': '', 'mid-mid': '', 'right-mid': '' },
};

function rows(label: string, counts: Readonly<Record<string, number>>): [string, number][] {
  const sorted = Object.entries(counts).sort((a, b) => b[1] - a[1]);
  return sorted.map(([what, count]) => [`${label}: ${what}`, count]);
}

function sum(counts: Readonly<Record<string, number>>): number {
  return Object.values(counts).reduce((before, each) => before + each, 0);
}

function summariseLatency(latencies: Latencies): LatencySummary {
  return {
    count: latencies.count,
    p50: round(latencies.percentileMs(50)),
    p90: round(latencies.percentileMs(90)),
    p99: round(latencies.percentileMs(99)),
    max: round(latencies.maxMs),
  };
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
