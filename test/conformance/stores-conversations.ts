// What the stores of conversations, episodes and their words promise, whichever database is under them.
import { expect, it } from 'vitest';
import { parseLexicalQuery } from '../../src/algo/text.ts';
import { type Kind, NOW } from '../support/databases.ts';
import { addMemory, memoryRow, withTwoUsers } from '../support/rows.ts';

const LATER = '2026-03-02 12:00:05';

export function conversationsSuite(kind: Kind): void {
  const t = withTwoUsers(kind);
  const conversation = (change = {}) => ({
    user_id: t.user,
    agent: 'claude',
    session_id: 's1',
    title: 'Grüße 東京',
    metadata: '{"a":1}',
    started_at: NOW,
    updated_at: NOW,
    ...change,
  });
  const begin = (change = {}) => t.bound.atomically(({ conversations }) => conversations.create(conversation(change)));
  const say = (id: number, ...texts: string[]) =>
    t.bound.atomically(({ conversations }) =>
      conversations.addMessages(
        t.user,
        id,
        texts.map((content) => ({ role: 'user', content, metadata: null })),
        NOW,
      ),
    );

  it('keeps conversations of one user, last changed first', async () => {
    const { conversations } = t.bound.read;
    const first = await begin();
    expect(first).toEqual({ ...conversation(), id: expect.any(Number) });
    const second = await begin({ agent: 'other', session_id: null, title: null, metadata: null });
    await say(second.id, 'a', 'b');
    const listed = async (agent?: string, user_id = t.user) =>
      (await conversations.list(user_id, agent, 10, 0)).map(({ id, message_count }) => [id, message_count]);
    expect(await listed()).toEqual([
      [second.id, 2],
      [first.id, 0],
    ]);
    await t.bound.atomically(({ conversations }) => conversations.set(t.user, first.id, { updated_at: LATER }));
    expect(await listed()).toEqual([
      [first.id, 0],
      [second.id, 2],
    ]);
    expect(await listed('other')).toEqual([[second.id, 2]]);
    expect(await listed(undefined, t.other)).toEqual([]);
    expect((await conversations.list(t.user, undefined, 1, 1)).map(({ id }) => id)).toEqual([second.id]);
    expect(await conversations.byId(t.other, first.id)).toBeUndefined();
    expect(await conversations.withCount(t.other, first.id)).toBeUndefined();
    expect(await conversations.withCount(t.user, second.id)).toMatchObject({ id: second.id, message_count: 2 });
    expect(
      await t.bound.atomically(({ conversations }) => conversations.set(t.other, first.id, { title: 'x' })),
    ).toBeUndefined();
  });

  it('finds the newest conversation of an agent and a session', async () => {
    const { conversations } = t.bound.read;
    await begin();
    const { id } = await begin();
    await begin({ agent: 'other' });
    expect((await conversations.ofSession(t.user, 'claude', 's1'))?.id).toBe(id);
    expect(await conversations.ofSession(t.user, 'claude', 's2')).toBeUndefined();
    expect(await conversations.ofSession(t.other, 'claude', 's1')).toBeUndefined();
  });

  it('keeps many messages in order, and none without its conversation', async () => {
    const { conversations } = t.bound.read;
    const { id } = await begin();
    const texts = Array.from({ length: 450 }, (_, i) => `line ${i} 'quoted' \\ % 🙂`);
    const added = await say(id, ...texts);
    expect(added.map(({ content }) => content)).toEqual(texts);
    expect(await conversations.messages(t.user, id, 2, 448)).toEqual(added.slice(448));
    expect(await conversations.messages(t.other, id, 5, 0)).toEqual([]);
    expect(await conversations.messageCount(t.user)).toBe(450);
    expect(await conversations.messageCount(t.other)).toBe(0);
    expect(await conversations.messageIds(t.other, id)).toEqual([]);
    const [one] = await conversations.messagesByIds(t.user, [added[3]!.id]);
    expect(one).toEqual({ ...added[3], agent: 'claude', conv_title: 'Grüße 東京' });
    expect(await conversations.messagesByIds(t.other, [added[3]!.id])).toEqual([]);
    await t.bound.atomically(({ conversations }) => conversations.remove(t.other, id));
    expect(await conversations.messageCount(t.user)).toBe(450);
    await t.bound.atomically(({ conversations }) => conversations.remove(t.user, id));
    expect(await conversations.messageCount(t.user)).toBe(0);
    await expect(say(id, 'to nobody')).rejects.toThrow(/foreign key/i);
  });

  it('finds texts by their words: rare ones first, per user and kind', async () => {
    const texts = [
      'the kettle is copper',
      'the kettle boils, the kettle sings',
      'a violin in the kettle',
      '東京タワー',
      `nothing here but ${'filler '.repeat(40)}kettle`,
    ].map((text, i) => ({ id: i + 1, text }));
    await t.bound.atomically(async ({ words }) => {
      await words.add(t.user, 'message', texts);
      await words.add(t.user, 'episode', [{ id: 1, text: 'kettle' }]);
      await words.add(t.other, 'message', [{ id: 9, text: 'kettle' }]);
    });
    const { words } = t.bound.read;
    const found = async (query: string, limit = 10, user_id = t.user) =>
      (await words.search(user_id, 'message', parseLexicalQuery(query), 5, limit)).map(({ id }) => id);
    expect(await found('Kettles')).toEqual([2, 1, 3, 5]);
    expect(await found('copper kettle', 1)).toEqual([1]);
    expect(await found('violin or copper')).toEqual([1, 3]);
    expect(await found('京')).toEqual([4]);
    expect(await found('東京')).toEqual([4]);
    expect(await found("'; drop table text_words --")).toEqual([]);
    expect(await found('...')).toEqual([]);
    expect(await found('kettle', 10, t.other)).toEqual([9]);
    for (const { score } of await words.search(t.user, 'message', parseLexicalQuery('kettle'), 5, 10))
      expect(score).toBeGreaterThan(0);
    await t.bound.atomically(({ words }) => words.remove(t.user, 'message', [1, 2, 4]));
    expect(await found('kettle copper 東京')).toEqual([3, 5]);
    await t.bound.atomically(({ words }) => words.remove(t.other, 'message', [3, 5]));
    expect(await found('kettle')).toEqual([3, 5]);
    expect((await words.search(t.user, 'episode', parseLexicalQuery('kettle'), 1, 10)).map(({ id }) => id)).toEqual([
      1,
    ]);
  });

  it('keeps a text of very many and very long words', async () => {
    const many = Array.from({ length: 1234 }, (_, i) => `w${i}`).join(' ');
    await t.bound.atomically(({ words }) =>
      words.add(t.user, 'message', [{ id: 1, text: `${many} ${'x'.repeat(9000)}` }]),
    );
    for (const query of ['w0', 'w1233', 'x'.repeat(9000)])
      expect(await t.bound.read.words.search(t.user, 'message', parseLexicalQuery(query), 1, 5)).toHaveLength(1);
  });

  it('keeps episodes, and what belongs to them', async () => {
    const { episodes } = t.bound.read;
    const row = {
      user_id: t.user,
      title: null,
      session_id: null,
      agent: null,
      summary: 'told',
      is_summarized: 0,
      started_at: NOW,
      ended_at: null,
      created_at: NOW,
    };
    const [a, b] = await t.bound.atomically(async ({ episodes }) => [
      await episodes.create(row),
      await episodes.create({ ...row, started_at: LATER, session_id: 's' }),
    ]);
    expect(a).toEqual({ ...row, id: expect.any(Number) });
    const listed = async (filter = {}) =>
      (await episodes.list({ user_id: t.user, ...filter }, 10, 0)).map(({ id }) => id);
    expect(await listed()).toEqual([b.id, a.id]);
    expect(await listed({ after: LATER })).toEqual([b.id]);
    expect(await listed({ before: NOW })).toEqual([a.id]);
    expect(await listed({ session_id: 's' })).toEqual([b.id]);
    expect(await listed({ ids: [a.id] })).toEqual([a.id]);
    expect(await listed({ user_id: t.other })).toEqual([]);
    expect(await episodes.count(t.user)).toBe(2);
    expect(await episodes.byId(t.other, a.id)).toBeUndefined();
    expect(
      await t.bound.atomically(({ episodes }) => episodes.set(t.other, a.id, { title: 'theirs' })),
    ).toBeUndefined();

    const add = (content: string, user_id = t.user, change = {}) =>
      addMemory(t.bound, memoryRow(user_id, content, change));
    const ids = [await add('one'), await add('two', t.user, { importance: 9 }), await add('three')];
    const foreign = await add('foreign', t.other);
    const gone = await add('gone', t.user, { is_forgotten: 1 });
    const assign = (user_id: number, some: number[]) =>
      t.bound.atomically(({ memories }) => memories.assign(user_id, some, a.id, NOW));
    expect(await assign(t.user, [ids[0]!, ids[1]!, foreign, gone, 987_654_321])).toBe(2);
    expect(await assign(t.other, [ids[2]!])).toBe(0);
    const filter = { user_id: t.user, now: NOW };
    expect((await episodes.memories({ ...filter, episode_id: a.id }, 10, 0)).map(({ id }) => id)).toEqual(
      ids.slice(0, 2),
    );
    expect((await episodes.memories({ ...filter, episode_id: a.id }, 1, 1)).map(({ id }) => id)).toEqual([ids[1]]);
    expect(await episodes.memories({ ...filter, user_id: t.other, episode_id: a.id }, 10, 0)).toEqual([]);
    expect(await episodes.ofMemories(filter, [...ids, foreign, gone])).toEqual(
      new Map([
        [ids[0], a.id],
        [ids[1], a.id],
      ]),
    );
    const decays = await episodes.decays(filter, [a.id, b.id]);
    expect(decays.map(({ episode_id, importance }) => [episode_id, importance]).sort()).toEqual([
      [a.id, 5],
      [a.id, 9],
    ]);
  });

  it('lets a session have one open episode per source', async () => {
    const join = (agent: string, session = 's', user_id = t.user) =>
      t.bound.atomically(({ episodes }) => episodes.inSession(user_id, session, agent, NOW));
    const first = await join('claude');
    expect(await join('claude')).toBe(first);
    const others = [await join('codex'), await join('claude', 's2'), await join('claude', 's', t.other)];
    expect(new Set([first, ...others]).size).toBe(4);
    await t.bound.atomically(({ episodes }) => episodes.set(t.user, first, { ended_at: LATER }));
    const second = await join('claude');
    expect(second).not.toBe(first);
    await t.bound.atomically(({ episodes }) => episodes.set(t.user, second, { agent: null }));
    expect(await join('claude')).toBe(second);
    expect(await join('codex')).toBe(others[0]);
    expect(await join('someone else')).toBe(second);
  });
}
