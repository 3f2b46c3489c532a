/**
 * A group robot of 企业微信: Markdown to the robot's own address, whose `key` is the secret.
 * @see https://developer.work.weixin.qq.com/document/path/91770
 */
import { MINUTE_MS } from '../domain/clock.ts';
import { notificationMarkdown } from '../domain/notification-text.ts';
import { errorCode, fitting, JSON_HEADERS, judgeStatus, type Receiver } from './receiver.ts';

const HOST = 'qyapi.weixin.qq.com';
const PATH = '/cgi-bin/webhook/send';
/** Of a Markdown message, in UTF-8. */
const MOST_BYTES = 4_096;
/** More than 20 messages in a minute. */
const TOO_MANY = 45_009;
/** The robot was removed, or the key was never one. */
const NO_SUCH_ROBOT = 93_000;

export const wecom: Receiver = {
  refuse({ hostname, pathname, searchParams }) {
    const own = hostname === HOST && pathname === PATH && searchParams.has('key');
    return own ? null : `must be https://${HOST}${PATH}?key=…`;
  },
  request({ url }, { event, content }) {
    const text = fitting(notificationMarkdown(event, content).text, MOST_BYTES);
    const body = JSON.stringify({ msgtype: 'markdown', markdown: { content: text } });
    return { url, headers: JSON_HEADERS, body };
  },
  judge(status, body) {
    const code = errorCode(body);
    if (code === null || status >= 300)
      return status < 300
        ? { kind: 'failed', failure: 'no_answer_of_a_robot' }
        : judgeStatus(status);
    if (code === 0) return { kind: 'sent' };
    const failure = `errcode_${code}`;
    if (code === TOO_MANY) return { kind: 'busy', failure, pauseMs: MINUTE_MS };
    return { kind: code === NO_SUCH_ROBOT ? 'refused' : 'failed', failure };
  },
};
