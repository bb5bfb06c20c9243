// The model that comes with the program, chosen by its name.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createTestApp } from './support/app.ts';

const SHIPPED = existsSync(join(import.meta.dirname, '..', 'models', 'engram-mini', 'engram.json'));

describe('ENGRAM_EMBEDDING_MODEL', () => {
  it('naming a model nobody has leaves search working, says why, and degrades', async () => {
    const app = await createTestApp({ env: { ENGRAM_EMBEDDING_MODEL: 'BAAI/bge-m3' } });
    expect(app.modelProblem).toContain('ENGRAM_EMBEDDING_MODEL_DIR');
    await app.call('POST', '/store', { content: 'green tea' });
    const { body } = await app.call('POST', '/search', { query: 'tea' });
    expect([body.results.length, body.degraded]).toEqual([1, ['vector']]);
    await app.close();
  });

  it.runIf(SHIPPED)('engram-mini finds what shares no word with the question', async () => {
    const app = await createTestApp({ env: { ENGRAM_EMBEDDING_MODEL: 'engram-mini' } });
    expect(app.modelProblem).toBeNull();
    const others = [
      'The car needs new brakes',
      'Rent is due on Friday',
      'The garden gate squeaks',
      'Python 3.12 is installed',
    ];
    for (const content of others) await app.call('POST', '/store', { content });
    await app.call('POST', '/store', { content: 'My sister adopted a kitten' });
    const { body } = await app.call('POST', '/search', { query: 'which pets does the family own, a cat?' });
    expect(body.degraded).toEqual([]);
    expect(body.results[0].content).toBe('My sister adopted a kitten');
    await app.close();
  });
});
