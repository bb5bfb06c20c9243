// Changing the embedding model of a running server, as processes: searches go on, nothing is mixed, kill -9 only interrupts.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { cpSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { tempDir } from './support/app.ts';
import { freshSchemaUrl, postgresUrl } from './support/databases.ts';
import { cutAfter, embeddingRepo, type ModelHub, startModelHub } from './support/model-hub.ts';
import {
  type Body,
  COUNT,
  DIMS,
  KEY,
  KNOWN,
  ModelServer,
  QUESTION,
  told,
  until,
  type VectorRow,
} from './support/model-server.ts';

let server: ModelServer;
beforeAll(async () => {
  server = await ModelServer.create();
});
afterEach(() => server.end());

describe('a model from the hub', () => {
  const name = 'acme/second';
  let hub: ModelHub;
  beforeAll(async () => {
    hub = await startModelHub();
  });
  afterAll(() => hub.close());
  const command = (...words: string[]) =>
    server.running.call(['models', ...words, '--json'], {
      env: { ENGRAM_API_KEY: KEY, ENGRAM_MODELS_DIR: server.models, ENGRAM_MODEL_HUB: hub.url },
    });
  const listed = async (): Promise<Body> =>
    JSON.parse((await command('list')).out).models.find((model: Body) => model.name === name);

  it('is pulled, cut off in the middle, and takes over without a search noticing', async () => {
    await server.startFilled();
    const commit = hub.publish(name, await embeddingRepo(DIMS, 5));
    const cut = 500_000;
    hub.answer('onnx', cutAfter(cut, untilOnDisk('model_quantized.onnx', cut)));
    const pulled = await command('pull', name);
    expect(pulled.code, pulled.err).toBe(0);
    expect(JSON.parse(pulled.out)).toMatchObject({ name, revision: commit, changed: true });
    const asked = hub.seen.filter(({ path }) => path.includes('/resolve/') && path.includes('.onnx'));
    expect(asked.map(({ headers }) => headers.range)).toEqual([undefined, `bytes=${cut}-`]);
    expect((await command('verify', name)).code).toBe(0);
    expect(JSON.parse(readFileSync(join(server.models, 'models.lock.json'), 'utf8')).models[name]).toMatchObject({
      revision: commit,
    });
    expect(await listed()).toMatchObject({ installed: true, active: false });

    await server.learn(name, 'acme--second');
    const chosen = command('use', name);
    const answers: string[] = [];
    const done: number[] = [];
    await until(server.progress, ({ to }) => to !== null);
    await until(
      async () => {
        answers.push(await server.answering());
        const now = await server.progress();
        done.push(now.done);
        return now;
      },
      ({ state, to }) => state === 'idle' && to === null,
    );
    answers.push(await server.answering());
    // First the one, then the other, and each was seen.
    expect(answers.filter((each, i) => each !== answers[i - 1])).toEqual(['first', name]);
    expect(done).toEqual([...done].sort((a, b) => a - b));
    expect(new Set(done).size).toBeGreaterThan(5);
    expect(done.at(-1)).toBe(COUNT);
    const used = await chosen;
    expect(used.code, used.err).toBe(0);
    expect(JSON.parse(used.out)).toMatchObject({ name, active: true, reembed: { to: null } });
    expect(await listed()).toMatchObject({ installed: true, active: true });
    expect(await server.stop()).toBe(0);
    expect(server.running.seen.err).toBe('');
    server.expectComplete(name);
  });

  /** Ends when so much of a file that is being downloaded has been written. */
  async function untilOnDisk(file: string, bytes: number): Promise<void> {
    const there = () =>
      readdirSync(server.models, { recursive: true, encoding: 'utf8' })
        .filter((path) => path.includes(file))
        .some((path) => (statSync(join(server.models, path), { throwIfNoEntry: false })?.size ?? 0) >= bytes);
    while (!there()) await new Promise((resolve) => setImmediate(resolve));
  }
});

describe('interrupted in the middle', () => {
  it('by kill -9, twice: the old model answers, and what has vectors is not embedded again', async () => {
    await server.startFilled();
    await server.use('second');
    let before: VectorRow[] = [];
    for (const [from, to] of [
      [20, 50],
      [55, 90],
    ] as const) {
      await server.between(from, to);
      expect(await server.answering()).toBe('first');
      expect(await server.stop('SIGKILL')).toBeNull();
      const rows = server.vectorsOf('second');
      expect(rows).toEqual(expect.arrayContaining(before));
      expect(rows.length).toBeGreaterThan(before.length);
      expect(rows.length).toBeLessThan(COUNT);
      before = rows;
      await server.start();
      await until(server.active, (name) => name !== null);
      if ((await server.progress()).to !== null) expect(await server.answering()).toBe('first');
    }
    await server.idle();
    expect(await server.answering()).toBe('second');
    expect(await server.stop()).toBe(0);
    // A vector that is made again gets another row.
    expect(server.vectorsOf('second')).toEqual(expect.arrayContaining(before));
    server.expectComplete('second');
  });

  it('by SIGTERM and by kill -9, while vectors are made again', async () => {
    await server.startFilled();
    const old = server.vectorsOf('first').map(({ rowid }) => rowid);
    const left = () => server.vectorsOf('first').filter(({ rowid }) => old.includes(rowid)).length;
    expect(await server.call('POST', '/admin/reembed', {})).toMatchObject({ cleared: COUNT, queued: COUNT });
    let before = COUNT;
    for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
      await until(server.progress, ({ done }) => done > COUNT - before && done < COUNT);
      expect(await server.answering()).toBe('first');
      expect(await server.stop(signal)).toBe(signal === 'SIGTERM' ? 0 : null);
      expect(server.running.seen.err).toBe('');
      expect(left()).toBeLessThan(before);
      before = left();
      expect(before).toBeGreaterThan(0);
      await server.start();
    }
    await server.idle();
    expect(await server.stop()).toBe(0);
    expect(left()).toBe(0);
    server.expectComplete('first');
  });
});

describe('meanwhile', () => {
  it('memories are stored, changed and erased', async () => {
    await server.startFilled();
    await server.use('second');
    await server.between(20, 80);
    const some = [3, 4, COUNT - 4, COUNT - 3];
    const long = Array.from({ length: 12 }, (_, n) => told(n)).join('\n\n');
    const answers = await Promise.all([
      ...some.map((at) => server.call('POST', `/memory/${server.ids[at]}/update`, { content: `${told(at)} Changed.` })),
      ...some.map((at) => server.call('DELETE', `/memory/${server.ids[at + 10 - 20 * Number(at > 50)]}`)),
      ...[10, 11, 12].map((n) => server.call('POST', '/store', { content: `My new car, number ${n}` })),
      server.call('POST', '/store', { content: long }),
    ]);
    expect((await server.progress()).to).not.toBeNull();
    await server.idle();
    expect(await server.answering()).toBe('second');
    await server.stop();
    server.expectComplete('second');
    const stored = answers.at(-1).id;
    expect(server.vectorsOf('second').filter(({ memory_id }) => memory_id === stored).length).toBeGreaterThan(1);
    expect(server.recallable()).toHaveLength(COUNT);
  });

  it('another is chosen, the old one again, or none', async () => {
    await server.startFilled();
    await server.use('second');
    await server.between(20, 80);
    const third = await server.use('third');
    expect(third).toMatchObject({ active: false, reembed: { to: expect.stringMatching(/^third@/) } });
    await server.idle();
    expect(await server.answering()).toBe('third');

    await server.use('fourth');
    await server.between(20, 60);
    // Nothing is to do: the change that had begun is given up.
    expect(await server.use('third')).toMatchObject({ active: true, reembed: { to: null } });
    expect(await server.answering()).toBe('third');

    const fourth = await server.use('fourth');
    expect(fourth.reembed.done).toBeGreaterThan(0.2 * COUNT);
    expect(await server.use('none')).toMatchObject({ active: true, reembed: { state: 'idle', to: null } });
    expect((await server.call('POST', '/search', { query: QUESTION })).degraded).toEqual(['vector']);
    expect(await server.use('third')).toMatchObject({ active: true });
    expect(await server.answering()).toBe('third');
    expect(await server.stop()).toBe(0);
    expect(server.running.seen.err).toBe('');
    server.expectComplete('third');
  });

  it('vectors are to be made again', async () => {
    await server.startFilled();
    await server.use('second');
    await server.between(20, 80);
    const { queued } = await server.call('POST', '/admin/reembed', {});
    expect(queued).toBe(COUNT);
    await server.idle();
    expect(await server.answering()).toBe('second');
    expect(await server.stop()).toBe(0);
    server.expectComplete('second');
  });
});

describe('a model that takes long to load', () => {
  const slow = () => join(server.models, 'slow');
  let tokenizer: Buffer;
  /** Its tokenizer is a pipe: whoever opens the model waits until the test writes into it. */
  beforeAll(() => {
    cpSync(join(server.models, 'second'), slow(), { recursive: true });
    tokenizer = readFileSync(join(slow(), 'tokenizer.json'));
    rmSync(join(slow(), 'tokenizer.json'));
    expect(spawnSync('mkfifo', [join(slow(), 'tokenizer.json')]).status).toBe(0);
  });
  const load = () => writeFile(join(slow(), 'tokenizer.json'), tokenizer);
  const settings = { ENGRAM_EMBEDDING_MODEL: 'slow' };

  it('does not keep the server from listening, and embeds later what is stored before', async () => {
    await server.start(settings, tempDir());
    expect(server.running.seen.out).toMatch(/^ {2}embedder +loading;/m);
    expect(await server.call('GET', '/health')).toMatchObject({ status: 'ok', embedding_model: null });
    expect(await server.call('POST', '/store', { content: KNOWN })).toMatchObject({ embedded: false });
    await load();
    await until(server.active, (name) => name !== null);
    await server.idle();
    const { results, degraded } = await server.call('POST', '/search', { query: QUESTION });
    expect({ results, degraded }).toMatchObject({ results: [{ content: KNOWN }], degraded: [] });
    await server.stop();
    server.expectComplete('second');
  });

  it('leaves the answers to the one that was in use', async () => {
    await server.startFilled(settings);
    expect(await server.answering()).toBe('first');
    expect(await server.call('POST', '/store', { content: 'told meanwhile' })).toMatchObject({ embedded: true });
    await load();
    await until(server.progress, ({ to }) => to !== null);
    await server.idle();
    expect(await server.answering()).toBe('second');
    await server.stop();
    server.expectComplete('second');
  });
});

describe('with LanceDB', () => {
  const tables = () => readdirSync(join(server.dir, 'lance')).filter((name) => name.endsWith('.lance'));
  const table = async (): Promise<string> => {
    const { key } = (await server.call('GET', '/admin/models')).embedding.active;
    return `user_1_${createHash('sha256').update(key).digest('hex').slice(0, 12)}.lance`;
  };
  /** Searches until so many tables have been taken into server.use. */
  const inLance = (times: number) =>
    until(
      async () => {
        await server.answering();
        return server.running.seen.err.split('are searched in LanceDB').length - 1;
      },
      (seen) => seen === times,
    );

  it('has the tables of the model in use, and no others', async () => {
    await server.startFilled({ ENGRAM_LANCE_THRESHOLD: '50', ENGRAM_LOG_LEVEL: 'info' });
    await inLance(1);
    const first = await table();
    expect(tables()).toEqual([first]);
    await server.use('second');
    await server.idle();
    await inLance(2);
    expect(await server.answering()).toBe('second');
    const second = await table();
    await until(
      async () => tables(),
      (names) => !names.includes(first),
    );
    expect(tables()).toEqual([second]);
    const removed = await server.call('POST', '/admin/models/forget', { name: 'first' });
    expect(removed).toEqual({ name: 'first', vectors: COUNT });
    expect(await server.stop()).toBe(0);
    expect(server.vectorsOf('first')).toEqual([]);
    expect(tables()).toEqual([second]);
  });

  it('loses what was left behind with the vectors', async () => {
    await server.startFilled({ ENGRAM_LANCE_THRESHOLD: '50', ENGRAM_LOG_LEVEL: 'info' });
    await inLance(1);
    const first = await table();
    await server.stop('SIGKILL');
    await server.start({ ENGRAM_EMBEDDING_MODEL: 'none' });
    expect(tables()).toEqual([first]);
    await server.call('POST', '/admin/models/forget', { name: 'first' });
    expect(tables()).toEqual([]);
    expect(await server.stop()).toBe(0);
    expect(server.running.seen.err).toBe('');
  });
});

describe.skipIf(postgresUrl() === null)('on Postgres', () => {
  it('kill -9 only interrupts it, too, and vectors can be removed', async () => {
    const settings = { ENGRAM_DATABASE_URL: await freshSchemaUrl() };
    await server.start(settings, tempDir());
    await server.fill();
    await server.use('second');
    await server.between(20, 80);
    await server.stop('SIGKILL');
    await server.start(settings);
    await until(server.active, (name) => name !== null);
    if ((await server.progress()).to !== null) expect(await server.answering()).toBe('first');
    await server.idle();
    expect(await server.answering()).toBe('second');
    expect(await server.call('POST', '/admin/models/forget', { name: 'first' })).toMatchObject({ vectors: COUNT });
    const { vectors } = await server.call('GET', '/admin/models');
    expect(vectors).toEqual([expect.objectContaining({ memories: COUNT, vectors: COUNT })]);
    expect(await server.stop()).toBe(0);
  });
});

describe('a model at an address', () => {
  let endpoint: Server;
  /** Texts that make it refuse a request. */
  let refuses: (text: string) => boolean;
  let texts = 0;
  beforeAll(async () => {
    endpoint = createServer(async (request, response) => {
      let body = '';
      for await (const chunk of request) body += chunk;
      const input: string[] = [JSON.parse(body).input].flat();
      texts += input.length;
      const ok = !input.some((text) => refuses(text));
      response.writeHead(ok ? 200 : 400, { 'content-type': 'application/json' });
      const data = input.map((text, index) => ({ index, embedding: [text.length, 1, 2, 3] }));
      response.end(JSON.stringify(ok ? { data } : { error: { message: 'not this one' } }));
    }).listen(0, '127.0.0.1');
    await once(endpoint, 'listening');
  });
  afterAll(() => endpoint.close());
  const settings = () => ({
    ENGRAM_EMBEDDING_URL: `http://127.0.0.1:${(endpoint.address() as AddressInfo).port}/v1`,
    ENGRAM_EMBEDDING_MODEL: 'picky',
  });

  it('takes over without a text that it cannot take, and names it', async () => {
    refuses = (text) => text.startsWith('Note 7:');
    await server.startFilled(settings());
    await until(server.active, (name) => name === 'picky');
    const now = await until(server.progress, ({ error }) => error !== null);
    expect(now).toMatchObject({ to: null, done: COUNT - 1, total: COUNT });
    expect(now.error).toContain(`memory ${server.ids[8]}: `);
    expect((await server.call('POST', '/search', { query: QUESTION })).degraded).toEqual([]);
    expect(await server.stop()).toBe(0);
  });

  it('does not take over while it is down, nor is it asked for every text in vain', async () => {
    let down = false;
    refuses = (text) => (down ||= text.startsWith('Note 7:'));
    texts = 0;
    await server.startFilled(settings());
    const now = await until(server.progress, ({ error }) => error !== null);
    expect(now.to).toMatch(/^picky@/);
    expect(now.error).toContain('not this one');
    expect(texts).toBeLessThan(COUNT);
    expect(await server.answering()).toBe('first');
    refuses = () => false;
    await server.call('POST', '/admin/reembed', {});
    await until(server.active, (name) => name === 'picky');
    await server.idle();
    expect(await server.progress()).toMatchObject({ state: 'idle', error: null, done: COUNT });
    expect(await server.stop()).toBe(0);
  });
});
