// Who and what memories name: found when they are read, counted exactly, changed by hand; and projects.
import { sql } from 'kysely';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Database } from '../src/platform/db/dialect.ts';
import { createTestApp, type TestApp } from './support/app.ts';
import { KINDS, onEachDatabase } from './support/databases.ts';
import { startLlm } from './support/llm-server.ts';
import { store, storeAll } from './support/memories.ts';

interface Row {
  id: number;
  name: string;
  entity_type: string;
  aliases: string[];
  occurrence_count: number;
  memory_count: number;
  origin: string;
}

let app: TestApp;
let database: Database;

const all = async (query = ''): Promise<Row[]> => (await app.call('GET', `/entities${query}`)).body.entities;
const named = async (name: string): Promise<Row> => {
  const row = (await all('?limit=1000')).find((one) => one.name === name);
  expect(row, `${name} among ${(await all()).map((one) => one.name)}`).toBeDefined();
  return row!;
};
const read = () => app.jobs.drain();
const relationships = async (id: number) =>
  (await app.call('GET', `/entities/${id}/relationships`)).body.relationships as {
    source_entity_id: number;
    target_entity_id: number;
    relationship_type: string;
    evidence_count: number;
  }[];
const together = async (id: number) =>
  (await app.call('GET', `/entities/${id}/cooccurrences`)).body.cooccurrences.map(
    (one: { name: string; cooccurrence_count: number }) => `${one.name} ${one.cooccurrence_count}`,
  );

/** What the counts would be, counted from the mentions of current memories. */
async function recount() {
  const { db } = database.reader;
  const current = sql`m.is_latest = 1 and m.is_forgotten = 0 and m.is_archived = 0 and m.status = 'approved'`;
  const entities = await sql`select e.id, e.memory_count, e.occurrence_count,
      (select count(*) from memory_entities x join memories m on m.id = x.memory_id
        where x.entity_id = e.id and ${current}) as memories,
      (select coalesce(sum(x.mentions), 0) from memory_entities x join memories m on m.id = x.memory_id
        where x.entity_id = e.id and ${current}) as mentions
    from entities e order by e.id`.execute(db);
  const kept = await sql`select entity_id, other_id, memories from entity_pairs order by entity_id, other_id`.execute(
    db,
  );
  const counted = await sql`select a.entity_id, b.entity_id as other_id, count(*) as memories
    from memory_entities a join memory_entities b on b.memory_id = a.memory_id and b.entity_id > a.entity_id
      join memories m on m.id = a.memory_id
    where a.is_paired = 1 and b.is_paired = 1 and ${current}
    group by a.entity_id, b.entity_id order by a.entity_id, b.entity_id`.execute(db);
  return { entities: entities.rows as Record<string, number>[], kept: kept.rows, counted: counted.rows };
}
async function expectExact(after: string) {
  const { entities, kept, counted } = await recount();
  for (const row of entities)
    expect([row.memory_count, row.occurrence_count], `entity ${row.id} after ${after}`).toEqual([
      Number(row.memories),
      Number(row.mentions),
    ]);
  expect(kept, `pairs after ${after}`).toEqual(counted);
}

onEachDatabase((kind) => {
  beforeEach(async () => {
    database = await (await kind.place()).open();
    app = await createTestApp({ env: { ENGRAM_UNDERSTANDING: '1' }, ports: { database } });
  });
  afterEach(() => app.close());

  describe('reading', () => {
    it('finds who and what memories name, and how they stand to each other', async () => {
      await storeAll(app, [
        'Ann Lee works at Acme Inc. in Berlin. Ann likes tea.',
        'Redis 7.2 runs on cache-01.prod.',
        'Nothing to see here, move along.',
      ]);
      await read();
      expect((await all()).map((one) => `${one.entity_type} ${one.name} ${one.occurrence_count}`).sort()).toEqual([
        'organization Acme Inc. 1',
        'person Ann Lee 2',
        'place Berlin 1',
        'server cache-01.prod 1',
        'tool Redis 1',
      ]);
      const [ann, acme, redis, host] = [
        await named('Ann Lee'),
        await named('Acme Inc.'),
        await named('Redis'),
        await named('cache-01.prod'),
      ];
      expect(await relationships(ann.id)).toMatchObject([
        { source_entity_id: ann.id, target_entity_id: acme.id, relationship_type: 'works_at', evidence_count: 1 },
      ]);
      expect(await relationships(host.id)).toMatchObject([
        { source_entity_id: redis.id, relationship_type: 'runs_on' },
      ]);
      expect(await together(ann.id)).toEqual(['Berlin 1', 'Acme Inc. 1']);
      await expectExact('reading');
    });

    it('brings other names together, and tells apart what could be two', async () => {
      const [first] = await storeAll(app, ['Ann said the build is green.']);
      await read();
      await storeAll(app, ['Dr. Ann Lee moved to Paris.', 'db-07.prod is slow.', 'Robert, also known as Bob, left.']);
      await read();
      await storeAll(app, ['ANN LEE wrote it. Ann Lee signed it.', 'Ann called db-07 names.', 'Bob said hello.']);
      await read();
      const ann = await named('Ann Lee');
      expect(ann).toMatchObject({ memory_count: 4, aliases: ['Ann'] });
      expect((await app.call('GET', `/entities/${ann.id}/memories`)).body.memory_ids).toContain(first);
      expect(await named('db-07.prod')).toMatchObject({ memory_count: 2 });
      expect(await named('Robert')).toMatchObject({ memory_count: 2, aliases: ['Bob'] });
      await store(app, 'Ann Smith lives in Rome.');
      await read();
      await store(app, 'Ann likes pie.');
      await read();
      expect([(await named('Ann Lee')).memory_count, (await named('Ann Smith')).memory_count]).toEqual([4, 1]);
      await expectExact('aliases');
    });

    it('changes nothing when it is done again', async () => {
      await storeAll(app, ['Ann Lee works at Acme Inc.', 'Ann Lee met Tom in Oslo.', 'Tom reports to Ann Lee.']);
      await read();
      const before = [await all(), await relationships((await named('Tom')).id)];
      for (const _ of [1, 2]) {
        await app.call('POST', '/understanding');
        await read();
      }
      expect([await all(), await relationships((await named('Tom')).id)]).toEqual(before);
      await expectExact('reading again');
    });

    it('follows a memory into new versions, the trash and the archive, and out of the world', async () => {
      const id = await store(app, 'Tom lives in Oslo.');
      await read();
      const tom = await named('Tom');
      await app.call('POST', `/memory/${id}/forget`);
      expect(await all()).toEqual([]);
      expect((await app.call('GET', `/entities/${tom.id}`)).body.code).toBe('entity_not_found');
      await app.call('POST', `/memory/${id}/restore`);
      expect((await named('Tom')).occurrence_count).toBe(1);
      await app.call('POST', `/memory/${id}/archive`);
      expect(await all()).toEqual([]);
      await app.call('POST', `/memory/${id}/unarchive`);
      const next = (await app.call('POST', `/memory/${id}/update`, { content: 'Tom lives in Rome.' })).body.id;
      expect((await named('Tom')).memory_count).toBe(1);
      await read();
      expect((await all()).map(({ name }) => name).sort()).toEqual(['Rome', 'Tom']);
      expect((await relationships(tom.id)).map((one) => one.evidence_count)).toEqual([1]);
      await expectExact('a new version');
      await app.call('DELETE', `/memory/${next}?versions=true`);
      await expectExact('erasing');
      const { rows } = await sql`select name from entities`.execute(database.reader.db);
      expect(rows).toEqual([]);
    });

    it('keeps exact counts whatever happens', async () => {
      let state = 7;
      const chance = (n: number) => (state = (state * 48_271) % 2_147_483_647) % n;
      const WHO = ['Tom', 'Ann Lee', 'Priya', 'Redis', 'Kafka', 'Oslo', 'web-03.prod'];
      const text = (n: number) =>
        `${WHO[chance(7)]} and ${WHO[chance(7)]} with ${WHO[chance(7)]}, number ${n}. ${WHO[chance(7)]} again.`;
      const ids: number[] = [];
      const OPS = ['store', 'update', 'forget', 'restore', 'archive', 'unarchive', 'erase', 'again', 'merge', 'link'];
      for (let n = 0; n < 60; n++) {
        const op = n < 8 ? 'store' : OPS[chance(OPS.length)]!;
        const at = chance(Math.max(1, ids.length));
        const id = ids[at]!;
        if (op === 'store') ids.push(await store(app, { content: text(n), session_id: `s${n}` }));
        else if (op === 'update') {
          const next = await app.call('POST', `/memory/${id}/update`, { content: text(n) });
          if (next.status === 200) ids.push(next.body.id);
        } else if (op === 'erase') await app.call('DELETE', `/memory/${id}`);
        else if (op === 'again') await app.call('POST', '/understanding');
        else if (op === 'merge' || op === 'link') {
          const rows = await all();
          const [one, other] = [rows[chance(Math.max(1, rows.length))], rows[chance(Math.max(1, rows.length))]];
          if (!one || !other) continue;
          if (op === 'link') await app.call('PUT', `/entities/${one.id}/memories/${id}`);
          else if (chance(4) === 0) await app.call('POST', `/entities/${one.id}/merge`, { into: other.id });
        } else await app.call('POST', `/memory/${id}/${op}`);
        if (chance(3) > 0) await read();
        await expectExact(`${n}: ${op} ${id}`);
      }
      await read();
      await expectExact('all');
      const { counted } = await recount();
      expect((await app.call('POST', '/graph/cooccurrences/rebuild')).body).toMatchObject({ rebuilt: counted.length });
      await expectExact('rebuilding');
    });

    it('mends counts that were wrong', async () => {
      await storeAll(app, ['Tom met Priya in Oslo.', 'Tom met Priya.']);
      await read();
      await database.atomically(async ({ db }) => {
        await sql`update entity_pairs set memories = 9`.execute(db);
        await sql`update entities set memory_count = 9`.execute(db);
      });
      expect((await app.call('POST', '/graph/cooccurrences/rebuild')).body).toMatchObject({ rebuilt: 3 });
      await expectExact('rebuilding');
    });

    it('keeps spaces apart', async () => {
      const space = (await app.call('POST', '/spaces', { name: 'work' })).body.id;
      await storeAll(app, ['Tom lives in Oslo.', { content: 'Tom met Priya.', space_id: space }]);
      await read();
      const there = await app.call('GET', '/entities', undefined, { 'x-space': 'work' });
      expect(there.body.entities.map((one: Row) => [one.name, one.memory_count]).sort()).toEqual([
        ['Priya', 1],
        ['Tom', 1],
      ]);
      const oslo = await named('Oslo');
      expect((await app.call('GET', `/entities/${oslo.id}`, undefined, { 'x-space': 'work' })).status).toBe(404);
      const other = await app.newUser('other');
      expect((await other('GET', '/entities')).body.entities).toEqual([]);
      expect((await other('GET', `/entities/${oslo.id}`)).status).toBe(404);
      expect((await other('POST', `/entities/${oslo.id}/search`, { query: 'Tom' })).status).toBe(404);
    });
  });

  describe('by hand', () => {
    const create = (body: object) => app.call('POST', '/entities', body);

    it('makes, changes and removes entities', async () => {
      const made = await create({
        name: 'Billing Service',
        entity_type: 'service',
        description: 'd',
        aliases: ['billing'],
      });
      expect(made).toMatchObject({
        status: 201,
        body: { id: expect.any(Number), name: 'Billing Service', aliases: ['billing'], occurrence_count: 0 },
      });
      const { id } = made.body;
      expect((await create({ name: 'billing  service', entity_type: 'service' })).body.code).toBe('name_taken');
      expect((await create({ name: 'Billing Service', entity_type: 'tool' })).status).toBe(201);
      expect((await create({ name: '  ' })).status).toBe(400);
      const changed = await app.call('PUT', `/entities/${id}`, {
        name: 'Invoicing',
        metadata: { a: 1 },
        aliases: ['inv'],
      });
      expect(changed.body).toMatchObject({ name: 'Invoicing', metadata: { a: 1 }, aliases: ['inv'], updated: true });
      expect((await app.call('DELETE', `/entities/${id}`)).body).toEqual({ deleted: true, id });
      expect((await app.call('DELETE', `/entities/${id}`)).body).toEqual({ deleted: true, id });
      expect((await app.call('GET', `/entities/${id}`)).status).toBe(404);
    });

    it('files memories under them however they are written, and searches there', async () => {
      const { id } = (await create({ name: 'billing service', entity_type: 'service', aliases: ['the cashier'] })).body;
      const [one, , three] = await storeAll(app, [
        'The Billing Service times out under load.',
        'The search service times out under load.',
        'Restart the cashier at night.',
      ]);
      await read();
      expect((await app.call('GET', `/entities/${id}/memories`)).body.memory_ids).toEqual([three, one]);
      const found = await app.call('POST', `/entities/${id}/search`, { query: 'times out under load' });
      expect(found.body).toMatchObject({ entity_id: id, count: 1, memories: [{ id: one }], results: [{ id: one }] });
    });

    it('links memories that name it not, and keeps those links through readings and versions', async () => {
      const { id } = (await create({ name: 'Zed', entity_type: 'team' })).body;
      const memory = await store(app, 'We ship on Friday.');
      await read();
      expect((await app.call('PUT', `/entities/${id}/memories/${memory}`)).body).toEqual({
        linked: true,
        entity_id: id,
        memory_id: memory,
      });
      const next = (await app.call('POST', `/memory/${memory}/update`, { content: 'We ship on Monday.' })).body.id;
      await read();
      expect((await app.call('GET', `/entities/${id}/memories`)).body.memory_ids).toEqual([next]);
      await app.call('DELETE', `/entities/${id}/memories/${next}`);
      expect((await app.call('GET', `/entities/${id}`)).body).toMatchObject({ occurrence_count: 0 });
      expect((await app.call('PUT', `/entities/${id}/memories/999`)).body.code).toBe('memory_not_found');
      await expectExact('linking');
    });

    it('merges, and can take it back', async () => {
      await storeAll(app, ['Priya lives in Oslo.', 'Emma said hi to Tom.']);
      await read();
      const [priya, emma] = [await named('Priya'), await named('Emma')];
      const merged = await app.call('POST', `/entities/${emma.id}/merge`, { into: priya.id });
      expect(merged.body.entity).toMatchObject({ name: 'Priya', aliases: ['Emma'], memory_count: 2 });
      expect((await app.call('GET', `/entities/${emma.id}`)).status).toBe(404);
      await app.call('POST', '/understanding');
      await read();
      expect((await named('Priya')).memory_count).toBe(2);
      await app.call('PUT', `/entities/${priya.id}`, { aliases: [] });
      await app.call('POST', '/understanding');
      await read();
      expect([(await named('Priya')).memory_count, (await named('Emma')).memory_count]).toEqual([1, 1]);
      expect((await app.call('POST', `/entities/${priya.id}/merge`, { into: priya.id })).status).toBe(400);
    });

    it('states relationships', async () => {
      const [a, b] = [(await create({ name: 'A1' })).body.id, (await create({ name: 'B1' })).body.id];
      const body = { source_entity_id: a, target_entity_id: b, relationship_type: 'owns' };
      expect(await app.call('POST', '/entity-relationships', body)).toMatchObject({
        status: 201,
        body: { source_entity_id: a, target_entity_id: b, relationship_type: 'owns', strength: 1, evidence_count: 0 },
      });
      expect((await app.call('POST', '/entity-relationships', body)).status).toBe(409);
      expect((await app.call('POST', '/entity-relationships', { ...body, target_entity_id: 999 })).status).toBe(404);
      await app.call('POST', `/entities/${b}/relationships`, { target_id: a, relationship: 'part_of' });
      expect((await relationships(a)).map((one) => one.relationship_type)).toEqual(['owns', 'part_of']);
      expect(
        (await app.call('DELETE', `/entities/${a}/relationships`, { target_entity_id: b, type: 'owns' })).body,
      ).toEqual({ deleted: true, source_entity_id: a, target_entity_id: b, relationship_type: 'owns' });
      expect((await relationships(a)).map((one) => one.relationship_type)).toEqual(['part_of']);
    });
  });

  describe('projects', () => {
    const get = async (id: number) => (await app.call('GET', `/projects/${id}`)).body;

    it('gathers the memories that name them, those stored before too', async () => {
      const [before, tagged] = await storeAll(app, [
        'Project Apollo needs a budget.',
        { content: 'The launch slipped.', tags: ['project:apollo'] },
      ]);
      await read();
      const made = await app.call('POST', '/projects', { name: 'Apollo', status: 'odd', metadata: { a: [1] } });
      expect(made).toMatchObject({ status: 200, body: { created: true, name: 'Apollo', status: 'active' } });
      const { id } = made.body;
      const after = await store(app, 'We talked about Apollo at lunch.');
      await read();
      expect((await get(id)).memory_ids).toEqual([after, tagged, before]);
      expect((await app.call('GET', '/projects')).body).toMatchObject({
        count: 1,
        projects: [{ id, memory_count: 3, metadata: { a: [1] } }],
      });
      const found = await app.call('POST', `/projects/${id}/search`, { query: 'launch' });
      expect(found.body.project_id).toBe(id);
      expect(found.body.results[0].id).toBe(tagged);
      await app.call('POST', `/memory/${before}/forget`);
      expect((await get(id)).memory_count).toBe(2);
      const graph = (await app.call('GET', '/graph')).body;
      expect(graph.nodes.map((node: { id: string }) => node.id)).toContain(`p${id}`);
    });

    it('links by hand, changes and goes', async () => {
      const { id } = (await app.call('POST', '/projects', { name: 'Quiet', status: 'paused' })).body;
      const memory = await store(app, 'Paint the fence.');
      expect((await app.call('PUT', `/projects/${id}/memories/${memory}`)).body.linked).toBe(true);
      await app.call('POST', '/understanding');
      await read();
      expect((await get(id)).memory_ids).toEqual([memory]);
      expect((await app.call('PUT', `/projects/${id}`, { status: 'completed' })).body).toEqual({ updated: true, id });
      expect((await app.call('GET', '/projects?status=completed')).body.count).toBe(1);
      expect((await app.call('DELETE', `/projects/${id}/memories/${memory}`)).body.unlinked).toBe(true);
      expect((await get(id)).memory_ids).toEqual([]);
      const other = await app.newUser('other');
      expect((await other('GET', `/projects/${id}`)).status).toBe(404);
      expect((await other('GET', '/projects')).body.projects).toEqual([]);
      expect((await app.call('DELETE', `/projects/${id}`)).body).toEqual({ deleted: true, id });
      expect((await app.call('GET', `/projects/${id}`)).body.code).toBe('project_not_found');
    });
  });
}, KINDS);

describe('with a language model', () => {
  it('takes what it finds in the text, and goes by rules when it fails', async () => {
    await using llm = await startLlm({
      answer: {
        entities: {
          entities: [
            { name: 'Zorblat', type: 'tool' },
            { name: 'Invented', type: 'person' },
          ],
          relationships: [{ source: 'Tom', target: 'Zorblat', type: 'maintains' }],
        },
      },
    });
    app = await createTestApp({ env: { ENGRAM_UNDERSTANDING: '1', ...llm.env } });
    await store(app, 'Tom keeps the old Zorblat alive at night.');
    await read();
    expect((await all()).map((one) => one.name).sort()).toEqual(['Tom', 'Zorblat']);
    expect(await relationships((await named('Tom')).id)).toMatchObject([{ relationship_type: 'maintains' }]);
    llm.answer = undefined;
    await store(app, 'Priya lives in Oslo, far from all the others.');
    await read();
    expect((await all()).map((one) => one.name)).toContain('Oslo');
    await app.close();
  });
});
