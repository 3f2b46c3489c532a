import { catalogue } from '../translate.ts';

/** Pages that stand where another page should have been. */
export const error = catalogue({
  notFoundTitle: { zh: '没有这个页面', en: 'There is no such page' },
  notFoundText: {
    zh: '它可能已经不在了，或者您没有查看的权限。',
    en: 'It may be gone, or it is not yours to see.',
  },
  signInTitle: { zh: '请先登录', en: 'Please sign in first' },
  signInText: { zh: '登录已失效。', en: 'You are not signed in any more.' },
  crossSiteTitle: { zh: '已拦下这次操作', en: 'This was stopped' },
  crossSiteText: {
    zh: '它来自别的网站。请从本站页面再做一次。',
    en: 'It came from another site. Please do it again from our own page.',
  },
  inputTitle: { zh: '填写的内容有误', en: 'Something in it is wrong' },
  inputText: { zh: '请返回检查后再提交。', en: 'Please go back, check it and send it again.' },
  busyTitle: { zh: '暂时无法处理', en: 'It cannot be done right now' },
  busyText: { zh: '请稍候再试。', en: 'Please try again in a moment.' },
  brokenTitle: { zh: '我们这边出错了', en: 'Something is wrong on our side' },
  brokenText: { zh: '已经记录下来，请稍候再试。', en: 'It has been recorded. Please try again.' },
  reference: { zh: '编号 {id}', en: 'Reference {id}' },
});
