import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { Reason } from '../domain/reason.ts';

/** What the operator's monitoring reads. Routes appear by their pattern: no identifier becomes a label. */
export interface Metrics {
  /** Prepares the count of a route's answers; the function that comes back counts one. */
  route(method: string, path: string): (status: number) => void;
  /** Counts a decision, and how long the whole verification took. */
  verified(reason: Reason, durationMs: number): void;
  /** A figure that is read when it is asked for. */
  gauge(name: string, help: string, read: () => number | Promise<number>): void;
  readonly contentType: string;
  /** All figures in the text format of Prometheus. */
  expose(): Promise<string>;
}

const VERIFY_BUCKETS_SECONDS = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 1.5];

/** Figures of this process. Counting is a map look-up; labels are written when they are read. */
export function createMetrics(): Metrics {
  const registry = new Registry();
  const routes: { method: string; path: string; counts: Map<number, number> }[] = [];
  const decisions = new Map<Reason, number>();

  collectDefaultMetrics({ register: registry });
  new Counter({
    name: 'courier_pass_http_requests_total',
    help: 'Answered requests by method, route pattern and status.',
    labelNames: ['method', 'route', 'status'],
    registers: [registry],
    collect() {
      this.reset();
      for (const { method, path, counts } of routes) {
        for (const [status, count] of counts) this.inc({ method, route: path, status }, count);
      }
    },
  });
  new Counter({
    name: 'courier_pass_decisions_total',
    help: 'Decisions at gates by reason.',
    labelNames: ['reason'],
    registers: [registry],
    collect() {
      this.reset();
      for (const [reason, count] of decisions) this.inc({ reason }, count);
    },
  });
  const latency = new Histogram({
    name: 'courier_pass_verify_duration_seconds',
    help: 'Time from a verification request to its answer, recording included.',
    buckets: VERIFY_BUCKETS_SECONDS,
    registers: [registry],
  });

  return {
    route(method, path) {
      const counts = new Map<number, number>();
      routes.push({ method, path, counts });
      return (status) => counts.set(status, (counts.get(status) ?? 0) + 1);
    },
    verified(reason, durationMs) {
      decisions.set(reason, (decisions.get(reason) ?? 0) + 1);
      latency.observe(durationMs / 1_000);
    },
    gauge(name, help, read) {
      new Gauge({
        name,
        help,
        registers: [registry],
        async collect() {
          this.set(await read());
        },
      });
    },
    contentType: registry.contentType,
    expose: () => registry.metrics(),
  };
}
