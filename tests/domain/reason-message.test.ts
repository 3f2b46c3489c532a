import { describe, expect, it } from 'vitest';
import { DENIED_REASONS, GRANTED_REASONS } from '../../src/domain/reason.ts';
import { messageFor } from '../../src/domain/reason-message.ts';

const REASONS = [...GRANTED_REASONS, ...DENIED_REASONS];

describe('the message of a reason', () => {
  it('is the documented one for granted', () => {
    expect(messageFor('granted')).toEqual({ zh: '请进', en: 'Welcome' });
  });

  it.each(REASONS)('%s is said in Chinese and in English', (reason) => {
    expect(messageFor(reason).zh).toMatch(/^[\p{Script=Han}，、：]+$/u);
    expect(messageFor(reason).en).toMatch(/^[A-Z][A-Za-z’,: -]+$/);
  });

  it('is another one for each reason, so that a rider can name it', () => {
    expect(new Set(REASONS.map((reason) => messageFor(reason).zh)).size).toBe(REASONS.length);
    expect(new Set(REASONS.map((reason) => messageFor(reason).en)).size).toBe(REASONS.length);
  });
});
