/** How each kind of receiver is spoken to. */
import { createHmac } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { NotificationId } from '../../src/domain/identifier.ts';
import {
  NOTIFY_EVENTS,
  type NotifyContent,
  RETRY_PAUSES_MS,
  retryAt,
} from '../../src/domain/notification.ts';
import { notificationMarkdown, notificationText } from '../../src/domain/notification-text.ts';
import { dingtalk } from '../../src/notify/dingtalk.ts';
import { createNotifier } from '../../src/notify/notifier.ts';
import { fitting } from '../../src/notify/receiver.ts';
import { webhook } from '../../src/notify/webhook.ts';
import { wecom } from '../../src/notify/wecom.ts';
import { refuseWebhook } from '../../src/platforms/standard-webhooks.ts';

const NOW = Date.UTC(2026, 10, 21, 4);
const CONTENT: NotifyContent = {
  communityId: 'com_0123456789abc',
  communityName: '东港花园',
  alertId: 'alr_0123456789abc',
  kind: 'speeding',
  at: NOW - 1_000,
  level: 'serious',
  peakKmh: 31.25,
  limitKmh: 15,
  gateName: '南门',
};
const MESSAGE = {
  id: 'msg_0123456789abc' as NotificationId,
  event: 'alert.raised',
  content: CONTENT,
  at: NOW,
} as const;

describe('a webhook', () => {
  const secret = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;
  const target = { kind: 'webhook', url: 'https://example.com/hook', secret } as const;

  it('is signed so that any receiver of Standard Webhooks accepts it', () => {
    const { headers, body, url } = webhook.request(target, MESSAGE, NOW);
    expect(url).toBe(target.url);
    const header = (name: string) => headers[name] ?? '';
    const id = header('webhook-id');
    const timestamp = header('webhook-timestamp');
    const signature = header('webhook-signature');
    const callback = { id, timestamp, signature, body: Buffer.from(body) };
    expect(refuseWebhook(callback, [secret], NOW, 1_000)).toBeNull();
    const changed = { ...callback, body: Buffer.from(`${body} `) };
    expect(refuseWebhook(changed, [secret], NOW, 1_000)).toBe('wrong_signature');
  });

  it('says what has happened, with times as the wire writes them', () => {
    const { body } = webhook.request(target, MESSAGE, NOW);
    expect(JSON.parse(body)).toEqual({
      type: 'alert.raised',
      timestamp: '2026-11-21T04:00:00.000Z',
      data: {
        ...CONTENT,
        at: '2026-11-21T03:59:59.000Z',
        message: notificationText('alert.raised', CONTENT),
      },
    });
  });

  it('takes any 2xx for an acceptance, and 410 for a farewell', () => {
    expect(webhook.judge(204, '')).toEqual({ kind: 'sent' });
    expect(webhook.judge(307, '')).toEqual({ kind: 'failed', failure: 'http_307' });
    expect(webhook.judge(500, '')).toEqual({ kind: 'failed', failure: 'http_500' });
    expect(webhook.judge(410, '')).toEqual({ kind: 'refused', failure: 'http_410' });
  });
});

describe('a robot of 企业微信', () => {
  const url = 'https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=693a91f6-7xxx';
  const target = { kind: 'wecom', url, secret: null } as const;

  it('is told in Markdown of at most 4096 bytes', () => {
    const { body } = wecom.request(target, MESSAGE, NOW);
    const sent = JSON.parse(body);
    expect(sent.msgtype).toBe('markdown');
    expect(sent.markdown.content).toContain('东港花园 · 南门');
    expect(sent.markdown.content).toContain('最高 31.3 km/h，限速 15 km/h');
    const long = { ...MESSAGE, content: { ...CONTENT, communityName: '花'.repeat(3_000) } };
    const { markdown } = JSON.parse(wecom.request(target, long, NOW).body);
    expect(Buffer.byteLength(markdown.content)).toBeLessThanOrEqual(4_096);
    expect(markdown.content).not.toContain('\uFFFD');
  });

  it('is believed by its errcode, not by its status', () => {
    expect(wecom.judge(200, '{"errcode":0,"errmsg":"ok"}')).toEqual({ kind: 'sent' });
    expect(wecom.judge(200, '{"errcode":93000,"errmsg":"invalid webhook url"}').kind).toBe(
      'refused',
    );
    expect(wecom.judge(200, '{"errcode":45009}')).toMatchObject({ kind: 'busy', pauseMs: 60_000 });
    expect(wecom.judge(200, '{"errcode":40008}').kind).toBe('failed');
    expect(wecom.judge(200, '<html>').kind).toBe('failed');
    expect(wecom.judge(502, '').kind).toBe('failed');
  });
});

describe('a robot of 钉钉', () => {
  const url = 'https://oapi.dingtalk.com/robot/send?access_token=abc';
  const secret = 'SEC0123456789';
  const target = { kind: 'dingtalk', url, secret } as const;

  it('is signed over the time and its secret', () => {
    const signed = new URL(dingtalk.request(target, MESSAGE, NOW).url);
    const expected = createHmac('sha256', secret).update(`${NOW}\n${secret}`).digest('base64');
    expect(signed.searchParams.get('access_token')).toBe('abc');
    expect(signed.searchParams.get('timestamp')).toBe(String(NOW));
    expect(signed.searchParams.get('sign')).toBe(expected);
    expect(signed.search).not.toMatch(/sign=[^&]*[+/]/);
    expect(dingtalk.request({ ...target, secret: null }, MESSAGE, NOW).url).toBe(url);
  });

  it('is told in Markdown with a title', () => {
    const sent = JSON.parse(dingtalk.request(target, MESSAGE, NOW).body);
    expect(sent).toMatchObject({ msgtype: 'markdown', markdown: { title: '预警 Alert' } });
    expect(sent.markdown.text).toContain('超速（严重）');
  });

  it('is left alone for ten minutes when it has had too much', () => {
    expect(dingtalk.judge(200, '{"errcode":130101}')).toMatchObject({
      kind: 'busy',
      pauseMs: 600_000,
    });
    expect(dingtalk.judge(200, '{"errcode":0}')).toEqual({ kind: 'sent' });
    expect(dingtalk.judge(200, '{"errcode":310000}').kind).toBe('failed');
  });
});

describe('addresses', () => {
  const notifier = createNotifier({ loopback: 'refused', timeoutMs: 10, answerBytes: 10 });

  it('of a robot are its platform’s own', () => {
    const refuse = notifier.refuseUrl;
    expect(refuse('wecom', 'https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=1')).toBeNull();
    expect(refuse('wecom', 'https://example.com/cgi-bin/webhook/send?key=1')).toMatch(/qyapi/);
    expect(refuse('dingtalk', 'https://oapi.dingtalk.com/robot/send?access_token=1')).toBeNull();
    expect(refuse('dingtalk', 'https://oapi.dingtalk.com/robot/send')).toMatch(/access_token/);
    expect(refuse('webhook', 'https://example.com/')).toBeNull();
    expect(refuse('webhook', 'http://example.com/')).toMatch(/https/);
  });
});

describe('what people read', () => {
  it.each(NOTIFY_EVENTS)('%s is a sentence in Chinese and in English', (event) => {
    const { zh, en } = notificationText(event, { ...CONTENT, decision: 'upheld' });
    expect(zh).toMatch(/[\u4e00-\u9fff]/);
    expect(en).not.toMatch(/[\u4e00-\u9fff]/);
  });

  it('a name brings neither mark-up nor a mention along', () => {
    const gateName = '<@all> [x](http://evil) `*_#';
    const { text } = notificationMarkdown('alert.raised', { ...CONTENT, gateName });
    expect(text).not.toMatch(/<@all>|\[x\]|\]\(/);
  });

  it('a text is cut between characters', () => {
    expect(fitting('花花', 6)).toBe('花花');
    expect(fitting('花花', 5)).toBe('花');
    expect(fitting('花花', 2)).toBe('');
  });
});

describe('retries', () => {
  it('go on for more than three days, with pauses that grow, and then end', () => {
    let at = 0;
    let attempts = 0;
    for (;;) {
      attempts += 1;
      const next = retryAt(attempts, at);
      if (next === null) break;
      expect(next).toBeGreaterThan(at);
      at = next;
    }
    expect(attempts).toBe(RETRY_PAUSES_MS.length + 1);
    expect(at).toBeGreaterThan(3 * 86_400_000);
    expect([...RETRY_PAUSES_MS].sort((a, b) => a - b)).toEqual(RETRY_PAUSES_MS);
  });
});
