// `--age 1d,30d,1y`: how much time passes between storing and asking.
import { DAY_MS, HOUR_MS } from '../src/algo/durations.ts';
import { BenchError, type Chosen, type Option } from './options.ts';

export interface Age {
  /** As it was asked for. */
  name: string;
  ms: number;
}

export const AGE_OPTION: Option = {
  name: 'age',
  kind: 'texts',
  fallback: null,
  help: 'ask again when so much time has passed since storing, such as 1d,30d,1y',
};

const UNITS: Readonly<Record<string, number>> = { h: HOUR_MS, d: DAY_MS, w: 7 * DAY_MS, y: 365 * DAY_MS };

export const agesOf = (chosen: Chosen): Age[] =>
  (chosen.texts('age') ?? []).map((name) => {
    const [, count, unit] = /^([1-9]\d{0,3})([hdwy])$/.exec(name) ?? [];
    if (!count) throw new BenchError(`--age: "${name}" is no time such as 12h, 1d, 2w or 1y.`);
    return { name, ms: Number(count) * UNITS[unit!]! };
  });
