/** How text lies on a terminal, where a Chinese character takes two columns. */

/** Characters of East Asian width W or F (UAX #11), as blocks: enough for names of places and people. */
const WIDE =
  /^[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\ua960-\ua97c\uac00-\ud7a3\uf900-\ufaff\ufe10-\ufe19\ufe30-\ufe6b\uff01-\uff60\uffe0-\uffe6\u{1b000}-\u{1b2ff}\u{20000}-\u{3fffd}]|^\p{Emoji_Presentation}|^.\ufe0f/u;
/** Whatever a terminal obeys instead of showing: control characters, and those that turn the writing direction. */
const OBEYED = /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu;

const graphemes = new Intl.Segmenter('zh', { granularity: 'grapheme' });

/** The columns that a line of text takes on a terminal. */
export function displayWidth(text: string): number {
  let width = 0;
  for (const { segment } of graphemes.segment(text)) width += WIDE.test(segment) ? 2 : 1;
  return width;
}

/** Fills a line of text up to a width with spaces; what is wider stays as it is. */
export function padToWidth(text: string, width: number): string {
  return text + ' '.repeat(Math.max(0, width - displayWidth(text)));
}

/** Text on one line without anything that a terminal would obey: what a server says cannot move the cursor. */
export function printable(text: string): string {
  return text.replace(OBEYED, '\ufffd');
}
