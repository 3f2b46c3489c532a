/**
 * A custom group robot of 钉钉: Markdown to the robot's own address, signed where the robot asks for it (加签).
 * @see https://open.dingtalk.com/document/orgapp/custom-robots-send-group-messages
 */
import { createHmac } from 'node:crypto';
import { MINUTE_MS, type Millis } from '../domain/clock.ts';
import { notificationMarkdown } from '../domain/notification-text.ts';
import { errorCode, fitting, JSON_HEADERS, judgeStatus, type Receiver } from './receiver.ts';

const HOST = 'oapi.dingtalk.com';
const PATH = '/robot/send';
/** Of a message, in UTF-8. */
const MOST_BYTES = 5_000;
/** More than 20 messages in a minute: the robot is silent for ten. */
const TOO_MANY = 130_101;
/** No such token. */
const NO_SUCH_ROBOT = 300_001;

export const dingtalk: Receiver = {
  refuse({ hostname, pathname, searchParams }) {
    const own = hostname === HOST && pathname === PATH && searchParams.has('access_token');
    return own ? null : `must be https://${HOST}${PATH}?access_token=…`;
  },
  request({ url, secret }, { event, content }, now) {
    const { title, text } = notificationMarkdown(event, content);
    const markdown = { title: fitting(title, 200), text: fitting(text, MOST_BYTES) };
    const body = JSON.stringify({ msgtype: 'markdown', markdown });
    return { url: secret === null ? url : signed(url, secret, now), headers: JSON_HEADERS, body };
  },
  judge(status, body) {
    const code = errorCode(body);
    if (code === null || status >= 300)
      return status < 300
        ? { kind: 'failed', failure: 'no_answer_of_a_robot' }
        : judgeStatus(status);
    if (code === 0) return { kind: 'sent' };
    const failure = `errcode_${code}`;
    if (code === TOO_MANY) return { kind: 'busy', failure, pauseMs: 10 * MINUTE_MS };
    return { kind: code === NO_SUCH_ROBOT ? 'refused' : 'failed', failure };
  },
};

/** HMAC-SHA256 over the time in milliseconds, a line feed and the secret, under the secret; valid for an hour. */
function signed(url: string, secret: string, now: Millis): string {
  const sign = createHmac('sha256', secret).update(`${now}\n${secret}`).digest('base64');
  const target = new URL(url);
  target.searchParams.set('timestamp', String(now));
  target.searchParams.set('sign', sign);
  return target.href;
}
