// What the README promises about the review queue and about episodes, as seen from outside.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createTestApp, type TestApp } from './support/app.ts';
import { KINDS, onEachDatabase } from './support/databases.ts';
import { found, idsOf, store } from './support/memories.ts';

const HOUR_MS = 3_600_000;

onEachDatabase(
  (kind) => {
    let app: TestApp;
    beforeEach(async () => {
      app = await createTestApp({ ports: { database: await (await kind.place()).open() } });
    });
    afterEach(() => app.close());

    describe('the review queue', () => {
      const pending = (content: string, more: object = {}) => store(app, { content, status: 'pending', ...more });
      const inbox = async (): Promise<number[]> => idsOf((await app.call('GET', '/inbox')).body.pending);
      const review = (id: number, verb: string, body?: object, call = app.call) =>
        call('POST', `/inbox/${id}/${verb}`, body);

      /** Paths that tell of the harbour. */
      async function tellers(): Promise<string[]> {
        const asked = [
          ['GET', '/list'],
          ['GET', '/tags'],
          ['GET', '/fsrs/recall-due'],
          ['POST', '/search', { query: 'harbour' }],
          ['POST', '/recall', { query: 'harbour' }],
          ['POST', '/context', { query: 'harbour' }],
          ['POST', '/tags/search', { tags: ['harbour'] }],
        ] as const;
        const answers = await Promise.all(
          asked.map(async ([method, path, body]) => ({ path, answer: await app.call(method, path, body) })),
        );
        const tells = ({ body }: { body: { context?: string } }) =>
          /the harbour is|"tag":"harbour"/i.test(JSON.stringify(body));
        return answers.filter(({ answer }) => tells(answer)).map(({ path }) => path);
      }
      const EVERYWHERE = ['/list', '/tags', '/fsrs/recall-due', '/search', '/recall', '/context', '/tags/search'];

      it('holds memories back from every recall until somebody approves them', async () => {
        const id = await pending('The harbour is deep', { tags: ['harbour'], importance: 10 });
        app.clock.advance(240 * HOUR_MS);
        expect([await inbox(), await tellers()]).toEqual([[id], []]);
        expect((await review(id, 'approve')).body).toMatchObject({ approved: true, id });
        expect([await inbox(), await tellers()]).toEqual([[], EVERYWHERE]);
      });

      it('never lets a rejected memory into recall', async () => {
        const id = await pending('The harbour is deep', { tags: ['harbour'], importance: 10 });
        expect((await review(id, 'reject', { reason: 'made up' })).body).toMatchObject({ rejected: true, id });
        app.clock.advance(240 * HOUR_MS);
        expect([await inbox(), await tellers()]).toEqual([[], []]);
        expect((await review(id, 'approve')).status).toBe(400);
        const everything = { query: 'harbour', include_archived: true, include_forgotten: true, latest_only: false };
        expect(await found(app, everything)).toEqual([]);
      });

      it('recalls what a reviewer wrote instead, not what was proposed', async () => {
        const id = await pending('The harbour is shallow');
        const edited = await review(id, 'edit', { content: 'The harbour is deep', tags: ['sea'], importance: 9 });
        expect(edited.body).toMatchObject({ approved: true, edited: true });
        expect((await app.call('GET', `/memory/${edited.body.id}`)).body).toMatchObject({
          content: 'The harbour is deep',
          status: 'approved',
          tags: ['sea'],
          importance: 9,
        });
        expect(await found(app, 'harbour')).toEqual([edited.body.id]);
        expect(await found(app, 'shallow')).toEqual([]);
        expect(await inbox()).toEqual([]);
      });

      it('approves or rejects several at once', async () => {
        const ids = [await pending('harbour one'), await pending('harbour two'), await pending('harbour three')];
        const bulk = (chosen: number[], action: string) => app.call('POST', '/inbox/bulk', { ids: chosen, action });
        expect((await bulk([ids[0]!, ids[1]!], 'approve')).body.count).toBe(2);
        expect((await bulk([ids[2]!], 'reject')).body.count).toBe(1);
        expect(await inbox()).toEqual([]);
        expect(idsOf((await app.call('GET', '/list')).body.results)).toEqual([ids[1], ids[0]]);
      });

      it('is one’s own: nobody else sees it or decides about it', async () => {
        const id = await pending('The harbour is deep');
        const other = await app.newUser('other');
        expect((await other('GET', '/inbox')).body.pending).toEqual([]);
        for (const verb of ['approve', 'reject', 'edit'])
          expect((await review(id, verb, {}, other)).status, verb).toBe(404);
        expect(await inbox()).toEqual([id]);
      });

      it('is for a writer: a key that only reads may look', async () => {
        const id = await pending('The harbour is deep');
        const reader = app.as((await app.call('POST', '/keys', { name: 'r', scopes: 'read' })).body.key);
        expect(idsOf((await reader('GET', '/inbox')).body.pending)).toEqual([id]);
        expect((await review(id, 'approve', undefined, reader)).status).toBe(403);
        expect(await inbox()).toEqual([id]);
      });
    });

    describe('episodic memory', () => {
      const episode = async (id: number) => (await app.call('GET', `/episodes/${id}`)).body;
      const findEpisodes = async (query: string, call = app.call): Promise<number[]> =>
        idsOf((await call('GET', `/episodes?query=${encodeURIComponent(query)}`)).body.episodes);
      const TALK = [
        'The nightly backup fails since Monday.',
        'The disk of the backup server is full, so the nightly backup cannot be written.',
        'Old dumps were deleted from the backup server and the nightly backup runs again.',
      ];
      /** The talk as memories of one session, ten minutes apart. @returns the id of its episode */
      async function talk(): Promise<number> {
        let id = 0;
        for (const content of TALK) {
          const { body } = await app.call('POST', '/store', { content, session_id: 'night' });
          id = body.episode_id;
          app.clock.advance(HOUR_MS / 6);
        }
        return id;
      }

      it('makes an episode of the memories of one conversation by itself, in the order they were told', async () => {
        const id = await talk();
        await store(app, { content: 'Lunch is at noon', session_id: 'day' });
        const { memories, memory_count, session_id, started_at, ended_at } = await episode(id);
        expect(memories.map(({ content }: { content: string }) => content)).toEqual(TALK);
        expect([memory_count, session_id, started_at, ended_at]).toEqual([3, 'night', '2026-03-02 12:00:00', null]);
      });

      it('keeps it as a narrative: ended, and summed up in its own sentences without a language model', async () => {
        const id = await talk();
        const { body } = await app.call('POST', `/episodes/${id}/finalize`);
        expect(body).toMatchObject({ finalized: true, id, memory_count: 3, ended_at: '2026-03-02 12:30:00' });
        const sentences: string[] = body.summary.split(/(?<=\.) /);
        expect(sentences.length).toBeGreaterThan(0);
        for (const sentence of sentences) expect(TALK).toContain(sentence);
        expect(await episode(id)).toMatchObject({ summary: body.summary, duration_seconds: 1_800 });
        const later = await app.call('POST', '/store', { content: 'A new disk was ordered', session_id: 'night' });
        expect(later.body.episode_id).not.toBe(id);
      });

      it('finds episodes by their title, their summary and what their memories say', async () => {
        const told = await talk();
        const titled = (await app.call('POST', '/episodes', { title: 'Moving the library' })).body.id;
        const summed = (await app.call('POST', '/episodes', { summary: 'We painted the fence.' })).body.id;
        expect(await findEpisodes('why did the backup fail?')).toEqual([told]);
        expect(await findEpisodes('libraries moved')).toEqual([titled]);
        expect(await findEpisodes('fence')).toEqual([summed]);
        expect(await findEpisodes('submarine')).toEqual([]);
      });

      it('takes a whole conversation and finds it again by what was said', async () => {
        const { status, body } = await app.call('POST', '/episodes', {
          agent: 'claude',
          conversation: TALK.join('\n'),
        });
        expect([status, body.created]).toEqual([201, true]);
        expect(body.summary).not.toBe('');
        expect(await findEpisodes('nightly backup')).toEqual([body.id]);
      });

      it('tells nothing of a memory that waits for review, is archived, forgotten or over', async () => {
        const id = await talk();
        const [first, second, third] = idsOf((await episode(id)).memories);
        await app.call('POST', `/memory/${first}/archive`);
        await app.call('POST', `/memory/${second}/forget`);
        await app.call('POST', `/memory/${third}/update`, { ttl: 60 });
        await store(app, { content: 'The backup is cursed', session_id: 'night', status: 'pending' });
        app.clock.advance(60_000);
        expect(await episode(id)).toMatchObject({ memories: [], memory_count: 0 });
        expect(await findEpisodes('backup')).toEqual([]);
      });

      it('keeps the episodes of one user from every other', async () => {
        const id = await talk();
        const other = await app.newUser('other');
        expect((await other('GET', '/episodes')).body.episodes).toEqual([]);
        expect(await findEpisodes('backup', other)).toEqual([]);
        expect((await other('GET', `/episodes/${id}`)).status).toBe(404);
        expect((await other('POST', `/episodes/${id}/finalize`)).status).toBe(404);
        const theirs = await other('POST', '/store', { content: 'My own backup', session_id: 'night' });
        expect(theirs.body.episode_id).not.toBe(id);
        expect((await episode(id)).memory_count).toBe(3);
      });
    });
  },
  KINDS.filter(({ shared }) => !shared),
);
