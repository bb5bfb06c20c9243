// Options of a benchmark as data: `--help` and the parser read the same list.
import { parseArgs } from 'node:util';

export interface Option {
  name: string;
  /** Those in the plural are lists with commas. */
  kind: 'number' | 'numbers' | 'text' | 'texts' | 'flag';
  fallback: string | null;
  help: string;
}

/** A sentence for whoever started the benchmark; printed without a stack. */
export class BenchError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'BenchError';
  }
}

export interface Chosen {
  number(name: string): number;
  numbers(name: string): number[];
  text(name: string): string | null;
  /** Null when neither given nor preset. */
  texts(name: string): string[] | null;
  flag(name: string): boolean;
}

export const COMMON: readonly Option[] = [
  { name: 'json', kind: 'flag', fallback: null, help: 'print JSON instead of tables' },
  { name: 'out', kind: 'text', fallback: null, help: 'also write the JSON to this file' },
  { name: 'dir', kind: 'text', fallback: null, help: 'where temporary data folders go (default: the system one)' },
  { name: 'model', kind: 'text', fallback: null, help: "embedding model by name, or none (default: the server's)" },
  { name: 'model-dir', kind: 'text', fallback: null, help: 'folder of the embedding model' },
  { name: 'seed', kind: 'number', fallback: '1', help: 'seed of everything random' },
  { name: 'profile', kind: 'text', fallback: null, help: 'write CPU profiles of the server to this folder' },
];

export function parseOptions(options: readonly Option[], argv: readonly string[]): Chosen {
  const known = Object.fromEntries(
    options.map(({ name, kind }) => [name, { type: kind === 'flag' ? 'boolean' : 'string' } as const]),
  );
  let values: Record<string, string | boolean | undefined>;
  try {
    ({ values } = parseArgs({ args: [...argv], options: known, strict: true, allowPositionals: false }) as {
      values: Record<string, string | boolean | undefined>;
    });
  } catch (error) {
    throw new BenchError((error as Error).message);
  }
  const optionOf = (name: string): Option => {
    const found = options.find((option) => option.name === name);
    if (!found) throw new Error(`no option ${name}`);
    return found;
  };
  const text = (name: string): string | null => (values[name] as string | undefined) ?? optionOf(name).fallback;
  const texts = (name: string): string[] | null => {
    const parts = text(name)
      ?.split(',')
      .map((part) => part.trim());
    if (parts?.includes('')) throw new BenchError(`--${name}: "${text(name)}" has an empty entry.`);
    return parts ?? null;
  };
  const numbers = (name: string): number[] =>
    (text(name) ?? '').split(',').map((part) => {
      const value = Number(part.replaceAll('_', ''));
      if (part.trim() === '' || !Number.isInteger(value) || value < 0) {
        throw new BenchError(`--${name}: "${part}" is not a whole number, 0 or more.`);
      }
      return value;
    });
  for (const { name, kind } of options) {
    if (kind === 'number' || kind === 'numbers') numbers(name);
    if (kind === 'texts') texts(name);
  }
  return { text, texts, numbers, number: (name) => numbers(name)[0]!, flag: (name) => values[name] === true };
}

const VALUE: Readonly<Record<Option['kind'], string>> = {
  number: ' N',
  numbers: ' N,N',
  text: ' X',
  texts: ' X,X',
  flag: '',
};

export function optionHelp(options: readonly Option[]): string {
  const left = ({ name, kind }: Option) => `  --${name}${VALUE[kind]}`;
  const width = Math.max(...options.map((option) => left(option).length));
  return options
    .map((o) => `${left(o).padEnd(width)}  ${o.help}${o.fallback === null ? '' : ` (default ${o.fallback})`}`)
    .join('\n');
}
