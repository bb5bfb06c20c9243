// mem0's hosted client, pointed at this server.
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { type ServedApp, serveApp } from '../sdk/support.ts';

// As mem0 documents it: nothing is reported to anybody. Read when the module loads, so it is set before.
vi.stubEnv('MEM0_TELEMETRY', 'false');
const { MemoryClient, MemoryNotFoundError } = await import('mem0ai');

let served: ServedApp;
let client: InstanceType<typeof MemoryClient>;
beforeAll(async () => {
  served = await serveApp();
  client = new MemoryClient({ apiKey: served.app.key, host: served.url });
  await client.ping();
});
afterAll(async () => {
  await served.close();
  vi.unstubAllEnvs();
});

const filters = { user_id: 'alice' };
// Its types promise a list; what it hands on is what the server says.
// biome-ignore lint/suspicious/noExplicitAny: answers as they come
const add = (...asked: Parameters<typeof client.add>): Promise<any> => client.add(...asked);

describe('the client of mem0', () => {
  it('stores, searches, updates and deletes', async () => {
    const messages = [
      { role: 'user' as const, content: 'I live in Bergen. I love sailing.' },
      { role: 'assistant' as const, content: 'Noted!' },
    ];
    const added = await add(messages, { userId: 'alice', metadata: { fromChat: true } });
    expect(added.results.map(({ memory, event }: { memory: string; event: string }) => [memory, event])).toEqual([
      ['I live in Bergen.', 'ADD'],
      ['I love sailing.', 'ADD'],
    ]);
    const [{ id }] = added.results;

    const { results } = await client.search('Where does she live?', { filters, topK: 5 });
    expect(results.find((hit) => hit.id === id)).toMatchObject({
      memory: 'I live in Bergen.',
      userId: 'alice',
      metadata: { fromChat: true },
      score: expect.any(Number),
    });
    expect((await client.search('Bergen', { filters: { user_id: 'bob' } })).results).toEqual([]);

    await client.update(id, { text: 'I live in Oslo.', metadata: { moved: 1 } });
    expect(await client.get(id)).toMatchObject({ id, memory: 'I live in Oslo.', metadata: { moved: 1 } });
    expect((await client.history(id)).map(({ event, newMemory }) => [event, newMemory])).toEqual([
      ['ADD', 'I live in Bergen.'],
      ['UPDATE', 'I live in Oslo.'],
    ]);

    expect(await client.delete(id)).toMatchObject({ message: expect.any(String) });
    await expect(client.get(id)).rejects.toBeInstanceOf(MemoryNotFoundError);
    const rest = await client.getAll({ filters, page: 1, pageSize: 10 });
    expect([rest.count, rest.results.map(({ memory }) => memory)]).toEqual([1, ['I love sailing.']]);
  });

  it('works on many, and on those they are about', async () => {
    const said = (content: string) => [{ role: 'user' as const, content }];
    const ids = [];
    for (const content of ['The mast is new.', 'The sail is old.'])
      ids.push((await add(said(content), { agentId: 'boatswain', infer: false })).results[0].id);
    await client.batchUpdate(ids.map((memoryId, n) => ({ memoryId, text: `Changed ${n}.` })));
    const all = await client.getAll({ filters: { AND: [{ agent_id: 'boatswain' }] } });
    expect(all.results.map(({ memory }) => memory)).toEqual(['Changed 1.', 'Changed 0.']);
    await client.feedback({ memoryId: ids[0], feedback: 'POSITIVE' as never });
    const { results } = await client.users();
    expect(results).toContainEqual(expect.objectContaining({ type: 'agent', name: 'boatswain', totalMemories: 2 }));
    await client.batchDelete([ids[0]]);
    await client.deleteUsers({ agentId: 'boatswain' });
    expect((await client.getAll({ filters: { agent_id: 'boatswain' } })).count).toBe(0);
    await add(said('The deck is dry.'), { runId: 'r1', infer: false });
    await client.deleteAll({ runId: 'r1' });
    expect((await client.getAll({ filters: { run_id: 'r1' } })).count).toBe(0);
  });
});
