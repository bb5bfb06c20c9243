// Episodes over HTTP: what is stored in a session becomes one by itself, is summed up without a language model, and is
// found by what it tells.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Caller, createTestApp, type TestApp, tempDir } from './support/app.ts';
import { writeToyModel } from './support/onnx-model.ts';

let app: TestApp;
let call: Caller;
beforeEach(async () => {
  app = await createTestApp();
  call = app.call;
});
afterEach(() => app.close());

const NOW = '2026-03-02 12:00:00';
const HOUR = 3_600_000;
const store = async (content: string, more: object = {}) => (await call('POST', '/store', { content, ...more })).body;
const begin = async (body: object = {}): Promise<number> => (await call('POST', '/episodes', body)).body.id;
const read = async (id: number) => (await call('GET', `/episodes/${id}`)).body;
const contents = (rows: { content: string }[]): string[] => rows.map(({ content }) => content);
const idsOf = (rows: { id: number }[]): number[] => rows.map(({ id }) => id);
const listed = async (query = ''): Promise<number[]> => idsOf((await call('GET', `/episodes${query}`)).body.episodes);

describe('an episode', () => {
  it('is begun, read, changed and listed', async () => {
    const made = await call('POST', '/episodes', { title: ' Moving ', agent: 'claude', summary: 'We moved.' });
    const fields = {
      title: 'Moving',
      session_id: null,
      agent: 'claude',
      summary: 'We moved.',
      user_id: 1,
      memory_count: 0,
      duration_seconds: null,
      decay_score: 0,
      started_at: NOW,
      ended_at: null,
      created_at: NOW,
    };
    expect([made.status, made.body]).toEqual([201, { created: true, id: expect.any(Number), ...fields }]);
    const { id } = made.body;
    expect(await read(id)).toEqual({ id, ...fields, memories: [] });
    const changed = await call('PATCH', `/episodes/${id}`, { summary: null, ended_at: '2026-03-02T14:30:00+01:00' });
    expect(changed.body).toEqual({
      updated: true,
      id,
      ...fields,
      summary: null,
      ended_at: '2026-03-02 13:30:00',
      duration_seconds: 5_400,
    });
    expect((await call('PATCH', `/episodes/${id}`, { ended_at: null })).body.duration_seconds).toBeNull();
    expect((await call('GET', '/episodes')).body).toEqual({
      episodes: [{ id, ...fields, summary: null }],
      count: 1,
      degraded: [],
    });
  });

  it('needs nothing to begin, and can lie in the past', async () => {
    expect((await call('POST', '/episodes')).status).toBe(201);
    const past = await call('POST', '/episodes', { started_at: '2025-01-01', ended_at: '2025-01-02 00:00:00' });
    expect(past.body).toMatchObject({ started_at: '2025-01-01 00:00:00', duration_seconds: 86_400 });
  });

  it('made of a conversation tells its most telling sentences', async () => {
    const conversation = [
      'User: The backup of the database fails every night.',
      'Assistant: The backup fails because the database disk is full.',
      'User: Thanks!',
      'Assistant: I moved the database backup to the larger disk.',
    ].join('\n');
    const { body } = await call('POST', '/episodes', { conversation });
    expect(body.summary).toContain('backup');
    expect(body.summary).not.toContain('Thanks');
    expect((await call('POST', '/episodes', { conversation, summary: 'Mine.' })).body.summary).toBe('Mine.');
  });

  it('lists newest first, by time and page', async () => {
    const ids = [];
    for (let i = 0; i < 4; i++) {
      ids.push(await begin());
      app.clock.advance(HOUR);
    }
    const [a, b, c, d] = ids;
    expect(await listed()).toEqual([d, c, b, a]);
    expect(await listed('?limit=2&offset=1')).toEqual([c, b]);
    expect(await listed('?after=2026-03-02T13:00:00Z')).toEqual([d, c, b]);
    expect(await listed('?before=2026-03-02 13:00:00')).toEqual([b, a]);
    expect(await listed('?after=2026-03-02 13:00&before=2026-03-02 14:00')).toEqual([c, b]);
  });
});

describe('memories', () => {
  it('are put into an episode, leave the one before, and are counted', async () => {
    const [first, second] = [await begin(), await begin()];
    const [a, b, c] = [
      await store('one', { importance: 8 }),
      await store('two', { importance: 4 }),
      await store('three'),
    ];
    const assigned = await call('POST', `/episodes/${first}/memories`, { memory_ids: [b.id, a.id, 987_654] });
    expect(assigned.body).toEqual({ assigned: 2, episode_id: first });
    const episode = await read(first);
    expect(contents(episode.memories)).toEqual(['one', 'two']);
    expect(episode.memories[0]).toMatchObject({ id: a.id, category: 'general', importance: 8, episode_id: first });
    expect(episode).toMatchObject({ memory_count: 2, decay_score: 6 });
    await call('POST', `/episodes/${second}/memories`, { memory_ids: [b.id, c.id] });
    expect([(await read(first)).memory_count, (await read(second)).memory_count]).toEqual([1, 2]);
    const found = await call('POST', '/search', { query: 'one two three', episode_id: second });
    expect(contents(found.body.results).sort()).toEqual(['three', 'two']);
  });

  it('fade, and their episode with them', async () => {
    const id = await begin();
    const { id: memory } = await store('soon forgotten', { importance: 10 });
    await call('POST', `/episodes/${id}/memories`, { memory_ids: [memory] });
    const fresh = (await read(id)).decay_score;
    app.clock.advance(200 * 24 * HOUR);
    const faded = await call('GET', '/episodes');
    expect(faded.body.episodes[0].decay_score).toBeLessThan(fresh);
    expect(faded.body.episodes[0].decay_score).toBeGreaterThan(0);
  });

  it('that are hidden do not show; new versions stay in the episode', async () => {
    const id = await begin();
    const [a, b, c] = [await store('kept'), await store('thrown away'), await store('put aside')];
    await call('POST', `/episodes/${id}/memories`, { memory_ids: [a.id, b.id, c.id] });
    await call('POST', `/memory/${b.id}/forget`);
    await call('POST', `/memory/${c.id}/archive`);
    await call('POST', `/memory/${a.id}/update`, { content: 'kept and corrected' });
    const episode = await read(id);
    expect([contents(episode.memories), episode.memory_count]).toEqual([['kept and corrected'], 1]);
  });

  it('are stored straight into an episode of the user', async () => {
    const id = await begin();
    const stored = await store('told right away', { episode_id: id, session_id: 's' });
    expect(stored.episode_id).toBe(id);
    const next = await store('told again', { parent_memory_id: stored.id });
    expect(next.episode_id).toBe(id);
    const refused = await call('POST', '/store', { content: 'x', episode_id: 987_654 });
    expect([refused.status, refused.body.code]).toEqual([404, 'episode_not_found']);
    expect((await call('GET', '/me/stats')).body.memories).toBe(1);
  });
});

describe('a session', () => {
  it('becomes an episode by itself, one for each source', async () => {
    const stored = await Promise.all(
      ['red', 'green', 'blue'].map((content) => store(content, { session_id: 's', source: 'claude' })),
    );
    const [id] = stored.map(({ episode_id }) => episode_id);
    expect(stored.map(({ episode_id }) => episode_id)).toEqual([id, id, id]);
    expect(await read(id)).toMatchObject({ session_id: 's', agent: 'claude', memory_count: 3, ended_at: null });
    const other = await store('yellow', { session_id: 's', source: 'codex' });
    expect(other.episode_id).not.toBe(id);
    expect(await listed('?session_id=s')).toEqual([other.episode_id, id]);
    expect((await store('no session')).episode_id).toBeNull();
  });

  it('joins the episode that was begun for it, whatever the source', async () => {
    const id = await begin({ session_id: 's', title: 'Planned' });
    for (const source of ['claude', 'codex']) {
      expect((await store(`said by ${source}`, { session_id: 's', source })).episode_id).toBe(id);
    }
    expect(await listed()).toEqual([id]);
  });

  it('makes no episode where none is wanted, nor for what was known already', async () => {
    for (const episode of [false, 'none'])
      expect((await store(`without ${episode}`, { session_id: 's', episode })).episode_id).toBeNull();
    expect(await listed()).toEqual([]);
    const { episode_id } = await store('said twice', { session_id: 's' });
    expect(await store('said twice', { session_id: 's' })).toMatchObject({ created: false, episode_id });
    expect(await listed()).toEqual([episode_id]);
  });

  it('that goes on after its episode ended begins another', async () => {
    const { episode_id } = await store('before', { session_id: 's' });
    await call('POST', `/episodes/${episode_id}/finalize`);
    const { episode_id: next } = await store('after', { session_id: 's' });
    expect(next).not.toBe(episode_id);
    expect((await read(episode_id)).memory_count).toBe(1);
  });
});

describe('finalizing', () => {
  const tell = async (session_id: string) => {
    const told = [
      'The login page was slow because the session table had no index.',
      'Lunch was late.',
      'An index on the session table made the login page fast.',
      'The login page now loads in 80 ms.',
    ];
    let id = 0;
    for (const content of told) id = (await store(content, { session_id })).episode_id;
    return { id, told };
  };

  it('ends an episode and sums it up in sentences of its memories', async () => {
    const { id, told } = await tell('s');
    app.clock.advance(90 * 60_000);
    const { status, body } = await call('POST', `/episodes/${id}/finalize`);
    expect(status).toBe(200);
    expect(body).toMatchObject({ finalized: true, id, memory_count: 4, duration_seconds: 5_400 });
    expect(body.ended_at).toBe('2026-03-02 13:30:00');
    expect(body.summary).toContain('An index on the session table made the login page fast.');
    for (const sentence of body.summary.split(/(?<=\.) /)) expect(told).toContain(sentence);
    expect(await listed('?query=index')).toEqual([id]);
    app.clock.advance(HOUR);
    const again = await call('POST', `/episodes/${id}/finalize`);
    expect(again.body).toMatchObject({ summary: body.summary, ended_at: body.ended_at });
  });

  it('keeps a summary that someone wrote, and renews its own', async () => {
    const { id } = await tell('s');
    await call('POST', `/episodes/${id}/finalize`);
    const extra = await store('The login page, the session table and the index were written up in the wiki.');
    await call('POST', `/episodes/${id}/memories`, { memory_ids: [extra.id] });
    expect((await call('POST', `/episodes/${id}/finalize`)).body.summary).toContain('wiki');
    await call('PATCH', `/episodes/${id}`, { summary: 'In my own words.' });
    expect((await call('POST', `/episodes/${id}/finalize`)).body.summary).toBe('In my own words.');
  });

  it('works without memories, and ends nothing before it began', async () => {
    const id = await begin({ started_at: '2026-06-01' });
    const { body } = await call('POST', `/episodes/${id}/finalize`, {});
    expect(body).toMatchObject({ summary: null, memory_count: 0, duration_seconds: 0 });
  });
});

describe('finding episodes', () => {
  it('by title, summary and memories, best first, in any form of the words', async () => {
    const titled = await begin({ title: 'Migrating databases', summary: 'Postgres replaced SQLite.' });
    const { episode_id: told } = await store('the database was backed up', { session_id: 's' });
    await begin({ title: 'Holidays' });
    const { body } = await call('GET', '/episodes?query=database');
    expect(idsOf(body.episodes)).toEqual([titled, told]);
    expect(body.episodes[0].score).toBeGreaterThan(body.episodes[1].score);
    expect(body.degraded).toEqual(['vector']);
    expect(await listed('?query=sqlite&limit=1')).toEqual([titled]);
    expect(await listed('?query=database&offset=1')).toEqual([told]);
    expect(await listed('?query=nothing like it')).toEqual([]);
    expect(await listed('?query=database&before=2020-01-01')).toEqual([]);
    await call('PATCH', `/episodes/${titled}`, { title: 'Other', summary: null });
    expect(await listed('?query=database')).toEqual([told]);
    await call('POST', '/memory/1/forget');
    expect(await listed('?query=database')).toEqual([]);
  });

  it('by the meaning of their memories', async () => {
    await app.close();
    const model = await writeToyModel(tempDir(), { dims: 64, pooling: 'none' });
    app = await createTestApp({ env: { ENGRAM_EMBEDDING_MODEL_DIR: model, ENGRAM_EMBEDDING_MODEL: '' } });
    call = app.call;
    const { episode_id } = await store('I bought an automobile', { session_id: 'a' });
    await store('Zq1 wkd7 mnp jrt', { session_id: 'b' });
    const { body } = await call('GET', '/episodes?query=purchase of a car');
    expect(body.episodes[0].id).toBe(episode_id);
    expect(body.degraded).toEqual([]);
  });
});

describe('between two users', () => {
  it('nothing of one exists for the other', async () => {
    const { episode_id: id, id: memory } = await store('the vault code is 4711', { session_id: 's', source: 'claude' });
    await call('PATCH', `/episodes/${id}`, { title: 'vault' });
    const before = await read(id);
    const theirs = await app.newUser('ada');
    const own = (await theirs('POST', '/episodes', { session_id: 't' })).body.id;
    const missing = await theirs('GET', '/episodes/987654');
    const asked = [
      theirs('GET', `/episodes/${id}`),
      theirs('PATCH', `/episodes/${id}`, { title: 'mine now' }),
      theirs('POST', `/episodes/${id}/memories`, { memory_ids: [memory] }),
      theirs('POST', `/episodes/${id}/finalize`),
      theirs('POST', '/store', { content: 'x', episode_id: id }),
    ];
    for (const { status, body } of await Promise.all(asked)) {
      expect([status, body.code]).toEqual([404, 'episode_not_found']);
      expect(body.error.replace(`${id}`, '')).toBe(missing.body.error.replace('987654', ''));
    }
    expect((await theirs('POST', `/episodes/${own}/memories`, { memory_ids: [memory] })).body.assigned).toBe(0);
    const joined = await theirs('POST', '/store', { content: 'also s', session_id: 's', source: 'claude' });
    expect(joined.body.episode_id).not.toBe(id);
    expect(idsOf((await theirs('GET', '/episodes?query=vault')).body.episodes)).toEqual([]);
    expect(idsOf((await theirs('GET', '/episodes')).body.episodes).sort()).toEqual(
      [own, joined.body.episode_id].sort(),
    );
    expect(await read(id)).toEqual(before);
  });

  it('a key that only reads may not write', async () => {
    const { body } = await call('POST', '/keys', { scopes: 'read' });
    const reader = app.as(body.key);
    const id = await begin();
    expect((await reader('GET', `/episodes/${id}`)).status).toBe(200);
    for (const [method, path, sent] of [
      ['POST', '/episodes', {}],
      ['PATCH', `/episodes/${id}`, { title: 'x' }],
      ['POST', `/episodes/${id}/memories`, { memory_ids: [1] }],
      ['POST', `/episodes/${id}/finalize`, {}],
    ] as const)
      expect((await reader(method, path, sent)).status).toBe(403);
  });
});

describe('bad input', () => {
  const bad: [string, string, unknown, RegExp][] = [
    ['POST', '/episodes', { title: 'x'.repeat(501) }, /body\.title: at most 500/],
    ['POST', '/episodes', { title: 7 }, /body\.title/],
    ['POST', '/episodes', { title: 'a\0b' }, /NUL/],
    ['POST', '/episodes', { agent: 'x'.repeat(201) }, /body\.agent: at most 200/],
    ['POST', '/episodes', { session_id: 'x'.repeat(201) }, /body\.session_id: at most 200/],
    ['POST', '/episodes', { summary: 'x'.repeat(20_001) }, /body\.summary: at most 20000/],
    ['POST', '/episodes', { conversation: 'x'.repeat(400_001) }, /body\.conversation: at most 400,000/],
    ['POST', '/episodes', { started_at: 'soon' }, /body\.started_at: must be a time/],
    ['POST', '/episodes', { ended_at: '2026-02-30' }, /body\.ended_at: must be a time/],
    ['POST', '/episodes', { ended_at: '2026-01-01' }, /ended_at is 2026-01-01 00:00:00, before the episode began/],
    ['POST', '/episodes', { tittle: 'x' }, /did you mean "title"/],
    ['PATCH', '/episodes/1', {}, /nothing to change/],
    ['PATCH', '/episodes/1', { ended_at: 'later' }, /must be a time/],
    ['PATCH', '/episodes/1', { ended_at: '2020-01-01' }, /before the episode began/],
    ['PATCH', '/episodes/x', { title: 'x' }, /params\.id/],
    ['POST', '/episodes/1/memories', {}, /memory_ids: must be a list/],
    ['POST', '/episodes/1/memories', { memory_ids: [] }, /at least one/],
    ['POST', '/episodes/1/memories', { memory_ids: [0] }, /must be 1 or more/],
    ['POST', '/episodes/1/memories', { memory_ids: ['x'] }, /whole number/],
    ['POST', '/episodes/1/memories', { memory_ids: Array(1001).fill(1) }, /at most 1000/],
    ['POST', '/episodes/1/finalize', { force: true }, /unknown field/],
    ['GET', '/episodes?after=yesterday', undefined, /query\.after: must be a time/],
    ['GET', '/episodes?limit=0', undefined, /limit must be 1 or more/],
    ['GET', `/episodes?query=${'x'.repeat(4097)}`, undefined, /at most 4,096/],
    ['GET', '/episodes/1?offset=-1', undefined, /offset must be 0 or more/],
    ['POST', '/store', { content: 'x', episode_id: 'x' }, /body\.episode_id/],
    ['POST', '/store', { content: 'x', episode: 'maybe' }, /body\.episode: must be true, false/],
  ];
  const named = bad.map(
    ([method, path, ...rest]) => [`${method} ${path.slice(0, 30)}`, rest[1].source, method, path, ...rest] as const,
  );
  it.each(named)('%s is refused with %s', async (_where, _says, method, path, body, sentence) => {
    const id = await begin({ title: 'as it was' });
    const before = await read(id);
    const answer = await call(method, path, body);
    expect([answer.status, answer.body.code], JSON.stringify(answer.body)).toEqual([400, 'invalid_request']);
    expect(answer.body.error).toMatch(sentence);
    expect(await read(id)).toEqual(before);
    expect(await listed()).toEqual([id]);
  });
});
