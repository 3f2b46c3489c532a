import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import {
  type EventFeed,
  type EventStream,
  EventStreams,
  QUEUED_EVENTS,
  STREAMS_PER_OWNER,
} from '../../src/http/event-stream.ts';
import { Problem } from '../../src/http/problem.ts';

const HEARTBEAT_MS = 15_000;
const text = new TextDecoder();

let streams: EventStreams;
let stream: EventStream;
let stops: number;
let mayGoOn: () => Promise<boolean>;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
  streams = new EventStreams({ streams: 2, streamHeartbeatMs: HEARTBEAT_MS });
  stops = 0;
  mayGoOn = async () => true;
});
afterEach(() => {
  vi.useRealTimers();
});

function open(owner = 'somebody'): Response {
  return streams.open(owner, (opened): EventFeed => {
    stream = opened;
    return { mayGoOn: () => mayGoOn(), stop: () => void stops++ };
  });
}

async function next(reader: ReadableStreamDefaultReader<Uint8Array>): Promise<string | null> {
  const { done, value } = await reader.read();
  return done ? null : text.decode(value);
}

describe('a stream', () => {
  test('says what it is, and first of all when to come again', async () => {
    const response = open();
    expect(response.headers.get('content-type')).toBe('text/event-stream');
    expect(response.headers.get('x-accel-buffering')).toBe('no');
    expect(await next(response.body!.getReader())).toBe('retry: 2000\n\n');
  });

  test('carries events with JSON in one line, in order', async () => {
    const reader = open().body!.getReader();
    stream.send('decision', { zh: '请\n进', n: 1 });
    stream.send('changed', {});
    await next(reader);
    expect(await next(reader)).toBe('event: decision\ndata: {"zh":"请\\n进","n":1}\n\n');
    expect(await next(reader)).toBe('event: changed\ndata: {}\n\n');
  });

  test('carries a comment every 15 s', async () => {
    const reader = open().body!.getReader();
    await next(reader);
    const comment = next(reader);
    await vi.advanceTimersByTimeAsync(HEARTBEAT_MS - 1);
    stream.send('first', {});
    expect(await comment).toBe('event: first\ndata: {}\n\n');
    await vi.advanceTimersByTimeAsync(1);
    expect(await next(reader)).toBe(':\n\n');
  });
});

describe('the end of a stream', () => {
  test('comes when its reader may not read on', async () => {
    const reader = open().body!.getReader();
    await next(reader);
    mayGoOn = async () => false;
    await vi.advanceTimersByTimeAsync(HEARTBEAT_MS);
    expect(await next(reader)).toBeNull();
    expect(stops).toBe(1);
    expect(streams.size).toBe(0);
  });

  test('comes when it cannot be said whether its reader may read on', async () => {
    const reader = open().body!.getReader();
    await next(reader);
    mayGoOn = () => Promise.reject(new Error('the store is away'));
    await vi.advanceTimersByTimeAsync(HEARTBEAT_MS);
    expect(await next(reader)).toBeNull();
  });

  test('comes when the client goes, and what is sent later goes nowhere', async () => {
    const response = open();
    await response.body!.cancel();
    expect(stops).toBe(1);
    expect(streams.size).toBe(0);
    stream.send('late', {});
    stream.end();
    expect(stops).toBe(1);
  });

  test('comes to a client that leaves too much unread, and to no other', async () => {
    const slow = open().body!.getReader();
    const slowStream = stream;
    const quick = open().body!.getReader();
    await next(quick);
    for (let count = 0; count <= QUEUED_EVENTS; count++) {
      slowStream.send('decision', { count });
      stream.send('decision', { count });
      await next(quick);
    }
    await expect(slow.read().then(() => slow.read())).rejects.toThrow('too slowly');
    expect(stops).toBe(1);
    expect(streams.size).toBe(1);
  });

  test('comes to all when the process goes down, and no more are accepted', async () => {
    const readers = [open().body!.getReader(), open().body!.getReader()];
    streams.close();
    for (const reader of readers) {
      expect(await next(reader)).toBe('retry: 2000\n\n');
      expect(await next(reader)).toBeNull();
    }
    expect(stops).toBe(2);
    expect(() => open()).toThrow(Problem);
  });

  test('may come while it is being opened', async () => {
    const response = streams.open('somebody', (opened) => {
      opened.send('passes', {});
      opened.end();
      return { mayGoOn, stop: () => void stops++ };
    });
    expect(await response.text()).toBe('retry: 2000\n\nevent: passes\ndata: {}\n\n');
    expect(stops).toBe(1);
    expect(streams.size).toBe(0);
  });
});

test('no more streams are open at once than the limit says', () => {
  open();
  open();
  expect(() => open()).toThrow(Problem);
  stream.end();
  expect(() => open()).not.toThrow();
});

test('of one owner the eldest ends when there are too many; others’ streams stay', async () => {
  streams = new EventStreams({ streams: 100, streamHeartbeatMs: HEARTBEAT_MS });
  const readers = Array.from({ length: STREAMS_PER_OWNER }, () => open('a').body!.getReader());
  const other = open('b').body!.getReader();
  expect(streams.size).toBe(STREAMS_PER_OWNER + 1);
  open('a');
  expect(streams.size).toBe(STREAMS_PER_OWNER + 1);
  await next(readers[0]!);
  expect(await next(readers[0]!)).toBeNull();
  await next(readers[1]!);
  await next(other);
  stream.send('x', {});
  expect(stops).toBe(1);
});
