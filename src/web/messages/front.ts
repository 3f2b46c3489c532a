import { catalogue } from '../translate.ts';

/** The front page. */
export const front = catalogue({
  title: { zh: '骑手通行', en: 'Courier Pass' },
  lead: {
    zh: '有单就能进小区，一秒过门，送完即止。',
    en: 'A live order opens the gate in a second. Once delivered, it no longer does.',
  },
  riderTitle: { zh: '我是骑手', en: 'I am a rider' },
  riderText: {
    zh: '出示通行码，或碰一下门上的标签',
    en: 'Show your code, or tap the tag at the gate',
  },
  guardTitle: { zh: '我是保安', en: 'I am a guard' },
  guardText: { zh: '用手机扫码放行', en: 'Scan codes with a phone' },
  managerTitle: { zh: '我是物业', en: 'I manage a community' },
  managerText: { zh: '定规则，看进出，处理提醒', en: 'Set the rules, see who is inside' },
  developer: { zh: '接口文档', en: 'API documents' },
});
