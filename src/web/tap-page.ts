/** The page that a tag at a gate opens on a rider's phone. Opening it changes nothing: its script sends the tap. */
import type { Bilingual } from '../domain/reason.ts';
import type { Language } from './language.ts';

/** What the page can show, one at a time: a heading, and what to do. The first stands until the script knows more. */
const STATES: Readonly<Record<string, { readonly title: Bilingual; readonly text: Bilingual }>> = {
  waiting: {
    title: { zh: '正在开门…', en: 'Opening…' },
    text: { zh: '请稍候', en: 'One moment, please' },
  },
  opened: {
    title: { zh: '门已开', en: 'The gate is open' },
    text: {
      zh: '门没有动？请再碰一次标签，或在门前出示通行码',
      en: 'It did not move? Tap the tag once more, or show your code at the gate',
    },
  },
  refused: {
    title: { zh: '没有开门', en: 'The gate stays shut' },
    text: { zh: '', en: '' },
  },
  past: {
    title: { zh: '这次碰触已处理过', en: 'This tap was answered before' },
    text: { zh: '请再碰一次门上的标签', en: 'Tap the tag at the gate once more' },
  },
  'sign-in': {
    title: { zh: '请先登录', en: 'Please sign in first' },
    text: {
      zh: '在外卖平台的 App 里打开“通行证”链接即可登录，然后再碰一次标签',
      en: 'Open the pass link in your delivery platform’s app, then tap the tag once more',
    },
  },
  unknown: {
    title: { zh: '标签未启用', en: 'This tag is not in use' },
    text: { zh: '请出示通行码，或联系保安', en: 'Show your code, or ask the guard' },
  },
  failed: {
    title: { zh: '暂时无法验证', en: 'It cannot be judged right now' },
    text: {
      zh: '请检查网络后再碰一次标签，或出示通行码',
      en: 'Check your network and tap once more, or show your code',
    },
  },
  empty: {
    title: { zh: '碰一下标签', en: 'Tap the tag' },
    text: { zh: '请用手机碰一下门上的标签', en: 'Hold your phone to the tag at the gate' },
  },
};

const NO_SCRIPT: Bilingual = {
  zh: '请允许本页运行脚本，或在门前出示通行码',
  en: 'Allow this page to run its script, or show your code at the gate',
};
const TITLE: Bilingual = { zh: '小区通行', en: 'Gate' };

/** The whole page, in one language. The script fills `message` from the answer. */
export function tapPage(language: Language): string {
  const sections = Object.entries(STATES).map(
    ([id, { title, text }], index) => `<section id="${id}"${index === 0 ? '' : ' hidden'}>
<h1>${title[language]}</h1>
<p class="message"></p>
<p>${text[language]}</p>
</section>`,
  );
  return `<!doctype html>
<html lang="${language === 'zh' ? 'zh-CN' : 'en'}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${TITLE[language]}</title>
<link rel="stylesheet" href="/t/tap.css">
<script src="/t/tap.js" defer></script>
</head>
<body data-language="${language}">
<main aria-live="polite">
${sections.join('\n')}
<noscript><p>${NO_SCRIPT[language]}</p></noscript>
</main>
</body>
</html>
`;
}

/** Only our own files run and are spoken to; nobody frames the page. */
export const TAP_PAGE_POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
