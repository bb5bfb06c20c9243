// Facts, parts and memories of conversations with a language model: what it adds, and what is not taken from it.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { AppError } from '../src/core/errors.ts';
import type { Llm, LlmAsk } from '../src/core/llm.ts';
import { silentLogger } from '../src/core/log.ts';
import type { Scope } from '../src/core/scope.ts';
import { createDecompose } from '../src/features/decompose/service.ts';
import { AddRequest } from '../src/features/extraction/contract.ts';
import { createExtraction } from '../src/features/extraction/service.ts';
import { createFacts } from '../src/features/facts/service.ts';
import { createTestApp, type TestApp } from './support/app.ts';
import { startLlm } from './support/llm-server.ts';
import { store } from './support/memories.ts';
import { stores } from './support/rows.ts';

const SCOPE: Scope = { user_id: 1, key_id: 0, scopes: ['write'], default_space_id: null, space_id: null };

/** Says what the test says, or nothing at all. */
function stub(answer: unknown): Llm & { asked: LlmAsk<unknown>[] } {
  const asked: LlmAsk<unknown>[] = [];
  return {
    model: 'stub',
    asked,
    async ask(ask) {
      asked.push(ask as LlmAsk<unknown>);
      if (answer === null) throw new AppError('llm_unavailable');
      return ask.answer.parse(answer);
    },
  };
}

let app: TestApp;
beforeEach(async () => {
  app = await createTestApp();
});
afterEach(() => app.close());
const deps = (llm: Llm) => ({
  ...stores(app.database, app.clock),
  memory: app.memory,
  llm,
  clock: app.clock,
  logger: silentLogger,
});

describe('facts with a language model', () => {
  const TEXT = 'Alice works at Acme. Her office sits above the old bakery, which Bruno has run since 2019.';
  const list = async () =>
    (await app.call('GET', '/facts')).body.facts
      .map((fact: Record<string, unknown>) => `${fact.origin}: ${fact.subject} ${fact.predicate} ${fact.object}`)
      .sort();

  it('adds what rules do not find, and takes no fact that the text does not name', async () => {
    const llm = stub({
      facts: [
        { subject: 'Alice', predicate: 'employed by', object: 'Acme' },
        { subject: 'Alice', predicate: 'works_at', object: 'Initech' },
        { subject: 'Bruno', predicate: 'runs', object: 'old bakery', date: '2019-01-01' },
        { subject: 'Bruno', predicate: 'lives_in', object: 'Palermo' },
        { subject: 'Zed', predicate: 'owns', object: 'bakery' },
        { subject: 'I', predicate: '!!', object: 'bakery' },
      ],
    });
    const id = await store(app, TEXT);
    await createFacts(deps(llm)).extract(SCOPE, { memory_id: id });
    expect(await list()).toEqual(['llm: Bruno runs old bakery', 'rules: Alice works_at Acme'].sort());
    expect((await app.call('GET', '/facts?subject=bruno')).body.facts[0]).toMatchObject({
      valid_at: '2019-01-01 00:00:00',
      confidence: 0.75,
    });
    expect(llm.asked[0]!.data).toBe(TEXT);
    expect(llm.asked[0]!.instructions).not.toContain('Acme');
  });

  it('does with rules what it cannot do with a model that fails', async () => {
    const id = await store(app, TEXT);
    await createFacts(deps(stub(null))).extract(SCOPE, { memory_id: id });
    expect(await list()).toEqual(['rules: Alice works_at Acme']);
  });
});

describe('parts by a language model', () => {
  const TEXT = 'Alice Moreno runs billing with Bob, he told her that port 8080 moved to 9090 on the gateway in May.';
  const decompose = (llm: Llm) => createDecompose({ ...deps(llm), auto: true });

  it('are taken when the text says so, and left when it does not', async () => {
    const id = await store(app, TEXT);
    const llm = stub({
      facts: [
        'Alice Moreno runs billing with Bob.',
        'The gateway moved from port 8080 to port 9090 in May.',
        'Alice runs port 7777 on the gateway.',
        'Bob enjoys sailing in Greece every summer.',
      ],
    });
    const { child_ids } = await decompose(llm).decompose(SCOPE, id);
    const texts = await Promise.all(
      child_ids.map(async (child) => (await app.call('GET', `/memory/${child}`)).body.content),
    );
    expect(texts).toEqual([
      'Alice Moreno runs billing with Bob.',
      'The gateway moved from port 8080 to port 9090 in May.',
    ]);
    expect((await app.call('GET', `/memory/${id}`)).body).toMatchObject({ is_decomposed: true, content: TEXT });
  });

  it('come from rules when the model fails', async () => {
    const id = await store(app, 'The API runs on port 8080. The queue is stored in Kafka 3.7.');
    expect((await decompose(stub(null)).decompose(SCOPE, id)).child_ids).toHaveLength(2);
  });
});

describe('/add with a language model', () => {
  const add = (llm: Llm, body: object) =>
    createExtraction({ ...deps(llm), status: 'pending' }).add(SCOPE, AddRequest.parse(body));
  const messages = [{ role: 'user', content: 'I live in Berlin, no wait, Munich.' }];

  it('stores what it finds; corrections are permanent and important', async () => {
    const llm = stub({
      facts: [
        { content: 'The user lives in Munich.', category: 'state', is_correction: true, importance: 4, tags: ['home'] },
        { content: 'The user asked something.', importance: 99, forget_after: '2026-04-01' },
        { content: 'The user was late.', forget_after: 'soon' },
      ],
    });
    const body = await add(llm, { messages });
    expect(body).toMatchObject({ added: 3, extracted_by: 'llm', degraded: [], messages_processed: 1 });
    const { pending } = (await app.call('GET', '/inbox')).body;
    expect(pending.reverse()).toMatchObject([
      {
        content: 'The user lives in Munich.',
        category: 'state',
        importance: 9,
        is_static: true,
        tags: ['home', 'correction'],
      },
      { category: 'general', importance: 10, forget_after: '2026-04-01 00:00:00' },
      { importance: 5, forget_after: null },
    ]);
    expect(llm.asked[0]!.data).toContain('no wait, Munich');
  });

  it('says so when rules had to do', async () => {
    const body = await add(stub(null), { messages: [{ role: 'user', content: 'I live in Berlin.' }] });
    expect(body).toMatchObject({ added: 1, extracted_by: 'rules', degraded: ['llm'] });
  });
});

describe('over HTTP', () => {
  it('a memory that is stored is read by the model too, and by rules when it is away', async () => {
    await using llm = await startLlm({
      answer: {
        facts: { facts: [{ subject: 'Bruno', predicate: 'founded', object: 'old bakery' }] },
        decompose: { facts: ['Alice works above the old bakery.', 'Bruno founded the old bakery in Rome.'] },
        extract_conversation: { facts: [{ content: 'The user lives in Munich.', category: 'state' }] },
      },
    });
    await using mind = await withLlm(llm.env);
    const { app } = mind;
    const id = await store(app, 'Alice works at Acme. Above it is the old bakery that Bruno founded in Rome.');
    await app.jobs.drain();
    const { facts } = (await app.call('GET', '/facts')).body;
    expect(facts.map((fact: Record<string, unknown>) => [fact.origin, fact.subject, fact.predicate])).toEqual([
      ['llm', 'Bruno', 'founded'],
      ['rules', 'Alice', 'works_at'],
    ]);
    expect((await app.call('POST', `/intelligence/decompose/${id}`)).body.child_ids).toHaveLength(2);
    const added = (await app.call('POST', '/add', { messages: [{ role: 'user', content: 'Munich it is.' }] })).body;
    expect(added).toMatchObject({
      extracted_by: 'llm',
      facts: [{ content: 'The user lives in Munich.', category: 'state' }],
    });
    llm.answer = undefined;
    const rules = (await app.call('POST', '/add', { messages: [{ role: 'user', content: 'I live in Berlin.' }] })).body;
    expect(rules).toMatchObject({ added: 1, extracted_by: 'rules', degraded: ['llm'] });
  });
});

async function withLlm(env: Record<string, string>) {
  const app = await createTestApp({ env: { ENGRAM_UNDERSTANDING: '1', ...env } });
  return { app, [Symbol.asyncDispose]: () => app.close() };
}
