// Every endpoint that may ask a language model, twice: with one that speaks the real protocol, and without any. What needs
// one says so; the rest answers by rules and pretends nothing.
import { describe, expect, it } from 'vitest';
import { DAY_MS, MINUTE_MS } from '../src/algo/durations.ts';
import { type Answer, createTestApp, type TestApp } from './support/app.ts';
import { startLlm } from './support/llm-server.ts';
import { storeAll } from './support/memories.ts';

interface Case {
  /** What happens, in words of the API. */
  endpoint: string;
  purpose: string;
  answer: (ids: number[]) => unknown;
  stored: readonly (string | { content: string; [field: string]: unknown })[];
  call(app: TestApp, ids: number[]): Promise<Answer>;
  /** Checks the answer with the model, and without. */
  with(answer: Answer, ids: number[], app: TestApp): void | Promise<void>;
  without(answer: Answer, ids: number[], app: TestApp): void | Promise<void>;
}

const PORTS = ['The gateway listens on port 8080', 'The gateway listens on port 9090'];
const IMPORTS = [
  'The import of the customer list failed because the token had expired',
  'The import of the customer list failed because the token had expired again',
  'The import of the customer list failed on Monday because the token had expired',
];
const REFLECTION = {
  reflection: 'The week went into failed imports.',
  themes: ['imports'],
  progress: [],
  patterns: [],
  unresolved: [],
  insight: 'Renew tokens before they expire.',
};
const CHAT = { messages: [{ role: 'user', content: 'Ghent it is, and I live in Porto no more.' }] };
const LEARNT = 'Renew the token before each import; it expires at night.';
const ok = ({ status, body }: Answer, expected: object) => {
  expect(status, JSON.stringify(body)).toBeLessThan(300);
  expect(body).toMatchObject(expected);
};
const refused = ({ status, body }: Answer) => expect([status, body.code]).toEqual([503, 'llm_not_configured']);

const CASES: Case[] = [
  {
    endpoint: 'POST /reflect',
    purpose: 'reflect',
    answer: () => REFLECTION,
    stored: IMPORTS,
    call: (app) => app.call('POST', '/reflect'),
    with: (answer) => ok(answer, { insight: REFLECTION.insight, memories_analyzed: 3 }),
    without: async (answer, _ids, app) => {
      refused(answer);
      expect((await app.call('GET', '/reflections')).body.total).toBe(0);
    },
  },
  {
    endpoint: 'POST /contradictions/resolve, merge',
    purpose: 'merge_contradiction',
    answer: () => ({ content: 'The gateway listened on port 8080 and now listens on port 9090.' }),
    stored: PORTS,
    call: (app, [memory_a_id, memory_b_id]) =>
      app.call('POST', '/contradictions/resolve', { memory_a_id, memory_b_id, resolution: 'merge' }),
    with: async (answer, ids, app) => {
      ok(answer, { resolved: true, action: 'merged', archived: ids });
      const { results } = (await app.call('POST', '/search', { query: 'gateway port' })).body;
      expect(results.map(({ id }: { id: number }) => id)).toEqual([answer.body.merged_memory_id]);
    },
    without: async (answer, _ids, app) => {
      refused(answer);
      expect((await app.call('GET', '/contradictions')).body.total).toBe(1);
    },
  },
  {
    endpoint: 'GET /contradictions, verified',
    purpose: 'verify_contradictions',
    answer: () => ({ pairs: [{ pair: 1, contradict: false }] }),
    stored: PORTS,
    call: (app) => app.call('GET', '/contradictions?verify=true'),
    with: (answer) => ok(answer, { contradictions: [], total: 0 }),
    without: (answer) => ok(answer, { total: 1, verified: false, contradictions: [{ verified: false }] }),
  },
  {
    endpoint: 'POST /store, how memories are related',
    purpose: 'relate_memories',
    answer: () => ({ relations: [{ note: 1, relation: 'extends', confidence: 0.9, reason: 'it adds where' }] }),
    stored: [
      'The nightly backup of the billing database goes to the Bergen bucket',
      'Restoring the billing database from the Bergen backup bucket takes an hour',
    ],
    call: (app, ids) => app.call('GET', `/links/${ids[1]}`),
    with: (answer, ids) => ok(answer, { links: [{ id: ids[0], type: 'extends' }] }),
    without: (answer, ids) => ok(answer, { links: [{ id: ids[0], type: 'similarity' }] }),
  },
  {
    endpoint: 'POST /personality/profile/update',
    purpose: 'portrait',
    answer: () => ({ portrait: 'Someone who would rather take the train.' }),
    stored: ['I prefer trains over planes.'],
    call: (app) => app.call('POST', '/personality/profile/update'),
    with: (answer) => ok(answer, { portrait: 'Someone who would rather take the train.', degraded: [] }),
    without: (answer) => ok(answer, { portrait: null, signal_count: 2, summary: expect.stringContaining('trains') }),
  },
  {
    endpoint: 'POST /profile/synthesize',
    purpose: 'portrait',
    answer: () => ({ portrait: 'Someone who would rather take the train.' }),
    stored: ['I prefer trains over planes.'],
    call: (app) => app.call('POST', '/profile/synthesize', {}),
    with: (answer) => ok(answer, { personality_summary: 'Someone who would rather take the train.' }),
    without: (answer) => ok(answer, { personality_summary: expect.stringContaining('Likes: trains') }),
  },
  {
    endpoint: 'POST /intelligence/reflections/generate',
    purpose: 'reflect_on_memories',
    answer: ([id]) => ({ reflections: [{ id, action: 'enrich', content: 'Say which ledger, and where it runs.' }] }),
    stored: [{ content: 'Never restart the ledger on the last of a month', importance: 9 }],
    call: async (app) => {
      app.clock.advance(8 * DAY_MS);
      return app.call('POST', '/intelligence/reflections/generate');
    },
    with: (answer) => ok(answer, { reflections: [{ origin: 'llm', content: 'Say which ledger, and where it runs.' }] }),
    without: (answer) => ok(answer, { reflections: [{ origin: 'rules' }], degraded: [] }),
  },
  {
    endpoint: 'POST /consolidate',
    purpose: 'consolidate',
    answer: () => ({ summary: 'The import of the customer list failed three times: its token had expired.' }),
    stored: IMPORTS,
    call: (app, memory_ids) => app.call('POST', '/consolidate', { memory_ids }),
    with: (answer) => ok(answer, { method: 'llm', content: expect.stringContaining('failed three times') }),
    without: (answer) => ok(answer, { method: 'rules', content: expect.stringContaining('the token had expired') }),
  },
  {
    endpoint: 'POST /digests/generate',
    purpose: 'digest',
    answer: () => ({ paragraph: 'It was all about tokens.' }),
    stored: IMPORTS,
    call: (app) => app.call('POST', '/digests/generate'),
    with: (answer) => ok(answer, { paragraph: 'It was all about tokens.' }),
    without: (answer) => ok(answer, { paragraph: null, content: expect.stringContaining('token') }),
  },
  {
    endpoint: 'POST /growth/reflect',
    purpose: 'growth',
    answer: () => ({ observation: LEARNT }),
    stored: [],
    call: (app) => app.call('POST', '/growth/reflect', { service: 'claude-code', context: ['The import failed'] }),
    with: (answer) => ok(answer, { observation: LEARNT, degraded: [] }),
    without: (answer) => ok(answer, { observation: null, stored_memory_id: null, degraded: ['llm'] }),
  },
  {
    endpoint: 'POST /intelligence/run, what is learnt from the last memories',
    purpose: 'growth',
    answer: () => ({ observation: LEARNT }),
    stored: ['one', 'two', 'three', 'four', 'five'].map((name) => `Ran the import on host ${name}`),
    call: (app) => app.call('POST', '/intelligence/run'),
    with: ({ body }) => expect(body.reports.at(-1)).toMatchObject({ name: 'growth', status: 'ok' }),
    without: ({ body }) =>
      expect(body.reports.at(-1)).toMatchObject({
        ...{ name: 'growth', status: 'skipped', error: 'there is no language model' },
      }),
  },
  {
    endpoint: 'POST /add',
    purpose: 'extract_conversation',
    answer: () => ({ facts: [{ content: 'The user lives in Ghent.', category: 'state' }] }),
    stored: [],
    call: (app) => app.call('POST', '/add', CHAT),
    with: (answer) => ok(answer, { extracted_by: 'llm', facts: [{ content: 'The user lives in Ghent.' }] }),
    without: (answer) => ok(answer, { extracted_by: 'rules', degraded: [] }),
  },
  {
    endpoint: 'POST /intelligence/decompose/{memory_id}',
    purpose: 'decompose',
    answer: () => ({ facts: ['Priya works above the old bakery.', 'Bruno founded the old bakery in Ghent.'] }),
    stored: ['Priya works above the old bakery that Bruno founded in Ghent. He sold it in May.'],
    call: (app, [id]) => app.call('POST', `/intelligence/decompose/${id}`),
    with: async ({ body }, _ids, app) => {
      const part = (await app.call('GET', `/memory/${body.child_ids[1]}`)).body;
      expect(part.content).toBe('Bruno founded the old bakery in Ghent.');
    },
    without: async ({ status, body }, _ids, app) => {
      expect(status).toBe(200);
      for (const id of body.child_ids)
        expect((await app.call('GET', `/memory/${id}`)).body.content).not.toBe(
          'Bruno founded the old bakery in Ghent.',
        );
    },
  },
  {
    endpoint: 'POST /intelligence/extract',
    purpose: 'facts',
    answer: () => ({ facts: [{ subject: 'Bruno', predicate: 'founded', object: 'old bakery' }] }),
    stored: [],
    call: async (app) => {
      const answer = await app.call('POST', '/intelligence/extract', {
        content: 'Priya works at Acme. Above it is the old bakery that Bruno founded in Ghent.',
      });
      expect(answer.status).toBe(200);
      return app.call('GET', '/facts');
    },
    with: ({ body }) =>
      expect(body.facts.map(({ origin, subject }: Record<string, string>) => `${origin}: ${subject}`).sort()).toEqual([
        'llm: Bruno',
        'rules: Priya',
      ]),
    without: ({ body }) => expect(body.facts).toMatchObject([{ origin: 'rules', subject: 'Priya' }]),
  },
  {
    endpoint: 'POST /store, who and what is named',
    purpose: 'entities',
    answer: () => ({ entities: [{ name: 'Zorblat', type: 'tool' }], relationships: [] }),
    stored: ['Tom keeps the old Zorblat alive at night.'],
    call: (app) => app.call('GET', '/entities'),
    with: ({ body }) => expect(names(body.entities)).toEqual(['Tom tool?', 'Zorblat tool']),
    without: ({ body }) => expect(names(body.entities)).not.toContain('Zorblat tool'),
  },
  {
    endpoint: 'POST /guard',
    purpose: 'guard',
    answer: () => ({ verdict: 'ALLOW', reason: 'It is another branch.' }),
    stored: [{ content: 'Never push to main', is_static: true, importance: 9 }],
    call: (app) => app.call('POST', '/guard', { action: 'git push origin feature' }),
    with: (answer) => ok(answer, { signal: 'allow' }),
    without: (answer) => ok(answer, { signal: 'warn', degraded: [] }),
  },
];
const names = (entities: { name: string; entity_type: string }[]) =>
  entities.map(({ name, entity_type }) => `${name} ${entity_type === 'tool' ? 'tool' : 'tool?'}`).sort();

/** What the model says to whatever is asked beside: stored memories are read in the background. */
const NOTHING_FOUND = {
  facts: { facts: [] },
  decompose: { facts: [] },
  entities: { entities: [], relationships: [] },
  relate_memories: { relations: [] },
};
const READS = { ENGRAM_UNDERSTANDING: '1', ENGRAM_EMBEDDING_MODEL: '' };

/** Stores, lets it be read, and asks. */
async function ask(one: Case, env: Record<string, string>, tell: (ids: number[]) => void) {
  const app = await createTestApp({ env: { ...READS, ...env } });
  const ids: number[] = [];
  for (const text of one.stored) {
    ids.push(...(await storeAll(app, [text])));
    tell(ids);
    app.clock.advance(MINUTE_MS);
  }
  await app.jobs.drain();
  return { app, ids, answer: await one.call(app, ids) };
}

describe.each(CASES)('$endpoint', (one) => {
  it('with a language model', async () => {
    await using llm = await startLlm();
    const tell = (ids: number[]) => {
      llm.answer = { ...NOTHING_FOUND, [one.purpose]: one.answer(ids) };
    };
    tell([]);
    const { app, ids, answer } = await ask(one, llm.env, tell);
    await one.with(answer, ids, app);
    const [asked] = llm.asked(one.purpose);
    expect(asked, 'the model was asked').toBeDefined();
    for (const text of one.stored)
      expect(asked!.instructions).not.toContain(typeof text === 'string' ? text : text.content);
    await app.close();
  });

  it('without one', async () => {
    const { app, ids, answer } = await ask(one, {}, () => {});
    await one.without(answer, ids, app);
    await app.close();
  });
});
