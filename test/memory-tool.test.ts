// Anthropic's memory tool over HTTP, on every database: the documented answers, and what stands behind them.
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Caller, createTestApp, type TestApp } from './support/app.ts';
import { type Kind, onEachDatabase } from './support/databases.ts';

const DIRECTORY = (path: string) =>
  `Here're the files and directories up to 2 levels deep in ${path}, excluding hidden items and node_modules:`;

onEachDatabase((kind: Kind) => {
  let app: TestApp;
  let users = 0;
  let call: Caller;
  beforeAll(async () => {
    app = await createTestApp({ ports: { database: await (await kind.place()).open() } });
  });
  afterAll(() => app.close());
  beforeEach(async () => {
    call = await app.newUser(`user ${++users}`);
  });

  const tool = async (input: object, caller = call) => {
    const { status, body } = await caller('POST', '/memory-tool', input);
    expect(status, JSON.stringify(body)).toBe(200);
    return body as { content: string; is_error: boolean };
  };
  const does = async (input: object): Promise<string> => {
    const { content, is_error } = await tool(input);
    expect(is_error, content).toBe(false);
    return content;
  };
  const fails = async (input: object): Promise<string> => {
    const { content, is_error } = await tool(input);
    expect(is_error, content).toBe(true);
    return content;
  };
  const create = (path: string, file_text: string) => does({ command: 'create', path, file_text });
  const view = (path: string) => does({ command: 'view', path });
  const text = async (path: string): Promise<string> =>
    (await call('GET', `/memory-files/content?path=${encodeURIComponent(path)}`)).body.text;
  const search = async (query: string) => (await call('POST', '/search', { query })).body.results;

  describe('commands', () => {
    it('view shows a directory two levels deep, with sizes', async () => {
      expect(await view('/memories')).toBe(`${DIRECTORY('/memories')}\n0B\t/memories`);
      await create('/memories/a.md', 'twelve bytes');
      await create('/memories/b/c.md', 'x'.repeat(1536));
      await create('/memories/b/d/e/f.md', 'deep');
      await create('/memories/.hidden', 'no');
      await create('/memories/node_modules/x.js', 'no');
      expect(await view('/memories')).toBe(
        [
          DIRECTORY('/memories'),
          '1.5K\t/memories',
          '12B\t/memories/a.md',
          '1.5K\t/memories/b/',
          '1.5K\t/memories/b/c.md',
          '4B\t/memories/b/d/',
        ].join('\n'),
      );
      expect(await view('/memories/b/d/')).toBe(
        [DIRECTORY('/memories/b/d'), '4B\t/memories/b/d', '4B\t/memories/b/d/e/', '4B\t/memories/b/d/e/f.md'].join(
          '\n',
        ),
      );
    });

    it('view shows a file with line numbers, or some lines of it', async () => {
      expect(await create('/memories/n.md', 'one\ntwo\nthree\n')).toBe('File created successfully at: /memories/n.md');
      const header = "Here's the content of /memories/n.md with line numbers:\n";
      expect(await view('/memories/n.md')).toBe(`${header}     1\tone\n     2\ttwo\n     3\tthree\n     4\t`);
      expect(await does({ command: 'view', path: '/memories/n.md', view_range: [2, 3] })).toBe(
        `${header}     2\ttwo\n     3\tthree`,
      );
      expect(await does({ command: 'view', path: '/memories/n.md', view_range: [3, -1] })).toBe(
        `${header}     3\tthree\n     4\t`,
      );
      expect(await fails({ command: 'view', path: '/memories/no.md' })).toBe(
        'The path /memories/no.md does not exist. Please provide a valid path.',
      );
    });

    it('create refuses what is there', async () => {
      await create('/memories/a/b.md', 'x y');
      const again = (path: string) => fails({ command: 'create', path, file_text: 'z' });
      expect(await again('/memories/a/b.md')).toBe('Error: File /memories/a/b.md already exists');
      expect(await again('/memories/a')).toBe('Error: File /memories/a already exists');
      expect(await again('/memories/a/b.md/c')).toBe('Error: /memories/a/b.md is a file, so nothing can lie below it');
      expect(await again('/memories')).toBe('Error: The path /memories is not a file.');
      expect(await again('/memories/new/')).toBe('Error: The path /memories/new/ is not a file.');
      expect(await text('/memories/a/b.md')).toBe('x y');
    });

    it('str_replace changes the one place where a text stands', async () => {
      await create('/memories/s.md', 'first line\nsecond line\nthird\nfourth\nfifth\nsixth\n');
      const replace = (old_str: string, new_str: string) => ({
        command: 'str_replace', path: '/memories/s.md', old_str, new_str,
      }); // biome-ignore format: one command
      expect(await does(replace('third\n', '$& 3\n'))).toBe(
        'The memory file has been edited. Here is the snippet showing the change (with line numbers):\n     1\tfirst line\n     2\tsecond line\n     3\t$& 3\n     4\tfourth\n     5\tfifth',
      );
      expect(await text('/memories/s.md')).toBe('first line\nsecond line\n$& 3\nfourth\nfifth\nsixth\n');
      expect(await fails(replace('gone', 'x'))).toBe(
        'No replacement was performed, old_str `gone` did not appear verbatim in /memories/s.md.',
      );
      expect(await fails(replace('line', 'x'))).toBe(
        'No replacement was performed. Multiple occurrences of old_str `line` in lines: 1, 2. Please ensure it is unique',
      );
      expect(await fails({ ...replace('a', 'b'), path: '/memories/no.md' })).toBe(
        'Error: The path /memories/no.md does not exist. Please provide a valid path.',
      );
      expect(await fails({ ...replace('a', 'b'), path: '/memories' })).toMatch(/is not a file/);
    });

    it('insert puts lines after a line', async () => {
      await create('/memories/i.md', 'one\nthree\n');
      const insert = (insert_line: number, insert_text: string) => ({
        command: 'insert', path: '/memories/i.md', insert_line, insert_text,
      }); // biome-ignore format: one command
      expect(await does(insert(1, 'two\n'))).toBe('The file /memories/i.md has been edited.');
      await does(insert(0, '# zero'));
      await does(insert(4, 'four\nfive'));
      expect(await text('/memories/i.md')).toBe('# zero\none\ntwo\nthree\nfour\nfive\n');
      expect(await fails(insert(7, 'x'))).toBe(
        'Error: Invalid `insert_line` parameter: 7. It should be within the range of lines of the file: [0, 6]',
      );
      expect(await fails(insert(-1, 'x'))).toMatch(/Invalid `insert_line`/);
      expect(await fails({ ...insert(0, 'x'), path: '/memories/no.md' })).toBe(
        'Error: The path /memories/no.md does not exist',
      );
    });

    it('delete takes a file, or all of a directory', async () => {
      await create('/memories/d/1.md', 'number one');
      await create('/memories/d/e/2.md', 'number two');
      await create('/memories/dd.md', 'stays here');
      expect(await does({ command: 'delete', path: '/memories/d/1.md' })).toBe('Successfully deleted /memories/d/1.md');
      await does({ command: 'delete', path: '/memories/d' });
      expect(await view('/memories')).toBe(`${DIRECTORY('/memories')}\n10B\t/memories\n10B\t/memories/dd.md`);
      expect(await fails({ command: 'delete', path: '/memories/d' })).toBe(
        'Error: The path /memories/d does not exist',
      );
      expect(await fails({ command: 'delete', path: '/memories' })).toMatch(/Cannot delete/);
    });

    it('rename moves a file, or a directory with all below it', async () => {
      await create('/memories/r/1.md', 'one');
      await create('/memories/r/s/2.md', 'two');
      await create('/memories/rest.md', 'three');
      const rename = (old_path: string, new_path: string) => ({ command: 'rename', old_path, new_path });
      expect(await does(rename('/memories/r', '/memories/t/u'))).toBe(
        'Successfully renamed /memories/r to /memories/t/u',
      );
      expect(await text('/memories/t/u/s/2.md')).toBe('two');
      await does(rename('/memories/t/u/1.md', '/memories/1.md'));
      const { files } = (await call('GET', '/memory-files')).body;
      expect(files.map(({ path }: { path: string }) => path)).toEqual([
        '/memories/1.md', '/memories/rest.md', '/memories/t/u/s/2.md',
      ]); // biome-ignore format: a list
      expect(await fails(rename('/memories/no.md', '/memories/x.md'))).toBe(
        'Error: The path /memories/no.md does not exist',
      );
      expect(await fails(rename('/memories/1.md', '/memories/rest.md'))).toBe(
        'Error: The destination /memories/rest.md already exists',
      );
      expect(await fails(rename('/memories/1.md', '/memories/t'))).toMatch(/already exists/);
      expect(await fails(rename('/memories/t', '/memories/t/u/v'))).toMatch(/cannot be moved into itself/);
      expect(await fails(rename('/memories', '/memories/x'))).toMatch(/Cannot rename/);
    });
  });

  describe('texts', () => {
    it.each([
      ['', 'nothing'],
      ['\n\n  \n', 'white space alone'],
      ['  - indented\n\n', 'white space around it'],
      ['line\r\nline\r\n', 'line ends of Windows'],
      ['日本語 🙂\n', 'other scripts'],
    ])('%j are kept to the byte: %s', async (whole) => {
      await create('/memories/t.md', whole);
      expect(await text('/memories/t.md')).toBe(whole);
      const { files } = (await call('GET', '/memory-files')).body;
      expect(files[0].size).toBe(Buffer.byteLength(whole));
      await call('PUT', '/memory-files/content', { path: '/memories/t.md', text: `new${whole}` });
      expect(await text('/memories/t.md')).toBe(`new${whole}`);
      await call('PUT', '/memory-files/content', { path: '/memories/t.md', text: whole });
      expect(await text('/memories/t.md')).toBe(whole);
    });

    it('longer than a memory may be are refused with the limit', async () => {
      const file_text = 'long '.repeat(20_481);
      const said = await fails({ command: 'create', path: '/memories/l.md', file_text });
      expect(said).toMatch(/^Error: .*at most 102400/);
      expect(await view('/memories')).toBe(`${DIRECTORY('/memories')}\n0B\t/memories`);
    });
  });

  describe('files are memories', () => {
    it('found by search, with a version for each edit', async () => {
      await create('/memories/zoo.md', 'The okapi lives in enclosure nine.\n');
      const [first] = await search('okapi enclosure');
      expect(first).toMatchObject({ category: 'memory-file', source: 'memory-tool', origin: 'assistant' });
      await does({ command: 'str_replace', path: '/memories/zoo.md', old_str: 'nine', new_str: 'ten' });
      const [second] = await search('okapi enclosure');
      expect(second.content).toBe('The okapi lives in enclosure ten.');
      const { versions } = (await call('GET', `/versions/${second.id}`)).body;
      expect(versions.map(({ content }: { content: string }) => content)).toEqual([first.content, second.content]);
    });

    it('and stay apart although they say the same', async () => {
      const same = 'The ferry leaves at seven.';
      await call('POST', '/store', { content: same });
      await create('/memories/1.md', same);
      await create('/memories/2.md', same);
      await does({ command: 'str_replace', path: '/memories/1.md', old_str: 'seven', new_str: 'eight' });
      expect(await text('/memories/2.md')).toBe(same);
      expect((await search('ferry')).map(({ content }: { content: string }) => content).sort()).toEqual([
        'The ferry leaves at eight.', same, same,
      ]); // biome-ignore format: a list
    });

    it('follow what is made of them through other doors', async () => {
      await create('/memories/o.md', 'The gate is green.\n');
      const [{ memory_id }] = (await call('GET', '/memory-files')).body.files;
      const { new_id } = (await call('POST', `/memory/${memory_id}/update`, { content: 'The gate is blue now.' })).body;
      expect(await text('/memories/o.md')).toBe('The gate is blue now.\n');
      expect((await call('GET', '/memory-files')).body.files[0]).toMatchObject({
        memory_id: new_id, version: 2, size: 22,
      }); // biome-ignore format: one file
      await does({ command: 'insert', path: '/memories/o.md', insert_line: 1, insert_text: 'It creaks.\n' });
      expect(await text('/memories/o.md')).toBe('The gate is blue now.\nIt creaks.\n');
    });

    it('lie in the trash when deleted, and come back from there', async () => {
      await create('/memories/back.md', 'Worth keeping.\n');
      const [{ memory_id }] = (await call('GET', '/memory-files')).body.files;
      await does({ command: 'delete', path: '/memories/back.md' });
      expect(await search('worth keeping')).toEqual([]);
      expect((await call('GET', '/memory/trash')).body.memories.map(({ id }: { id: number }) => id)).toEqual([
        memory_id,
      ]);
      await call('POST', `/memory/${memory_id}/restore`);
      expect(await text('/memories/back.md')).toBe('Worth keeping.\n');
      await does({ command: 'delete', path: '/memories/back.md' });
      await create('/memories/back.md', 'Something else.');
      await call('POST', `/memory/${memory_id}/restore`);
      expect(await text('/memories/back.md')).toBe('Something else.');
    });

    it('with secrets taken out, and the model is told', async () => {
      const said = await create('/memories/k.md', `token: ghp_${'a1B2c3D4e5F6'.repeat(3)}\n`);
      expect(said).toMatch(/^File created successfully at: \/memories\/k\.md\nSecrets were taken out of it: github/);
      expect(await text('/memories/k.md')).not.toContain('ghp_a1B2');
    });

    it('that wait in the inbox are not read back', async () => {
      await create('/memories/h.md', 'Quiet words.');
      const [{ memory_id }] = (await call('GET', '/memory-files')).body.files;
      await call('POST', `/memory/${memory_id}/update`, { status: 'pending' });
      expect(await fails({ command: 'view', path: '/memories/h.md' })).toMatch(/waits in the inbox/);
      expect((await call('GET', '/memory-files')).body.files[0].held).toBe(true);
    });

    it('and count towards the quota', async () => {
      const made = (await app.call('POST', '/tenants/provision', { username: `quota ${users}` })).body;
      const theirs = app.as(made.api_key);
      await app.call('PUT', '/admin/quotas', { user_id: made.user_id, max_memories: 1 });
      const first = await tool({ command: 'create', path: '/memories/1.md', file_text: 'one' }, theirs);
      expect(first.is_error).toBe(false);
      const second = await tool({ command: 'create', path: '/memories/2.md', file_text: 'two' }, theirs);
      expect([second.is_error, second.content]).toEqual([
        true,
        expect.stringMatching(/^Error: Your quota of memories is full/),
      ]);
    });

    it('in the space that the request names', async () => {
      await call('POST', '/spaces', { name: 'work' });
      const inWork = { 'x-space': 'work' };
      await call('POST', '/memory-tool', { command: 'create', path: '/memories/w.md', file_text: 'at work' }, inWork);
      expect((await call('GET', '/memory-files')).body.files).toEqual([]);
      await create('/memories/w.md', 'at home');
      const there = await call('GET', '/memory-files/content?path=/memories/w.md', undefined, inWork);
      expect(there.body.text).toBe('at work');
    });
  });

  describe('two at once', () => {
    it('edit different places and both edits hold', async () => {
      const names = ['one', 'two', 'three', 'four', 'five', 'six'];
      await create('/memories/two.md', `${names.join('\n')}\n`);
      await Promise.all(
        names.map((old_str) =>
          does({ command: 'str_replace', path: '/memories/two.md', old_str, new_str: old_str.toUpperCase() }),
        ),
      );
      expect(await text('/memories/two.md')).toBe(`${names.join('\n').toUpperCase()}\n`);
    });

    it('edit the same place and one is refused', async () => {
      await create('/memories/same.md', 'state: open\n');
      const answers = await Promise.all(
        ['closed', 'ajar'].map((new_str) =>
          tool({ command: 'str_replace', path: '/memories/same.md', old_str: 'open', new_str }),
        ),
      );
      expect(answers.filter(({ is_error }) => is_error)).toHaveLength(1);
      const refused = answers.find(({ is_error }) => is_error)!;
      expect(refused.content).toMatch(/^No replacement was performed/);
    });

    it('create the same file and one is refused, without leaving anything', async () => {
      const answers = await Promise.all(
        ['mine', 'yours'].map((file_text) => tool({ command: 'create', path: '/memories/race.md', file_text })),
      );
      expect(answers.map(({ is_error }) => is_error).sort()).toEqual([false, true]);
      expect((await call('GET', '/list')).body.results).toHaveLength(1);
    });

    it('write whole files, and the one with an old version is refused', async () => {
      const write = (body: object) => call('PUT', '/memory-files/content', { path: '/memories/w.md', ...body });
      expect((await write({ text: 'one', version: 0 })).body).toMatchObject({ version: 1, text: 'one' });
      expect((await write({ text: 'two', version: 1 })).body.version).toBe(2);
      const late = await write({ text: 'three', version: 1 });
      expect([late.status, late.body.code]).toEqual([409, 'file_changed']);
      const there = await write({ text: 'three', version: 0 });
      expect([there.status, there.body.code]).toEqual([409, 'file_exists']);
      expect((await write({ text: 'three' })).body.version).toBe(3);
      expect((await call('DELETE', '/memory-files?path=/memories/w.md')).body).toEqual({ deleted: 1 });
      expect((await call('GET', '/memory-files/content?path=/memories/w.md')).status).toBe(404);
    });
  });
});

describe('paths', () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await createTestApp();
  });
  afterAll(() => app.close());

  it.each([
    '/etc/passwd',
    'memories/x',
    '/memoriesx/y',
    '/memories/../etc/passwd',
    '/memories/a/../../x',
    '/memories/./x',
    '/memories//x',
    '/memories/..%2fetc',
    '/memories/%2e%2e/x',
    '/memories/%252e%252e/x',
    '/memories/%2525%32%65%2e/x',
    '/memories/a%00b',
    '/memories/..\\x',
    '/memories/a\\b',
    '/memories/%5c..%5cx',
    '/memories/．．/x',
    '/memories/‥/x',
    '/memories/a／b',
    '/memories/a∕b',
    '/memories/\u202e/x',
    '/memories/\u200b',
    '/memories/a\nb',
    '/memories/ ../x',
    '/memories/.. /x',
    '/memories/%0a',
    `/memories/${'x'.repeat(256)}`,
    `/memories/${'x/'.repeat(20)}y`,
    `/memories/${'abc/'.repeat(200)}y`,
  ])('%j is refused', async (path) => {
    const { status, body } = await app.call('POST', '/memory-tool', { command: 'create', path, file_text: 'x' });
    expect([status, body.is_error]).toEqual([200, true]);
    expect(body.content).toMatch(/^Error: Path /);
    expect((await app.call('GET', '/memory-files')).body.files).toEqual([]);
  });

  it('NUL is refused before anything looks at it', async () => {
    const asked = { command: 'view', path: '/memories/a\0b' };
    expect((await app.call('POST', '/memory-tool', asked)).status).toBe(400);
  });

  it('of one name written in two ways are one file', async () => {
    const make = (path: string) => app.call('POST', '/memory-tool', { command: 'create', path, file_text: 'x' });
    expect((await make('/memories/caf\u00e9 100%.md')).body.is_error).toBe(false);
    expect((await make('/memories/cafe\u0301 100%.md')).body).toMatchObject({ is_error: true });
  });

  it.each([
    [{ command: 'chmod', path: '/memories/x' }, /command must be view/],
    [{ command: 'create', path: '/memories/x' }, /file_text/],
    [{ command: 'str_replace', path: '/memories/x', old_str: '', new_str: 'y' }, /old_str/],
    [{ command: 'view', path: '/memories/x', view_range: [1] }, /view_range/],
    [{ command: 'view', path: '/memories/x', recursive: true }, /recursive/],
  ])('%j is no command', async (input, said) => {
    const { status, body } = await app.call('POST', '/memory-tool', input);
    expect([status, body.code]).toEqual([400, 'invalid_request']);
    expect(body.error).toMatch(said);
  });
});
