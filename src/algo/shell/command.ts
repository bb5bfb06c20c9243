// What a script consists of, once quotes, variables and nesting are resolved as far as they can be without running it.

/** Stands in a word for what only running the script would tell. */
export const UNKNOWN = '\ufffc';

export interface Word {
  /** Without quotes; `~` is the home folder, UNKNOWN what cannot be told. */
  readonly text: string;
  /** What runs inside it: `$(…)`, back-ticks, `<(…)`. */
  readonly inner: readonly Command[];
}

export interface Redirect {
  /** `>`, `>>`, `<`, … without the number of the stream. */
  readonly op: string;
  readonly target: Word;
}

/** A simple command: a program with its arguments. */
export interface Command {
  words: Word[];
  redirects: Redirect[];
  /** The commands whose output it reads. */
  input: Command[];
  /** What a here-document or here-string gives it to read. */
  stdin: string | null;
  background: boolean;
  /** Name of the function it stands in. */
  within: string | null;
  /** Folder it runs in, as far as `cd` says. */
  cwd: string | null;
  /** Machine it runs on; null for this one. */
  host: string | null;
}

export const newCommand = (within: string | null = null, cwd: string | null = null): Command => ({
  words: [],
  redirects: [],
  input: [],
  stdin: null,
  background: false,
  within,
  cwd,
  host: null,
});

export const wordOf = (text: string, inner: readonly Command[] = []): Word => ({ text, inner });
export const isKnown = (text: string): boolean => !text.includes(UNKNOWN);

/** `/usr/bin/rm` is `rm`. */
export const baseName = (text: string): string => text.slice(text.lastIndexOf('/') + 1);
export const nameOf = ({ words }: Command): string => baseName(words[0]?.text ?? '');
export const argsOf = ({ words }: Command): string[] => words.slice(1).map(({ text }) => text);

const SIMPLE_ESCAPES: Readonly<Record<string, string>> = {
  a: '\x07', b: '\b', e: '\x1b', E: '\x1b', f: '\f', n: '\n', r: '\r', t: '\t', v: '\v', '\\': '\\', "'": "'", '"': '"', '?': '?',
}; // biome-ignore format: pairs

/** Reads the escapes of `$'…'`, `printf` and `echo -e`. */
export const unescapeText = (text: string): string =>
  text.replace(
    /\\(?:x([0-9a-fA-F]{1,2})|u([0-9a-fA-F]{1,4})|U([0-9a-fA-F]{1,8})|0?([0-7]{1,3})|(.))/gs,
    (all, hex?: string, short?: string, long?: string, octal?: string, char?: string) => {
      if (char !== undefined) return SIMPLE_ESCAPES[char] ?? all;
      const code = octal === undefined ? Number.parseInt((hex ?? short ?? long)!, 16) : Number.parseInt(octal, 8);
      return code > 0 && code <= 0x10ffff ? String.fromCodePoint(code) : '';
    },
  );

/** What the command writes, when its arguments say it: `echo` and `printf`. Null for any other. */
export function outputOf(command: Command): string | null {
  const args = argsOf(command);
  switch (nameOf(command)) {
    case 'echo': {
      let at = 0;
      let escapes = false;
      for (; /^-[neE]+$/.test(args[at] ?? ''); at++) escapes = args[at]!.includes('e');
      const text = args.slice(at).join(' ');
      return escapes ? unescapeText(text) : text;
    }
    case 'printf': {
      const [format = '', ...rest] = args[0] === '--' ? args.slice(1) : args;
      let next = 0;
      const text = unescapeText(format).replace(/%([sbq%])/g, (_, kind: string) => {
        if (kind === '%') return '%';
        const given = rest[next++] ?? '';
        return kind === 'b' ? unescapeText(given) : given;
      });
      return text;
    }
    case 'cat':
      return command.words.length === 1 ? command.stdin : null;
    default:
      return null;
  }
}
