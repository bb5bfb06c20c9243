// Rules of the user and the commands themselves: what /guard lets through, warns of, and blocks.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createTestApp, type TestApp } from './support/app.ts';
import { KINDS } from './support/databases.ts';
import { startLlm } from './support/llm-server.ts';
import { store } from './support/memories.ts';

const rule = (app: TestApp, content: string, more: object = {}) =>
  store(app, { content, is_static: true, importance: 9, ...more });
const guard = async (app: TestApp, action: string) => (await app.call('POST', '/guard', { action })).body;

describe.each(KINDS.slice(0, 2))('on $name', (kind) => {
  let app: TestApp;
  beforeEach(async () => {
    const place = await kind.place();
    app = await createTestApp({ ports: { database: await place.open() } });
  });
  afterEach(() => app.close());

  it.each([
    ['rm -fr  "/opt/engram/data"', 'block'],
    ['git commit -m "never rm -rf /"', 'allow'],
    ["python3 -c 'print(1)'", 'warn'],
    ['ls -la', 'allow'],
  ])('reads the command %s', async (action, signal) => {
    const body = await guard(app, action);
    expect(body).toMatchObject({ signal, verdict: signal, action, rules: [] });
    expect(body.reasons.length > 0).toBe(signal !== 'allow');
  });

  it.each([
    ['Never push to main', 'git push origin main', 'block'],
    ['Never push to main', 'git push origin feature', 'warn'],
    ['Never push to main', 'git status', 'allow'],
    ['You must not delete the production database', 'drop the prod DB', 'block'],
    ['You must not delete the production database', 'read the production database', 'warn'],
    ['Deploys on Fridays are forbidden', 'deploy on Friday', 'block'],
    ['Do not email customers', 'send the customers a newsletter', 'block'],
    ['Always ask before restarting the api server', 'restart the api server', 'warn'],
    ['Prefer pnpm over npm', 'npm install', 'warn'],
    ['Never work with the dog', 'walk with the cat', 'allow'],
    ['Never release a cathedral', 'release the cat', 'warn'],
  ])('by the rule "%s" and %s: %s', async (content, action, signal) => {
    const id = await rule(app, content);
    const body = await guard(app, action);
    expect(body.signal).toBe(signal);
    expect(body.rules).toEqual(
      signal === 'allow' ? [] : [{ id, content, importance: 9, signal, why: expect.any(String) }],
    );
  });

  it('looks at permanent rules of one’s own only', async () => {
    await store(app, { content: 'Never push to main', importance: 9 });
    await rule(app, 'Push notes to main are read by Bob', { importance: 3 });
    const other = await app.newUser('other', 'read');
    expect((await guard(app, 'git push origin main')).rules).toEqual([]);
    await rule(app, 'Do not push to main', { importance: 2 });
    expect((await guard(app, 'git push origin main')).signal).toBe('block');
    expect((await other('POST', '/guard', { action: 'git push origin main' })).body.signal).toBe('allow');
    expect((await other('POST', '/guard', { action: '  ' })).status).toBe(400);
  });

  it('finds a rule among many', async () => {
    const id = await rule(app, 'Never rename the billing queue');
    for (let n = 0; n < 40; n++) await rule(app, `Never open drawer ${n} of the filing cabinet`);
    const body = await guard(app, 'rename the billing queue');
    expect(body).toMatchObject({ signal: 'block', looked_at: { rules: 41, complete: true } });
    expect(body.rules[0].id).toBe(id);
  });
});

describe('with a language model', () => {
  it('lets it decide what rules leave open, never what they forbid', async () => {
    await using llm = await startLlm({ answer: { guard: { verdict: 'ALLOW', reason: 'It is another branch.' } } });
    const app = await createTestApp({ env: { ...llm.env } });
    await rule(app, 'Never push to main');
    expect((await guard(app, 'git push origin feature')).signal).toBe('allow');
    expect((await guard(app, 'git push origin main')).signal).toBe('block');
    expect(llm.asked('guard')).toHaveLength(1);
    llm.answer = {};
    expect(await guard(app, 'git push origin feature')).toMatchObject({
      signal: 'warn',
      degraded: expect.arrayContaining(['llm']),
    });
    await app.close();
  });
});
