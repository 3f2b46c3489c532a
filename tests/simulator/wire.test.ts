import { describe, expect, it } from 'vitest';
import { isUuid, newRequestId } from '../../gate-simulator/src/firmware/request-id.ts';
import { webhookHeaders } from '../../gate-simulator/src/platform/standard-webhooks.ts';
import { serviceUrl } from '../../gate-simulator/src/wire/service.ts';

describe('newRequestId', () => {
  it('is a UUID version 7 that starts with the time', () => {
    const id = newRequestId(0x017f22e279b0);
    expect(id).toMatch(/^017f22e2-79b0-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(isUuid(id)).toBe(true);
  });

  it('is different each time', () => {
    expect(new Set(Array.from({ length: 1_000 }, () => newRequestId(1))).size).toBe(1_000);
  });
});

it('webhookHeaders signs the example of the Standard Webhooks reference', () => {
  const headers = webhookHeaders(
    'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw',
    'msg_p5jXN8AQM9LWM0D4loKWxJek',
    1614265330,
    '{"test": 2432232314}',
  );
  expect(headers['webhook-signature']).toBe('v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=');
});

it.each([
  ['http://host:1', 'http://host:1/v1/verify'],
  ['http://host:1/', 'http://host:1/v1/verify'],
  ['https://host/pass', 'https://host/pass/v1/verify'],
])('serviceUrl keeps the path of %s', (server, expected) => {
  expect(serviceUrl(server, 'v1/verify')).toBe(expected);
});
