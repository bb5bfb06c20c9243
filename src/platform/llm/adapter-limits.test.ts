// What the adapter keeps within bounds: patience, failures, places, tokens; and what it may not tell.
import { once } from 'node:events';
import { describe, expect, it, vi } from 'vitest';
import { fakeClock } from '../../../test/support/app.ts';
import { freePort } from '../../../test/support/cli.ts';
import { type Act, breakOff, gate, hang, hangUp, json, refuse, says } from '../../../test/support/llm-server.ts';
import { type Logger, silentLogger } from '../../core/log.ts';
import { cause, FACTS, failure, KEY, open, question, SECRET, start } from './adapter-testkit.ts';
import { createBudget, type UsageBook } from './budget.ts';

describe('what may pass', () => {
  it.each<[string, Act]>([
    ['500', refuse(500)],
    ['503 of a proxy', (response) => json(response, 503, '<html>busy</html>')],
    ['408', refuse(408)],
    ['429', refuse(429)],
    ['a connection that ends', hangUp],
    ['an answer that breaks off', breakOff],
  ])('%s, twice, is waited out, longer each time', async (_, act) => {
    const server = await start();
    const { llm, waits } = open(server.url);
    server.acts = [act, act];
    expect(await llm.ask(question())).toEqual(FACTS);
    expect(waits).toEqual([500, 1000]);
  });

  it.each([
    ['7', 7000],
    ['Mon, 02 Mar 2026 00:00:20 GMT', 20_000],
    ['soon', 500],
    ['0', 500],
  ])('429 with Retry-After %j', async (header, wait) => {
    const server = await start();
    const { llm, waits } = open(server.url);
    server.acts = [refuse(429, 'slow down', { 'retry-after': header })];
    expect(await llm.ask(question())).toEqual(FACTS);
    expect(waits).toEqual([wait]);
  });

  it('is not waited for beyond the deadline, nor more often than makes sense', async () => {
    const server = await start();
    const { llm, waits } = open(server.url);
    server.acts = [refuse(429, 'slow down', { 'retry-after': '20' })];
    const { code, message } = await failure(llm.ask(question({ urgency: 'soon' })));
    expect({ code, message }).toEqual({
      code: 'llm_unavailable',
      message: 'The language model takes no more for now.',
    });
    expect(waits).toEqual([]);
    server.acts = [refuse(429, 'slow down', { 'retry-after': '19' }), refuse(429, 'slow down', { 'retry-after': '1' })];
    await failure(llm.ask(question({ urgency: 'soon' })));
    expect(waits).toEqual([19_000]);
    await llm.ask(question());
    server.acts = [refuse(500), refuse(500), refuse(500)];
    waits.length = 0;
    expect(await cause(llm.ask(question({ urgency: 'soon' })))).toContain('answered 500: no. See its log.');
    expect(waits).toEqual([500, 1000]);
  });

  it('is a server that hangs: the ask and its request end in time', async () => {
    const server = await start();
    const { llm, samples, book } = open(server.url, { patience_ms: { soon: 200, later: 60_000 } });
    const gone: Promise<unknown>[] = [];
    server.acts = [(response) => gone.push(once(response, 'close'))];
    expect((await failure(llm.ask(question({ urgency: 'soon' })))).message).toBe(
      'The language model gave no answer within 0.2 seconds.',
    );
    await gone[0];
    // The server may have read it and counted all the same.
    expect(samples[0]).toMatchObject({ outcome: 'failed', tokens_out: 0 });
    expect(samples[0]!.tokens_in).toBeGreaterThan(SECRET.length / 4);
    expect([...book.days.values()]).toEqual([samples[0]!.tokens_in]);
  });

  it('does not: what somebody has to mend is not asked again', async () => {
    const server = await start();
    const { llm, waits } = open(server.url);
    const told = async (act: Act) => {
      server.acts = [act];
      return cause(llm.ask(question()));
    };
    expect(await told(refuse(401, `Incorrect API key ${KEY}`))).toMatch(/answered 401: .*\*\*\*.*ENGRAM_LLM_API_KEY/);
    expect(await told(refuse(404, 'model "toy-llm" not found, try pulling it first'))).toContain('ollama pull toy-llm');
    expect(await told(refuse(404, 'page not found'))).toContain('Check ENGRAM_LLM_URL');
    await llm.ask(question());
    expect(await told(refuse(302, ''))).toContain('It redirects');
    expect(await told(refuse(400, 'This model has a maximum context length of 4096 tokens'))).toContain('too long');
    expect(waits).toEqual([]);
  });
});

describe('the circuit', () => {
  it('opens after five failures in a row, then one asks whether the server is back', async () => {
    const server = await start();
    const { llm, pass } = open(server.url);
    server.always = refuse(500);
    // One and four retries.
    await failure(llm.ask(question()));
    expect(server.requests).toHaveLength(5);
    const told = (await failure(llm.ask(question()))).message;
    expect(told).toBe('The language model failed several times in a row and is left alone for a while.');
    expect(server.requests).toHaveLength(5);
    pass(30_000);
    await failure(llm.ask(question()));
    expect(server.requests).toHaveLength(6);
    pass(59_999);
    await failure(llm.ask(question()));
    expect(server.requests).toHaveLength(6);
    pass(1);
    server.always = null;
    expect(await llm.ask(question())).toEqual(FACTS);
    expect(await llm.ask(question())).toEqual(FACTS);
  });

  it('stays closed for texts that are too long and answers of the wrong shape', async () => {
    const server = await start();
    const { llm } = open(server.url);
    server.always = refuse(400, 'context length exceeded');
    for (let i = 0; i < 6; i++) await failure(llm.ask(question()));
    server.always = says('no');
    for (let i = 0; i < 6; i++) await failure(llm.ask(question()));
    server.always = null;
    expect(await llm.ask(question())).toEqual(FACTS);
  });

  it('opens when nobody listens', async () => {
    const { llm } = open(`http://127.0.0.1:${await freePort()}`);
    expect(await cause(llm.ask(question()))).toMatch(/^Nothing answers at .*ENGRAM_LLM_URL.*ollama serve/);
    expect((await failure(llm.ask(question()))).message).toContain('left alone');
  });
});

describe('the queue', () => {
  it('holds to its places', async () => {
    const server = await start();
    const held = gate();
    server.acts = [held.act, held.act];
    const { llm } = open(server.url);
    const all = Array.from({ length: 5 }, () => llm.ask(question()));
    await held.arrived(2);
    expect(server.requests).toHaveLength(2);
    held.release();
    await Promise.all(all);
    expect(server.requests).toHaveLength(5);
    expect(server.most_at_once).toBe(2);
  });

  it('lets those go first whom people wait for', async () => {
    const server = await start({ answer: () => FACTS });
    const held = gate();
    server.acts = [held.act];
    const { llm } = open(server.url, { concurrency: 1 });
    const ask = (purpose: string, urgency: 'soon' | 'later') => llm.ask(question({ purpose, urgency }));
    const all = [ask('a', 'later')];
    await held.arrived();
    all.push(ask('b', 'later'), ask('c', 'later'), ask('d', 'soon'), ask('e', 'soon'));
    held.release();
    await Promise.all(all);
    expect(server.requests.map(({ purpose }) => purpose)).toEqual(['a', 'd', 'e', 'b', 'c']);
  });

  it('counts against the deadline', async () => {
    const server = await start();
    server.always = hang;
    const { llm, samples } = open(server.url, { concurrency: 1, patience_ms: { soon: 200, later: 60_000 } });
    const first = llm.ask(question());
    expect((await failure(llm.ask(question({ urgency: 'soon' })))).message).toContain('within 0.2 seconds');
    expect(samples[0]).toMatchObject({ tokens_in: 0 });
    expect(server.requests.length).toBeLessThanOrEqual(1);
    await llm.close();
    await failure(first);
  });
});

describe('closing', () => {
  it('ends what is under way, what waits, and what comes later', async () => {
    const server = await start();
    const held = gate();
    server.always = held.act;
    const { llm } = open(server.url, { concurrency: 1 });
    const asks = [llm.ask(question()), llm.ask(question())].map(failure);
    await held.arrived();
    await llm.close();
    for (const error of [...(await Promise.all(asks)), await failure(llm.ask(question()))])
      expect(error).toMatchObject({ code: 'llm_unavailable', message: 'The server is shutting down.' });
  });
});

describe('tokens', () => {
  it('are counted as the server says, all attempts together, with what they cost', async () => {
    const server = await start({
      answer: { facts: FACTS },
      usage: { prompt_tokens: 1000, completion_tokens: 200 },
    });
    const { llm, samples, book } = open(server.url);
    server.acts = [
      (response) =>
        json(response, 200, {
          choices: [{ message: { content: 'no' }, finish_reason: 'stop' }],
          usage: { prompt_tokens: 500, completion_tokens: 100 },
        }),
    ];
    await llm.ask(question());
    expect(samples).toEqual([
      { purpose: 'facts', outcome: 'ok', tokens_in: 1500, tokens_out: 300, cost: 0.006, seconds: 0 },
    ]);
    expect([...book.days]).toEqual([['2026-03-02', 1800]]);
  });

  it('are estimated when it says nothing', async () => {
    const server = await start({ answer: { facts: FACTS }, usage: null });
    const { llm, samples } = open(server.url);
    await llm.ask(question());
    expect(samples[0]!.tokens_in).toBeGreaterThan(100);
    expect(samples[0]!.tokens_out).toBe(Math.ceil(JSON.stringify(FACTS).length / 4));
  });

  it('of a day may be used up, until the next one', async () => {
    const server = await start();
    const { llm, clock, samples, book } = open(server.url, { daily: 84 });
    await llm.ask(question());
    await llm.ask(question());
    const { code, message } = await failure(llm.ask(question()));
    expect(code).toBe('llm_budget_spent');
    expect(message).toContain('The 84 tokens a day');
    expect(samples.map(({ outcome }) => outcome)).toEqual(['ok', 'ok', 'budget_spent']);
    clock.advance(12 * 3_600_000);
    expect(await llm.ask(question())).toEqual(FACTS);
    expect([...book.days]).toEqual([
      ['2026-03-02', 84],
      ['2026-03-03', 42],
    ]);
  });

  it('that cannot be written down are counted all the same, and the answer is not lost', async () => {
    const server = await start();
    const book: UsageBook = { tokensOn: async () => 0, add: () => Promise.reject(new Error('disk full')) };
    const warn = vi.fn<Logger['warn']>();
    const logger = { ...silentLogger, warn };
    const { llm } = open(server.url, { budget: createBudget({ daily: 50, book, clock: fakeClock(), logger }) });
    expect(await llm.ask(question())).toEqual(FACTS);
    expect(await llm.ask(question())).toEqual(FACTS);
    expect((await failure(llm.ask(question()))).code).toBe('llm_budget_spent');
    expect(warn).toHaveBeenCalledTimes(2);
  });
});

describe('the log', () => {
  it('never holds texts, answers or the key', async () => {
    const lines: string[] = [];
    const note = (...args: unknown[]) => void lines.push(JSON.stringify(args));
    const logger: Logger = { ...silentLogger, debug: note, info: note, warn: note, error: note };
    const server = await start();
    const { llm } = open(server.url, { logger });
    server.acts = [says('{"facts": "the treasure"}'), refuse(500, `Cannot read ${SECRET} with ${KEY}`)];
    await llm.ask(question());
    server.acts = [refuse(401, `${KEY} may not read: ${SECRET}`)];
    const { message } = await failure(llm.ask(question()));
    expect(message).toBe('The language model does not accept its key.');
    const text = lines.join('\n');
    expect(lines.length).toBeGreaterThan(2);
    expect(text).not.toContain('treasure');
    expect(text).not.toContain(KEY);
  });
});
