import { catalogue } from '../translate.ts';

/** The page that a tag opens. */
export const tap = catalogue({
  title: { zh: '小区通行', en: 'Gate' },
  waitingTitle: { zh: '正在开门…', en: 'Opening…' },
  waitingText: { zh: '请稍候', en: 'One moment, please' },
  openingTitle: { zh: '已放行，正在开门…', en: 'Granted: the gate is opening…' },
  openingText: {
    zh: '门没有动？请在门前出示通行码，或联系保安',
    en: 'It does not move? Show your code at the gate, or ask the guard',
  },
  notOpenedTitle: { zh: '门没有打开', en: 'The gate did not open' },
  notOpenedText: {
    zh: '门暂时收不到指令，这次不算进入。请在门前出示通行码，或联系保安',
    en: 'It cannot be reached right now, and this counts as no entry. Show your code at the gate, or ask the guard',
  },
  openedTitle: { zh: '门已开', en: 'The gate is open' },
  openedText: {
    zh: '门没有动？请再碰一次标签，或在门前出示通行码',
    en: 'It did not move? Tap the tag once more, or show your code at the gate',
  },
  refusedTitle: { zh: '没有开门', en: 'The gate stays shut' },
  pastTitle: { zh: '这次碰触已处理过', en: 'This tap was answered before' },
  pastText: { zh: '请再碰一次门上的标签', en: 'Tap the tag at the gate once more' },
  signInTitle: { zh: '请先登录', en: 'Please sign in first' },
  signInText: {
    zh: '在外卖平台的 App 里打开“通行证”链接即可登录，然后再碰一次标签',
    en: 'Open the pass link in your delivery platform’s app, then tap the tag once more',
  },
  unknownTitle: { zh: '标签未启用', en: 'This tag is not in use' },
  unknownText: { zh: '请出示通行码，或联系保安', en: 'Show your code, or ask the guard' },
  failedTitle: { zh: '暂时无法验证', en: 'It cannot be judged right now' },
  failedText: {
    zh: '请检查网络后再碰一次标签，或出示通行码',
    en: 'Check your network and tap once more, or show your code',
  },
  emptyTitle: { zh: '碰一下标签', en: 'Tap the tag' },
  emptyText: { zh: '请用手机碰一下门上的标签', en: 'Hold your phone to the tag at the gate' },
  showCode: { zh: '出示通行码', en: 'Show my code' },
  noScript: {
    zh: '请允许本页运行脚本，或在门前出示通行码',
    en: 'Allow this page to run its script, or show your code at the gate',
  },
});
