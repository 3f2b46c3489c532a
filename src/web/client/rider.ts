/** The rider's page: the question to the server first, then the code, then all the rest. */
import { applyChoices } from './rider/choices.ts';
import { start } from './rider/control.ts';
import { read, subscribe } from './rider/state.ts';
import { keepScreenOn } from './rider/wake-lock.ts';

const shown = show();
void start(shown);
keepScreenOn();
// Kept for the next time, once what is needed now is there.
void shown.then(() => navigator.serviceWorker?.register('/r/worker.js', { scope: '/' }));

/** Settles when the page stands as a whole: the code was on the screen before the rest of it. */
async function show(): Promise<void> {
  const arriving = import('./rider/first-code.ts');
  await Promise.all([known(), parsed()]);
  const { drawFirstCode, showRest } = await arriving;
  applyChoices();
  const root = document.getElementById('app');
  if (root === null) throw new Error('the page has no place for it');
  if (drawFirstCode(root)) await painted();
  await showRest(root);
}

/** Settles when it is known what to show. */
function known(): Promise<void> {
  return new Promise((resolve) => {
    const stop = subscribe(() => {
      if (read().phase.kind === 'starting') return;
      stop();
      resolve();
    });
  });
}

/** The script may come before the page that it is for. */
function parsed(): Promise<void> {
  return new Promise((resolve) => {
    if (document.readyState !== 'loading') resolve();
    else document.addEventListener('DOMContentLoaded', () => resolve());
  });
}

function painted(): Promise<void> {
  return new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)));
}
