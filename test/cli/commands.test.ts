// What the commands print and end with, one store for all: each test keeps to memories of its own.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { listen } from '../../src/platform/listen.ts';
import { createTestApp, type TestApp, tempDir } from '../support/app.ts';
import { freePort } from '../support/cli.ts';
import { type CommandLine, commandLine } from '../support/cli-app.ts';

let dir: string;
let engram: CommandLine;

const json = async (...args: string[]) => {
  const { code, out, err } = await engram(['--json', ...args]);
  expect({ code, err }).toEqual({ code: 0, err: '' });
  return JSON.parse(out);
};
const store = async (content: string, ...more: string[]): Promise<number> => (await json('store', content, ...more)).id;
const says = async (args: string[], out: string | RegExp, code = 0) => {
  const ran = await engram(args);
  expect({ code: ran.code, err: ran.err }).toEqual({ code, err: '' });
  if (typeof out === 'string') expect(ran.out).toBe(out);
  else expect(ran.out).toMatch(out);
};

beforeAll(async () => {
  const app = await createTestApp();
  await app.close();
  dir = app.dir;
  engram = await commandLine(dir);
});

describe('a memory', () => {
  it('is read with get as with recall, and keeps what is written after --', async () => {
    const id = await store('The kettle is blue');
    expect((await engram(['get', String(id)])).out).toMatch(/^\{\n {2}"id": /);
    expect((await json('recall', `#${id}`)).content).toBe((await json('get', String(id))).content);
    expect((await json('store', '--', '--not a flag')).created).toBe(true);
  });

  it('changes by text, by flags, from a pipe', async () => {
    const id = await store('The attic is empty', '--tags', 'house');
    await says(
      ['update', String(id), 'The attic holds the archive'],
      new RegExp(`^Updated memory #${id}; it is #\\d+ now, version 2\\n$`),
    );
    const { new_id } = await json('update', String(id + 1), '--importance', '0.9', '--tags', 'house,paper');
    expect(await json('get', String(new_id))).toMatchObject({
      content: 'The attic holds the archive',
      importance: 9,
      tags: ['house', 'paper'],
    });
    const piped = await engram(['update', String(new_id), '-', '--json'], { stdin: 'The attic burnt down\n' });
    expect(JSON.parse(piped.out)).toMatchObject({ content: 'The attic burnt down', version: 4 });
    expect(await engram(['update', '99999', 'x'])).toMatchObject({ code: 4, out: '' });
    expect(await engram(['update', String(id)])).toMatchObject({ code: 2 });
  });

  it('shows its versions with what changed between them', async () => {
    const id = await store('Bob lives in Bergen with a cat');
    const { new_id } = await json('update', String(id), 'Bob lives in Oslo with a dog');
    const { code, out } = await engram(['versions', String(new_id)]);
    expect(code).toBe(0);
    expect(out).toMatch(/^Version 1, #\d+, .*\n {2}Bob lives in Bergen with a cat\nVersion 2, #\d+, .*, in use\n/);
    expect(out).toContain('  Bob lives in [-Bergen-]{+Oslo+} with a [-cat-]{+dog+}\n');
    expect((await engram(['versions', String(new_id), '--full'])).out).toContain('\n  Bob lives in Oslo with a dog\n');
    const painted = (await engram(['versions', String(new_id)], { columns: 80 })).out;
    expect(painted).toContain('\x1b[31m[-Bergen-]\x1b[39m\x1b[32m{+Oslo+}\x1b[39m');
    expect((await engram(['versions', String(new_id)], { columns: 80, env: { NO_COLOR: '1' } })).out).not.toContain(
      '\x1b',
    );
  });

  it('goes to the trash and comes back, or is purged for good', async () => {
    const id = await store('The spare key is under the mat');
    await says(
      ['forget', String(id), '--reason', 'unsafe'],
      `Forgot memory #${id}; "engram restore-memory ${id}" takes it back\n`,
    );
    expect((await engram(['search', 'spare key'])).out).not.toContain(`#${id} `);
    await says(['trash'], new RegExp(`^#${id} \\[.*, unsafe\\] The spare key is under the mat$`, 'm'));
    await says(['restore-memory', String(id)], `Restored memory #${id}\n`);
    await says(['forget', String(id)], /^Forgot/);
    await says(['trash', 'restore', String(id)], `Restored memory #${id}\n`);
    await engram(['forget', String(id)]);
    expect(await engram(['trash', 'purge'])).toMatchObject({ code: 2 });
    await says(['trash', 'purge', String(id)], `Erased memory #${id}\n`);
    expect(await engram(['get', String(id)])).toMatchObject({ code: 4 });
    await engram(['forget', String(await store('Rubbish one'))]);
    await says(['trash', 'purge', '--all'], 'Erased 1 memory\n');
    await says(['trash'], 'The trash is empty.\n');
    await says(['trash', '--quiet'], '');
  });

  it('is archived, tagged, rated', async () => {
    const id = await store('The violin is at the luthier', '--tags', 'music');
    await says(['archive', String(id)], new RegExp(`^Archived memory #${id}`));
    expect((await engram(['list', '--limit', '1000'])).out).not.toContain(`#${id} `);
    expect((await engram(['list', '--limit', '1000', '--archived'])).out).toContain(`#${id} `);
    await says(['unarchive', String(id)], `Unarchived memory #${id}\n`);
    await says(
      ['tags', 'set', String(id), 'music,strings', 'wood'],
      `Memory #${id} has the tags music, strings, wood\n`,
    );
    await says(
      ['tags', 'find', 'strings,wood', '--every'],
      `#${id} [music, strings, wood] The violin is at the luthier\n`,
    );
    await says(['tags'], /^TAG +MEMORIES\n(.*\n)*strings +1$/m);
    await says(['tags', 'set', String(id)], `Memory #${id} has no tags\n`);
    await says(['feedback', String(id), 'good'], `Noted: memory #${id} is helpful; its importance is 6 now\n`);
    await says(['feedback', String(id), 'outdated', '--for', 'where is it'], /importance is 4 now/);
  });

  it('stays in the space it was stored in', async () => {
    await says(
      ['spaces', 'create', 'office', '--about', 'what the boss may see'],
      'Created space office; --space office works in it\n',
    );
    const id = await store('The office plant is a ficus', '--space', 'office');
    expect((await json('list', '--space', 'office')).results.map((row: { id: number }) => row.id)).toEqual([id]);
    await says(['spaces'], /office +1 +what the boss may see/);
    expect(await engram(['list', '--space', 'nowhere'])).toMatchObject({
      code: 1,
      err: expect.stringContaining('nowhere'),
    });
    expect(await engram(['spaces', 'delete', 'office'])).toMatchObject({ code: 1 });
    await says(
      ['spaces', 'delete', 'office', '--move-to', 'default'],
      'Deleted space office, 1 memory moved to default\n',
    );
    expect(await engram(['spaces', 'delete', 'office'])).toMatchObject({
      code: 4,
      err: expect.stringContaining('there are default'),
    });
  });
});

describe('review', () => {
  it('approves, rejects and edits what waits', async () => {
    const add = async (line: string) =>
      await engram(['add', '-', '--status', 'pending', '--json'], { stdin: `Alice: ${line}\n` });
    const found = JSON.parse((await add('I decided to use Postgres 16 for the billing service.')).out);
    expect(found.added).toBeGreaterThan(0);
    const [{ id }] = found.facts;
    await says(['inbox'], new RegExp(`^#${id} \\[conversation\\] `, 'm'));
    await says(['inbox', 'approve', String(id)], `Approved memory #${id}\n`);
    expect(await engram(['inbox', 'approve', String(id)])).toMatchObject({ code: 1 });
    const [{ id: second }] = JSON.parse((await add('I work at Acme as an engineer now.')).out).facts;
    await says(
      ['inbox', 'edit', String(second), 'Alice works at Acme', '--tags', 'alice'],
      new RegExp(`^Approved memory #${second} as #\\d+\\n$`),
    );
    const [{ id: third }] = JSON.parse((await add('I moved to Lisbon last month.')).out).facts;
    await says(
      ['inbox', 'reject', String(third), String(id), '--reason', 'no'],
      `Rejected #${third}\nNot waiting: #${id}\n`,
    );
    await says(['inbox', '-q'], '');
  });
});

describe('guard', () => {
  it('answers with its exit code: 0 allow, 2 warn or block, 1 could not be asked', async () => {
    const id = await store(
      'Never push to the main branch directly',
      '--tags',
      'rule',
      '--importance',
      '10',
      '--static',
    );
    await says(['guard', 'ls -la'], /^allow: /);
    await says(['guard', 'ls -la', '--quiet'], '');
    await says(['guard', 'rm -rf /'], /^block: .*\n(.*\n)*\[destructive\] /m, 2);
    const { code, out } = await engram(['guard', 'git push origin main']);
    expect(code).toBe(2);
    expect(out).toMatch(/^(warn|block): /);
    expect(out).toMatch(new RegExp(`^#${id} \\[(warn|block)\\] Never push to the main branch directly$`, 'm'));
    expect(await engram(['guard'])).toMatchObject({ code: 1, out: '' });
    expect(await engram(['guard', 'ls', '--nonsense'])).toMatchObject({ code: 1 });
    expect(await engram(['guard', 'ls', '--server', `http://127.0.0.1:${await freePort()}`])).toMatchObject({
      code: 1,
    });
  });
});

describe('search', () => {
  it('explains itself, with channels, places and bars', async () => {
    const id = await store('The generator is serviced every spring');
    const { code, out } = await engram(['why', 'generator service']);
    expect(code).toBe(0);
    expect(out).toMatch(new RegExp(`^#${id} \\[\\d\\.\\d{3} \\w+\\] The generator is serviced every spring$`, 'm'));
    expect(out).toMatch(/^ {4}lexical +1\. {2}█+ +\d+\.\d{3} × \d+\.\d{2}$/m);
    expect(out).toMatch(/ in all: embedding .* ms, retrieval .* ms, reranking .* ms$/m);
    const same = await engram(['search', 'generator service', '--explain', '--json']);
    expect(JSON.parse(same.out).results[0]).toMatchObject({ id, ranks: { lexical: { rank: 1 } } });
    await says(['why', 'xylophone quagmire'], 'No results.\n');
  });

  it('takes filters', async () => {
    const id = await store('The boat is called Freya', '--category', 'fact', '--tags', 'boat');
    await store('The boat needs paint', '--category', 'task');
    expect((await json('search', 'boat', '--category', 'fact')).results.map((row: { id: number }) => row.id)).toEqual([
      id,
    ]);
    expect((await json('search', 'boat', '--tags', 'boat')).results).toHaveLength(1);
    expect((await json('search', 'boat', '--until', '2020-01-01')).results).toEqual([]);
    expect(await engram(['search', 'boat', '--since', 'whenever'])).toMatchObject({ code: 1 });
  });

  it('cuts lines to the terminal, counting wide characters as wide', async () => {
    const id = await store(`東京の倉庫には予備の部品が置いてある。${'部品'.repeat(40)}`);
    const { out } = await engram(['list', '--limit', '1'], { columns: 40 });
    expect(out).toMatch(new RegExp(`^#${id} \\[general\\] 東京`));
    expect(Bun.stringWidth(out.trimEnd())).toBeLessThanOrEqual(40);
    expect(out.trimEnd()).toMatch(/…$/);
    expect((await engram(['list', '--limit', '1'])).out.trimEnd()).toHaveLength(`#${id} [general] `.length + 99);
  });

  it('packs a context to a number of tokens', async () => {
    await store('The lighthouse blinks every nine seconds', '--importance', '8');
    const answer = await json('pack', 'lighthouse', '--tokens', '300');
    expect(answer).toMatchObject({ token_budget: 300, context: expect.stringContaining('lighthouse') });
    expect(await json('context', 'lighthouse', '--budget', '300')).toMatchObject({ token_budget: 300 });
  });
});

describe('the graph', () => {
  it('is drawn as a tree, and written out for other programs', async () => {
    const first = await store('The river floods in April', '--session', 'river');
    const second = await store('The river bridge was closed', '--session', 'river');
    await says(
      ['links', String(first)],
      new RegExp(`^#${second} \\[\\w+ \\d\\.\\d\\d\\] The river bridge was closed$`, 'm'),
    );
    const { out, code } = await engram(['graph', String(first), '--depth', '1']);
    expect(code).toBe(0);
    expect(out).toMatch(new RegExp(`^#${first} The river floods in April\\n`));
    expect(out).toMatch(new RegExp(`^[├└]── (\\w+ →|← \\w+) #${second} The river bridge was closed$`, 'm'));
    expect((await engram(['graph', '--format', 'graphml'])).out).toMatch(/^<\?xml[\s\S]*<\/graphml>\s*$/);
    expect((await engram(['graph', '--format', 'dot'])).out).toContain('{');
    expect(JSON.parse((await engram(['graph', '--format', 'json'])).out).nodes.length).toBeGreaterThan(1);
    expect(await engram(['graph', '--format', 'png'])).toMatchObject({ code: 2 });
    expect(await engram(['graph', '99999'])).toMatchObject({ code: 4 });
  });
});

describe('documents', () => {
  it('come in from files of any length, and only once', async () => {
    const path = join(dir, 'long.md');
    const lines = Array.from(
      { length: 9_000 },
      (_, n) => `Line ${n}: the machine number ${n * 7} stands in hall ${n % 13}, next to ${n * n}.`,
    );
    writeFileSync(path, `# Machines\n\n${lines.join('\n\n').slice(0, 700_000)}`);
    const small = join(dir, 'small.html');
    writeFileSync(small, '<html><head><title>Hall</title></head><body><p>Hall nine has no heating.</p></body></html>');
    const { code, out } = await engram(['ingest', small, path, '--category', 'reference']);
    expect(code).toBe(0);
    expect(out).toMatch(/^Took in .*small\.html: 1 new memory\nTook in .*long\.md: \d{3} new memories\n$/);
    await says(['ingest', 'small.html'], /: 0 new memories/);
    expect((await engram(['search', 'heating in hall nine'])).out).toContain('Hall nine has no heating');
    expect(await engram(['ingest', 'missing.md'])).toMatchObject({
      code: 2,
      err: expect.stringContaining('There is no file'),
    });
    expect(await engram(['ingest', 'small.html', '--text', 'x'])).toMatchObject({ code: 2 });
    expect((await engram(['ingest'], { stdin: 'The gate code changes weekly.' })).out).toBe(
      'Took in standard input: 1 new memory\n',
    );
  }, 60_000);
});

describe('people', () => {
  it('get keys that are printed alone, exchanged, revoked', async () => {
    const { code, out } = await engram(['keys', 'create', 'laptop', '--scopes', 'read', '--days', '30']);
    expect({ code, out }).toEqual({ code: 0, out: expect.stringMatching(/^eg_[0-9a-f]{64}\n$/) });
    const { keys } = await json('keys');
    const { id, key_prefix, expires_at } = keys.find((key: { name: string }) => key.name === 'laptop');
    expect(expires_at).not.toBeNull();
    await says(['keys', 'list'], new RegExp(`^ *${id} +laptop +${key_prefix} +read +never +\\d{4}-`, 'm'));
    const { new_key_id } = await json('keys', 'rotate', String(id), '--grace-hours', '24');
    await says(['keys', 'rotate', String(new_key_id), '--grace-hours', '0'], /^eg_[0-9a-f]{64}\n$/);
    await says(['keys', 'revoke', String(id)], `Revoked key ${id}\n`);
    expect(await engram(['keys', 'revoke', '9999'])).toMatchObject({ code: 4 });
  });

  it('come with a key, get quotas, and go only when that is meant', async () => {
    const { code, out } = await engram(['users', 'create', 'ada', '--role', 'reader']);
    expect(code).toBe(0);
    const [, id] = /^Created user (\d+), ada \(reader\)\nKey: eg_[0-9a-f]{64}\nThe key is shown only now\.\n$/.exec(
      out,
    )!;
    await says(['users'], new RegExp(`^ *${id} +ada +reader `, 'm'));
    await says(
      ['users', 'quota', id!, '--memories', '10', '--keys', '0'],
      `User ${id} may have: max_memories 10, max_api_keys no limit\n`,
    );
    await says(['users', 'quota', id!], /ada +10 /);
    expect(await engram(['users', 'delete', id!])).toMatchObject({ code: 2, err: expect.stringContaining('--yes') });
    await says(['users', 'delete', id!, '--yes'], new RegExp(`^Erased user ${id}, \\d+ rows in all\\n$`));
    expect(await engram(['users', 'create', 'x', '--role', 'king'])).toMatchObject({ code: 2 });
  });
});

describe('numbers', () => {
  it('are told, and as JSON', async () => {
    await says(
      ['stats'],
      /^memories +\d+, .*\naside .*\nkinds .*\nlinks .*\nsaid .*\nmodels +no embedding model, no language model\non disk /,
    );
    expect(await json('stats')).toMatchObject({ memories: { total: expect.any(Number) } });
    await says(['stats', '--care'], /^\d+ memories that can be recalled/);
    await says(['jobs'], /^\d+ waiting, \d+ running, \d+ done in the last day, 0 failed\n$/);
    await says(['jobs', 'list', '--status', 'failed'], 'No jobs.\n');
    await says(['jobs', 'retry', '--all'], 'No job has failed for good.\n');
    await says(['jobs', 'purge'], 'Removed 0 failed jobs\n');
    expect(await engram(['jobs', 'retry', '9999'])).toMatchObject({ code: 4 });
  });
});

async function served(app: TestApp) {
  const listener = await listen(app.fetch, { host: '127.0.0.1', port: 0, maxBodyBytes: 64 * 1024 * 1024 });
  return { url: listener.url, end: () => listener.close().then(() => app.close()) };
}

describe('a server', () => {
  it('tells its health; nothing else answers for it', async () => {
    const app = await createTestApp();
    const server = await served(app);
    await says(
      ['health', '--server', server.url],
      /^Engram .*: ok, up \d+ s\nSQLite; no embedding model; no language model\n$/,
    );
    expect(JSON.parse((await engram(['health', '--server', server.url, '--json'])).out)).toMatchObject({
      status: 'ok',
    });
    await server.end();
    expect(await engram(['health'])).toMatchObject({ code: 3, out: '' });
  });

  it('exchanges what changed with the store here, both ways, and goes on where it was', async () => {
    const app = await createTestApp();
    const server = await served(app);
    const here = tempDir();
    mkdirSync(join(here, 'keys'));
    writeFileSync(join(here, 'keys', 'other'), `${app.key}\n`);
    const mine = await commandLine(here);
    const sync = (...args: string[]) => mine(['sync', ...args, '--peer-key-file', 'keys/other']);
    expect((await mine(['store', 'Written here'])).code).toBe(0);
    await app.call('POST', '/store', { content: 'Written there' });
    expect(await sync('push', server.url)).toEqual({
      ...{ code: 0, err: expect.stringContaining('push: 100 %') },
      out: `Sent to ${server.url}: 1 new, 0 changed, 0 erased, 0 known already\n`,
    });
    const pulled = await sync('pull', server.url, '--json', '--state', 'state.json');
    expect(JSON.parse(pulled.out)).toMatchObject({ created: 1, failed: 0, peer: server.url });
    expect((await mine(['list'])).out).toMatch(/Written there/);
    expect((await app.call('GET', '/list')).body.results).toHaveLength(2);
    expect(existsSync(join(here, 'state.json'))).toBe(true);
    expect(Object.keys(JSON.parse(readFileSync(join(here, 'state.json'), 'utf8')))).toEqual([`pull ${server.url}`]);
    const wrong = await mine(['sync', 'push', server.url]);
    expect(wrong).toMatchObject({ code: 5, out: '' });
    expect(await mine(['sync', 'push', 'nonsense'])).toMatchObject({ code: 2 });
    expect(await sync('push', `http://127.0.0.1:${await freePort()}`)).toMatchObject({ code: 3 });
    await server.end();
  });
});
