import type { ScanResult } from '../firmware/gate.ts';
import type { Direction } from '../wire/verify.ts';
import type { GatePost } from './gate-post.ts';

/** Something that had to be, and what was. */
export interface Check {
  readonly what: string;
  readonly expected: string;
  readonly got: string;
}

export interface Scan {
  readonly at: GatePost;
  readonly way: Direction;
  /** A camera sees a picture unless said otherwise. */
  readonly by?: 'camera' | 'nfc';
  readonly shows: Uint8Array;
  /** The reason that the service must give, or why there is none: `no_answer`. */
  readonly must: string;
}

export function holds({ expected, got }: Check): boolean {
  return expected === got;
}

/** A step of the demo while it is played: prints what happens and checks it against what must. */
export class Step {
  readonly checks: Check[] = [];
  /** The reasons at the gates, in order. */
  readonly answers: string[] = [];
  readonly #print: (line: string) => void;

  constructor(print: (line: string) => void) {
    this.#print = print;
  }

  say(text: string): void {
    this.#print(`    ${text}`);
  }

  expect(what: string, expected: string | number, got: string | number): void {
    const check = { what, expected: String(expected), got: String(got) };
    this.checks.push(check);
    this.say(describe(check));
  }

  /** A picture before a camera, or a phone at the reader: the reason must be the one named, and the door must do what follows from it. */
  async scan({ at, way, by, shows, must }: Scan): Promise<ScanResult> {
    const { result, door } = await (by === 'nfc' ? at.touch(shows, way) : at.scan(shows, way));
    const answer = reasonOf(result);
    this.answers.push(answer);
    this.#showScreen(at, way, result);
    const opens = way === 'out' || must.startsWith('granted');
    this.expect('gate', `${must}, door ${opens ? 'open' : 'shut'}`, `${answer}, door ${door}`);
    return result;
  }

  #showScreen(at: GatePost, way: Direction, { screen, tookMs }: ScanResult): void {
    const lamp = { green: '🟢', red: '🔴', amber: '🟡' }[screen.colour];
    this.say(`${lamp} ${at.name}${way === 'in' ? '入口' : '出口'}   ${screen.zh}`);
    this.say(`   ${screen.en}   (${Math.round(tookMs)} ms from picture to door)`);
  }
}

/** One line: ✓ or ✗, what had to be, and what was. */
export function describe(check: Check): string {
  const { what, expected, got } = check;
  return `${holds(check) ? '✓' : '✗'} ${what}: expected ${expected} · got ${got}`;
}

function reasonOf({ judgement }: ScanResult): string {
  if (judgement.kind === 'answered') return judgement.answer.reason;
  return judgement.kind === 'alone' ? judgement.outcome.reason : judgement.why;
}
