// Every command against a running server: what is printed, what exit code it ends with.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { tempDir } from '../support/app.ts';
import { engram, freePort, occupyPort, type Ran, type Running, type RunOptions, serve } from '../support/cli.ts';

let server: Running;
let key: string;
const run = (args: readonly string[], options: RunOptions = {}): Promise<Ran> =>
  server.call(args, { ...options, env: { ENGRAM_API_KEY: key, ...options.env } });
const json = async (args: readonly string[], options?: RunOptions) => {
  const { code, out, err } = await run(['--json', ...args], options);
  expect({ code, err }).toEqual({ code: 0, err: '' });
  expect(out).toMatch(/^.+\n$/);
  return JSON.parse(out);
};

beforeAll(async () => {
  server = await serve(tempDir());
  key = (await server.call(['bootstrap'])).out.trim();
});
afterAll(() => server.stop());

describe('bootstrap', () => {
  it('printed the bare key, and works once', async () => {
    expect(key).toMatch(/^eg_[0-9a-f]{64}$/);
    const { code, out, err } = await server.call(['bootstrap']);
    expect({ code, out }).toEqual({ code: 1, out: '' });
    expect(err).toMatch(/^Error: The first key was already handed out\./);
  });

  it('passes the secret by flag or environment', async () => {
    const guarded = await serve(tempDir(), { env: { ENGRAM_BOOTSTRAP_SECRET: 'open sesame' } });
    expect(guarded.seen.out).toContain(`engram bootstrap --server ${guarded.url} --secret <ENGRAM_BOOTSTRAP_SECRET>`);
    const wrong = await guarded.call(['bootstrap', '--secret', 'abracadabra', '--json']);
    expect(wrong.code).toBe(1);
    expect(JSON.parse(wrong.err)).toMatchObject({ code: 'bootstrap_secret_wrong' });
    const right = await guarded.call(['bootstrap', '-d', 'ignored.db', '--json'], {
      env: { ENGRAM_BOOTSTRAP_SECRET: 'open sesame' },
    });
    expect(JSON.parse(right.out)).toMatchObject({ key: expect.stringMatching(/^eg_/), user_id: 1 });
    await guarded.stop();
  });
});

describe('store', () => {
  it('says the id, then that it knew', async () => {
    const args = [
      'store',
      'Alice prefers green tea',
      '-c',
      'fact',
      '-i',
      '0.9',
      '-t',
      'Alice, drinks',
      '-t',
      'tea',
      '-s',
      'chat',
    ];
    const first = await run(args);
    expect(first).toMatchObject({ code: 0, err: '' });
    const id = /^Stored memory #(\d+)\n$/.exec(first.out)?.[1];
    expect(id).toBeDefined();
    expect((await run(args)).out).toBe(`Duplicate of #${id}\n`);
    const kept = await json(['recall', id!]);
    expect(kept).toMatchObject({ category: 'fact', importance: 9, tags: ['alice', 'drinks', 'tea'], source: 'chat' });
  });

  it('reads standard input, for - and when something is piped in, whole and unchanged', async () => {
    const content = `Grüße 😀\n${'lorem ipsum '.repeat(2000)}\n"quoted" $HOME \\n\tend`;
    for (const args of [['store', '-'], ['store'], ['store', '--category', 'piped']]) {
      const { id } = await json(args, { stdin: `${content}\n` });
      expect((await json(['recall', String(id)])).content).toBe(content);
    }
  });

  it('takes words as they come, and anything after --', async () => {
    const { id } = await json(['store', '--', '--not', 'a flag']);
    expect((await json(['recall', `#${id}`])).content).toBe('--not a flag');
  });

  it('refuses bytes that are no text, and nothing at all', async () => {
    const broken = await run(['store', '-'], { stdin: new Uint8Array([0x61, 0xff, 0xfe]) });
    expect(broken).toMatchObject({ code: 2, err: 'Error: What was piped in is not UTF-8 text.\n' });
    expect((await run(['store', '-'], { stdin: ' \n' })).code).toBe(2);
  });

  it('passes on why the server refuses', async () => {
    const { code, err } = await run(['store', '-'], { stdin: 'x'.repeat(150_000) });
    expect(code).toBe(1);
    expect(err).toMatch(/^Error: .*102,?400/);
  });
});

describe('list', () => {
  it('shows one line per memory, newest first', async () => {
    const long = `first line\n${'😀'.repeat(200)}`;
    const { id } = await json(['store', long, '--category', 'task']);
    const { id: newer } = await json(['store', 'newer']);
    const { out } = await run(['list', '--limit', '2']);
    expect(out).toBe(`#${newer} [general] newer\n#${id} [task] first line ${'😀'.repeat(89)}\n`);
    expect((await run(['list', '-l', '1', '-o', '1'])).out).toBe(`#${id} [task] first line ${'😀'.repeat(89)}\n`);
    expect((await json(['list', '--limit', '1'])).results).toHaveLength(1);
  });

  it('says so when there is nothing, unless told to be quiet', async () => {
    const empty = ['list', '--offset', '100000'];
    expect(await run(empty)).toEqual({ code: 0, out: 'No memories.\n', err: '' });
    expect(await run([...empty, '--quiet'])).toEqual({ code: 0, out: '', err: '' });
  });
});

describe('search', () => {
  it('shows id, score and the beginning', async () => {
    const { id } = await json(['store', 'The staging cluster runs in Frankfurt']);
    const { code, out } = await run(['search', 'where', 'is', 'staging']);
    expect(code).toBe(0);
    expect(out).toMatch(new RegExp(`^#${id} \\[\\d\\.\\d{3}\\] The staging cluster runs in Frankfurt$`, 'm'));
    expect((await run(['search', '-', '--limit', '1'], { stdin: 'staging cluster' })).out).toContain(`#${id} [`);
    const answer = await json(['search', 'staging cluster', '--limit', '3', '--quiet']);
    expect(answer.results[0]).toMatchObject({ id, score: expect.any(Number) });
  });

  it('says so when nothing fits', async () => {
    expect(await run(['search', 'xylophone quagmire'])).toEqual({ code: 0, out: 'No results.\n', err: '' });
    expect((await run(['search', 'xylophone quagmire', '-q'])).out).toBe('');
  });
});

describe('recall', () => {
  it('shows one memory as readable JSON', async () => {
    const { id } = await json(['store', 'To be recalled']);
    const { code, out } = await run(['recall', String(id)]);
    expect(code).toBe(0);
    expect(out).toMatch(/^\{\n {2}"id": /);
    expect(JSON.parse(out)).toMatchObject({ id, content: 'To be recalled' });
  });

  it('brings what fits a text', async () => {
    const { id } = await json(['store', 'Deploys go through the blue pipeline']);
    const { code, out } = await run(['recall', 'blue pipeline', '--limit', '5', '--quiet']);
    expect(code).toBe(0);
    expect(out).toMatch(new RegExp(`^#${id} \\[\\d\\.\\d{3}\\] Deploys go through the blue pipeline$`, 'm'));
    expect((await json(['recall', 'blue pipeline', '--limit', '2'])).memories.length).toBeLessThanOrEqual(2);
  });
});

describe('context', () => {
  it('prints the text alone, or the whole answer', async () => {
    await json(['store', 'The billing service is written in Go', '--importance', '8']);
    const { code, out, err } = await run([
      'context',
      'billing service language',
      '--budget',
      '2000',
      '--limit',
      '5',
      '--quiet',
    ]);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out).toContain('The billing service is written in Go');
    const answer = await json(['context', '-', '--budget', '500'], { stdin: 'billing service language' });
    expect(answer).toMatchObject({ context: expect.stringContaining('billing'), token_budget: 500 });
  });
});

describe('delete', () => {
  it('erases', async () => {
    const { id } = await json(['store', 'To be deleted']);
    expect(await run(['delete', String(id)])).toEqual({ code: 0, out: `Deleted memory #${id}\n`, err: '' });
    expect(await run(['delete', String(id)])).toMatchObject({ code: 4, out: '' });
    const gone = await run(['recall', String(id), '--json']);
    expect(gone.code).toBe(4);
    expect(JSON.parse(gone.err)).toEqual({ error: expect.stringContaining(String(id)), code: 'memory_not_found' });
  });
});

describe('exit codes', () => {
  it('5 without a valid key, with how to get one', async () => {
    const none = await server.call(['list']);
    expect(none.code).toBe(5);
    expect(none.err).toMatch(/^Error: .* wants a key\. Pass one with --key or ENGRAM_API_KEY; "engram bootstrap"/);
    const wrong = await server.call(['--key', `eg_${'0'.repeat(64)}`, 'list', '--json']);
    expect(wrong.code).toBe(5);
    expect(JSON.parse(wrong.err)).toMatchObject({ code: 'unauthorized' });
    expect((await server.call(['list'], { env: { ENGRAM_KEY: key } })).code).toBe(0);
    expect((await server.call(['list', '--key', key], { env: { ENGRAM_API_KEY: 'eg_0' } })).code).toBe(0);
  });

  it('3 when nobody answers at the address that was named', async () => {
    const port = await freePort();
    const url = `http://127.0.0.1:${port}`;
    const flag = await engram(['list', '--server', url]);
    expect(flag).toEqual({
      code: 3,
      out: '',
      err: `Error: Nothing answers at ${url}. Start the server with "engram serve", or name another with --server or ENGRAM_URL.\n`,
    });
    const variable = await engram(['store', 'x', '--json'], { env: { ENGRAM_URL: url } });
    expect(variable.code).toBe(3);
    expect(JSON.parse(variable.err).code).toBe('unreachable');
  });

  it('3 when what answers is no server', async () => {
    const { server: deaf, port } = await occupyPort();
    const { code, err } = await engram(['list', '--server', `http://127.0.0.1:${port}`]);
    expect(code).toBe(3);
    expect(err).toMatch(/^Error: .* cannot be reached/);
    deaf.close();
  });

  it('a proxy for the outside world does not come between', async () => {
    const proxy = 'http://127.0.0.1:9';
    expect((await run(['list', '--limit', '1'], { env: { HTTP_PROXY: proxy, http_proxy: proxy } })).code).toBe(0);
  });
});
