// Reads a script of a POSIX shell or of bash and gives every command in it that would run, wherever it stands: in lists,
// pipes, loops, functions, substitutions and here-documents. It runs nothing, and reads on where a shell would complain.
import { type Command, newCommand, outputOf, UNKNOWN, type Word, wordOf } from './command.ts';
import { ansiString, backticks, parameter } from './expansion.ts';
import { Field } from './fields.ts';
import {
  ASSIGNMENT,
  DECLARES,
  ENDS_WORD,
  FUNCTION_BRACKETS,
  type HereDoc,
  MAX_COMMANDS,
  MAX_DEPTH,
  MAX_LOOP_VALUES,
  REDIRECT,
  RESERVED_END,
  type Script,
  type State,
} from './grammar.ts';

class Reader {
  private pos = 0;
  private pending: HereDoc[] = [];
  private within: string | null = null;
  private readonly text: string;
  private readonly state: State;
  private depth: number;

  constructor(text: string, state: State, depth: number) {
    this.text = text;
    this.state = state;
    this.depth = depth;
  }

  private get over(): boolean {
    const { state } = this;
    if (this.depth > MAX_DEPTH || state.commands.length > MAX_COMMANDS) state.complete = false;
    return this.pos >= this.text.length || !state.complete;
  }
  private peek(n = 0): string {
    return this.text[this.pos + n] ?? '';
  }
  private match(shape: RegExp): RegExpExecArray | null {
    shape.lastIndex = this.pos;
    return shape.exec(this.text);
  }
  private keyword(word: string): boolean {
    const { text, pos } = this;
    if (!text.startsWith(word, pos) || !/^[\s;&|()]?$/.test(text[pos + word.length] ?? '')) return false;
    this.pos += word.length;
    return true;
  }
  private blanks(): void {
    while (/[ \t\r]/.test(this.peek())) this.pos++;
    if (this.peek() === '#') while (this.pos < this.text.length && this.peek() !== '\n') this.pos++;
  }
  private separators(): void {
    for (;;) {
      this.blanks();
      if (this.peek() === '\n') this.newline();
      else if (/[;&]/.test(this.peek()) && !this.text.startsWith(';;', this.pos)) this.pos++;
      else return;
    }
  }

  /** Here-documents begin behind the line that names them. */
  private newline(): void {
    this.pos++;
    for (const { command, end, expands, tabs } of this.pending.splice(0)) {
      const lines: string[] = [];
      while (this.pos < this.text.length) {
        const stop = this.text.indexOf('\n', this.pos);
        const line = this.text.slice(this.pos, stop === -1 ? undefined : stop);
        this.pos = stop === -1 ? this.text.length : stop + 1;
        const shown = tabs ? line.replace(/^\t+/, '') : line;
        if (shown === end) break;
        lines.push(shown);
      }
      const body = lines.join('\n');
      command.stdin = expands ? new Reader(body, this.state, this.depth + 1).alive() : body;
    }
  }

  /** A text in which only `$` and back-ticks mean something. */
  private alive(): string {
    const field = new Field();
    while (!this.over) this.quotedPiece(field, []);
    return field.text;
  }

  /** All of it: what closes nothing is passed over. */
  script(): Command[] {
    const found: Command[] = [];
    while (!this.over) {
      found.push(...this.list());
      this.pos += this.match(RESERVED_END)?.[0].length ?? 1;
    }
    return found;
  }

  /** Commands up to what closes them, which is left to the caller. */
  list(): Command[] {
    const found: Command[] = [];
    this.depth++;
    for (;;) {
      this.separators();
      if (this.over || this.peek() === ')' || this.text.startsWith(';;', this.pos) || this.match(RESERVED_END)) break;
      const before = this.pos;
      found.push(...this.pipeline());
      if (this.pos === before) this.pos++;
    }
    this.depth--;
    return found;
  }

  private pipeline(): Command[] {
    const all: Command[] = [];
    let before: Command[] = [];
    for (;;) {
      const stage = this.stage();
      for (const command of stage) command.input.push(...before);
      all.push(...stage);
      before = stage;
      this.blanks();
      if (this.peek() !== '|' || this.peek(1) === '|') break;
      this.pos += this.peek(1) === '&' ? 2 : 1;
      this.separators();
      if (this.over) break;
    }
    if (this.peek() === '|') this.pos += 2;
    if (this.peek() === '&' && this.peek(1) !== '&') for (const command of all) command.background = true;
    return all;
  }

  private stage(): Command[] {
    this.blanks();
    while (this.keyword('!')) this.blanks();
    const found = this.compound();
    if (!found) return this.simple();
    const redirects = newCommand();
    for (this.blanks(); this.redirect(redirects); this.blanks());
    for (const command of found) {
      command.redirects.push(...redirects.redirects);
      command.stdin ??= redirects.stdin;
    }
    return found;
  }

  /** Null when an ordinary command begins here. */
  private compound(): Command[] | null {
    if (this.text.startsWith('((', this.pos)) {
      const end = this.text.indexOf('))', this.pos);
      this.pos = end === -1 ? this.text.length : end + 2;
      return [];
    }
    if (this.peek() === '(') {
      const { cwd } = this.state;
      this.pos++;
      const found = this.bracketed();
      this.state.cwd = cwd;
      return found;
    }
    if (this.keyword('{')) return this.until('}');
    if (this.keyword('if')) return this.until('fi');
    if (this.keyword('while') || this.keyword('until')) return this.until('done');
    if (this.keyword('for') || this.keyword('select')) return this.loop();
    if (this.keyword('case')) return this.cases();
    if (this.keyword('function')) {
      this.blanks();
      return this.body(this.words()[0]?.text ?? '');
    }
    return null;
  }

  /** Behind an opening bracket. */
  private bracketed(): Command[] {
    const found = this.list();
    if (this.peek() === ')') this.pos++;
    return found;
  }

  private until(closer: string): Command[] {
    const found: Command[] = [];
    while (!this.over) {
      found.push(...this.list());
      if (this.keyword(closer)) break;
      const other = this.match(RESERVED_END);
      if (!other && this.peek() === ')') break;
      this.pos += other ? other[0].length : this.text.startsWith(';;', this.pos) ? 2 : 0;
    }
    return found;
  }

  /** The body is read once for every value that the variable takes. */
  private loop(): Command[] {
    this.blanks();
    const name = /\w*/y;
    const variable = this.match(name)?.[0] ?? '';
    this.pos += variable.length;
    this.separators();
    const values: string[] = [];
    if (this.keyword('in')) {
      for (this.blanks(); !this.over && !/[;\n&|)]/.test(this.peek()); this.blanks()) {
        const before = this.pos;
        values.push(...this.words().map(({ text }) => text));
        if (this.pos === before) break;
      }
    }
    this.separators();
    this.keyword('do');
    const [start, found] = [this.pos, [] as Command[]];
    for (const value of values.length === 0 ? [UNKNOWN] : values.slice(0, MAX_LOOP_VALUES)) {
      this.pos = start;
      this.state.values.set(variable, value);
      found.push(...this.until('done'));
    }
    this.state.values.set(variable, UNKNOWN);
    return found;
  }

  private cases(): Command[] {
    const found: Command[] = [];
    this.blanks();
    this.words();
    this.separators();
    this.keyword('in');
    while (!this.over) {
      this.separators();
      if (this.keyword('esac')) break;
      while (!this.over && this.peek() !== ')') this.pos++;
      this.pos++;
      found.push(...this.list());
      if (this.text.startsWith(';;', this.pos)) this.pos += 2;
      else if (this.peek() === ')') this.pos++;
    }
    return found;
  }

  private body(name: string): Command[] {
    const brackets = this.match(FUNCTION_BRACKETS);
    if (brackets) this.pos += brackets[0].length;
    this.separators();
    const outer = this.within;
    this.within = name;
    const found = this.stage();
    this.within = outer;
    return found;
  }

  private simple(): Command[] {
    const command = newCommand(this.within, this.state.cwd);
    for (;;) {
      this.blanks();
      if (this.redirect(command)) continue;
      const next = this.peek();
      if (this.over || (/[\n;&|)]/.test(next) && next !== '')) break;
      if (next === '(') {
        if (command.words.length === 1 && this.match(FUNCTION_BRACKETS)) return this.body(command.words[0]!.text);
        break;
      }
      if (this.assignment(command)) continue;
      const before = this.pos;
      command.words.push(...this.words());
      if (this.pos === before) break;
    }
    const [first, second] = command.words;
    if (first?.text === 'cd') this.state.cwd = second?.text ?? '~';
    this.state.commands.push(command);
    return [command];
  }

  private assignment(command: Command): boolean {
    const first = command.words[0]?.text;
    const match = first === undefined || DECLARES.has(first) ? this.match(ASSIGNMENT) : null;
    if (!match) return false;
    const [all, name, add] = match as unknown as [string, string, string];
    this.pos += all.length;
    const { values } = this.state;
    if (this.peek() === '(') {
      while (!this.over && this.peek() !== ')') this.pos++;
      this.pos++;
      values.set(name, UNKNOWN);
      return true;
    }
    const inner: Command[] = [];
    const value = this.field(inner).text;
    values.set(name, (add ? (values.get(name) ?? UNKNOWN) : '') + value);
    return true;
  }

  private redirect(command: Command): boolean {
    const match = this.match(REDIRECT);
    if (!match) return false;
    const op = match[1]!;
    this.pos += match[0].length;
    this.blanks();
    if (op === '<<' || op === '<<-') {
      const start = this.pos;
      const end = this.field([]).text;
      const expands = !/['"\\]/.test(this.text.slice(start, this.pos));
      this.pending.push({ command, end, expands, tabs: op === '<<-' });
    } else if (op === '<<<') command.stdin = this.field([]).text;
    else for (const target of this.words()) command.redirects.push({ op, target });
    return true;
  }

  private words(): Word[] {
    const inner: Command[] = [];
    return this.field(inner)
      .words()
      .map((text) => wordOf(text, inner));
  }

  private field(inner: Command[]): Field {
    const field = new Field();
    while (!this.over) {
      const char = this.peek();
      if (/[<>]/.test(char) && this.peek(1) === '(') {
        this.pos += 2;
        inner.push(...this.bracketed());
        field.add(`/dev/fd/${UNKNOWN}`, 'quoted');
      } else if (ENDS_WORD.test(char)) break;
      else if (char === "'") {
        const end = this.text.indexOf("'", this.pos + 1);
        field.add(this.text.slice(this.pos + 1, end === -1 ? undefined : end), 'quoted');
        this.pos = end === -1 ? this.text.length : end + 1;
      } else if (char === '"') {
        this.pos++;
        while (!this.over && this.peek() !== '"') this.quotedPiece(field, inner);
        this.pos++;
      } else if (char === '\\') {
        field.add(this.peek(1), 'quoted');
        this.pos += 2;
      } else if (char === '$' || char === '`') this.expansion(field, inner, false);
      else {
        field.add(char, 'plain');
        this.pos++;
      }
    }
    return field;
  }

  /** One character or expansion between double quotes. */
  private quotedPiece(field: Field, inner: Command[]): void {
    const char = this.peek();
    if (char === '$' || char === '`') {
      this.expansion(field, inner, true);
      return;
    }
    if (char === '\\' && /[$`"\\]/.test(this.peek(1))) this.pos++;
    field.add(this.peek(), 'quoted');
    this.pos++;
  }

  private expansion(field: Field, inner: Command[], quoted: boolean): void {
    const { text, pos } = this;
    const add = (value: string) => field.add(value, quoted && !value.startsWith('~') ? 'quoted' : 'expanded');
    const ran = (commands: Command[]) => {
      inner.push(...commands);
      const [only] = commands;
      add((commands.length === 1 && only!.input.length === 0 ? outputOf(only!) : null) ?? UNKNOWN);
    };
    if (text[pos] === '`') {
      const { value, end } = backticks(text, pos);
      this.pos = end;
      ran(new Reader(value, this.state, this.depth + 1).script());
    } else if (text.startsWith('$((', pos)) {
      const end = text.indexOf('))', pos);
      this.pos = end === -1 ? text.length : end + 2;
      add(UNKNOWN);
    } else if (text[pos + 1] === '(') {
      this.pos += 2;
      const { pending, state } = this;
      const { cwd } = state;
      this.pending = [];
      ran(this.bracketed());
      this.pending = pending;
      state.cwd = cwd;
    } else if (!quoted && text[pos + 1] === "'") {
      const { value, end } = ansiString(text, pos + 2);
      field.add(value, 'quoted');
      this.pos = end;
    } else if (!quoted && text[pos + 1] === '"') this.pos++;
    else {
      const { value, end } = parameter(text, pos, this.state.values);
      this.pos = end;
      if (value === '$' && end === pos + 1) field.add('$', 'quoted');
      else add(value);
    }
  }
}

/** @param depth how many scripts it stands in */
export function readScript(source: string, depth = 0, values: ReadonlyMap<string, string> = new Map()): Script {
  const state: State = { values: new Map(values), cwd: null, commands: [], complete: true };
  new Reader(source.replace(/\\\r?\n/g, ''), state, depth).script();
  return { commands: state.commands, complete: state.complete };
}
