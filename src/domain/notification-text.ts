/** What a notification says to people. */
import { alertMessage } from './conduct/alert-message.ts';
import type { NotifyContent, NotifyEvent } from './notification.ts';
import type { Bilingual } from './reason.ts';

const SANCTIONS = {
  confirmation: { zh: '进门须保安确认', en: 'a guard has to confirm each entry' },
  suspension: { zh: '暂停通行', en: 'entry is suspended' },
} as const;

/** One sentence about what has happened. */
export function notificationText(event: NotifyEvent, content: NotifyContent): Bilingual {
  const { zh, en } = alertMessage(content);
  switch (event) {
    case 'alert.raised':
      return { zh, en };
    case 'appeal.filed':
      return { zh: `骑手对预警提出申诉：${zh}`, en: `A rider objects to an alert: ${en}` };
    case 'appeal.decided': {
      const upheld = content.decision === 'upheld';
      return {
        zh: `申诉${upheld ? '成立，扣分与限制已撤销' : '不成立'}：${zh}`,
        en: `An appeal was ${upheld ? 'upheld; what followed is undone' : 'rejected'}: ${en}`,
      };
    }
    case 'sanction.set': {
      const set = SANCTIONS[content.sanction ?? 'confirmation'];
      return { zh: `因${zh}，${set.zh}`, en: `${en}: ${set.en}` };
    }
  }
}

const TITLES: Readonly<Record<NotifyEvent, Bilingual>> = {
  'alert.raised': { zh: '预警', en: 'Alert' },
  'appeal.filed': { zh: '申诉待处理', en: 'Appeal to decide' },
  'appeal.decided': { zh: '申诉已处理', en: 'Appeal decided' },
  'sanction.set': { zh: '通行限制', en: 'Sanction' },
};

/** The same for a robot in a group: a title, and Markdown of the little that all of them know. */
export function notificationMarkdown(
  event: NotifyEvent,
  content: NotifyContent,
): { readonly title: string; readonly text: string } {
  const { zh, en } = notificationText(event, content);
  const title = `${TITLES[event].zh} ${TITLES[event].en}`;
  const places = [content.communityName, content.gateName, content.zoneName]
    .filter((name) => name !== undefined)
    .map(plain);
  const lines = [
    `### ${title}`,
    `> ${places.join(' · ')}`,
    plain(zh),
    plain(en),
    `\`${content.alertId}\``,
  ];
  return { title, text: lines.join('\n\n') };
}

/** Names are people's: no mark-up and no mention may come with them. */
function plain(text: string): string {
  return text.replaceAll(/[<>@`*_#[\]\\\p{Cc}]/gu, ' ').trim();
}
