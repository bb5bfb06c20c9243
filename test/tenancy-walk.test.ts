// Two users and every endpoint there is: the one neither sees, counts, guesses nor changes what is the other's.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { EndpointSpec } from '../src/core/endpoint.ts';
import { ENDPOINTS } from '../src/entry/contracts.ts';
import { type Caller, createTestApp, type TestApp } from './support/app.ts';
import { type Ask, CASES, makeRows } from './support/tenancy-cases.ts';
import { comparable, exact, filled, type Names, nobodys } from './support/tenancy-walk.ts';
import { rowsOfUser } from './support/user-rows.ts';

const SECRET = /quokka/i;
/** Said the same way at each request, so that answers can be compared. */
const SAME = { 'x-request-id': 'same' };
/** Tables with rows that no user owns, and why. */
const OF_NOBODY: Readonly<Record<string, string>> = {
  users: 'is the list of users itself',
  app_state: 'is what the program notes about itself',
  oauth_clients: 'is who registered before anybody knew for whom',
  schema_version: 'is how far the schema is',
  jobs: 'names users and ids in its payloads, never a text',
  llm_usage: 'adds up tokens of all users against one budget',
  memories_fts: 'has a user_id on Postgres',
};

let app: TestApp;
let mine: Caller;
let theirs: Caller;
let names: Names;
let owner: number;
/** What user B was answered when there was no user A. */
const alone = new Map<Ask, string>();

const specs: readonly EndpointSpec[] = ENDPOINTS.filter(({ access }) => access === 'read' || access === 'write');
const asksOf = ({ id }: EndpointSpec): readonly Ask[] => (id in CASES ? [CASES[id]!].flat() : []);
const settled = async () => {
  await app.jobs.drain();
  await app.flush();
};

function ask(call: Caller, { method, path }: EndpointSpec, how: Ask, as: Names) {
  const to = how.path === undefined ? path : how.path.startsWith('?') ? `${path}${how.path}` : how.path;
  return call(method, filled(to, as), filled(how.body, as), SAME);
}

beforeAll(async () => {
  app = await createTestApp({
    env: { ENGRAM_UNDERSTANDING: '1', ENGRAM_EMBEDDING_MODEL: '', ENGRAM_WEBHOOK_ALLOW_PRIVATE: '1' },
  });
  mine = await app.newUser('ann');
  theirs = await app.newUser('bob');
  await theirs('GET', '/quota');
  await settled();
  for (const spec of specs) {
    for (const how of asksOf(spec)) {
      if (spec.access !== 'read' || how.kind !== 'own') continue;
      alone.set(how, exact(await ask(theirs, spec, how, { user: 987_654 })));
    }
  }
  names = await makeRows(mine, () => app.jobs.drain());
  owner = names.user as number;
  await settled();
}, 60_000);
afterAll(() => app.close());

describe('every endpoint', () => {
  it('has a case', () => {
    const missing = specs.flatMap(({ id }) => (id in CASES ? [] : [id]));
    const advice =
      'Add a line for each to CASES in test/support/tenancy-cases.ts: how a user asks for what is another’s.';
    expect(missing, advice).toEqual([]);
    const known = new Set(specs.map(({ id }) => id));
    const gone = Object.keys(CASES).filter((id) => !known.has(id as never));
    expect(gone, 'No endpoint has these ids: take their lines out of test/support/tenancy-cases.ts.').toEqual([]);
  });

  it('is mounted', () => {
    expect(new Set(app.routes.map(({ spec }) => spec.id))).toEqual(new Set(ENDPOINTS.map(({ id }) => id)));
  });

  it('with a path that names something has a case that names another’s', () => {
    // One of a few fixed words is nobody's.
    const naming = specs.filter(({ params }) =>
      Object.values(params?.shape ?? {}).some((p) => !(p instanceof z.ZodEnum)),
    );
    const bare = naming.filter((spec) => !asksOf(spec).some(({ kind }) => kind === 'of'));
    expect(bare.map(({ id }) => id)).toEqual([]);
  });
});

describe('reading shows and counts nothing of another', () => {
  const reads = specs
    .filter(({ access }) => access === 'read')
    .flatMap((spec) => asksOf(spec).map((how) => ({ spec, how })));
  it.each(reads.filter(({ how }) => how.kind === 'own').map(({ spec, how }) => [spec.id, how, spec] as const))(
    '%s %j',
    async (_id, how, spec) => {
      const answer = await ask(theirs, spec, how, names);
      if (how.refused) expect(answer.body.code).toBe(how.refused);
      else expect(answer.status, JSON.stringify(answer.body)).toBeLessThan(300);
      const now = exact(answer);
      expect(now).not.toMatch(SECRET);
      expect(now).toBe(alone.get(how));
    },
  );
});

describe('asking for what is another’s is asking for nothing', () => {
  const naming = specs.flatMap((spec) =>
    asksOf(spec)
      .filter(({ kind }) => kind === 'of')
      .map((how) => ({ spec, how })),
  );
  it.each(naming.map(({ spec, how }) => [spec.id, how, spec] as const))('%s %j', async (_id, how, spec) => {
    const before = await rowsOfUser(app.database, owner);
    const missing = nobodys(names);
    const [another, none] = [await ask(theirs, spec, how, names), await ask(theirs, spec, how, missing)];
    expect(another.body?.code, JSON.stringify(another.body)).not.toBe('invalid_request');
    expect(comparable(another, names)).toBe(comparable(none, missing));
    expect(comparable(another, names)).not.toMatch(SECRET);
    await settled();
    expect(await rowsOfUser(app.database, owner)).toEqual(before);
  });
});

describe('what is not there for another is there for its owner', () => {
  // What the owner reads is noted on it.
  afterAll(settled);
  const naming = specs.flatMap((spec) =>
    asksOf(spec)
      .filter(({ kind }) => kind === 'of' && spec.access === 'read')
      .map((how) => ({ spec, how })),
  );
  it.each(naming.map(({ spec, how }) => [spec.id, how, spec] as const))('%s %j', async (_id, how, spec) => {
    if (spec.id === 'sessions.stream') return;
    const { status, body } = await ask(mine, spec, how, names);
    expect(status, JSON.stringify(body)).toBeLessThan(300);
  });
});

describe('writing one’s own changes nothing of another', () => {
  const writes = specs.filter(({ access }) => access === 'write');
  const own = writes.flatMap((spec) =>
    asksOf(spec)
      .filter(({ kind }) => kind === 'own')
      .map((how) => ({ spec, how })),
  );
  it.each(own.map(({ spec, how }) => [spec.id, how, spec] as const))('%s %j', async (_id, how, spec) => {
    const before = await rowsOfUser(app.database, owner);
    const answer = await ask(theirs, spec, how, names);
    if (how.refused) expect(answer.body.code).toBe(how.refused);
    else expect(answer.status, JSON.stringify(answer.body)).toBeLessThan(300);
    expect(exact(answer)).not.toMatch(SECRET);
    await settled();
    expect(await rowsOfUser(app.database, owner)).toEqual(before);
  });
});

describe('what only administrators may', () => {
  const admin = ENDPOINTS.filter(({ access }) => access === 'admin');
  it.each(admin.map((spec) => [spec.id, spec] as const))('%s is refused to others', async (_id, spec) => {
    const before = await rowsOfUser(app.database, owner);
    const path = spec.path.replaceAll(/\{\w+\}/g, String(names.memory));
    const { status, body } = await theirs(spec.method, path, spec.body ? { user_id: owner } : undefined);
    expect([status, body.code]).toEqual([403, 'forbidden']);
    expect(JSON.stringify(body)).not.toMatch(SECRET);
    expect(await rowsOfUser(app.database, owner)).toEqual(before);
  });
});

describe('every table', () => {
  it('says whose its rows are, or is known to be of nobody', async () => {
    const { tables } = await app.database.reader.describe();
    const bare = tables.filter(
      ({ name, of_users }) => !of_users && !/^memories_fts_/.test(name) && !(name in OF_NOBODY),
    );
    const advice = 'Give it a user_id, or add it to OF_NOBODY in test/tenancy-walk.test.ts with the reason.';
    expect(
      bare.map(({ name }) => name),
      advice,
    ).toEqual([]);
  });

  it('of words is of one user', async () => {
    const { tables } = await app.database.reader.describe();
    expect(tables.map(({ name }) => name)).toContain(`memories_fts_${owner}`);
  });
});
