import type { Bus, BusEvent, Topic } from './bus.ts';

/** The bus of a single process. Listeners are called at once, in the order in which they subscribed. */
export function createMemoryBus(): Bus {
  const listeners = new Map<Topic, Set<(event: BusEvent) => void>>();
  return {
    publish(event) {
      const subscribed = listeners.get(event.topic);
      if (subscribed === undefined) return;
      for (const listener of [...subscribed]) listener(event);
    },
    subscribe(topic, listener) {
      // A wrapper of its own, so that a listener that subscribes twice is called twice and stops singly.
      const own = (event: BusEvent) => listener(event);
      const subscribed = listeners.get(topic) ?? new Set();
      listeners.set(topic, subscribed.add(own));
      return () => {
        subscribed.delete(own);
        if (subscribed.size === 0 && listeners.get(topic) === subscribed) listeners.delete(topic);
      };
    },
    async close() {
      listeners.clear();
    },
  };
}
