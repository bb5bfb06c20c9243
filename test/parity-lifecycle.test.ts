// More of the cases the first Engram's own suites assert over HTTP, re-expressed as in parity.test.ts: reviews, versions,
// the scratchpad and transcripts. The number in a title is the case it answers; `U` are its unit tests seen through HTTP.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Caller, createTestApp, type TestApp } from './support/app.ts';

const env = { ENGRAM_OPEN_ACCESS: '0', ENGRAM_BOOTSTRAP_SECRET: 'test-bootstrap-secret' };

let app: TestApp;
let call: Caller;
beforeEach(async () => {
  app = await createTestApp({ env });
  call = app.call;
});
afterEach(() => app.close());

async function store(content: string, more: object = {}): Promise<number> {
  const answer = await call('POST', '/store', { content, category: 'test', ...more });
  expect(answer.status, JSON.stringify(answer.body)).toBe(201);
  return answer.body.id;
}

describe('reviews', () => {
  it('C47 tells how well a memory is remembered', async () => {
    const id = await store('the ferry leaves at six', { importance: 5 });
    const { status, body } = await call('GET', `/fsrs/state?id=${id}`);
    expect([status, body.id]).toEqual([200, id]);
    expect(body).toHaveProperty('fsrs_stability');
    const fields = [
      'retrievability',
      'next_review_days',
      'fsrs_difficulty',
      'fsrs_storage_strength',
      'fsrs_retrieval_strength',
      'fsrs_learning_state',
      'fsrs_reps',
      'fsrs_lapses',
      'fsrs_last_review_at',
      'created_at',
    ];
    expect(Object.keys(body)).toEqual(expect.arrayContaining(fields));
  });

  it.each(['id', 'memory_id'])('C48 takes a review, the memory named by %s', async (name) => {
    const id = await store('the ferry leaves at six');
    const { status, body } = await call('POST', '/fsrs/review', { [name]: id, grade: 3 });
    expect([status, body.id]).toEqual([200, id]);
    expect(body.fsrs).toMatchObject({ learning_state: 'Review', reps: 2, lapses: 0 });
    expect((await call('GET', `/fsrs/state?id=${id}`)).body.fsrs_learning_state).toBe(2);
  });
});

describe('the scratchpad', () => {
  const put = (session: string, entries: object[], more: object = {}) =>
    call('PUT', '/scratch', { session, agent: 'parity', entries, ...more });
  const list = async (session: string) => (await call('GET', `/scratch?session=${session}`)).body;

  it('C40 stores notes and echoes their session', async () => {
    const entries = [
      { key: 'plan', value: 'read first' },
      { key: 'file', value: 'app.ts' },
    ];
    const { status, body } = await put('run-1', entries, { model: 'model-1' });
    expect([status, body.session]).toEqual([200, 'run-1']);
    expect(body.stored).toBe(true);
  });

  it('C41 lists them, keys with a colon too, without a model having been named', async () => {
    await put('run-2', [{ key: 'note:first', value: 'kept' }]);
    const { entries, count } = await list('run-2');
    expect(entries).toEqual([expect.objectContaining({ session: 'run-2', key: 'note:first', value: 'kept' })]);
    expect(count).toBe(1);
  });

  it('C42 deletes one by its encoded key', async () => {
    await put('run-3', [
      { key: 'delete:this', value: 'a' },
      { key: 'keep:this', value: 'b' },
    ]);
    const { status, body } = await call('DELETE', '/scratch/run-3/delete%3Athis');
    expect([status, body]).toEqual([200, expect.objectContaining({ deleted: true, key: 'delete:this' })]);
    expect((await list('run-3')).entries.map(({ key }: { key: string }) => key)).toEqual(['keep:this']);
  });

  it('C43 deletes a session with all its notes', async () => {
    await put('run-4', [{ key: 'a' }, { key: 'b' }]);
    const { status, body } = await call('DELETE', '/scratch/run-4');
    expect([status, body.deleted]).toEqual([200, true]);
    expect((await list('run-4')).count).toBe(0);
  });
});

describe('memories', () => {
  it('C21d are not read when forgotten, archived or unknown', async () => {
    const [forgotten, archived] = [await store('to be forgotten'), await store('to be archived')];
    await call('POST', `/memory/${forgotten}/forget`, {});
    await call('POST', `/memory/${archived}/archive`, {});
    for (const id of [forgotten, archived, 999_999])
      for (const path of [`/memory/${id}`, `/versions/${id}`, `/links/${id}`])
        expect((await call('GET', path)).status, path).toBe(404);
  });

  it('C22c tells the versions in rising order, ids, numbers and which is the latest', async () => {
    const first = await store('the printer is on floor two');
    const { body: second } = await call('POST', `/memory/${first}/update`, {
      content: 'the printer is on floor three',
    });
    const { body } = await call('GET', `/versions/${second.id}`);
    expect(body.versions).toEqual([
      expect.objectContaining({ id: first, version: 1, is_latest: false, content: 'the printer is on floor two' }),
      expect.objectContaining({ id: second.id, version: 2, is_latest: true, content: 'the printer is on floor three' }),
    ]);
  });
});

describe('transcripts', () => {
  it('U are begun for an agent and listed', async () => {
    const { status, body } = await call('POST', '/sessions', { agent: 'parity' });
    expect(status).toBe(201);
    expect(body.id).not.toBe('');
    expect(body.agent).toBe('parity');
    const { body: list } = await call('GET', '/sessions');
    expect(list.sessions).toEqual([expect.objectContaining({ id: body.id, agent: 'parity' })]);
    expect(list.count).toBe(1);
  });

  it('U keep their lines in order', async () => {
    const { id } = (await call('POST', '/sessions', { agent: 'parity' })).body;
    for (const line of ['one', 'two', 'three'])
      expect((await call('POST', `/sessions/${id}/append`, { line })).body.ok).toBe(true);
    expect((await call('GET', `/sessions/${id}`)).body.output).toEqual(['one', 'two', 'three']);
  });

  it('U take no lines for one that is unknown', async () => {
    const unknown = '00000000-0000-4000-8000-000000000000';
    expect((await call('POST', `/sessions/${unknown}/append`, { line: 'lost' })).status).toBe(404);
  });
});
