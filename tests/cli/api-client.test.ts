/** Calls against servers that are not the service, or not well. */
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { path } from '../../src/cli/api-client.ts';
import { run } from './support.ts';

const servers: Server[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
});

async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

test('a value is one segment of a path, whatever it holds', () => {
  expect(path`/v1/things/${'a/b?c#d e%'}/${'东'}`).toBe(
    '/v1/things/a%2Fb%3Fc%23d%20e%25/%E4%B8%9C',
  );
});

test.each([200, 404, 502])(
  'an answer of %i that is not ours is refused, not taken for one',
  async (status) => {
    const server = await serve((_, response) => {
      response.writeHead(status, { 'content-type': 'text/html' }).end('<h1>Welcome</h1>');
    });
    const err = `The server answered ${status}, but not as courier-pass does.\n`;
    const refused = { code: 1, out: '', err };
    expect(await run(['keys', 'list', '--server', server, '--json'])).toEqual(refused);
    if (status !== 502) {
      expect(await run(['decisions', 'follow', 'com_0123456789abc', '--server', server])).toEqual(
        refused,
      );
    }
  },
);

test('a redirect is not followed: the key goes to the server that was named, and to no other', async () => {
  let seen = 0;
  const other = await serve((_, response) => {
    seen++;
    response.end('{}');
  });
  const server = await serve((_, response) => response.writeHead(307, { location: other }).end());
  const { code, err } = await run(['keys', 'list', '--server', server, '--api-key', 'secret']);
  expect({ code, seen }).toEqual({ code: 1, seen: 0 });
  expect(err).toBe('The server answered 307, but not as courier-pass does.\n');
});

test('an answer that breaks off is no answer', async () => {
  const server = await serve((_, response) => {
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': '100' });
    response.write('{"items":', () => response.destroy());
  });
  const { code, out, err } = await run(['keys', 'list', '--server', server, '--json']);
  expect({ code, out }).toEqual({ code: 3, out: '' });
  expect(err).toContain('does not answer');
});

test('what the server says of waiting is told', async () => {
  const server = await serve((_, response) => {
    response.writeHead(429, { 'content-type': 'application/problem+json', 'retry-after': '7' });
    response.end(
      JSON.stringify({
        title: 'Too many',
        status: 429,
        code: 'too_many_refusals',
        detail: 'Wait.',
      }),
    );
  });
  const { code, err } = await run(['keys', 'list', '--server', server]);
  expect({ code, err }).toEqual({
    code: 1,
    err: 'Too many (429 too_many_refusals).\nWait.\nTry again after 7 s.\n',
  });
});

test('members that were added or are missing are no reason to fail', async () => {
  const server = await serve((_, response) =>
    response.end('{"items":[{"kid":7,"new":{"a":1}},null],"next":null}'),
  );
  const { code, out } = await run(['keys', 'list', '--server', server]);
  expect(code).toBe(0);
  expect(out).toBe(
    'PURPOSE  KID  STATE  SINCE  CREATED\n–        7    –      –      –\n–        –    –      –      –\n',
  );
});
