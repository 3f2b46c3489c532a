/** The rider's page. */
import { render } from 'hono/jsx/dom';
import { App } from './rider/app.tsx';
import { start } from './rider/control.ts';
import { keepScreenOn } from './rider/wake-lock.ts';
import { applyChoices } from './rider/words.ts';

applyChoices();
const root = document.getElementById('app');
if (root !== null) {
  root.replaceChildren();
  render(<App />, root);
}
void start();
keepScreenOn();
// Kept for the next time, once what is needed now is there.
if ('serviceWorker' in navigator)
  addEventListener(
    'load',
    () => void navigator.serviceWorker.register('/r/worker.js', { scope: '/' }),
  );
