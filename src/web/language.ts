export type Language = 'zh' | 'en';

/** As pages and manifests name them. @see RFC 5646 */
export const HTML_LANGUAGE: Readonly<Record<Language, string>> = { zh: 'zh-CN', en: 'en' };

/**
 * The language of a page: English for who prefers it to Chinese, Chinese for everybody else.
 * @see RFC 9110 §12.5.4
 */
export function preferredLanguage(acceptLanguage: string | undefined): Language {
  const weights = { zh: 0, en: 0 };
  for (const range of (acceptLanguage ?? '').slice(0, MAX_CHARACTERS).split(',')) {
    const [tag = '', ...parameters] = range.trim().toLowerCase().split(';');
    const language = tag.trim().split('-')[0];
    if (language !== 'zh' && language !== 'en') continue;
    weights[language] = Math.max(weights[language], weightOf(parameters));
  }
  return weights.en > weights.zh ? 'en' : 'zh';
}
const MAX_CHARACTERS = 512;

/** What is no weight weighs nothing. */
function weightOf(parameters: readonly string[]): number {
  const given = parameters.find((text) => text.trim().startsWith('q='));
  if (given === undefined) return 1;
  return Number(/^q=([01](?:\.\d{0,3})?)$/.exec(given.trim())?.[1] ?? 0);
}
