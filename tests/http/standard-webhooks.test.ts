import { expect, test } from 'vitest';
import {
  refuseWebhook,
  signWebhook,
  webhookSecretBytes,
} from '../../src/platforms/standard-webhooks.ts';

/** The example of the specification's reference libraries. */
const SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
const ID = 'msg_p5jXN8AQM9LWM0D4loKWxJek';
const TIMESTAMP = 1614265330;
const BODY = new TextEncoder().encode('{"test": 2432232314}');
const SIGNATURE = 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=';

const TOLERANCE_MS = 300_000;
const NOW = TIMESTAMP * 1_000;
const OTHER = `whsec_${Buffer.alloc(24, 1).toString('base64')}`;

const good = { id: ID, timestamp: String(TIMESTAMP), signature: SIGNATURE, body: BODY };
const judge = (change: object, secrets = [SECRET], now = NOW) =>
  refuseWebhook({ ...good, ...change }, secrets, now, TOLERANCE_MS);

test('the specification’s own example is signed and verified', () => {
  expect(signWebhook(SECRET, ID, TIMESTAMP, BODY)).toBe(SIGNATURE);
  expect(judge({})).toBeNull();
});

test('any signature under any secret suffices', () => {
  const other = signWebhook(OTHER, ID, TIMESTAMP, BODY);
  expect(judge({ signature: `v1a,xyz ${other} ${SIGNATURE}` })).toBeNull();
  expect(judge({ signature: other }, [SECRET, OTHER])).toBeNull();
  expect(judge({ signature: other })).toBe('wrong_signature');
  expect(judge({}, [])).toBe('wrong_signature');
});

test('a timestamp is accepted up to 5 minutes off, either way', () => {
  for (const way of [-1, 1]) {
    expect(judge({}, [SECRET], NOW + way * TOLERANCE_MS)).toBeNull();
    expect(judge({}, [SECRET], NOW + way * (TOLERANCE_MS + 1))).toBe('timestamp_out_of_range');
  }
  for (const timestamp of ['', '1e9', '-1', `${TIMESTAMP}.5`, '0x1']) {
    expect(judge({ timestamp })).not.toBeNull();
  }
});

test('every signed part counts', () => {
  for (const change of [
    { id: `${ID}x` },
    { timestamp: String(TIMESTAMP + 1) },
    { body: new TextEncoder().encode('{"test": 2432232315}') },
    { signature: SIGNATURE.replace('v1,g', 'v1,h') },
    { signature: SIGNATURE.replace('v1,', 'v2,') },
    { signature: 'v1,' },
    { signature: 'g0hM' },
  ]) {
    expect(judge(change)).toBe('wrong_signature');
  }
});

test('a header that is missing is told apart', () => {
  for (const name of ['id', 'timestamp', 'signature'])
    expect(judge({ [name]: null })).toBe('missing_headers');
});

test('a secret has 24 to 64 bytes', () => {
  const secret = (bytes: number) => `whsec_${Buffer.alloc(bytes).toString('base64')}`;
  for (const bytes of [24, 32, 64]) expect(webhookSecretBytes(secret(bytes))).toHaveLength(bytes);
  for (const wrong of [
    secret(23),
    secret(65),
    'whsec_',
    'MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw',
    'whsec_!!!!',
  ]) {
    expect(() => webhookSecretBytes(wrong)).toThrow(RangeError);
  }
});
