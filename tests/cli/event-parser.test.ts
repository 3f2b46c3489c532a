import { array, assert, constantFrom, property } from 'fast-check';
import { expect, test } from 'vitest';
import { EventParser, type StreamSign } from '../../src/cli/event-parser.ts';

function read(...pieces: string[]): StreamSign[] {
  const parser = new EventParser();
  return pieces.flatMap((piece) => parser.push(piece));
}
const event = (type: string, data: string): StreamSign => ({ kind: 'event', type, data });

test.each([
  ['event: decision\ndata: {"a":1}\n\n', [event('decision', '{"a":1}')]],
  ['data: a\ndata: b\n\n', [event('message', 'a\nb')]],
  ['data:a\n\ndata:  b\n\n', [event('message', 'a'), event('message', ' b')]],
  ['event: x\rdata: 1\r\rdata: 2\r\n\r\n', [event('x', '1'), event('message', '2')]],
  ['event: x\n\n', []],
  ['data\n\n', [event('message', '')]],
  [':\n\n', [{ kind: 'comment' }]],
  ['retry: 2000\n\n', [{ kind: 'retry', ms: 2000 }]],
  ['retry: soon\nid: 7\nwhat: ever\ndata: 1\n\n', [event('message', '1')]],
  ['data: unfinished', []],
] satisfies [string, StreamSign[]][])('%j', (text, signs) => {
  expect(read(text)).toEqual(signs);
});

test('a stream says the same however it is cut into pieces', () => {
  const texts = array(
    constantFrom('event: e', 'data: 东', 'data:', ':', '\n', '\r', '\r\n', 'retry: 5', 'x'),
    {
      maxLength: 24,
    },
  );
  assert(
    property(texts, (parts) => {
      const text = parts.join('');
      expect(read(...text)).toEqual(read(text));
      expect(read(...parts)).toEqual(read(text));
    }),
  );
});

test('an event longer than any of the service is dropped, and the next one is read', () => {
  const long = 'x'.repeat(1024 * 1024 + 1);
  expect(read(`data: ${long}\n\ndata: 1\n\n`)).toEqual([event('message', '1')]);
});
