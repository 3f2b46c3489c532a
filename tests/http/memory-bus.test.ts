import { expect, test } from 'vitest';
import { createMemoryBus } from '../../src/bus/memory.ts';
import { formatIdentifier } from '../../src/domain/identifier.ts';

const courier = (byte: number) =>
  `courier:${formatIdentifier('cou', new Uint8Array(8).fill(byte))}` as const;

test('a listener hears its topic until it stops, and nothing else', () => {
  const bus = createMemoryBus();
  const heard: string[] = [];
  const stop = bus.subscribe(courier(1), ({ topic }) => heard.push(topic));
  bus.publish({ topic: courier(1), type: 'changed' });
  bus.publish({ topic: courier(2), type: 'changed' });
  stop();
  stop();
  bus.publish({ topic: courier(1), type: 'changed' });
  expect(heard).toEqual([courier(1)]);
});

test('a listener may stop itself, or another, while it is called', () => {
  const bus = createMemoryBus();
  const heard: string[] = [];
  const stop = bus.subscribe(courier(1), () => {
    heard.push('first');
    stop();
  });
  bus.subscribe(courier(1), () => heard.push('second'));
  bus.publish({ topic: courier(1), type: 'changed' });
  bus.publish({ topic: courier(1), type: 'changed' });
  expect(heard).toEqual(['first', 'second', 'second']);
});

test('the same function that subscribes twice is called twice and stops singly', () => {
  const bus = createMemoryBus();
  let calls = 0;
  const listener = () => {
    calls += 1;
  };
  const stop = bus.subscribe(courier(1), listener);
  bus.subscribe(courier(1), listener);
  stop();
  bus.publish({ topic: courier(1), type: 'changed' });
  expect(calls).toBe(1);
});
