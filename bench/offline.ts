/**
 * `npx tsx bench/offline.ts`: what a gate's own decision costs, as a ratio to the one ES256 verification in it, both
 * measured by turns on one machine in one run; each figure is that of its best round, so that other load counts least.
 * Prints one JSON object.
 *
 * The yardstick is the bare verification, WebCrypto's `verify` of bytes built beforehand; jose's `compactVerify`
 * of the same, as a JWS built beforehand, is shown beside it. The decision
 * reads the presented string, rebuilds the JWS, verifies it, judges, and remembers the entry in memory; the disk is
 * the device's own affair and is left out.
 */
import { generateKeyPairSync, sign, webcrypto } from 'node:crypto';
import { deflateSync } from 'node:zlib';
import { compactVerify } from 'jose';
import { formatIdentifier } from '../src/domain/identifier.ts';
import { offlineTerms } from '../src/domain/offline-terms.ts';
import { packStatusBits, statusListPath } from '../src/domain/status-list.ts';
import {
  createGateMemory,
  encodePayload,
  formatCourierCode,
  judgeOffline,
  loadBundle,
  signingInput,
} from '../src/gate/index.ts';
import { COMMUNITY, facts, NOW, payload } from '../tests/domain/support.ts';

const CODES = 2_000;
const ROUNDS = 15;

const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const es256 = (input: string) =>
  sign('sha256', Buffer.from(input), { key: privateKey, dsaEncoding: 'ieee-p1363' });
const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
const jwk = (kid: string) => ({ ...publicKey.export({ format: 'jwk' }), kid, alg: 'ES256' });

function statusList(): string {
  const lst = deflateSync(packStatusBits(16_384, [])).toString('base64url');
  const claims = {
    sub: `https://pass.example${statusListPath(COMMUNITY)}`,
    iat: Math.floor(NOW / 1000),
    exp: Math.floor(NOW / 1000) + 3600,
    version: 1,
    status_list: { bits: 1, lst },
  };
  const input = `${part({ alg: 'ES256', kid: 'sl-1', typ: 'statuslist+jwt' })}.${part(claims)}`;
  return `${input}.${es256(input).toString('base64url')}`;
}

const normal = { posture: 'normal', until: null } as const;
const outcome = await loadBundle(
  {
    serverTime: NOW,
    version: 1,
    gate: { id: facts().gate.id, directions: ['in'], lanes: [] },
    jwks: { keys: [jwk('17'), jwk('sl-1')] },
    statusList: statusList(),
    posture: { community: normal, gate: normal },
    ...offlineTerms(facts(), NOW),
  },
  { minVersion: 0, now: NOW },
);
if (outcome.kind === 'refused') throw new Error(outcome.why);
const { cache } = outcome;
const key = cache.codeKeys.get(17);
if (key === undefined) throw new Error('the key is missing');

/** Codes of as many passes, and the JWS that each of them is. */
const codes = Array.from({ length: CODES }, (_, index) => {
  const number = Uint8Array.of(1, 0, 0, 0, 0, 0, index >> 8, index & 255);
  const bytes = encodePayload(payload({ passId: formatIdentifier('pas', number) }));
  const input = signingInput(17, bytes);
  const signature = es256(input);
  const jws = `${input}.${signature.toString('base64url')}`;
  return {
    text: formatCourierCode(17, bytes, signature),
    jws,
    input: Buffer.from(input),
    signature,
  };
});
function missing(): never {
  throw new Error('there is no such code');
}

const clock = { now: NOW, synchronised: true, latestKnown: NOW };

async function microseconds(one: (index: number) => Promise<unknown>): Promise<number> {
  const start = process.hrtime.bigint();
  for (let index = 0; index < CODES; index++) await one(index);
  return Number(process.hrtime.bigint() - start) / 1000 / CODES;
}

const ES256 = { name: 'ECDSA', hash: 'SHA-256' };
const verifications: number[] = [];
const jwsVerifications: number[] = [];
const decisions: number[] = [];
for (let round = 0; round < ROUNDS; round++) {
  const memory = createGateMemory(() => {});
  verifications.push(
    await microseconds(async (index) => {
      const { signature, input } = codes[index] ?? missing();
      if (!(await webcrypto.subtle.verify(ES256, key, signature, input))) throw new Error('bad');
    }),
  );
  jwsVerifications.push(
    await microseconds((index) =>
      compactVerify((codes[index] ?? missing()).jws, key, { algorithms: ['ES256'] }),
    ),
  );
  decisions.push(
    await microseconds(async (index) => {
      const attempt = { direction: 'in', code: (codes[index] ?? missing()).text } as const;
      const { outcome: judged } = await judgeOffline(attempt, cache, memory, clock);
      if (judged !== 'granted') throw new Error(judged);
    }),
  );
}

const best = (values: readonly number[]) => Math.min(...values);
const rounded = (value: number) => Number(value.toFixed(3));
const verificationUs = best(verifications);
const jwsVerificationUs = best(jwsVerifications);
const decisionUs = best(decisions);
console.log(
  JSON.stringify({
    verificationUs: rounded(verificationUs),
    jwsVerificationUs: rounded(jwsVerificationUs),
    offlineDecisionUs: rounded(decisionUs),
    ratioToVerification: rounded(decisionUs / verificationUs),
    ratioToJwsVerification: rounded(decisionUs / jwsVerificationUs),
  }),
);
