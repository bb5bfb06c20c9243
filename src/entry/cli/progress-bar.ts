// How far something long has come: one line redrawn on a terminal, a line every tenth elsewhere.
import type { Env } from '../../config/sources.ts';
import type { Terminal } from './machine.ts';
import { bytes } from './output.ts';

export interface ProgressBar {
  update(done: number, total: number): void;
  /** A line that stays. */
  note(text: string): void;
  /** Takes the line away; what came of it is for others to say. */
  end(): void;
}

export interface ProgressOptions {
  readonly terminal: Terminal;
  readonly env: Env;
  readonly label: string;
  readonly unit: 'bytes' | 'memories';
  /** Milliseconds of a clock that only goes forward. */
  now(): number;
}

/** For `--quiet` and `--json`. */
export const noProgress: ProgressBar = { update() {}, note() {}, end() {} };

const REDRAW_MS = 100;
/** What the rate is measured over: long enough to be steady, short enough to be true. */
const WINDOW_MS = 5_000;
const BAR_WIDTH = 20;
/** Of the narrowest terminal there is; a longer line would wrap and could not be redrawn. */
const MAX_LINE = 79;

export function progressBar({ terminal, env, label, unit, now }: ProgressOptions): ProgressBar {
  const amount = (n: number) => (unit === 'bytes' ? bytes(n) : String(Math.round(n)));
  const said = (done: number, total: number) =>
    `${amount(done)} of ${amount(total)}${unit === 'bytes' ? '' : ` ${unit}`}`;
  return terminal.isTTY && env.TERM !== 'dumb' ? redrawn() : lines();

  function lines(): ProgressBar {
    let told = -1;
    return {
      update(done, total) {
        const tenth = Math.floor(share(done, total) * 10);
        if (tenth <= told) return;
        told = tenth;
        terminal.write(`${label}: ${tenth * 10} %, ${said(done, total)}\n`);
      },
      note: (text) => terminal.write(`${text}\n`),
      end() {},
    };
  }

  function redrawn(): ProgressBar {
    const samples: { at: number; done: number }[] = [];
    let drawn = Number.NEGATIVE_INFINITY;
    return {
      update(done, total) {
        const at = now();
        if (at - drawn < REDRAW_MS && done < total) return;
        drawn = at;
        samples.push({ at, done });
        while (samples.length > 2 && at - samples[0]!.at > WINDOW_MS) samples.shift();
        const rate = speed(samples);
        const pace = rate === 0 ? [] : [`${amount(rate)}/s`, duration((total - done) / rate)];
        const percent = `${Math.floor(share(done, total) * 100)} %`.padStart(6);
        const line = [label, bar(share(done, total)) + percent, said(done, total), ...pace].join('  ');
        terminal.write(`\r${line.slice(0, MAX_LINE)}\x1b[K`);
      },
      note(text) {
        terminal.write(`\r${text}\x1b[K\n`);
        drawn = Number.NEGATIVE_INFINITY;
      },
      end() {
        if (samples.length > 0) terminal.write('\r\x1b[K');
      },
    };
  }
}

const share = (done: number, total: number): number => (total === 0 ? 1 : Math.min(1, done / total));

const bar = (part: number): string => {
  const full = Math.floor(part * BAR_WIDTH);
  return `[${'#'.repeat(full)}${'.'.repeat(BAR_WIDTH - full)}]`;
};

/** Units a second; 0 while there is nothing to tell it from. */
function speed(samples: readonly { at: number; done: number }[]): number {
  const [first] = samples;
  const last = samples.at(-1);
  if (!first || !last || last.at === first.at) return 0;
  return Math.max(0, ((last.done - first.done) * 1000) / (last.at - first.at));
}

/** 0:07, 12:34 or 1:02:03. */
function duration(seconds: number): string {
  const whole = Math.ceil(seconds);
  const [h, m, s] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, String(whole % 60).padStart(2, '0')];
  return h > 0 ? `${h}:${String(m).padStart(2, '0')}:${s}` : `${m}:${s}`;
}
