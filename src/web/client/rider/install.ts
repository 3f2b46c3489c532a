/** Putting the page on the home screen, where the browser lets a page ask. */
import { useEffect, useState } from 'hono/jsx/dom';

interface InstallPrompt extends Event {
  prompt(): Promise<unknown>;
}

let prompt: InstallPrompt | null = null;
const listeners = new Set<() => void>();

addEventListener('beforeinstallprompt', (event) => {
  event.preventDefault();
  prompt = event as InstallPrompt;
  for (const listener of listeners) listener();
});

/** Whether a button may ask for it. */
export function useInstallable(): boolean {
  const [installable, setInstallable] = useState(prompt !== null);
  useEffect(() => {
    const listener = () => setInstallable(prompt !== null);
    listeners.add(listener);
    return () => listeners.delete(listener);
  }, []);
  return installable;
}

export async function install(): Promise<void> {
  const asked = prompt;
  prompt = null;
  await asked?.prompt();
  for (const listener of listeners) listener();
}
