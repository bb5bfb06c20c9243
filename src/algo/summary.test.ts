import { describe, expect, it } from 'vitest';
import { summarize } from './summary.ts';

const size = { sentences: 2, chars: 400 };

describe('a summary', () => {
  it('tells what is said most, once, in the order it was said', () => {
    const texts = [
      'The deployment moved to Kubernetes today.',
      'Someone mentioned lunch near the office.',
      'The Kubernetes deployment needs a larger node pool. Yes.',
      'Kubernetes deployment nodes were resized; the deployment works.',
    ];
    const summary = summarize(texts, size);
    expect(summary).toContain('Kubernetes');
    expect(summary).not.toContain('lunch');
    expect(summary).not.toMatch(/\bYes\b/);
    const places = summary.split(/(?<=\.) /).map((sentence) => texts.findIndex((text) => text.includes(sentence)));
    expect(places).toEqual([...places].sort());
    expect(places).toHaveLength(2);
  });

  it('does not repeat itself', () => {
    const same = 'The red kettle boils water quickly.';
    expect(summarize([same, same, `${same} A blue lamp lights the long hallway.`], size)).toBe(
      `${same} A blue lamp lights the long hallway.`,
    );
  });

  it('keeps within its size, cutting only what would not fit alone', () => {
    const long = `${'quite different words follow '.repeat(10)}here.`;
    expect(summarize([long], { sentences: 3, chars: 100 })).toHaveLength(100);
    const summary = summarize(['Alpha beta gamma delta.', 'Alpha beta gamma epsilon zeta eta theta.'], {
      sentences: 3,
      chars: 45,
    });
    expect(summary).toBe('Alpha beta gamma delta.');
  });

  it('never cuts a character in two', () => {
    for (let chars = 2; chars < 12; chars++)
      expect(summarize(['🦀🦀🦀🦀🦀 crabs walk'], { sentences: 1, chars }).isWellFormed()).toBe(true);
  });

  it('reads scripts without spaces', () => {
    const texts = ['東京タワーは東京にあります。', '東京の天気は晴れです。', '今日は猫が寝ています。'];
    const summary = summarize(texts, { sentences: 1, chars: 100 });
    expect(summary).toContain('東京');
  });

  it.each([[[]], [['']], [['...', '  \n ']]])('of %j is empty', (texts) => {
    expect(summarize(texts, size)).toBe('');
  });

  it('of short talk is that talk', () => {
    expect(summarize(['Yes.', 'No!'], size)).toBe('Yes. No!');
  });
});
