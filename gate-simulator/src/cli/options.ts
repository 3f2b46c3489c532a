import { InvalidArgumentError, Option } from 'commander';
import { isUuid } from '../firmware/request-id.ts';

export function directionOption(): Option {
  return new Option('--direction <way>', 'which way the reader faces')
    .choices(['in', 'out'])
    .default('in');
}

export function mediumOption(): Option {
  return new Option('--medium <medium>', 'how the code came over')
    .choices(['qr', 'nfc'])
    .default('qr');
}

/** A rider in the simulation walks through this long after the gate has opened. */
export function passageOption(): Option {
  return new Option(
    '--passage <ms>',
    'a rider walks through the passage sensor so long after opening; "never": the lane has no sensor',
  )
    .argParser((text) => (text === 'never' ? text : wholeNumber(0)(text)))
    .default(800);
}

export function bufferOption(): Option {
  return new Option('--buffer <n>', 'events that the log on disk holds for the server').argParser(
    wholeNumber(1),
  );
}

export function verboseOption(): Option {
  return new Option('--verbose', 'say on standard error what goes on behind the scans');
}

export function serverUrl(text: string): string {
  const { protocol } = URL.canParse(text) ? new URL(text) : { protocol: '' };
  if (protocol !== 'http:' && protocol !== 'https:') {
    throw new InvalidArgumentError('Give an http or https address.');
  }
  return text;
}

export function uuid(text: string): string {
  if (!isUuid(text)) throw new InvalidArgumentError('Give a UUID.');
  return text.toLowerCase();
}

export function wholeNumber(least: number): (text: string) => number {
  return (text) => {
    const value = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN;
    if (!(value >= least)) throw new InvalidArgumentError(`Give a whole number from ${least} up.`);
    return value;
  };
}

export function numberFromZero(text: string): number {
  const value = text.trim() === '' ? Number.NaN : Number(text);
  if (!(value >= 0 && Number.isFinite(value))) {
    throw new InvalidArgumentError('Give a number from 0 up.');
  }
  return value;
}
