// How far a download has come, on a terminal and elsewhere.
import { describe, expect, it } from 'vitest';
import { progressBar } from '../../src/entry/cli/progress-bar.ts';

function screen(isTTY: boolean, unit: 'bytes' | 'memories' = 'bytes', env: Record<string, string> = {}) {
  const written: string[] = [];
  let at = 0;
  const terminal = { isTTY, write: (text: string) => void written.push(text) };
  const bar = progressBar({ terminal, env, label: 'bge-m3', unit, now: () => at });
  return { bar, written, wait: (ms: number) => (at += ms) };
}

describe('on a terminal', () => {
  it('is one line with share, amount, rate and time left', () => {
    const { bar, written, wait } = screen(true);
    bar.update(100e6, 600e6);
    wait(2000);
    bar.update(120e6, 600e6);
    expect(written).toEqual([
      '\rbge-m3  [###.................]  16 %  100 MB of 600 MB\x1b[K',
      '\rbge-m3  [####................]  20 %  120 MB of 600 MB  10.0 MB/s  0:48\x1b[K',
    ]);
    bar.end();
    expect(written.at(-1)).toBe('\r\x1b[K');
  });

  it('is not redrawn more often than eyes can follow, but at its end', () => {
    const { bar, written, wait } = screen(true);
    for (let i = 0; i <= 50; i++) {
      bar.update(i, 50);
      wait(10);
    }
    expect(written.length).toBe(6);
    expect(written.at(-1)).toContain('100 %');
  });

  it('tells the rate of the last seconds, and never wraps', () => {
    const { bar, written, wait } = screen(true);
    bar.update(0, 1e12);
    for (let i = 1; i <= 100; i++) {
      wait(1000);
      bar.update(i < 50 ? i * 1e6 : 50e6 + (i - 50) * 1e3, 1e12);
    }
    expect(written.at(-1)).toContain('1.0 KB/s');
    expect(Math.max(...written.map((line) => line.length))).toBeLessThanOrEqual(79 + '\r\x1b[K'.length);
  });

  it('makes room for a remark', () => {
    const { bar, written } = screen(true);
    bar.update(1, 100);
    bar.note('The hub is tired.');
    bar.update(2, 100);
    expect(written[1]).toBe('\rThe hub is tired.\x1b[K\n');
    expect(written[2]).toContain('2 B of 100 B');
  });

  it('leaves nothing behind when nothing was to do', () => {
    const { bar, written } = screen(true);
    bar.end();
    expect(written).toEqual([]);
  });
});

describe('elsewhere', () => {
  it.each([
    ['in a file', false, {}],
    ['on a dumb terminal', true, { TERM: 'dumb' }],
  ])('%s it is a line every tenth', (_, isTTY, env) => {
    const { bar, written } = screen(isTTY, 'memories', env);
    for (let i = 0; i <= 200; i++) bar.update(i, 200);
    bar.end();
    expect(written.length).toBe(11);
    expect(written[1]).toBe('bge-m3: 10 %, 20 of 200 memories\n');
  });
});
