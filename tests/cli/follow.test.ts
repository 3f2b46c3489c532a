/** What `decisions follow` does when the other end breaks, ends, refuses or falls silent. */
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test, vi } from 'vitest';
import { type Running, start } from './support.ts';

const COMMUNITY = 'com_0123456789abc';

let server: Server | undefined;
afterEach(async () => {
  vi.useRealTimers();
  server?.closeAllConnections();
  await new Promise((resolve) => server?.close(resolve) ?? resolve(undefined));
  server = undefined;
});

/** Follows a server that answers the first connection with the first of these, and so on; then with the last. */
async function follow(...answers: ((response: ServerResponse) => void)[]): Promise<Running> {
  let connections = 0;
  server = createServer((_, response) => {
    (answers[connections] ?? answers.at(-1))?.(response);
    connections++;
  });
  await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return start([
    'decisions',
    'follow',
    COMMUNITY,
    '--json',
    '--server',
    `http://127.0.0.1:${port}`,
  ]);
}

function open(response: ServerResponse): ServerResponse {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  response.write('retry: 1\n\n');
  return response;
}
function decide(response: ServerResponse, number: number): void {
  response.write(`event: decision\ndata: {"number":${number}}\n\n`);
}
function refuse(status: number, headers: Record<string, string> = {}) {
  return (response: ServerResponse) => {
    response.writeHead(status, { 'content-type': 'application/problem+json', ...headers });
    response.end(JSON.stringify({ title: 'No', status, detail: 'Not now.', code: 'no' }));
  };
}

test('a stream that the server ends is opened again, and both are told', async () => {
  const running = await follow(
    (response) => {
      decide(open(response), 1);
      response.end();
    },
    (response) => decide(open(response), 2),
  );
  await running.says('{"number":2}');
  running.interrupt();
  const { code, out, err } = await running.result;
  expect({ code, out }).toEqual({ code: 0, out: '{"number":1}\n{"number":2}\n' });
  expect(err).toBe(
    'Connected.\nThe server ended the stream. Connecting again in 1 s.\nConnected again; what happened in between is in the list.\n',
  );
});

test('a stream that breaks in the middle of an event is opened again; half an event is none', async () => {
  const running = await follow(
    (response) => {
      open(response).write('event: decision\ndata: {"number":1}', () => response.destroy());
    },
    (response) => decide(open(response), 2),
  );
  await running.says('{"number":2}');
  running.interrupt();
  const { out, err } = await running.result;
  expect(out).toBe('{"number":2}\n');
  expect(err).toMatch(/The connection to http\S+ broke\. Connecting again/);
});

test('a server that is too busy is asked again, no sooner than it says', async () => {
  const startedAt = performance.now();
  const running = await follow(refuse(503, { 'retry-after': '1' }), (response) =>
    decide(open(response), 1),
  );
  await running.says('{"number":1}');
  expect(performance.now() - startedAt).toBeGreaterThan(990);
  running.interrupt();
  const { code, err } = await running.result;
  expect(code).toBe(0);
  expect(err).toMatch(/^No \(503 no\)\.\nNot now\. Connecting again in [12] s\.\nConnected\.\n$/);
});

test('an interrupt ends a wait at once', async () => {
  const running = await follow(refuse(503, { 'retry-after': '3600' }));
  await running.says('Connecting again in 3600 s.');
  running.interrupt();
  expect((await running.result).code).toBe(0);
});

test.each([401, 404])(
  'a refusal with %i ends it, on the first connection and on a later one',
  async (status) => {
    const first = await (await follow(refuse(status))).result;
    expect(first).toEqual({ code: 1, out: '', err: `No (${status} no).\nNot now.\n` });
    server?.close();
    const later = await (await follow((response) => open(response).end(), refuse(status))).result;
    expect(later.code).toBe(1);
  },
);

test('a server that was never there is unreachable', async () => {
  const given = ['decisions', 'follow', COMMUNITY, '--server', 'http://127.0.0.1:1', '--json'];
  const { code, out, err } = await start(given).result;
  expect({ code, out }).toEqual({ code: 3, out: '' });
  expect(err).toMatch(/^http:\/\/127\.0\.0\.1:1 does not answer: /);
});

test('what is not a decision is passed over', async () => {
  const running = await follow((response) => {
    open(response).write(
      'event: changed\ndata: {}\n\nevent: decision\ndata: {\n\nevent: later\ndata: {"a":1}\n\n',
    );
    decide(response, 1);
  });
  await running.says('{"number":1}');
  running.interrupt();
  expect((await running.result).out).toBe('{"number":1}\n');
});

test('a stream without a word for 45 s is dead, one with comments is not', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  let stream: ServerResponse | undefined;
  const running = await follow((response) => {
    stream = open(response);
    decide(stream, 1);
  });
  await running.says('{"number":1}');
  vi.advanceTimersByTime(44_000);
  stream?.write(':\n\n');
  stream?.write('event: decision\ndata: {"number":2}\n\n');
  await running.says('{"number":2}');
  vi.advanceTimersByTime(44_000);
  expect(running.soFar().err).toBe('Connected.\n');
  vi.advanceTimersByTime(1_000);
  await running.says('has fallen silent. Connecting again');
  running.interrupt();
  expect((await running.result).code).toBe(0);
});
