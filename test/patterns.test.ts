// When things are done, what follows what, and what is likely wanted next.
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createTestApp, type TestApp } from './support/app.ts';
import { KINDS, onEachDatabase } from './support/databases.ts';
import { store } from './support/memories.ts';

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;

onEachDatabase(
  (kind) => {
    let app: TestApp;
    beforeEach(async () => {
      const place = await kind.place();
      app = await createTestApp({ ports: { database: await place.open() } });
    });
    afterEach(() => app.close());

    let n = 0;
    const put = (category: string, more: object = {}) =>
      store(app, { content: `${category} number ${++n}`, category, ...more });
    /** Three Mondays at noon: an issue, and a task ten minutes later. */
    async function weeks(): Promise<void> {
      for (let week = 0; week < 3; week++) {
        await put('issue');
        app.clock.advance(10 * MINUTE_MS);
        await put('task');
        app.clock.advance(7 * DAY_MS - 10 * MINUTE_MS);
      }
    }
    const sequences = (body?: object) => app.call('POST', '/intelligence/predictive/sequences', body);
    const recall = async () => (await app.call('POST', '/intelligence/predictive/recall')).body;

    it('finds what follows what', async () => {
      expect((await sequences()).body).toEqual({ patterns: [], window_mins: 60, count: 0 });
      await weeks();
      const pair = { antecedent: 'issue', consequent: 'task', support: 3, confidence: 1 };
      expect((await sequences()).body).toEqual({ patterns: [pair], window_mins: 60, count: 1 });
      expect((await sequences({ window_mins: 5 })).body.count).toBe(0);
      for (const window_mins of [0, 1_441, 1.5]) expect((await sequences({ window_mins })).status).toBe(400);
      const other = await app.newUser('other');
      expect((await other('POST', '/intelligence/predictive/sequences')).body.count).toBe(0);
    });

    it('finds when things are done', async () => {
      await weeks();
      const { patterns } = (await app.call('GET', '/intelligence/temporal/patterns')).body;
      expect(patterns.map(({ label }: { label: string }) => label)).toContain('task on monday afternoon');
      expect((await app.call('POST', '/intelligence/temporal/detect')).body.patterns).toEqual(patterns);
      expect((await app.call('GET', '/intelligence/temporal/patterns?limit=1')).body.patterns).toEqual(
        patterns.slice(0, 1),
      );
      const both = (await app.call('GET', '/intelligence/predictive/patterns')).body.patterns;
      expect(both).toContainEqual(expect.objectContaining({ kind: 'sequence', label: 'issue then task', support: 3 }));
    });

    it('brings up tasks and issues of the last days, with why', async () => {
      const old = await put('task', { importance: 10 });
      app.clock.advance(4 * DAY_MS);
      const issue = await put('issue', { importance: 6 });
      const task = await put('task', { importance: 6 });
      const notes = [await put('note'), await put('note'), await put('note')];
      const { proactive_memories, time_context, suggested_actions, predicted_project } = await recall();
      expect(time_context).toEqual({
        now: '2026-03-06 12:00:00',
        hour: 12,
        day_of_week: 5,
        day: 'friday',
        part_of_day: 'afternoon',
        is_weekend: false,
      });
      const shown = new Map<number, { reason: string; score: number }>(
        proactive_memories.map((one: { id: number }) => [one.id, one]),
      );
      expect(shown.get(task)).toMatchObject({ reason: expect.stringContaining('task of the last 3 days') });
      expect(shown.get(issue)).toMatchObject({ reason: expect.stringContaining('issue of the last 7 days') });
      expect(shown.get(task)!.score).toBeGreaterThan(shown.get(issue)!.score);
      expect(proactive_memories.map((one: { id: number }) => one.id)).toEqual(expect.arrayContaining(notes));
      expect(shown.get(old)?.reason ?? '').not.toContain('task of the last');
      expect(suggested_actions).toEqual([`Look at task ${task}`, `Look at issue ${issue}`]);
      expect(predicted_project).toBeNull();
    });

    it('expects what is usual at this time, and after what was done last', async () => {
      await weeks();
      await put('issue');
      const { predicted_categories, category_scores } = await recall();
      expect(predicted_categories[0]).toBe('task');
      expect(category_scores[0]).toMatchObject({ category: 'task', reason: 'sequence' });
    });

    it('names the project at hand', async () => {
      const id = await put('note');
      const project = (await app.call('POST', '/projects', { name: 'Apollo' })).body.id;
      await app.call('PUT', `/projects/${project}/memories/${id}`);
      const { predicted_project, proactive_memories, suggested_actions } = await recall();
      expect(predicted_project).toEqual({ id: project, name: 'Apollo' });
      expect(proactive_memories[0]).toMatchObject({ id, reason: expect.stringContaining('belongs to Apollo') });
      expect(suggested_actions).toEqual(['Go on with Apollo']);
    });

    it('reads without counting as reading, and shows nothing hidden or of another space', async () => {
      const space = (await app.call('POST', '/spaces', { name: 'work' })).body.id;
      const [gone, here] = [await put('task'), await put('task', { space_id: space })];
      await app.call('POST', `/memory/${gone}/archive`);
      expect((await recall()).proactive_memories.map((one: { id: number }) => one.id)).toEqual([here]);
      await put('task');
      const inWork = await app.call('POST', '/intelligence/predictive/recall', {}, { 'x-space': 'work' });
      expect(inWork.body.proactive_memories.map((one: { id: number }) => one.id)).toEqual([here]);
      await app.flush();
      expect((await app.call('GET', `/memory/${here}`)).body.access_count).toBe(0);
    });
  },
  KINDS.filter(({ name }) => name !== 'Postgres'),
);
