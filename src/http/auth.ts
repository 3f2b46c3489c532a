/**
 * Who calls, and how they prove it. Credentials are judged before anything else of a request; a valid one always
 * passes, a wrong one counts against its address.
 */
import type { Context } from 'hono';
import { getCookie } from 'hono/cookie';
import type { Deps } from '../access/deps.ts';
import { readRiderSession } from '../access/read-rider-session.ts';
import { hashSecret } from '../access/secrets.ts';
import type { AccountId, ApiKeyId, CommunityId, CourierId, GateId } from '../domain/identifier.ts';
import { hasRight, type Right, ROLE_OF_SCOPE, type Standing } from '../domain/role.ts';
import type { AuditorScope, ManagerScope, PlatformScope } from '../domain/scope.ts';
import type { Account } from '../signin/signin.ts';
import type { Actor, Scope } from '../store/store.ts';
import { addressBucket, clientAddress } from './address.ts';
import { headerOf } from './incoming.ts';
import { notFound, Problem } from './problem.ts';
import { createRefusals } from './refusals.ts';

export interface KeyCaller<S extends Scope = Scope> {
  readonly kind: 'key';
  readonly id: ApiKeyId;
  readonly scope: S;
}
export interface GateCaller {
  readonly kind: 'gate';
  readonly gateId: GateId;
  readonly communityId: CommunityId;
  /** Of the token: earlier than the gate's, it is the device's before. */
  readonly epoch: number;
}
export interface RiderCaller {
  readonly kind: 'rider';
  readonly courierId: CourierId;
  readonly sessionHash: string;
}
/** A person who is signed in, by the cookie of the session. */
export interface AccountCaller<S extends ManagerScope = ManagerScope> extends Standing {
  readonly kind: 'account';
  readonly scope: S;
  readonly id: AccountId;
  readonly account: Account;
  readonly sessionId: string;
}
export interface NobodyCaller {
  readonly kind: 'nobody';
}
export type Caller = KeyCaller | AccountCaller | GateCaller | RiderCaller | NobodyCaller;

type OperatorScope = Extract<Scope, { kind: 'all' }>;

/** The caller that each rule lets in. */
interface Callers {
  /** Anyone, without credentials. */
  nobody: NobodyCaller;
  /** A key of scope `all`, or an operator who is signed in. */
  operator: KeyCaller<OperatorScope> | AccountCaller<OperatorScope>;
  /** A key of a platform. */
  platform: KeyCaller<PlatformScope>;
  /**
   * A key of scope all, district or community, or a person whose role has the endpoint's right; which communities
   * their scope covers is the endpoint's to judge.
   */
  manager: KeyCaller<ManagerScope> | AccountCaller;
  /** A key of scope all or audit, or a person whose role has the right `audit` everywhere. */
  auditor: KeyCaller<AuditorScope> | AccountCaller<OperatorScope>;
  /** A gate that is not revoked, on the device that it is now. */
  gate: GateCaller;
  /** A gate's token; that the gate is not revoked is left to the store's own operation. */
  'gate-token': GateCaller;
  /** A guard's device, enrolled as a gate of kind `guard` and not revoked. */
  guard: GateCaller;
  /** A rider's session, by bearer token or by cookie. */
  rider: RiderCaller;
}
export type AuthRule = keyof Callers;
export type CallerOf<Rule extends AuthRule> = Callers[Rule];

export const SESSION_COOKIE = 'cp_session';
/** Of a person's session; under HTTPS `__Secure-` stands before it. */
export const ACCOUNT_COOKIE = 'cp_account';

/** Who did it, as the audit log names a caller that has proved itself. */
export function actorOf(caller: KeyCaller | AccountCaller | GateCaller): Actor {
  return caller.kind === 'gate' ? `gate:${caller.gateId}` : `${caller.kind}:${caller.id}`;
}

/** Whether the session that a person called with lasts still. */
export async function isSignedIn(
  { signIn }: Pick<Deps, 'signIn'>,
  { id, sessionId }: AccountCaller,
): Promise<boolean> {
  return (await signIn.listSessions(id)).some((session) => session.id === sessionId);
}

/** What a caller may do with people: a key stands as the role that usually has its scope. */
export function standingOf(caller: KeyCaller<ManagerScope> | AccountCaller): Standing {
  if (caller.kind === 'account') return caller;
  return { role: ROLE_OF_SCOPE[caller.scope.kind], scope: caller.scope };
}

/** Who is signed in, by the cookie of the session. @returns null: nobody */
export async function readAccount(
  { signIn }: Pick<Deps, 'signIn'>,
  headers: Headers,
): Promise<AccountCaller | null> {
  const session = await signIn.readSession(headers);
  if (session === null) return null;
  const { account, sessionId } = session;
  const { id, role, scope } = account;
  return { kind: 'account', id, account, sessionId, role, scope };
}

export interface Authentication {
  /**
   * Prepares the check of an endpoint's rules: any one that holds suffices. The check throws 401, 404 or 429.
   * @param right what a person's role must include
   */
  require(rules: readonly AuthRule[], right?: Right): (c: Context) => Promise<Caller>;
  /** @throws Problem 401 where the gate has been revoked */
  requireLiveGate(caller: GateCaller): Promise<void>;
  /** Counts a wrong credential or a failed sign-in of this client. @returns what to answer: `problem`, or 429 */
  refused(c: Context, problem: Problem): Problem;
}

type AuthDeps = Pick<Deps, 'store' | 'keys' | 'signIn' | 'config' | 'now' | 'log'>;

export function createAuthentication(deps: AuthDeps): Authentication {
  const refusals = createRefusals(deps.config.limits);

  function refused(c: Context, problem: Problem): Problem {
    const address = addressBucket(clientAddress(c, deps.config.trustedProxies));
    const waitSeconds = refusals.count(address, deps.now());
    if (waitSeconds === null) return problem;
    return new Problem('too_many_refusals', 'Wait, then try with the right credentials.', {
      headers: { 'retry-after': String(waitSeconds) },
    });
  }

  return {
    refused,
    async requireLiveGate({ gateId }) {
      if ((await deps.store.findGate(gateId)) === null) throw credentialsRequired();
    },
    require(rules, right = 'manage') {
      if (rules.includes('nobody')) return () => NOBODY;
      const proofs = proofsOf(rules);
      return async (c) => {
        const credentials = readCredentials(c, proofs);
        if (credentials.length === 0) throw credentialsRequired();
        let known = false;
        for (const { proof, token, cookie } of credentials) {
          const caller = await PROVE[proof](deps, token);
          if (caller === null) continue;
          known = true;
          if (!(await anyHolds(deps, rules, right, proof, caller))) continue;
          if (cookie) requireSameOrigin(c, deps.config.publicUrl);
          return caller;
        }
        throw known ? notFound() : refused(c, credentialsRequired());
      };
    },
  };
}

const NOBODY = Promise.resolve<Caller>({ kind: 'nobody' });

// ── what is presented ─────────────────────────────────────────────────────────────────────────────────────

interface Credential {
  readonly proof: Proof;
  /** A token; of an account's session the whole `Cookie` header, in which its signature is judged. */
  readonly token: string;
  readonly cookie: boolean;
}

/** Longer than any credential of ours. */
const MAX_TOKEN_CHARACTERS = 2_048;

/** What is presented, by what it could prove. A browser may hold a rider's session beside an account's. */
function readCredentials(c: Context, proofs: readonly Proof[]): readonly Credential[] {
  const token = bearerToken(headerOf(c, 'authorization'));
  if (token !== null)
    return proofs
      .filter((proof) => proof !== 'account')
      .map((proof) => ({ proof, token, cookie: false }));
  const header = headerOf(c, 'cookie');
  if (header === undefined) return [];
  const rider = proofs.includes('session') ? getCookie(c, SESSION_COOKIE) : undefined;
  const account = proofs.includes('account') && header.includes(ACCOUNT_COOKIE);
  return [
    ...(rider ? [{ proof: 'session', token: rider, cookie: true } as const] : []),
    ...(account ? [{ proof: 'account', token: header, cookie: true } as const] : []),
  ];
}

/** The token of a bearer `Authorization` header. @see RFC 6750 §2.1 */
export function bearerToken(header: string | undefined): string | null {
  if (header === undefined || header.length <= 7 || header.length > MAX_TOKEN_CHARACTERS)
    return null;
  if (!header.startsWith('Bearer ') && header.slice(0, 7).toLowerCase() !== 'bearer ') return null;
  return header.slice(7).trim();
}

/** What a browser sends by itself counts only when our own page made it send. */
export function requireSameOrigin(c: Context, publicUrl: string): void {
  const { method } = c.req;
  if (method === 'GET' || method === 'HEAD') return;
  const site = c.req.header('sec-fetch-site');
  const ours = site === undefined ? c.req.header('origin') === publicUrl : site === 'same-origin';
  if (!ours)
    throw new Problem('cross_site_request', 'Send it from our own page, or use a bearer token.');
}

function credentialsRequired(): Problem {
  return new Problem('credentials_required', 'Send a valid credential as a bearer token.');
}

// ── what it proves ────────────────────────────────────────────────────────────────────────────────────────

type Proof = 'gate-token' | 'session' | 'key' | 'account';
type Prove = (deps: AuthDeps, token: string) => Promise<Caller | null>;

const PROOFS_OF: Readonly<Record<AuthRule, readonly Proof[]>> = {
  nobody: [],
  operator: ['key', 'account'],
  platform: ['key'],
  manager: ['key', 'account'],
  auditor: ['key', 'account'],
  gate: ['gate-token'],
  'gate-token': ['gate-token'],
  guard: ['gate-token'],
  rider: ['session'],
};

/** The kinds of credential that the rules accept, the cheapest to judge first. */
function proofsOf(rules: readonly AuthRule[]): readonly Proof[] {
  const accepted = new Set(rules.flatMap((rule) => PROOFS_OF[rule]));
  return (['gate-token', 'session', 'key', 'account'] as const).filter((proof) =>
    accepted.has(proof),
  );
}

const PROVE: Readonly<Record<Proof, Prove>> = {
  async 'gate-token'({ keys, now }, token) {
    const gate = await keys.readGateToken(token, now());
    if (gate === null) return null;
    const { gateId, communityId, epoch } = gate;
    return { kind: 'gate', gateId, communityId, epoch };
  },
  async session(deps, token) {
    const sessionHash = hashSecret(token);
    const session = await readRiderSession(deps, sessionHash);
    return session && { kind: 'rider', courierId: session.courierId, sessionHash };
  },
  async key({ store }, token) {
    const key = await store.findApiKey(hashSecret(token));
    return key && { kind: 'key', id: key.id, scope: key.scope };
  },
  account: ({ signIn }, cookie) => readAccount({ signIn }, new Headers({ cookie })),
};

/** Whether one of the rules lets in a caller whose credential is valid; at once where no look-up is needed. */
function anyHolds(
  deps: AuthDeps,
  rules: readonly AuthRule[],
  right: Right,
  proof: Proof,
  caller: Caller,
): boolean | Promise<boolean> {
  const asking = rules.filter((rule) => PROOFS_OF[rule].includes(proof));
  if (caller.kind === 'account') return asking.some((rule) => accountHolds(rule, right, caller));
  if (caller.kind === 'key') return asking.some((rule) => keyHolds(rule, caller.scope));
  if (caller.kind !== 'gate' || asking.includes('gate-token')) return true;
  return gateHolds(deps, asking, caller);
}

async function gateHolds(
  { store }: AuthDeps,
  rules: readonly AuthRule[],
  { gateId, epoch }: GateCaller,
): Promise<boolean> {
  const gate = await store.findGate(gateId);
  if (gate === null || gate.epoch !== epoch) throw credentialsRequired();
  return rules.includes('gate') || gate.kind === 'guard';
}

function accountHolds(rule: AuthRule, right: Right, { role, scope }: AccountCaller): boolean {
  switch (rule) {
    case 'manager':
      return hasRight(role, right);
    case 'auditor':
      return hasRight(role, 'audit') && scope.kind === 'all';
    default:
      return hasRight(role, 'operate');
  }
}

function keyHolds(rule: AuthRule, scope: Scope): boolean {
  switch (rule) {
    case 'operator':
      return scope.kind === 'all';
    case 'platform':
      return scope.kind === 'platform';
    case 'manager':
      return scope.kind !== 'platform' && scope.kind !== 'audit';
    case 'auditor':
      return scope.kind === 'all' || scope.kind === 'audit';
    default:
      return false;
  }
}
