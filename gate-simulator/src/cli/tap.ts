import { readFile } from 'node:fs/promises';
import type { Command } from 'commander';
import { writeFileAtomic } from '../firmware/atomic-file.ts';
import { type TagSettings, tapMirrors, tapUrl } from '../hardware/tag.ts';
import { HttpClient } from '../wire/http-client.ts';
import { isObject, optionalNumber, optionalText, parseJson, textMember } from '../wire/json.ts';
import { askService } from '../wire/service.ts';
import { readVerifyAnswer } from '../wire/verify.ts';
import { EXIT } from './exit-code.ts';
import { serverUrl, wholeNumber } from './options.ts';

interface TapFlags {
  readonly tag: string;
  readonly counter?: number;
  readonly server?: string;
  readonly session?: string;
  readonly json?: true;
}

export function addTapCommand(program: Command): void {
  program
    .command('tap')
    .description('be the NFC tag at a gate: print the URL that a phone reads, or tap as a rider')
    .requiredOption(
      '--tag <file>',
      'the tag: JSON with url, uid and keys; it counts its taps there',
    )
    .option(
      '--counter <n>',
      'tap under this read counter, and leave the file alone',
      wholeNumber(0),
    )
    .option('--session <token>', "a rider's access token: post the tap as the rider's phone does")
    .option('--server <url>', "address of the service, when it is not the URL's own", serverUrl)
    .option('--json', 'print one line of JSON')
    .addHelpText(
      'after',
      "\nThe file is the answer of POST /v1/communities/{id}/tags with the tag's uid, for instance\n" +
        '{"url": "https://…/t#t=tag_…", "uid": "04DE5F1EACC040", "keys": {"metaKey": "…", "fileKey": "…"}}.\n\n' +
        'Exit code: 0 printed or granted, 1 denied, 2 could not be judged.',
    )
    .action(tap);
}

async function tap(flags: TapFlags): Promise<void> {
  const file: unknown = parseJson(await readFile(flags.tag));
  const tag = readTag(file);
  const counter = flags.counter ?? (optionalNumber(file, 'counter') ?? 0) + 1;
  if (flags.counter === undefined && isObject(file)) {
    await writeFileAtomic(flags.tag, `${JSON.stringify({ ...file, counter }, null, 2)}\n`);
  }
  const url = tapUrl(tag, counter);
  if (flags.session === undefined) console.log(flags.json ? JSON.stringify({ url, counter }) : url);
  else await post(tag, counter, flags.session, flags);
}

/** Keys lie at the top or under `keys`, as the service hands them out. */
function readTag(file: unknown): TagSettings {
  const keys = isObject(file) && isObject(file.keys) ? file.keys : file;
  const metaKey = optionalText(keys, 'metaKey');
  const macParam = optionalText(file, 'macParam');
  return {
    url: textMember(file, 'url'),
    uid: textMember(file, 'uid'),
    fileKey: Buffer.from(textMember(keys, 'fileKey'), 'hex'),
    ...(metaKey === undefined ? {} : { metaKey: Buffer.from(metaKey, 'hex') }),
    ...(macParam === undefined ? {} : { macParam }),
  };
}

async function post(
  tag: TagSettings,
  counter: number,
  session: string,
  { server, json }: TapFlags,
): Promise<void> {
  const { origin, hash } = new URL(tag.url);
  const tagId = new URLSearchParams(hash.slice(1)).get('t');
  const http = new HttpClient();
  try {
    const answer = await askService(http, {
      method: 'POST',
      server: server ?? origin,
      path: 'v1/rider/taps',
      bearer: session,
      body: { tagId, ...tapMirrors(tag, counter) },
    });
    const { decision, reason, message } = readVerifyAnswer(answer);
    console.log(json ? JSON.stringify(answer) : `${message.zh}\n${message.en}\n[${reason}]`);
    process.exitCode = decision === 'granted' ? EXIT.ok : EXIT.no;
  } finally {
    http.close();
  }
}
