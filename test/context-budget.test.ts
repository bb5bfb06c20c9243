// A context from much more than fits: the budget holds whatever is stored, and is well used.
import fc from 'fast-check';
import { encode } from 'gpt-tokenizer/encoding/cl100k_base';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestApp, type TestApp } from './support/app.ts';
import { storeAll } from './support/memories.ts';

const truth = (text: string): number => encode(text, { disallowedSpecial: new Set() }).length;
const range = (count: number): number[] => Array.from({ length: count }, (_, i) => i);
type Block = { id: number; content: string };

let app: TestApp;
async function context(request: string | Record<string, unknown>) {
  const answer = await app.call('POST', '/context', typeof request === 'string' ? { query: request } : request);
  expect(answer.status, JSON.stringify(answer.body)).toBe(200);
  return answer.body;
}

describe('with much stored', () => {
  beforeAll(async () => {
    app = await createTestApp();
    const random = fc.sample(
      fc.array(
        fc.constantFrom(
          'harbour',
          'deep',
          '我昨天在北京买了',
          'ありがとう',
          'กาแฟ',
          '👩‍👩‍👧',
          'x9Z',
          '<|endoftext|>',
          '</user_memory>',
          '\n',
          'sentence ends.',
          'e'.repeat(300),
          '"',
          'the',
        ),
        { minLength: 1, maxLength: 150 },
      ),
      { numRuns: 60, seed: 7 },
    );
    await storeAll(
      app,
      random.map((words, i) => ({
        content: `harbour ${i} ${words.join(' ')}`,
        session_id: `s${i % 4}`,
        is_static: i % 9 === 0,
        importance: (i % 10) + 1,
      })),
    );
    await storeAll(
      app,
      range(30).map((i) => `harbour pier ${i}: ${'plain words about boats and water. '.repeat(40)}`),
    );
  });
  afterAll(() => app.close());

  it('never exceeds its budget, uses it, and cites every block', async () => {
    const options = fc.record({
      max_tokens: fc.oneof(fc.integer({ min: 16, max: 300 }), fc.integer({ min: 300, max: 3_000 })),
      strategy: fc.constantFrom('balanced', 'precision', 'breadth'),
      depth: fc.constantFrom(1, 2, 3),
      max_memory_tokens: fc.constantFrom(16, 60, 400, 2_500),
      query: fc.constantFrom('harbour', 'boats and water', '北京', 'nothing at all'),
    });
    await fc.assert(
      fc.asyncProperty(options, async (request) => {
        const body = await context(request);
        const real = truth(body.context);
        expect(real).toBeLessThanOrEqual(request.max_tokens);
        expect(body.token_estimate).toBeGreaterThanOrEqual(real);
        expect(body.token_estimate).toBeLessThanOrEqual(request.max_tokens);
        expect(body.utilization).toBeLessThanOrEqual(1);
        // Three decimals: half of the last one off at most.
        expect(Math.abs(body.utilization - body.token_estimate / request.max_tokens)).toBeLessThan(0.000501);
        for (const block of body.blocks) expect(body.context).toContain(`<user_memory id="${block.id}" `);
        expect(new Set(body.blocks.map((b: Block) => b.id)).size).toBe(body.blocks.length);
        expect(Object.values(body.breakdown as Record<string, number>).reduce((a, b) => a + b, 0)).toBe(
          body.blocks.length,
        );
        expect(body.context).not.toContain('\uFFFD');
      }),
      { numRuns: 60 },
    );
  }, 60_000);

  it('fills most of a budget when there is enough to say', async () => {
    for (const max_tokens of [200, 600, 2_000])
      expect((await context({ query: 'harbour', max_tokens })).utilization).toBeGreaterThan(0.75);
  });

  it('shortens a long memory at the end of a sentence', async () => {
    const body = await context({ query: 'pier boats', max_memory_tokens: 60 });
    const cut = body.blocks.filter((b: Block) => b.content.includes('pier') && b.content.endsWith(' […]'));
    expect(cut.length).toBeGreaterThan(0);
    for (const block of cut) {
      expect(block.content).toMatch(/water\. \[…\]$/);
      expect(truth(block.content)).toBeLessThanOrEqual(60);
    }
  });

  it('says the same thing once', async () => {
    const twin = 'The lighthouse keeper of the northern pier is called Olsen and he has two black cats';
    await storeAll(app, [twin, { content: `${twin}!`, category: 'other' }]);
    const once = await context({ query: 'lighthouse keeper', include_recent: false });
    expect(once.context.match(/lighthouse keeper/g)).toHaveLength(1);
    const twice = await context({ query: 'lighthouse keeper', dedup_threshold: 1 });
    expect(twice.context.match(/lighthouse keeper/g)).toHaveLength(2);
  });

  it('is the same every time', async () => {
    const [first, second] = [await context('harbour water'), await context('harbour water')];
    expect(second.context).toBe(first.context);
    expect(second.blocks).toEqual(first.blocks);
  });
});
