// Ending what is open when a server stops: each stream once, and none that has ended by itself.
import { describe, expect, it } from 'vitest';
import { openStreams } from './streams.ts';

describe('open streams', () => {
  it('are ended once each, and those that ended by themselves are left alone', () => {
    const streams = openStreams();
    const ended: string[] = [];
    streams.add(() => ended.push('a'));
    const gone = streams.add(() => ended.push('b'));
    streams.add(() => ended.push('c'));
    gone();
    streams.endAll();
    streams.endAll();
    expect(ended).toEqual(['a', 'c']);
  });

  it('are told apart where one function ends two', () => {
    const streams = openStreams();
    let ended = 0;
    const end = () => void ended++;
    const gone = streams.add(end);
    streams.add(end);
    gone();
    streams.endAll();
    expect(ended).toBe(1);
  });

  it('may say that they have ended while they are being ended', () => {
    const streams = openStreams();
    const ended: string[] = [];
    const goneA = streams.add(() => {
      ended.push('a');
      goneA();
      goneB();
    });
    const goneB = streams.add(() => ended.push('b'));
    streams.endAll();
    expect(ended).toEqual(['a', 'b']);
  });

  it('end at once when they come too late', () => {
    const streams = openStreams();
    streams.endAll();
    let ended = 0;
    streams.add(() => ended++)();
    expect(ended).toBe(1);
  });
});
