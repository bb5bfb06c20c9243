// Text of a Word document (ECMA-376): paragraphs of its main part, headings as Markdown writes them, cells of a row on a line.
import { decodeEntities } from './html-text.ts';

const TOKEN = /<(\/?)w:(p|t|tab|br|cr|tr|tc|pStyle)(\s[^>]*?)?(\/?)>/g;

/** @param xml `word/document.xml` */
export function docxText(xml: string): string {
  const out: string[] = [];
  let textFrom = -1;
  for (const match of xml.matchAll(TOKEN)) {
    const [all, closing, name, attributes = '', empty] = match;
    const at = match.index;
    if (name === 't') {
      if (closing === '/' && textFrom >= 0) out.push(decodeEntities(xml.slice(textFrom, at)));
      textFrom = closing === '' && empty === '' ? at + all.length : -1;
    } else if (name === 'tab') out.push('\t');
    else if (name === 'br' || name === 'cr' || (name === 'tr' && closing === '/')) out.push('\n');
    else if (name === 'tc' && closing === '/') out.push(' | ');
    else if (name === 'p' && closing === '/') out.push('\n\n');
    else if (name === 'pStyle') {
      const level = /w:val="(?:Heading|heading)\s?([1-6])"/.exec(attributes)?.[1];
      if (level !== undefined) out.push(`${'#'.repeat(Number(level))} `);
    }
  }
  return out
    .join('')
    .replace(/\n+ \| /g, ' | ')
    .replace(/ \| \n/g, '\n')
    .replace(/\n{3,}/g, '\n\n')
    .trim();
}
