/** The rider's page: the code first, then all the rest. */

import { applyChoices } from './rider/choices.ts';
import { start } from './rider/control.ts';
import { drawFirstCode } from './rider/first-code.ts';
import { read, subscribe } from './rider/state.ts';
import { keepScreenOn } from './rider/wake-lock.ts';

applyChoices();
const root = document.getElementById('app');
if (root !== null) {
  const loaded = firstCode(root).then(async () => {
    const { showApp } = await import('./rider/app.tsx');
    showApp(root);
  });
  void start(loaded);
  keepScreenOn();
  // Kept for the next time, once what is needed now is there.
  void loaded.then(() => navigator.serviceWorker?.register('/r/worker.js', { scope: '/' }));
}

/** Settles when the first code is drawn and painted, or when there is none to draw. */
function firstCode(root: HTMLElement): Promise<void> {
  return new Promise((resolve) => {
    const look = () => {
      const drawn = drawFirstCode(root);
      if (!drawn && read().phase.kind === 'starting') return;
      stop();
      if (drawn) requestAnimationFrame(() => setTimeout(resolve));
      else resolve();
    };
    const stop = subscribe(look);
  });
}
