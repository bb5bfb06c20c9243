// A language model as the settings name it: what the server says of it, what is counted, and that this outlives a restart.
import { afterEach, describe, expect, it } from 'vitest';
import { load, problems } from '../src/config/testkit.ts';
import { createTestApp, type TestApp, tempDir } from './support/app.ts';
import { engram, freePort } from './support/cli.ts';
import { type LlmServer, refuse, startLlm } from './support/llm-server.ts';

const KEY = 'sk-never-to-be-seen';
const SAID = { messages: [{ role: 'user', content: 'My sister Ana moved to Lisbon in May.' }] };
const answer = {
  extract_conversation: { facts: [{ content: 'Ana, the sister of the user, moved to Lisbon in May.' }] },
};

let app: TestApp | null = null;
let llm: LlmServer | null = null;
afterEach(async () => {
  await app?.close();
  await llm?.close();
  app = llm = null;
});

async function start(env: Record<string, string> = {}): Promise<{ app: TestApp; llm: LlmServer }> {
  llm = await startLlm({ answer });
  app = await createTestApp({ env: { ...llm.env, ...env } });
  return { app, llm };
}

describe('a server with a language model', () => {
  it('says so, whether it answers or not', async () => {
    const { app, llm } = await start();
    llm.always = refuse(500);
    expect((await app.call('GET', '/health')).body.llm_configured).toBe(true);
    const ready = await app.call('GET', '/health/ready');
    expect({ status: ready.status, llm: ready.body.checks.llm }).toEqual({ status: 200, llm: 'configured' });
    expect(llm.requests).toEqual([]);
  });

  it('asks it with the key and the text as data, and counts what that took', async () => {
    const { app, llm } = await start({ ENGRAM_LLM_API_KEY: KEY, ENGRAM_LLM_PRICE_IN: '2', ENGRAM_LLM_PRICE_OUT: '10' });
    expect((await app.call('POST', '/add', SAID)).status).toBe(200);
    const [asked] = llm.asked('extract_conversation');
    expect(asked!.headers.authorization).toBe(`Bearer ${KEY}`);
    expect(asked!.data).toContain('moved to Lisbon');
    expect(asked!.instructions).not.toContain('Lisbon');
    const { body } = await app.call('GET', '/metrics');
    const purpose = 'purpose="extract conversation"';
    expect(body).toContain(`engram_llm_requests_total{${purpose},outcome="ok"} 1`);
    expect(body).toContain(`engram_llm_tokens_total{${purpose},direction="in"} 30`);
    expect(body).toContain(`engram_llm_tokens_total{${purpose},direction="out"} 12`);
    expect(body).toContain(`engram_llm_cost_total{${purpose}} 0.00018`);
    expect(body).toContain(`engram_llm_duration_seconds_count{${purpose}} 1`);
  });

  it('keeps to the tokens of a day, also after a restart, and starts anew on the next', async () => {
    const { app: first, llm } = await start({ ENGRAM_LLM_DAILY_TOKENS: '42' });
    await first.call('POST', '/add', SAID);
    app = await first.reopen();
    const spent = await app.call('POST', '/add', SAID);
    expect(spent).toMatchObject({ status: 200, body: { degraded: ['llm'] } });
    const ids = [];
    for (const content of ['The gate opens at nine', 'The gate opens at ten'])
      ids.push((await app.call('POST', '/store', { content })).body.id);
    const merge = { memory_a_id: ids[0], memory_b_id: ids[1], resolution: 'merge' };
    const refused = await app.call('POST', '/contradictions/resolve', merge);
    expect([refused.status, refused.body.code]).toEqual([503, 'llm_budget_spent']);
    expect(refused.headers.get('retry-after')).toBe('3600');
    expect(llm.requests).toHaveLength(1);
    app.clock.advance(24 * 3_600_000);
    await app.call('POST', '/add', SAID);
    expect(llm.requests).toHaveLength(2);
  });
});

describe('a server without one', () => {
  it('says so', async () => {
    app = await createTestApp();
    expect((await app.call('GET', '/health')).body.llm_configured).toBe(false);
    expect((await app.call('GET', '/health/ready')).body.checks.llm).toBe('disabled');
  });
});

describe('settings', () => {
  it.each([
    ['ENGRAM_LLM_URL', 'ENGRAM_LLM_MODEL'],
    ['LLM_URL', 'LLM_MODEL'],
    ['OLLAMA_URL', 'OLLAMA_MODEL'],
  ])('%s and %s', (url, model) => {
    const { llm } = load({ env: { [url]: 'http://localhost:11434/api/generate', [model]: 'toy', LLM_API_KEY: KEY } });
    expect(llm).toMatchObject({ url: 'http://localhost:11434/api/generate', model: 'toy' });
    expect(llm.api_key!.reveal()).toBe(KEY);
    expect(llm).toMatchObject({ timeout_ms: 20_000, background_timeout_ms: 120_000, concurrency: 2, daily_tokens: 0 });
  });

  it('an address without a model is a mistake, a model without an address none', () => {
    expect(problems({ env: { LLM_URL: 'http://x' } })).toEqual([expect.stringContaining('ENGRAM_LLM_MODEL must name')]);
    expect(load({ env: { OLLAMA_MODEL: 'toy' } }).llm.url).toBeNull();
  });

  it('may lie in the file', () => {
    const toml = '[llm]\nurl = "http://x"\nmodel = "toy"\nconcurrency = 4\nprice_in = 0.5';
    expect(load({ toml }).llm).toMatchObject({ url: 'http://x', model: 'toy', concurrency: 4, price_in: 0.5 });
  });
});

describe('engram doctor', () => {
  it('asks it, and says what is wrong', async () => {
    const port = String(await freePort());
    llm = await startLlm({ answer: { probe: { ok: true } } });
    const look = async (env: Record<string, string>) => {
      const all = { ENGRAM_DATA_DIR: tempDir(), ENGRAM_PORT: port, ENGRAM_LLM_API_KEY: KEY, ...env };
      const { out } = await engram(['doctor', '--json'], { env: all });
      expect(out).not.toContain(KEY);
      return JSON.parse(out).checks.find(({ name }: { name: string }) => name === 'llm');
    };
    expect(await look(llm.env)).toMatchObject({ state: 'ok', found: `toy-llm answers at ${llm.url}/chat/completions` });
    llm.always = refuse(401, `Incorrect API key ${KEY}`);
    expect(await look(llm.env)).toMatchObject({
      state: 'broken',
      found: expect.stringContaining('ENGRAM_LLM_API_KEY'),
    });
    expect(await look({})).toBeUndefined();
  });
});
