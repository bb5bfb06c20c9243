// Finds in a page of Markdown what a reader would type, and what they are told to expect.

export interface Block {
  /** Where it begins: `README.md:14`. */
  readonly at: string;
  /** What to give a shell. */
  readonly script: string;
  /** Why it is not run, as the comment before it says: `<!-- not run: needs a Docker engine -->`. */
  readonly excuse: string | null;
  /** Status that the words before it announce: "this answers 404". Null for any of success. */
  readonly status: number | null;
  /** The JSON block right behind it: what it answers. */
  readonly answer: string | null;
}

const FENCE = /^( {0,3})(`{3,}|~{3,})\s*(\S*)[^`]*$/;
const SHELL: ReadonlySet<string> = new Set(['sh', 'bash', 'shell', 'console']);
const EXCUSE = /^\s*<!--\s*not run:\s*(.+?)\s*-->\s*$/;
const ANNOUNCED = /\banswers?(?: with)? `?([45]\d\d)\b/i;
/** A block indented by four spaces is code too, but nobody can tell what kind. */
const BARE_COMMAND = /^ {4}(?:\$ )?(?:engram|curl|npm|docker|bun) /;

/** @throws Error for commands that are hidden from the shell: in an indented block, or in a fence without a language */
export function blocksOf(page: string, text: string): Block[] {
  const lines = text.split('\n');
  const blocks: Block[] = [];
  let last: { block: Block; end: number } | null = null;
  for (let at = 0; at < lines.length; at++) {
    const fence = FENCE.exec(lines[at]!);
    if (!fence) {
      if (BARE_COMMAND.test(lines[at]!) && isBlank(lines[at - 1]))
        throw new Error(`${page}:${at + 1} shows a command in an indented block; put it between \`\`\`sh and \`\`\`.`);
      continue;
    }
    const [, indent = '', mark = '', language = ''] = fence;
    const end = lines.findIndex((line, n) => n > at && line.trim().startsWith(mark) && /^[`~]+\s*$/.test(line.trim()));
    if (end < 0) throw new Error(`${page}:${at + 1} begins a block that does not end.`);
    const body = lines.slice(at + 1, end).map((line) => (line.startsWith(indent) ? line.slice(indent.length) : line));
    if (SHELL.has(language)) {
      const block = {
        at: `${page}:${at + 1}`,
        script: language === 'console' ? typed(body) : body.join('\n'),
        excuse: EXCUSE.exec(lines[at - 1] ?? '')?.[1] ?? null,
        status: Number(ANNOUNCED.exec(paragraphBefore(lines, at))?.[1] ?? 0) || null,
        answer: null,
      };
      blocks.push(block);
      last = { block, end };
    } else if (language === 'json' && last !== null && lines.slice(last.end + 1, at).every(isBlank)) {
      blocks[blocks.length - 1] = { ...last.block, answer: body.join('\n') };
    }
    at = end;
  }
  return blocks;
}

const isBlank = (line: string | undefined): boolean => line === undefined || line.trim() === '';

/** Of a session in a terminal, what was typed. */
const typed = (lines: readonly string[]): string =>
  lines.flatMap((line) => (line.startsWith('$ ') ? [line.slice(2)] : [])).join('\n');

function paragraphBefore(lines: readonly string[], at: number): string {
  let end = at;
  while (end > 0 && (isBlank(lines[end - 1]) || EXCUSE.test(lines[end - 1]!))) end--;
  let start = end;
  while (start > 0 && !isBlank(lines[start - 1]) && !FENCE.test(lines[start - 1]!)) start--;
  return lines.slice(start, end).join(' ');
}
