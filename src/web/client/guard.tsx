/** The guard's page: what this phone is first, then the screen. */
import { render } from 'hono/jsx/dom';
import type { Account } from '../guard/wire.ts';
import { App } from './guard/app.tsx';
import { start } from './guard/control.ts';
import { wordsIn } from './guard/words.ts';
import { applyChoices, documentLanguage } from './rider/choices.ts';
import { keepScreenOn } from './rider/wake-lock.ts';

const root = document.getElementById('app');
if (root !== null) {
  const account: Account | null = JSON.parse(root.dataset['account'] ?? 'null');
  applyChoices();
  const words = wordsIn(documentLanguage());
  const started = start(account);
  // Kept for the next time, once what is needed now is there.
  void started.then(() => navigator.serviceWorker?.register('/g/worker.js', { scope: '/g' }));
  keepScreenOn();
  root.replaceChildren();
  render(<App words={words} />, root);
}
