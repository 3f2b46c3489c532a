import { listOf, textOf } from './json.ts';
import { printable } from './width.ts';

/** An entry guide in one language: each section's title, then its lines. */
export function renderGuide(guide: unknown, language: 'zh' | 'en'): string {
  return listOf(guide, 'sections')
    .map((section) => {
      const lines = listOf(section, 'lines').map(
        (line) => `  ${printable(textOf(line, language))}\n`,
      );
      return `\n${printable(textOf(section, `title.${language}`))}\n${lines.join('')}`;
    })
    .join('');
}
