import { catalogue } from '../translate.ts';

/** What every page says. */
export const frame = catalogue({
  product: { zh: '骑手通行', en: 'Courier Pass' },
  skip: { zh: '跳到正文', en: 'Skip to the content' },
  otherLanguage: { zh: 'English', en: '中文' },
  theme: { zh: '外观', en: 'Appearance' },
  themeAuto: { zh: '跟随系统', en: 'As the system' },
  themeLight: { zh: '浅色', en: 'Light' },
  themeDark: { zh: '深色', en: 'Dark' },
  close: { zh: '关闭', en: 'Close' },
  cancel: { zh: '取消', en: 'Cancel' },
  confirm: { zh: '确定', en: 'OK' },
  save: { zh: '保存', en: 'Save' },
  retry: { zh: '再试一次', en: 'Try again' },
  back: { zh: '返回', en: 'Back' },
  home: { zh: '回到首页', en: 'To the front page' },
  loading: { zh: '正在加载…', en: 'Loading…' },
  required: { zh: '必填', en: 'required' },
  noScript: { zh: '请允许本页运行脚本', en: 'Please allow this page to run its scripts' },
  more: { zh: '下一页', en: 'Next page' },
});
