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

  /** What has no window is neither early nor late. */
  const ofTaps = REASONS.filter((reason) => !/^code_(expired|not_yet_valid)$/.test(reason));

  it.each(ofTaps)('%s after a tap speaks of no code to show again', (reason) => {
    const { zh, en } = messageFor(reason, 'tap');
    expect(zh).toMatch(/^[\p{Script=Han}，、：]+$/u);
    expect(en).toMatch(/^[A-Z][A-Za-z’,: -]+$/);
    expect(zh).not.toMatch(/刷新|出示新码/);
    expect(messageFor(reason, 'online')).toEqual(messageFor(reason));
  });

  it('is another one for each reason, so that a rider can name it', () => {
    expect(new Set(REASONS.map((reason) => messageFor(reason).zh)).size).toBe(REASONS.length);
    expect(new Set(REASONS.map((reason) => messageFor(reason).en)).size).toBe(REASONS.length);
  });
});
