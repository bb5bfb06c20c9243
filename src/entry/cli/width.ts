// How many columns of a terminal a text takes: Chinese, Japanese and Korean characters and emoji take two, accents none.

const ASCII = /^[\x20-\x7e]*$/;
const INVISIBLE = /^[\p{Mn}\p{Me}\p{Cf}\p{Cc}\u1160-\u11ff]+$/u;
const EMOJI = /^\p{Emoji_Presentation}|^\p{RI}\p{RI}|\ufe0f/u;
/** East Asian Wide and Fullwidth of Unicode, as blocks. */
const WIDE =
  /^[\u1100-\u115f\u2329\u232a\u2e80-\u303e\u3041-\u33ff\u3400-\u4dbf\u4e00-\u9fff\ua000-\ua4cf\ua960-\ua97f\uac00-\ud7a3\uf900-\ufaff\ufe10-\ufe19\ufe30-\ufe6f\uff01-\uff60\uffe0-\uffe6\u{16fe0}-\u{18cff}\u{1aff0}-\u{1b2ff}\u{1f200}-\u{1f2ff}\u{20000}-\u{3fffd}]/u;

const graphemes = new Intl.Segmenter(undefined, { granularity: 'grapheme' });

const widthOf = (character: string): number =>
  INVISIBLE.test(character) ? 0 : EMOJI.test(character) || WIDE.test(character) ? 2 : 1;

export function displayWidth(text: string): number {
  if (ASCII.test(text)) return text.length;
  let width = 0;
  for (const { segment } of graphemes.segment(text)) width += widthOf(segment);
  return width;
}

/** At most `max` columns; what is cut off shows as `…`. Never ends inside what people see as one character. */
export function cut(text: string, max: number): string {
  // A character takes a column or more, so nothing far behind the limit can matter.
  if (text.length <= max * 8 && displayWidth(text) <= max) return text;
  let kept = '';
  let used = 0;
  for (const { segment } of graphemes.segment(text.slice(0, max * 8))) {
    const width = widthOf(segment);
    if (used + width > max - 1) break;
    used += width;
    kept += segment;
  }
  return max < 1 ? '' : `${kept.trimEnd()}…`;
}

export const padTo = (text: string, width: number): string =>
  text + ' '.repeat(Math.max(0, width - displayWidth(text)));
