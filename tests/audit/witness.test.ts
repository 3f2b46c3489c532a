/** A witness over HTTP that holds the service to C2SP tlog-witness, and what becomes of its cosignatures. */
import { generateKeyPairSync, sign } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type OpenedCheckpoint, openCheckpoint } from '../../src/audit/checkpoint.ts';
import { openAuditLog } from '../../src/audit/open-audit-log.ts';
import { createPost } from '../../src/audit/outbound.ts';
import { verifyConsistency } from '../../src/audit/proof.ts';
import { verifyReceipt } from '../../src/audit/receipt.ts';
import {
  cosignedText,
  formatVerifierKey,
  parseNote,
  parseVerifierKey,
  signatureLine,
  verifierKey,
} from '../../src/audit/signed-note.ts';
import { EMPTY_ROOT, parseHash } from '../../src/audit/tree.ts';
import { readConfig } from '../../src/config.ts';
import { type Service, startService } from '../support/service.ts';
import { makeKey } from '../support/world.ts';

const NAME = 'witness.example/w1';
const SEEN_AT = 1_795_233_600;
const { privateKey, publicKey } = generateKeyPairSync('ed25519');
const KEY = verifierKey(
  NAME,
  Buffer.from(publicKey.export({ format: 'jwk' }).x ?? '', 'base64url'),
  'cosignature',
);

let server: Server;
let service: Service;
/** What the witness holds of the log. */
let held: { size: number; root: Uint8Array };
let statuses: number[];
let respond: (lines: string) => string;

beforeEach(async () => {
  held = { size: 0, root: EMPTY_ROOT };
  statuses = [];
  respond = (lines) => lines;
  server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const isRight = request.method === 'POST' && request.url === '/w/add-checkpoint';
      const [status, body] = isRight ? witness(Buffer.concat(chunks).toString('utf8')) : [404, ''];
      statuses.push(status);
      response.writeHead(status).end(body);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/w`;
  const environment = {
    CHECKPOINT_WITNESS_URL: url,
    CHECKPOINT_WITNESS_KEY: formatVerifierKey(KEY),
  };
  service = await startService({ environment });
});
afterEach(async () => {
  await service.stop();
  server.close();
});

const logKeys = () =>
  service.deps.audit.publishedKeys().map((key) => parseVerifierKey(key.verifierKey));

/** The checks that the specification asks of a witness, in its order. */
function witness(body: string): [number, string] {
  const end = body.indexOf('\n\n');
  const [oldLine = '', ...proofLines] = body.slice(0, end).split('\n');
  const note = body.slice(end + 2);
  const [, digits] = /^old (0|[1-9]\d*)$/.exec(oldLine) ?? [];
  if (digits === undefined || proofLines.length > 63) return [400, ''];
  let checkpoint: OpenedCheckpoint;
  try {
    checkpoint = openCheckpoint(note, logKeys());
  } catch {
    return [403, ''];
  }
  if (Number(digits) > checkpoint.size) return [400, ''];
  if (Number(digits) !== held.size) return [409, `${held.size}\n`];
  const proof = proofLines.map((line) => parseHash(line) ?? new Uint8Array());
  const claim = { from: held.size, fromRoot: held.root, to: checkpoint.size };
  if (!verifyConsistency({ ...claim, toRoot: checkpoint.root, proof })) return [422, ''];
  held = { size: checkpoint.size, root: checkpoint.root };
  const time = Buffer.alloc(8);
  time.writeBigUInt64BE(BigInt(SEEN_AT));
  const text = Buffer.from(cosignedText(parseNote(note).text, SEEN_AT));
  return [200, respond(signatureLine(KEY, Buffer.concat([time, sign(null, text, privateKey)])))];
}

/** An entry, its checkpoint, and the witness’s word for it. */
async function grow(): Promise<void> {
  await makeKey(service, { kind: 'all' });
  await service.deps.audit.run();
  await service.deps.audit.cosign();
}

const checkpoint = async () => (await service.deps.audit.checkpoint()) ?? '';

describe('a witness', () => {
  it('cosigns each checkpoint once, over the proof that the log only grew', async () => {
    await grow();
    await service.deps.audit.cosign();
    await grow();
    await grow();
    expect(statuses).toEqual([200, 200, 200]);
    const opened = openCheckpoint(await checkpoint(), [...logKeys(), KEY]);
    expect(opened.size).toBe(held.size);
    expect(opened.verified).toContainEqual({ key: KEY, seenAt: SEEN_AT });
  });

  it('that knows more than we remember corrects us, as after a restart', async () => {
    await grow();
    const { store, keys, now, config, log } = service.deps;
    const restarted = await openAuditLog({
      store,
      keys,
      now,
      log,
      origin: 'localhost/audit',
      checkpointFile: null,
      headFile: null,
      restored: null,
      checkpointWebhookUrl: null,
      witness: config.checkpointWitness,
      post: createPost({ timeoutMs: 2_000, answerBytes: 10_000 }),
    });
    await makeKey(service, { kind: 'all' });
    await restarted.run();
    await restarted.cosign();
    expect(statuses).toEqual([200, 409, 200]);
  });

  it('stands in receipts from then on', async () => {
    await grow();
    const [entry] = await service.deps.store.listAuditEntries({ afterSeq: 0, limit: 1 });
    const found = await service.deps.audit.findReceipt(entry?.auditId ?? '');
    const verified = verifyReceipt(found?.receipt ?? '', [...logKeys(), KEY]);
    expect(verified.checkpoint.verified).toContainEqual({ key: KEY, seenAt: SEEN_AT });
  });

  it.each([
    ['another’s signature', (line: string) => line.replace(NAME, 'other.example/w1')],
    ['a wrong signature', (line: string) => `${line.slice(0, -12)}AAAAAAAAAA=\n`],
    ['nothing', () => ''],
    ['nonsense', () => 'hello'],
  ])('whose answer is %s changes no checkpoint', async (_, answer) => {
    respond = answer;
    await makeKey(service, { kind: 'all' });
    await service.deps.audit.run();
    const before = await checkpoint();
    await expect(service.deps.audit.cosign()).rejects.toThrow();
    expect(await checkpoint()).toBe(before);
  });

  it('takes nothing but its own line into the checkpoint', async () => {
    const other = generateKeyPairSync('ed25519');
    const stranger = verifierKey('stranger.example', new Uint8Array(32).fill(1));
    respond = (line) =>
      signatureLine(stranger, sign(null, Buffer.from('x'), other.privateKey)) + line;
    await grow();
    expect(await checkpoint()).toContain(NAME);
    expect(await checkpoint()).not.toContain('stranger');
  });

  it('that has seen more than the log has is an alarm, not an obstacle', async () => {
    held = { size: 9_999, root: EMPTY_ROOT };
    await makeKey(service, { kind: 'all' });
    await service.deps.audit.run();
    await expect(service.deps.audit.cosign()).rejects.toThrow(/has seen 9999 entries/);
    await service.deps.audit.run();
    expect(openCheckpoint(await checkpoint(), logKeys()).size).toBeGreaterThan(0);
  });
});

it('address and key of a witness are configured together, the key for cosignatures', () => {
  const url = 'https://witness.example/';
  const key = formatVerifierKey(KEY);
  expect(readConfig({}).checkpointWitness).toBeNull();
  expect(
    readConfig({ CHECKPOINT_WITNESS_URL: url, CHECKPOINT_WITNESS_KEY: key }).checkpointWitness,
  ).toEqual({ url: new URL(url), verifierKey: key });
  expect(() => readConfig({ CHECKPOINT_WITNESS_URL: url })).toThrow(/both or none/);
  expect(() => readConfig({ CHECKPOINT_WITNESS_KEY: key })).toThrow(/both or none/);
  const plain = formatVerifierKey(verifierKey(NAME, KEY.publicKey));
  expect(() => readConfig({ CHECKPOINT_WITNESS_URL: url, CHECKPOINT_WITNESS_KEY: plain })).toThrow(
    /cosignatures/,
  );
});
