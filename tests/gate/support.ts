/** A gate that is alone, with keys of its own: bundles, codes and clocks around the facts of the domain's tests. */
import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { deflateSync } from 'node:zlib';
import type { CourierCodePayload } from '../../src/domain/courier-code.ts';
import { type OfflineSource, offlineTerms } from '../../src/domain/offline-terms.ts';
import { packStatusBits, statusListPath } from '../../src/domain/status-list.ts';
import {
  type Bundle,
  encodePayload,
  formatCourierCode,
  type GateClock,
  loadBundle,
  type OfflineCache,
  signingInput,
} from '../../src/gate/index.ts';
import { COMMUNITY, facts, NOW, payload } from '../domain/support.ts';

const keyPair = () => generateKeyPairSync('ec', { namedCurve: 'P-256' });
export const codeKey = keyPair();
export const listKey = keyPair();

export function jwk(kid: string, { publicKey }: { readonly publicKey: KeyObject }) {
  return { ...publicKey.export({ format: 'jwk' }), kid, alg: 'ES256', use: 'sig' };
}

function es256(privateKey: KeyObject, input: string): Buffer {
  return sign('sha256', Buffer.from(input), { key: privateKey, dsaEncoding: 'ieee-p1363' });
}

/** A code as the service signs it, number 17. */
export function signedCode(changes: Partial<CourierCodePayload> = {}): string {
  const bytes = encodePayload(payload(changes));
  return formatCourierCode(17, bytes, es256(codeKey.privateKey, signingInput(17, bytes)));
}

export interface ListOptions {
  readonly length?: number;
  readonly ended?: Iterable<number>;
  readonly issuedAt?: number;
  readonly version?: number;
  /** In place of the compressed bits. */
  readonly lst?: Uint8Array;
}

/** A status list as the service signs it. */
export function signedList(options: ListOptions = {}): string {
  const { length = 1024, ended = [], issuedAt = NOW, version = 1 } = options;
  const lst = options.lst ?? deflateSync(packStatusBits(length, ended), { level: 9 });
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const iat = Math.floor(issuedAt / 1000);
  const claims = {
    sub: `https://pass.example${statusListPath(COMMUNITY)}`,
    iat,
    exp: iat + 43_200,
    ttl: 300,
    version,
    status_list: { bits: 1, lst: Buffer.from(lst).toString('base64url') },
  };
  const header = { alg: 'ES256', kid: 'sl-1', typ: 'statuslist+jwt' };
  const input = `${part(header)}.${part(claims)}`;
  return `${input}.${es256(listKey.privateKey, input).toString('base64url')}`;
}

/** The bundle that a server makes for a gate at an instant. */
export function bundleOf(
  source: OfflineSource = facts(),
  madeAt = NOW,
  changes: Partial<Bundle> = {},
  list: ListOptions = {},
): Bundle {
  const { gate } = facts();
  return {
    serverTime: madeAt,
    version: 1,
    gate: { id: gate.id, directions: gate.directions, lanes: ['1'] },
    jwks: { keys: [jwk('17', codeKey), jwk('sl-1', listKey)] },
    statusList: signedList({ issuedAt: madeAt, ...list }),
    posture: {
      community: { posture: 'normal', until: null },
      gate: { posture: 'normal', until: null },
    },
    ...offlineTerms(source, madeAt),
    ...changes,
  };
}

export async function loaded(bundle: Bundle = bundleOf()): Promise<OfflineCache> {
  const outcome = await loadBundle(bundle, { minVersion: 0, now: bundle.serverTime });
  if (outcome.kind === 'refused') throw new Error(`the bundle was refused: ${outcome.why}`);
  return outcome.cache;
}

export function clockAt(now: number): GateClock {
  return { now, synchronised: true, latestKnown: 0 };
}

/** A disk that is not done before it is told so. */
export function slowDisk() {
  let finish = () => {};
  const done = new Promise<void>((resolve) => {
    finish = resolve;
  });
  return { journal: () => done, finish: () => finish() };
}
