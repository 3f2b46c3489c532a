import { useEffect, useState } from 'hono/jsx/dom';
import { serverNow } from './clock.ts';

/** The server's time now, and a rendering every second. */
export function useSeconds(): number {
  const [, setSecond] = useState(0);
  useEffect(() => {
    const timer = setInterval(() => setSecond(Math.floor(serverNow() / 1_000)), 1_000);
    return () => clearInterval(timer);
  }, []);
  return serverNow();
}
