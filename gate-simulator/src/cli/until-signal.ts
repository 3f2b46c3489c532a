/**
 * Aborted at the first SIGTERM or SIGINT, and after `seconds` when given. A second signal ends the
 * process as if nobody listened.
 */
export function untilSignal(seconds?: number): AbortSignal {
  const controller = new AbortController();
  const stop = (): void => controller.abort();
  process.once('SIGTERM', stop);
  process.once('SIGINT', stop);
  // Not AbortSignal.any over AbortSignal.timeout: Node 20 may collect the latter before it fires.
  if (seconds !== undefined) setTimeout(stop, Math.ceil(seconds * 1_000)).unref();
  return controller.signal;
}
