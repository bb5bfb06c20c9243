// What the README promises about understanding: personality, cause and effect, feelings, guardrails, reflections,
// consolidation and growth. As seen from outside; a language model only where the README says it takes one.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createTestApp, type TestApp } from './support/app.ts';
import { KINDS, onEachDatabase } from './support/databases.ts';
import { startLlm } from './support/llm-server.ts';
import { found, type Stored, search, sorted, storeAll } from './support/memories.ts';

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
const READS = { ENGRAM_UNDERSTANDING: '1', ENGRAM_EMBEDDING_MODEL: '' };
const OUTAGE = [
  'The import of the customer list failed because the token had expired',
  'The import of the customer list failed because the token had expired again',
  'The import of the customer list failed on Monday because the token had expired',
];

onEachDatabase(
  (kind) => {
    let app: TestApp;
    const start = async (env: Record<string, string> = READS) => {
      app = await createTestApp({ env, ports: { database: await (await kind.place()).open() } });
    };
    beforeEach(() => start());
    afterEach(() => app.close());

    const storeRead = async (...all: Stored[]): Promise<number[]> => {
      const ids = await storeAll(app, all);
      await app.jobs.drain();
      return ids;
    };
    const get = async (path: string) => {
      const { status, body } = await app.call('GET', path);
      expect(status, JSON.stringify(body)).toBe(200);
      return body;
    };
    const post = async (path: string, body?: object) => (await app.call('POST', path, body)).body;

    describe('the personality engine', () => {
      const SIX = {
        preference: ['I prefer trains over planes.', 'trains'],
        value: ['Punctuality is very important to me.', 'punctuality'],
        motivation: ['My goal is to learn Portuguese.', 'Portuguese'],
        decision: ['I decided to sell the car.', 'sell the car'],
        emotion: ['I am proud of my garden.', 'garden'],
        identity: ['I am a carpenter.', 'carpenter'],
      };

      it.each(Object.entries(SIX))('scans a new memory for signals of the type %s', async (type, [said, topic]) => {
        const [id] = await storeRead(said!, 'The lid is brass');
        const { signals } = await get('/personality/signals');
        const own = signals.filter((signal: { signal_type: string }) => signal.signal_type === type);
        expect(own.length).toBeGreaterThan(0);
        expect(own[0]).toMatchObject({ memory_id: id, evidence: said });
        expect(JSON.stringify(own).toLowerCase()).toContain(topic!.toLowerCase());
      });

      it('makes a profile of them, with the evidence for every trait', async () => {
        await storeRead(...Object.values(SIX).map(([said]) => said!));
        const { traits, summary } = await get('/personality/profile');
        for (const [type, [said]] of Object.entries(SIX)) {
          const quotes = traits[type].flatMap(({ evidence }: { evidence: { quote: string }[] }) => evidence);
          expect(quotes, type).toContainEqual(expect.objectContaining({ quote: said }));
        }
        expect(summary).toContain('trains');
        expect((await get('/profile')).personality_traits.preference[0].topic).toBe('trains');
      });

      it('shapes recall: a question about somebody brings up what tells of that person', async () => {
        const [hers] = await storeRead(
          'Ann: I love rowing at dawn.',
          'The printer on the second floor is broken again.',
          'Ben: I love chess.',
        );
        const { results } = await search(app, 'What does Ann enjoy?');
        expect(results[0]).toMatchObject({ id: hers });
        expect(results[0].channels).toContain('personality');
        expect(await found(app, { query: 'What does Ann enjoy?', channels: ['personality'] })).toEqual([hers]);
      });
    });

    describe('cause and effect', () => {
      it('is detected within a new memory', async () => {
        const [id] = await storeRead('Tom missed the ferry because the alarm did not ring', 'The lid is brass');
        const { chains } = await get('/intelligence/causal/chains');
        expect(chains).toEqual([
          expect.objectContaining({
            root_memory_id: id,
            links: [
              expect.objectContaining({
                cause: { role: 'trigger', text: 'the alarm did not ring' },
                effect: { role: 'failure', text: 'Tom missed the ferry' },
              }),
            ],
          }),
        ]);
      });

      it('is walked back from what happened to why', async () => {
        const [cause] = await storeRead('The log disk of the mail server ran full');
        app.clock.advance(MINUTE_MS);
        const [effect] = await storeRead('Mail delivery failed because the log disk of the mail server ran full');
        const back = await post(`/intelligence/causal/backward/${effect}`);
        expect(JSON.stringify(back)).toContain(`"memory_id":${cause}`);
      });
    });

    describe('emotional charge', () => {
      it.each([
        ['I am so happy about the new boat!', 1, 'joy'],
        ['The user is furious about the late delivery', -1, 'anger'],
        ['I am not happy about the new boat', -1, null],
        ['The build takes four minutes', 0, null],
      ])('of "%s" is read when it is stored', async (said, sign, emotion) => {
        const [id] = await storeRead(said);
        const { valence, dominant_emotion } = await get(`/memory/${id}`);
        expect(Math.sign(valence ?? 0)).toBe(sign);
        if (emotion !== null) expect(dominant_emotion).toBe(emotion);
        if (sign === 0) expect([valence, dominant_emotion]).toEqual([null, null]);
      });
    });

    describe('guardrails', () => {
      it.each([
        ['block', 'Never push to the main branch', 'git push origin main'],
        ['warn', 'Always ask before restarting the mail server', 'restart the mail server'],
        ['allow', 'Never push to the main branch', 'list the open tickets'],
      ])('answer %s: the stored rule "%s" and the action "%s"', async (signal, content, action) => {
        const [id] = await storeRead({ content, is_static: true, importance: 9 });
        const answer = await post('/guard', { action });
        expect(answer).toMatchObject({ signal, verdict: signal });
        expect(answer.rules.map((rule: { id: number }) => rule.id)).toEqual(signal === 'allow' ? [] : [id]);
        expect(answer.reasons.length > 0).toBe(signal !== 'allow');
      });

      it('need no rule to stop what destroys, however it is written', async () => {
        for (const action of ['rm -rf /opt/engram/data', 'rm  -fr "/opt/engram/data"', 'echo x; rm -r -f /opt/engram'])
          expect((await post('/guard', { action })).signal, action).toBe('block');
        expect((await post('/guard', { action: 'write a note about rm -rf for the handbook' })).signal).not.toBe(
          'block',
        );
      });
    });

    describe('reflections', () => {
      it('look again at what matters and nobody confirmed for a week, by rules', async () => {
        const [vital] = await storeRead(
          { content: 'Never restart the ledger on the last of a month', importance: 9 },
          { content: 'The ledger has a blue icon', importance: 3 },
        );
        expect((await post('/intelligence/reflections/generate')).count).toBe(0);
        app.clock.advance(8 * DAY_MS);
        const { reflections } = await post('/intelligence/reflections/generate');
        expect(reflections).toEqual([expect.objectContaining({ source_memory_ids: [vital], origin: 'rules' })]);
        expect((await get(`/memory/${vital}`)).content).toBe('Never restart the ledger on the last of a month');
      });

      it('look back on a period, and say that this takes a language model when there is none', async () => {
        await storeRead(...OUTAGE);
        expect(await app.call('POST', '/reflect')).toMatchObject({ status: 503, body: { code: 'llm_not_configured' } });
        const reflection = {
          reflection: 'The week went into failed imports.',
          themes: ['imports'],
          progress: [],
          patterns: ['Tokens expire unnoticed'],
          unresolved: [],
          insight: 'Renew tokens before they expire.',
        };
        await using llm = await startLlm({ answer: { reflect: reflection } });
        await app.close();
        await start({ ...llm.env });
        await storeAll(app, OUTAGE);
        const { status, body } = await app.call('POST', '/reflect', { period: 'week' });
        expect([status, body.insight, body.memories_analyzed]).toEqual([200, reflection.insight, 3]);
        expect((await found(app, 'Renew tokens'))[0]).toBe(body.memory_id);
      });
    });

    describe('consolidation', () => {
      it('compresses a cluster into one memory, non-destructively: its sources are found as before', async () => {
        const ids = await storeRead(...OUTAGE);
        const before = await Promise.all(ids.map((id) => get(`/memory/${id}`)));
        const made = await app.call('POST', '/consolidate', { memory_ids: ids });
        expect(made).toMatchObject({ status: 201, body: { consolidated: true, source_ids: ids, archived: 0 } });
        expect(sorted(await found(app, 'import customer list token'))).toEqual(sorted([...ids, made.body.id]));
        for (const [at, id] of ids.entries()) {
          const { content, is_archived, is_latest, is_consolidated } = await get(`/memory/${id}`);
          expect([content, is_archived, is_latest, is_consolidated]).toEqual([before[at].content, false, true, true]);
        }
        expect((await app.call('DELETE', `/intelligence/consolidations/${made.body.consolidation_id}`)).status).toBe(
          200,
        );
        expect(sorted(await found(app, 'import customer list token'))).toEqual(ids);
      });

      it('and reflection happen by themselves when the server is idle', async () => {
        await app.jobs.drain();
        app.clock.advance(11 * MINUTE_MS);
        await app.jobs.drain();
        const ids = await storeRead(...OUTAGE);
        for (let i = 0; i < 2; i++) {
          app.clock.advance(11 * MINUTE_MS);
          await app.jobs.drain();
        }
        const { consolidations } = await get('/consolidations');
        expect(consolidations).toEqual([expect.objectContaining({ source_ids: ids })]);
      });
    });

    describe('growth', () => {
      const DONE = { service: 'claude-code', context: ['Ran the import', 'It failed: the token had expired'] };

      it('keeps what an agent learnt from its work as a growth memory, found by later agents', async () => {
        const observation = 'Renew the token before each import; it expires at night.';
        await using llm = await startLlm({ answer: { growth: { observation } } });
        await app.close();
        await start({ ...llm.env });
        const { status, body } = await app.call('POST', '/growth/reflect', DONE);
        expect([status, body.observation]).toEqual([201, observation]);
        expect(await get(`/memory/${body.stored_memory_id}`)).toMatchObject({ category: 'growth', is_static: true });
        expect(await found(app, 'token import')).toEqual([body.stored_memory_id]);
        const { observations } = await get('/growth/observations');
        expect(observations).toEqual([expect.objectContaining({ id: body.stored_memory_id, source: 'claude-code' })]);
      });

      it('makes nothing up without a language model, and says so', async () => {
        const { body } = await app.call('POST', '/growth/reflect', DONE);
        expect(body).toMatchObject({ observation: null, stored_memory_id: null });
        expect((await get('/growth/observations')).observations).toEqual([]);
      });
    });

    it('keeps what was understood of one user from every other', async () => {
      await storeRead('I prefer trains over planes.', 'Tom missed the ferry because the alarm did not ring', ...OUTAGE);
      const other = await app.newUser('other');
      const seen = async (path: string) => (await other('GET', path)).body;
      expect((await seen('/personality/signals')).signals).toEqual([]);
      expect((await seen('/intelligence/causal/chains')).chains).toEqual([]);
      expect((await seen('/consolidations')).consolidations).toEqual([]);
      expect((await seen('/reflections')).reflections).toEqual([]);
    });
  },
  KINDS.filter(({ shared }) => !shared),
);
