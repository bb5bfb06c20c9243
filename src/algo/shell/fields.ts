// A word while it is read: every character remembers where it came from, which decides whether it may still be split.

/** `plain` was written as it is, `quoted` stood in quotes, `expanded` came out of a variable or a command. */
type Mark = 'plain' | 'quoted' | 'expanded';

export class Field {
  private chars: string[] = [];
  private marks: Mark[] = [];

  add(text: string, mark: Mark): void {
    for (const char of text) {
      this.chars.push(char);
      this.marks.push(mark);
    }
  }

  get isEmpty(): boolean {
    return this.chars.length === 0;
  }

  get text(): string {
    return this.chars.join('');
  }

  /** The words it becomes: braces unfolded, what came out of variables split at white space. */
  words(): string[] {
    return this.unfolded(this.chars, this.marks, 0).flatMap(({ chars, marks }) => split(chars, marks));
  }

  /** `{a,b}` outside quotes stands for both. */
  private unfolded(chars: string[], marks: Mark[], depth: number): { chars: string[]; marks: Mark[] }[] {
    const found = depth < 4 ? braces(chars, marks) : null;
    if (!found) return [{ chars, marks }];
    const { open, close, commas } = found;
    const cuts = [open, ...commas, close];
    return cuts.slice(0, -1).flatMap((cut, i) => {
      const part = <T>(list: T[]): T[] => [
        ...list.slice(0, open),
        ...list.slice(cut + 1, cuts[i + 1]),
        ...list.slice(close + 1),
      ];
      return this.unfolded(part(chars), part(marks), depth + 1);
    });
  }
}

function braces(chars: string[], marks: Mark[]): { open: number; close: number; commas: number[] } | null {
  for (let open = 0; open < chars.length; open++) {
    if (chars[open] !== '{' || marks[open] !== 'plain') continue;
    const commas: number[] = [];
    let level = 0;
    for (let at = open; at < chars.length; at++) {
      if (marks[at] !== 'plain') continue;
      if (chars[at] === '{') level++;
      else if (chars[at] === ',' && level === 1) commas.push(at);
      else if (chars[at] === '}' && --level === 0) {
        if (commas.length > 0 && commas.length <= 32) return { open, close: at, commas };
        break;
      }
    }
  }
  return null;
}

function split(chars: string[], marks: Mark[]): string[] {
  // A tilde in quotes is no home folder.
  const words: string[] = [];
  let word = chars[0] === '~' && marks[0] === 'quoted' ? './' : '';
  let open = word !== '' || marks.includes('quoted');
  chars.forEach((char, at) => {
    if (marks[at] === 'expanded' && /\s/.test(char)) {
      if (word !== '') words.push(word);
      word = '';
      open = false;
    } else {
      word += char;
      open = true;
    }
  });
  if (open) words.push(word);
  return words;
}
