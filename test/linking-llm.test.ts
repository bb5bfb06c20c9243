// With a language model, the nearest few are judged by it, and contradictions are verified and merged.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createFsrs } from '../src/algo/fsrs.ts';
import { AppError } from '../src/core/errors.ts';
import type { Llm, LlmAsk } from '../src/core/llm.ts';
import { silentLogger } from '../src/core/log.ts';
import type { Scope } from '../src/core/scope.ts';
import { createContradictions } from '../src/features/contradictions/service.ts';
import { linkingStep } from '../src/features/linking/step.ts';
import type { MemoryService } from '../src/features/memory/service.ts';
import type { Neighbour } from '../src/features/understanding/neighbours.ts';
import { type Stores, storesOn } from '../src/stores.ts';
import { createTestApp, type TestApp } from './support/app.ts';
import { storeAll } from './support/memories.ts';

const NOW = '2026-03-02 12:00:00';
const SCOPE: Scope = { user_id: 1, key_id: 1, scopes: ['admin'], default_space_id: null, space_id: null };

let app: TestApp;
let stores: ReturnType<typeof storesOn>;
beforeEach(async () => {
  app = await createTestApp();
  stores = storesOn(app.database, app.clock);
});
afterEach(() => app.close());

/** Gives the answers in turn; an error is thrown. */
function fakeLlm(...answers: unknown[]) {
  const asked: LlmAsk<unknown>[] = [];
  const llm: Llm = {
    model: 'fake',
    async ask(ask) {
      asked.push(ask as LlmAsk<unknown>);
      const answer = answers.shift();
      if (answer instanceof Error) throw answer;
      return ask.answer.parse(answer);
    },
  };
  return { llm, asked };
}

/** Stores the texts and reads the last of them, with the others as its neighbours. */
async function readLast(llm: Llm, ...texts: string[]): Promise<number[]> {
  const ids = await storeAll(app, texts);
  const rows = await stores.read.memories.byIds(1, ids);
  const row = rows.find(({ id }) => id === ids.at(-1))!;
  const near: Neighbour[] = rows
    .filter((other) => other !== row)
    .map((other) => ({ row: other, cosine: 0.9, lexical: 0.6 }));
  const step = linkingStep<Stores>({ read: stores.read, semantics: { chance: 0.2 }, llm, logger: silentLogger });
  const write = await step.read({ row, previous: null, near: async () => near, now: NOW });
  if (write) await stores.atomically(write);
  return ids;
}
const edges = async (id: number) =>
  (await stores.read.links.touching(1, [id])).map(({ source_id, target_id, type }) => [source_id, type, target_id]);
const listed = () => stores.read.contradictions.list({ user_id: 1, space_id: null, now: NOW }, 0, 10);

const judged = (relation: string, confidence = 0.9, note = 1) => ({ note, relation, confidence, reason: 'it says so' });
const PLAIN = ['The orders backup goes to the bucket in Oslo', 'The orders backup bucket in Oslo was emptied'] as const;

describe('relating', () => {
  it.each([
    ['extends', ([a, b]: number[]) => [[b, 'extends', a]]],
    ['caused_by', ([a, b]: number[]) => [[b, 'caused_by', a]]],
    ['causes', ([a, b]: number[]) => [[a, 'caused_by', b]]],
    ['prerequisite_for', ([a, b]: number[]) => [[a, 'prerequisite_for', b]]],
    ['none', ([a, b]: number[]) => [[b, 'similarity', a]]],
  ])('%s', async (relation, expected) => {
    const { llm, asked } = fakeLlm({ relations: [judged(relation)] });
    const ids = await readLast(llm, ...PLAIN);
    expect(await edges(ids[1]!)).toEqual(expected(ids));
    expect(asked).toHaveLength(1);
    expect(asked[0]).toMatchObject({ urgency: 'later' });
    // Stored text is data, never an order.
    expect(asked[0]!.data).toContain(PLAIN[0]);
    expect(asked[0]!.instructions).not.toContain(PLAIN[0]);
  });

  it('notes a contradiction that only it can see, as verified', async () => {
    const { llm } = fakeLlm({ relations: [judged('updates')] });
    const [a, b] = await readLast(llm, ...PLAIN);
    expect((await edges(b!)).map(([, type]) => type).sort()).toEqual(['contradicts', 'updates']);
    expect(await listed()).toEqual([
      expect.objectContaining({ memory_a: a, memory_b: b, kind: 'judged', verified: 1, description: 'it says so' }),
    ]);
  });

  it('drops a contradiction it does not see', async () => {
    const { llm } = fakeLlm({ relations: [judged('none')] });
    await readLast(llm, 'Redis listens on port 6379', 'Redis listens on port 6380');
    expect(await listed()).toEqual([]);
  });

  it('is asked about the three that matter most, and not at all when nothing is near', async () => {
    const { llm, asked } = fakeLlm({ relations: [judged('none', 0.9, 7)] });
    await readLast(llm, ...Array.from({ length: 5 }, (_, i) => `Redis listens on port 638${i}`));
    expect(JSON.parse(asked[0]!.data).earlier).toHaveLength(3);
    expect(await listed()).toHaveLength(4);
    await readLast(llm, 'Penguins huddle in winter', 'Invoices are due on the tenth');
    expect(asked).toHaveLength(1);
  });

  it('leaves it to the rules when it does not answer', async () => {
    const { llm } = fakeLlm(new AppError('llm_unavailable'));
    const [a, b] = await readLast(llm, 'Redis listens on port 6379', 'Redis listens on port 6380');
    expect(await listed()).toEqual([
      expect.objectContaining({ memory_a: a, memory_b: b, kind: 'number', verified: 0 }),
    ]);
  });
});

describe('showing and settling', () => {
  const service = (llm: Llm) =>
    createContradictions({
      read: stores.read,
      atomically: stores.atomically,
      // What the endpoint of the same name does.
      memory: {
        update: async (_scope: Scope, id: number, change: { content?: string | undefined }) =>
          (await app.call('POST', `/memory/${id}/update`, change)).body,
      } as unknown as Pick<MemoryService, 'update'>,
      llm,
      follow: async () => {},
      fsrs: createFsrs(),
      clock: app.clock,
      logger: silentLogger,
    });
  const two = async () => {
    const { llm } = fakeLlm(new AppError('llm_unavailable'));
    return (await readLast(llm, 'Redis listens on port 6379', 'Redis listens on port 6380')) as [number, number];
  };
  const query = { threshold: 0.6, limit: 30, verify: true };

  it('verifies those it has not seen', async () => {
    await two();
    const { llm, asked } = fakeLlm(
      { pairs: [{ pair: 1, contradict: true }] },
      { pairs: [{ pair: 1, contradict: false }] },
    );
    expect(await service(llm).list(SCOPE, query)).toMatchObject({
      verified: true,
      contradictions: [{ verified: true, kind: 'number' }],
    });
    expect(await service(llm).list(SCOPE, query)).toMatchObject({ total: 0, contradictions: [] });
    expect(await service(llm).list(SCOPE, { ...query, verify: false })).toMatchObject({ verified: false, total: 1 });
    expect(asked).toHaveLength(2);
  });

  it('shows them as they were found when it does not answer', async () => {
    await two();
    const { llm } = fakeLlm(new AppError('llm_unavailable'));
    expect(await service(llm).list(SCOPE, query)).toMatchObject({ verified: false, total: 1 });
  });

  it('merges both into a new version of the newer one', async () => {
    const [a, b] = await two();
    const content = 'Redis listens on port 6380; until March it was 6379';
    const { llm } = fakeLlm({ content });
    const answer = await service(llm).resolve(SCOPE, { memory_a_id: b, memory_b_id: a, resolution: 'merge' });
    expect(answer).toEqual({
      resolved: true,
      action: 'merged',
      merged_memory_id: expect.any(Number),
      content,
      archived: [b, a],
    });
    const merged = answer as { merged_memory_id: number };
    expect((await app.call('GET', `/memory/${merged.merged_memory_id}`)).body).toMatchObject({ content, version: 2 });
    expect((await app.call('GET', `/memory/${a}`)).status).toBe(404);
    expect(await listed()).toEqual([]);
    expect(await edges(a)).toEqual([[merged.merged_memory_id, 'resolves', a]]);
  });

  it('changes nothing when the model does not answer', async () => {
    const [a, b] = await two();
    const { llm } = fakeLlm(new AppError('llm_unavailable'));
    const request = { memory_a_id: a, memory_b_id: b, resolution: 'merge' as const };
    await expect(service(llm).resolve(SCOPE, request)).rejects.toMatchObject({ code: 'llm_unavailable' });
    expect(await listed()).toHaveLength(1);
  });
});
