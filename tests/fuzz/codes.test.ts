/** Ten thousand codes that nobody issued, at the gates of a whole service. */
import { generateKeyPairSync } from 'node:crypto';
import { afterAll, describe, expect, test } from 'vitest';
import { printedChance } from '../support/chance.ts';
import {
  judgeOf,
  MUTATION_NAMES,
  mutantOf,
  type PublishedKeys,
  twinOf,
} from '../support/code-mutants.ts';
import { type Service, startService } from '../support/service.ts';
import {
  expectStatus,
  type GateHandle,
  makeCommunity,
  makeDelivery,
  makeGate,
  makePlatform,
  type PlatformHandle,
  verify,
} from '../support/world.ts';

/** Mutated codes in all, in each mode. */
const MUTANTS = Number(process.env['FUZZ_CODES'] ?? 10_000);
const MUTANTS_OF_A_CODE = 250;

const services: Service[] = [];
afterAll(() => Promise.all(services.map((service) => service.stop())));

interface Window {
  readonly code: string;
  readonly notBefore: string;
}

/** Two communities with their gates, and riders who come as they are asked for. */
async function startCity(limits: { readonly issuedCodes?: number }) {
  const service = await startService({ limits });
  services.push(service);
  const platform = await makePlatform(service, 'kuaisong');
  const here = await makeCommunity(service);
  const elsewhere = await makeCommunity(service);
  const gates = [await makeGate(service, here), await makeGate(service, here)] as const;
  const foreignGate = await makeGate(service, elsewhere);
  return { service, platform, here, elsewhere, gates, foreignGate };
}
type City = Awaited<ReturnType<typeof startCity>>;

let riders = 0;
async function newRider({ service, platform }: City, communityId: string): Promise<Window[]> {
  const riderId = `r-${++riders}`;
  await makeDelivery(service, platform, { communityId, deliveryId: `d-${riders}`, riderId });
  return codesOf(service, platform, communityId, riderId);
}

async function codesOf(
  service: Service,
  platform: PlatformHandle,
  communityId: string,
  riderId: string,
): Promise<Window[]> {
  const body = { riderId, communityId, codes: 3 };
  const answer = await service.call('POST', '/v1/codes', { token: platform.apiKey, body });
  return expectStatus(answer, 200).body.codes;
}

interface Judged {
  readonly reason: string;
  readonly decision: string;
  readonly visitId?: string;
}

async function ask(
  { service }: City,
  gate: GateHandle,
  code: string,
  direction: 'in' | 'out' = 'in',
): Promise<Judged> {
  return expectStatus(await verify(service, gate, { code, direction }), 200).body;
}

/** Visits of a community, newest first, with the pass of each. */
async function visitsOf({ service }: City, communityId: string) {
  const path = `/v1/communities/${communityId}/visits?limit=200`;
  const answer = await service.call('GET', path, { token: service.operatorKey });
  return expectStatus(answer, 200).body.items as { id: string; closedAt?: string }[];
}

describe.each([
  ['with the memory of issued codes', {}],
  ['without a memory: every signature is checked', { issuedCodes: 0 }],
])('%s', (name, limits) => {
  test(`${MUTANTS} changed codes open nothing, each for its own reason; a code opens one visit, whichever of its two valid forms comes first`, async () => {
    const chance = printedChance(`changed codes, ${name}`);
    const city = await startCity(limits);
    const { service, gates, here, elsewhere, foreignGate } = city;
    const jwks = await service.call('GET', '/.well-known/jwks.json');
    const judge = judgeOf(jwks.body as PublishedKeys);
    const keyNumbers = (jwks.body as PublishedKeys).keys.map(({ kid }) => Number(kid));
    const { privateKey: foreignKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const others = [
      ...(await newRider(city, here)),
      ...(await newRider(city, here)),
      ...(await newRider(city, elsewhere)),
    ].map(({ code }) => code);
    const seen = new Map<string, number>();

    /** Presents mutants at both gates: at entry each is refused as the judge says, at an exit none ends a visit. */
    async function present(mutants: readonly string[], at: 'in' | 'out' = 'in'): Promise<void> {
      const verdicts = mutants.map(judge);
      const answers = await Promise.all(
        mutants.map((text, index) => ask(city, gates[index % 2 === 0 ? 0 : 1], text, at)),
      );
      for (const [index, { reason, decision, visitId }] of answers.entries()) {
        const expected = at === 'in' ? verdicts[index] : 'granted_exit';
        const shown = JSON.stringify(mutants[index]);
        expect({ reason, decision, visitId }, shown).toEqual({
          reason: expected,
          decision: at === 'in' ? 'denied' : 'granted',
        });
        seen.set(reason, (seen.get(reason) ?? 0) + 1);
      }
    }

    const scenes = Math.ceil(MUTANTS / MUTANTS_OF_A_CODE);
    for (let scene = 0; scene < scenes; scene++) {
      const [window, ...ahead] = await newRider(city, here);
      if (window === undefined) throw new Error('there is no code');
      const { code } = window;
      const twin = twinOf(code);
      expect(judge(code)).toBe('authentic');
      expect(judge(twin)).toBe('authentic');
      const sources = {
        code,
        others: [...others, ...ahead.map((each) => each.code)],
        foreignKey,
        keyNumbers,
      };
      const mutants: string[] = [];
      for (let index = 0; mutants.length < MUTANTS_OF_A_CODE; index++) {
        const { text } = mutantOf(sources, index, chance);
        if (judge(text) !== 'authentic') mutants.push(text);
      }
      const third = Math.floor(mutants.length / 3);

      // Before it was used.
      await present(mutants.slice(0, third));
      expect((await ask(city, foreignGate, code)).reason).toBe('wrong_community');
      expect((await ask(city, foreignGate, twin)).reason).toBe('wrong_community');

      // Used, in either form; from then on the other is the same code.
      const [first, second] = chance.oneIn(2) ? [code, twin] : [twin, code];
      const entry = await ask(city, gates[0], first);
      expect(entry.reason).toBe('granted');
      for (const text of [first, second])
        expect((await ask(city, gates[1], text)).reason).toBe('code_used');
      await present(mutants.slice(third, 2 * third));
      expect(await ask(city, gates[0], second)).toMatchObject({
        reason: 'granted_rescan',
        visitId: entry.visitId,
      });
      for (const text of [first, second])
        expect((await ask(city, gates[0], text)).reason).toBe('code_used');

      // What is no code ends no visit; the code does, in either form, and opens nothing afterwards.
      await present(mutants.slice(0, 20), 'out');
      expect((await visitsOf(city, here))[0]).toMatchObject({ id: entry.visitId });
      expect((await visitsOf(city, here))[0]).not.toHaveProperty('closedAt');
      expect(await ask(city, gates[1], second, 'out')).toMatchObject({ visitId: entry.visitId });
      for (const text of [first, second])
        expect((await ask(city, gates[0], text)).reason).toBe('code_used');
      await present(mutants.slice(2 * third));
    }

    expect(await visitsOf(city, here)).toHaveLength(scenes);
    expect(await visitsOf(city, elsewhere)).toHaveLength(0);
    for (const reason of ['malformed_code', 'unknown_key', 'bad_signature'])
      expect(seen.get(reason), reason).toBeGreaterThan(MUTATION_NAMES.length);
    process.stdout.write(`${JSON.stringify(Object.fromEntries(seen))}\n`);
  }, 60_000);
});
