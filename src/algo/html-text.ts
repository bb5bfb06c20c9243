// What a web page says, without its markup: headings and lists as Markdown writes them, a line for each block. Linear time.

const HIDDEN = new Set(['script', 'style', 'noscript', 'template', 'svg', 'head', 'iframe', 'object', 'select', 'nav']);
const BLOCKS = new Set(
  'address article aside blockquote br dd div dl dt fieldset figcaption figure footer form h1 h2 h3 h4 h5 h6 header hr li main ol p pre section table td th tr ul'.split(
    ' ',
  ),
);
const NAMED: Readonly<Record<string, string>> = {
  ...{ amp: '&', lt: '<', gt: '>', quot: '"', apos: "'", nbsp: ' ', ndash: '–', mdash: '—', hellip: '…', copy: '©' },
  ...{ reg: '®', trade: '™', euro: '€', pound: '£', deg: '°', middot: '·', bull: '•', laquo: '«', raquo: '»' },
  ...{ lsquo: '‘', rsquo: '’', ldquo: '“', rdquo: '”', auml: 'ä', ouml: 'ö', uuml: 'ü', szlig: 'ß', Auml: 'Ä' },
  ...{ Ouml: 'Ö', Uuml: 'Ü', eacute: 'é', egrave: 'è', agrave: 'à', ccedil: 'ç', ntilde: 'ñ', times: '×', shy: '' },
};

export const decodeEntities = (text: string): string =>
  text.replace(/&(?:#(\d{1,7})|#x([0-9a-f]{1,6})|([a-z]{2,8}));?/gi, (all, decimal, hex, name) => {
    if (name !== undefined) return NAMED[name] ?? all;
    const code = decimal === undefined ? Number.parseInt(hex, 16) : Number(decimal);
    return code > 0 && code <= 0x10ffff && (code < 0xd800 || code > 0xdfff) ? String.fromCodePoint(code) : '\ufffd';
  });

export function htmlTitle(html: string): string | null {
  const begin = /<title[^>]{0,200}>/i.exec(html);
  if (!begin) return null;
  const from = begin.index + begin[0].length;
  const end = html.indexOf('<', from);
  const title = decodeEntities(html.slice(from, end < 0 ? html.length : end))
    .replace(/\s+/g, ' ')
    .trim();
  return title || null;
}

/** Where a tag ends: quotes may hold `>`. */
function tagEnd(html: string, from: number): number {
  let quote = '';
  for (let at = from; at < html.length; at++) {
    const char = html[at]!;
    if (quote !== '') {
      if (char === quote) quote = '';
    } else if (char === '"' || char === "'") quote = char;
    else if (char === '>') return at;
  }
  return html.length;
}

export function htmlToText(html: string): string {
  const out: string[] = [];
  const lower = html.toLowerCase();
  let at = 0;
  while (at < html.length) {
    const open = html.indexOf('<', at);
    out.push(decodeEntities(html.slice(at, open < 0 ? html.length : open)).replace(/\s+/g, ' '));
    if (open < 0) break;
    if (html.startsWith('<!--', open)) {
      const end = html.indexOf('-->', open + 4);
      at = end < 0 ? html.length : end + 3;
      continue;
    }
    const tag = /^<(\/?)([a-z][a-z0-9]*)/i.exec(html.slice(open, open + 32));
    if (!tag) {
      // A sign of less, or a declaration.
      if (!/[!?/]/.test(html[open + 1] ?? '')) out.push('<');
      at = /[!?/]/.test(html[open + 1] ?? '') ? tagEnd(html, open) + 1 : open + 1;
      continue;
    }
    const name = tag[2]!.toLowerCase();
    at = tagEnd(html, open + tag[0].length) + 1;
    if (tag[1] === '' && HIDDEN.has(name)) {
      const end = lower.indexOf(`</${name}`, at);
      at = end < 0 ? html.length : tagEnd(html, end) + 1;
    } else if (BLOCKS.has(name)) {
      out.push(name === 'td' || name === 'th' ? ' ' : '\n');
      if (tag[1] === '' && /^h[1-6]$/.test(name)) out.push(`\n${'#'.repeat(Number(name[1]))} `);
      if (tag[1] === '' && name === 'li') out.push('- ');
      if (tag[1] === '/' && (name === 'p' || /^h[1-6]$/.test(name))) out.push('\n');
    }
  }
  return out
    .join('')
    .replace(/[ \t]*\n[ \t]*/g, '\n')
    .replace(/[ \t]{2,}/g, ' ')
    .replace(/\n{3,}/g, '\n\n')
    .trim();
}
