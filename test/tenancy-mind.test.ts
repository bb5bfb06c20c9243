// The wall between users, and between spaces, around all that is read in memories: entities, facts, signals, causes, ranks.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Caller, createTestApp, type TestApp } from './support/app.ts';

let app: TestApp;
let mine: Caller;
let theirs: Caller;
const WORK = { 'x-space': 'work' };
const SECRET = /zanzibar/i;
const MISSING = 987_654;
/** What one of mine is called in the paths and bodies below. */
const ids: Record<string, number | string> = {};

async function done(answer: ReturnType<Caller>) {
  const { status, body } = await answer;
  expect(status, JSON.stringify(body)).toBeLessThan(300);
  return body;
}

beforeAll(async () => {
  app = await createTestApp({ env: { ENGRAM_UNDERSTANDING: '1' } });
  mine = app.call;
  theirs = await app.newUser('ada');
  await done(mine('POST', '/spaces', { name: 'work' }));
  const go = (method: string, path: string, body?: unknown) => done(mine(method, path, body, WORK));
  const store = async (content: string, more: object = {}): Promise<number> =>
    (await go('POST', '/store', { content, session_id: 'night', ...more })).id;
  await store('Ann Miller works at Acme Zanzibar. I love Zanzibar tea, and I hate Zanzibar coffee.');
  ids.older = await store('The Zanzibar server listens on port 4711.');
  ids.newer = await store('The Zanzibar server listens on port 4712.');
  ids.memory = await store('Checkout was down because the disk of the Zanzibar server was full.', {
    category: 'issue',
  });
  const parts = Array.from({ length: 6 }, (_, i) => `Zanzibar service ${i} runs version 4.${i} on port 70${i}.`);
  await store(parts.join(' '));
  await app.jobs.drain();
  ids.entity = (await go('POST', '/entities', { name: 'Zanzibar mole', type: 'tool' })).id;
  ids.second = (await go('POST', '/entities', { name: 'Zanzibar gate', type: 'tool' })).id;
  await go('PUT', `/entities/${ids.entity}/memories/${ids.memory}`);
  await go('PUT', `/entities/${ids.second}/memories/${ids.memory}`);
  await go('POST', `/entities/${ids.entity}/relationships`, { target_id: ids.second, relationship: 'zanzibar' });
  ids.project = (await go('POST', '/projects', { name: 'Zanzibar' })).id;
  await go('PUT', `/projects/${ids.project}/memories/${ids.memory}`);
  await go('POST', '/personality/signals', { signal_type: 'value', value: 1, evidence: 'Zanzibar walks' });
  ids.chain = (
    await go('POST', '/intelligence/causal/chains', { description: 'Zanzibar', root_memory_id: ids.memory })
  ).id;
  const ends = { cause_memory_id: ids.older, effect_memory_id: ids.memory };
  await go('POST', '/intelligence/causal/links', { chain_id: ids.chain, ...ends });
  await go('PUT', '/preferences', { 'zanzibar.tea': 'green' });
  ids.approval = (await go('POST', '/approvals', { action: 'open Zanzibar', requester: 'ada' })).id;
  const asked = { command: 'ls zanzibar', tool_name: 'Bash', session_id: 'night', skip_approval: true };
  ids.gate = (await go('POST', '/gate/check', asked)).gate_id;
  await go('POST', '/graph/pagerank');
  await go('POST', '/graph/communities');
  ids.community = (await go('GET', '/communities')).communities[0].id;
  await done(theirs('POST', '/store', { content: 'The harbour opens at nine.' }));
  await done(mine('POST', '/store', { content: 'The harbour opens at ten.' }));
  await app.jobs.drain();
}, 60_000);
afterAll(() => app.close());

/** @param missing with ids that nobody has, two different ones where there were two */
const filled = (text: string, missing = false): string =>
  text.replace(/\$(\w+)/g, (_, name: string) => `${missing ? MISSING + Object.keys(ids).indexOf(name) : ids[name]}`);

/** Of a memory's space, like the memory. */
const OF_SPACES: [method: string, path: string, body?: object][] = [
  ['GET', '/facts'],
  ['GET', '/entities'],
  ['GET', '/entities?q=zanzibar'],
  ['GET', '/projects'],
  ['GET', '/contradictions?threshold=0'],
  ['GET', '/personality/signals'],
  ['GET', '/personality/profile'],
  ['GET', '/preferences?learned=true&domain=drinks'],
  ['GET', '/intelligence/causal/chains'],
  ['GET', '/graph'],
  ['GET', '/graph/raw'],
  ['GET', '/graph/view'],
  ['GET', '/graph/export?content=true'],
  ['GET', '/graph/pagerank'],
  ['POST', '/graph/build'],
  ['POST', '/graph/search', { query: 'zanzibar' }],
  ['POST', '/search', { query: 'What tea does Ann love, and where?' }],
  ['POST', '/intelligence/predictive/recall'],
];
const OF_USERS: typeof OF_SPACES = [
  ['GET', '/preferences'],
  ['GET', '/approvals/pending'],
];

describe('between users', () => {
  it.each([...OF_SPACES, ...OF_USERS])('%s %s shows nothing of the other', async (method, path, body) => {
    expect(JSON.stringify(await done(theirs(method, path, body)))).not.toMatch(SECRET);
    if (!path.includes('learned')) expect(JSON.stringify(await done(mine(method, path, body)))).toMatch(SECRET);
  });

  it('counts nothing of the other', async () => {
    expect((await done(theirs('GET', '/entities'))).total).toBe(0);
    expect((await done(theirs('GET', '/communities'))).communities).toEqual([]);
    expect((await done(theirs('GET', '/graph/analysis'))).nodes).toBe(1);
    expect(await done(theirs('GET', '/graph/timeline'))).toMatchObject({ total_memories: 1, total_entities: 0 });
    expect(await done(theirs('POST', '/graph/cooccurrences/rebuild'))).toEqual({ rebuilt: 0, rebuilt_pairs: 0 });
    expect((await done(theirs('POST', '/contradictions'))).contradictions).toEqual([]);
    expect((await done(theirs('GET', '/intelligence/sentiment/history'))).history).toHaveLength(1);
    expect((await done(theirs('GET', '/intelligence/reconsolidation/candidates'))).count).toBe(0);
    expect(await done(theirs('DELETE', '/preferences'))).toEqual({ deleted: 0 });
    expect(JSON.stringify(await done(mine('GET', '/preferences')))).toMatch(SECRET);
  });

  it.each<[method: string, path: string, body?: string]>([
    ['GET', '/entities/$entity'],
    ['PUT', '/entities/$entity', '{"name":"mine now"}'],
    ['POST', '/entities/$entity/merge', '{"into":$second}'],
    ['GET', '/entities/$entity/relationships'],
    ['POST', '/entities/$entity/relationships', '{"target_id":$second}'],
    ['POST', '/entity-relationships', '{"source_entity_id":$entity,"target_entity_id":$second}'],
    ['DELETE', '/entities/$entity/relationships', '{"target_entity_id":$second}'],
    ['GET', '/entities/$entity/memories'],
    ['PUT', '/entities/$entity/memories/$memory'],
    ['DELETE', '/entities/$entity/memories/$memory'],
    ['POST', '/entities/$entity/search', '{"query":"zanzibar"}'],
    ['GET', '/entities/$entity/cooccurrences'],
    ['DELETE', '/entities/$entity'],
    ['GET', '/projects/$project'],
    ['PUT', '/projects/$project', '{"name":"mine now"}'],
    ['PUT', '/projects/$project/memories/$memory'],
    ['DELETE', '/projects/$project/memories/$memory'],
    ['POST', '/projects/$project/search', '{"query":"zanzibar"}'],
    ['DELETE', '/projects/$project'],
    ['GET', '/facts?memory_id=$memory'],
    ['GET', '/personality/signals?memory_id=$memory'],
    ['GET', '/contradictions/$newer'],
    ['POST', '/contradictions/resolve', '{"memory_a_id":$older,"memory_b_id":$newer,"resolution":"keep_b"}'],
    ['GET', '/intelligence/causal/chains/$chain'],
    ['POST', '/intelligence/causal/links', '{"chain_id":$chain,"cause_memory_id":$older,"effect_memory_id":$newer}'],
    ['POST', '/intelligence/causal/backward/$memory'],
    ['POST', '/intelligence/decompose/$memory'],
    ['GET', '/intelligence/valence/$memory'],
    ['POST', '/intelligence/valence/score', '{"memory_id":$memory}'],
    ['POST', '/intelligence/sentiment/analyze', '{"memory_id":$memory}'],
    ['POST', '/intelligence/reconsolidate/$memory'],
    ['POST', '/intelligence/reconsolidate/$memory/undo'],
    ['GET', '/graph/neighborhood/m$memory'],
    ['GET', '/graph/neighborhood/e$entity'],
    ['GET', '/graph/neighborhood/p$project'],
    ['GET', '/graph/path?from=m$older&to=m$newer'],
    ['GET', '/graph?center=m$memory'],
    ['GET', '/communities/$community'],
    ['GET', '/graph/communities/$community/members'],
    ['POST', '/gate/respond', '{"gate_id":$gate,"approved":true}'],
    ['POST', '/gate/complete', '{"gate_id":$gate,"output":"mine now"}'],
    ['POST', '/gate/complete-latest', '{"session_id":"night"}'],
  ])('%s %s %s cannot tell another’s from none', async (method, path, body) => {
    const ask = async (missing: boolean) => {
      const sent = body && JSON.parse(filled(body, missing));
      const answer = await theirs(method, filled(path, missing), sent, { 'x-request-id': 'same' });
      return { status: answer.status, said: JSON.stringify(answer.body).replace(/\d+/g, 'N') };
    };
    const before = await done(mine('GET', '/graph/export?content=true'));
    const another = await ask(false);
    expect(another).toEqual(await ask(true));
    expect(another.said).not.toMatch(SECRET);
    expect(await done(mine('GET', '/graph/export?content=true'))).toEqual(before);
  });

  it('an approval is seen and decided by nobody else', async () => {
    for (const [method, path, body] of [
      ['GET', `/approvals/${ids.approval}`, undefined],
      ['POST', `/approvals/${ids.approval}/decide`, { decision: 'approved' }],
    ] as const) {
      const { status, body: said } = await theirs(method, path, body);
      expect([status, said.code]).toEqual([404, 'approval_not_found']);
    }
    expect((await done(mine('GET', `/approvals/${ids.approval}`))).status).toBe('pending');
  });
});

describe('between spaces', () => {
  it.each(OF_SPACES)('%s %s shows nothing of another space', async (method, path, body) => {
    const seen = async (space: string) => JSON.stringify(await done(mine(method, path, body, { 'x-space': space })));
    expect(await seen('default')).not.toMatch(SECRET);
    if (!path.includes('learned')) expect(await seen('work')).toMatch(SECRET);
  });

  it.each([
    ['GET', '/entities/$entity'],
    ['GET', '/entities/$entity/memories'],
    ['GET', '/projects/$project'],
    ['GET', '/contradictions/$newer'],
    ['GET', '/intelligence/causal/chains/$chain'],
    ['GET', '/intelligence/valence/$memory'],
    ['GET', '/graph/neighborhood/m$memory'],
    ['GET', '/graph/neighborhood/e$entity'],
    ['GET', '/communities/$community'],
    ['GET', '/graph/communities/$community/members'],
    ['GET', '/facts?memory_id=$memory'],
    ['GET', '/personality/signals?memory_id=$memory'],
  ])('%s %s shows nothing of another space', async (method, path) => {
    const { body } = await mine(method, filled(path), undefined, { 'x-space': 'default' });
    expect(JSON.stringify(body)).not.toMatch(SECRET);
  });

  it('counts nothing of another space', async () => {
    const go = (path: string) => done(mine('GET', path, undefined, { 'x-space': 'default' }));
    expect((await go('/entities')).total).toBe(0);
    expect((await go('/communities')).communities).toEqual([]);
    expect((await go('/graph/analysis')).nodes).toBe(1);
    expect(await go('/graph/timeline')).toMatchObject({ total_memories: 1, total_entities: 0 });
    expect((await go('/intelligence/reconsolidation/candidates')).count).toBe(0);
  });
});
