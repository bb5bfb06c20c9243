// Raw conversations in, memories out.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createTestApp, type TestApp } from './support/app.ts';
import { KINDS, onEachDatabase } from './support/databases.ts';

onEachDatabase(
  (kind) => {
    let app: TestApp;
    const start = async (env: Record<string, string> = {}) => {
      app = await createTestApp({ env, ports: { database: await (await kind.place()).open() } });
    };
    beforeEach(() => start());
    afterEach(() => app.close());
    const add = async (body: object) => (await app.call('POST', '/add', body)).body;
    const contents = async (body: object): Promise<string[]> =>
      (await add(body)).facts.map((fact: { content: string }) => fact.content);
    const user = (...said: string[]) => ({ messages: said.map((content) => ({ role: 'user', content })) });

    describe('POST /add', () => {
      it('keeps facts, tastes, decisions and plans of people, not small talk nor what the assistant says', async () => {
        const body = await add({
          messages: [
            { role: 'system', content: 'You are helpful. The user lives in Paris.' },
            { role: 'user', content: 'Hi! I live in Berlin. How are you?' },
            { role: 'assistant', content: 'I live in the cloud. You should use Redis.' },
            { role: 'user', content: 'I love green tea. We decided to use Postgres for the queue.' },
            { role: 'user', content: "Thanks a lot! I'm planning to migrate the billing service in May." },
          ],
        });
        expect(body).toMatchObject({
          added: 4,
          source: 'conversation',
          messages_processed: 5,
          extracted_by: 'rules',
          degraded: [],
        });
        expect(body.facts.map((fact: { content: string; category: string }) => [fact.category, fact.content])).toEqual([
          ['general', 'I live in Berlin.'],
          ['preference', 'I love green tea.'],
          ['decision', 'We decided to use Postgres for the queue.'],
          ['task', "I'm planning to migrate the billing service in May."],
        ]);
      });

      it('lets what it found wait in the inbox', async () => {
        const { facts } = await add(user('I live in Berlin.'));
        expect(facts).toMatchObject([{ status: 'pending', duplicate: false, is_correction: false }]);
        expect((await app.call('GET', '/list')).body.results).toEqual([]);
        const { pending } = (await app.call('GET', '/inbox')).body;
        expect(pending).toMatchObject([{ id: facts[0].id, content: 'I live in Berlin.', source: 'conversation' }]);
        await app.call('POST', `/inbox/${facts[0].id}/approve`);
        expect((await app.call('GET', '/list')).body.results).toHaveLength(1);
      });

      it('approves at once when the caller or the settings say so', async () => {
        expect((await add({ ...user('I live in Berlin.'), status: 'approved' })).facts[0].status).toBe('approved');
        await app.close();
        await start({ ENGRAM_EXTRACTION_STATUS: 'approved' });
        expect((await add(user('I live in Berlin.'))).facts[0].status).toBe('approved');
      });

      it('notices corrections, and drops what was corrected a moment later', async () => {
        const { facts } = await add(
          user('I work at Acme.', 'No, actually I work at Globex.', 'Sorry, the port is 8080.'),
        );
        expect(facts).toMatchObject([
          { content: 'I work at Globex.', category: 'state', is_correction: true },
          { content: 'The port is 8080.', is_correction: true },
        ]);
        const { pending } = (await app.call('GET', '/inbox')).body;
        expect(pending).toHaveLength(2);
        for (const one of pending) expect(one).toMatchObject({ importance: 9, is_static: true, tags: ['correction'] });
      });

      it('names who speaks, and whom a pronoun stands for', async () => {
        expect(
          await contents({
            text: 'Caroline: I moved to Boston last May.\nMelanie: Wow, that is great!\nMelanie: Bob Stone works at Initech. He lives in Rome.\nAssistant: Nice. I live nowhere.',
          }),
        ).toEqual([
          'Caroline: I moved to Boston last May.',
          'Melanie: Bob Stone works at Initech.',
          'Melanie: Bob Stone lives in Rome.',
        ]);
      });

      it('does as it is told: remembers what it is asked to, in the place and time named', async () => {
        const space = (await app.call('POST', '/spaces', { name: 'work' })).body.id;
        const { facts } = await add({
          ...user('Remember that the spare key is under the red pot.'),
          category: 'reference',
          source: 'chat',
          space_id: space,
          occurred_at: '2026-01-05',
          session_id: 's',
        });
        expect(facts).toMatchObject([{ content: 'The spare key is under the red pot.', category: 'reference' }]);
        const { pending } = (await app.call('GET', '/inbox')).body;
        expect(pending).toMatchObject([
          { space_id: space, source: 'chat', session_id: 's', occurred_at: '2026-01-05 00:00:00' },
        ]);
      });

      it('says when nothing is found, and when it was known already', async () => {
        expect(await add(user('Hello there!', 'How are you?'))).toMatchObject({
          added: 0,
          facts: [],
          messages_processed: 2,
        });
        await add(user('I live in Berlin.'));
        expect(await add(user('I live in Berlin.'))).toMatchObject({ added: 0, facts: [{ duplicate: true }] });
      });

      it('refuses an empty log', async () => {
        for (const body of [{}, { messages: [] }, { text: '  ' }, { messages: [{ role: '', content: 'x' }] }])
          expect((await app.call('POST', '/add', body)).status, JSON.stringify(body)).toBe(400);
        expect((await app.call('POST', '/add', { ...user('I live in Rome.'), space_id: 99 })).body.code).toBe(
          'space_not_found',
        );
      });
    });
  },
  KINDS.filter(({ shared }) => !shared),
);
