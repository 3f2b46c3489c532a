/** Work that comes round by the clock. */

import { checkViews } from './access/check-views.ts';
import type { Deps } from './access/deps.ts';
import { eraseReportPhotos } from './access/erase-report-photos.ts';
import { forgetPersonal } from './access/forget-personal.ts';
import { forgetPositions, judgeSpeeds } from './access/judge-speeds.ts';
import { pruneLog } from './access/prune-log.ts';
import { sendNotifications } from './access/send-notifications.ts';
import { sweep } from './access/sweep.ts';
import type { Millis } from './domain/clock.ts';

/** Starts sweeps, forgetting and key refreshes. What fails is logged and tried again. @returns how to stop: resolves when the last has ended */
export function startUpkeep(deps: Deps): () => Promise<void> {
  const { limits } = deps.config;
  const stops = [
    repeat(deps, 'sweep', limits.sweepIntervalMs, () => sweep(deps)),
    repeat(deps, 'judging of speeds', limits.speedIntervalMs, () => judgeSpeeds(deps)),
    repeat(deps, 'forgetting of positions', limits.sweepIntervalMs, () => forgetPositions(deps)),
    repeat(deps, 'notifications', limits.notifyIntervalMs, () => sendNotifications(deps)),
    repeat(deps, 'forgetting', limits.forgetIntervalMs, () => forgetPersonal(deps)),
    repeat(deps, 'sequencer', limits.sequenceIntervalMs, () => deps.audit.run()),
    repeat(deps, 'dropping old audit entries', limits.forgetIntervalMs, () => pruneLog(deps)),
    repeat(deps, 'cosigning', limits.sequenceIntervalMs, () => deps.audit.cosign()),
    repeat(deps, 'publishing', limits.publishIntervalMs, () => deps.audit.publish()),
    repeat(deps, 'comparing with the log', limits.viewCheckIntervalMs, () => checkViews(deps)),
    repeat(deps, 'report photos', limits.reportErasureIntervalMs, () => eraseReportPhotos(deps)),
    repeat(deps, 'key refresh', limits.keyRefreshIntervalMs, () => deps.keys.refresh(deps.now())),
  ];
  return async () => {
    await Promise.all(stops.map((stop) => stop()));
  };
}

/** Runs a task again and again, each time so long after the last has ended. */
function repeat(
  { log }: Pick<Deps, 'log'>,
  task: string,
  pauseMs: Millis,
  run: () => Promise<void>,
): () => Promise<void> {
  let stopped = false;
  let running = Promise.resolve();
  let timer = setTimeout(start, pauseMs);

  function start(): void {
    running = run()
      .catch((err: unknown) => log.error({ err, task }, 'upkeep failed'))
      .finally(() => {
        if (!stopped) timer = setTimeout(start, pauseMs);
      });
  }

  return () => {
    stopped = true;
    clearTimeout(timer);
    return running;
  };
}
