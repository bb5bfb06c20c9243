// Files of other memory services, each as it is exported there.
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { documentReader, isLines, isUnreadable, lineReader } from '../src/algo/json-items.ts';
import { zipWriter } from '../src/algo/zip.ts';
import { createTestApp, type TestApp } from './support/app.ts';

let app: TestApp;
beforeEach(async () => {
  app = await createTestApp();
});
afterEach(() => app.close());

const FOLDER = join(import.meta.dirname, 'fixtures/import');
const fixture = (name: string) => readFileSync(join(FOLDER, name), 'utf8');

/** As the command line takes a file apart, in pieces of some characters. */
function entries(text: string, piece = 50) {
  const reader = isLines(text) ? lineReader() : documentReader();
  const found = [];
  for (let at = 0; at < text.length; at += piece) found.push(...reader.push(text.slice(at, at + piece)));
  found.push(...reader.end());
  return found.filter((one) => !isUnreadable(one));
}
const list = async () =>
  (await app.call('GET', '/list?limit=100&include_archived=true')).body.results as Record<string, unknown>[];
const contents = async () => (await list()).map(({ content }) => content).sort();

interface Expected {
  format: string;
  imported: number;
  contents: unknown[];
}
const FILES: [string, Expected][] = [
  [
    'mem0.json',
    {
      format: 'mem0',
      imported: 2,
      contents: ['Dev prefers asynchronous communication', 'Dev works at TechCorp as a senior engineer'],
    },
  ],
  [
    'supermemory.json',
    {
      format: 'supermemory',
      imported: 2,
      contents: ['Interesting post about WAL mode in SQLite', 'The standup moved to nine thirty'],
    },
  ],
  [
    'zep.json',
    {
      format: 'zep',
      imported: 4,
      contents: [
        'Kendra likes Puma shoes',
        'Kendra loves Adidas shoes',
        'Kendra runs a shoe shop in Leeds.',
        'Kendra: My Adidas broke, I like Puma now.',
      ],
    },
  ],
  [
    'claude-mem.json',
    {
      format: 'claude-mem',
      imported: 3,
      contents: expect.arrayContaining(['Please fix the checkout for empty carts']) as never,
    },
  ],
  [
    'agentmemory.json',
    {
      format: 'agentmemory',
      imported: 4,
      contents: expect.arrayContaining(['Spaces\nThe team indents with two spaces']) as never,
    },
  ],
  [
    'mcp-memory.jsonl',
    {
      format: 'mcp-memory',
      imported: 5,
      contents: ['John Smith: Graduated in 2019', 'John Smith: Speaks fluent Spanish', 'John_Smith works at Anthropic'],
    },
  ],
  [
    'chatgpt.json',
    {
      format: 'chatgpt',
      imported: 2,
      contents: [
        'Sourdough\n\nuser: How long does sourdough rise?\n\nassistant: Four to twelve hours, depending on warmth.\n\nuser: Thanks, my kitchen has 22 degrees.',
      ],
    },
  ],
  [
    'claude.json',
    {
      format: 'claude',
      imported: 2,
      contents: ['Trip to Lisbon\n\nuser: Which tram goes to Belem?\n\nassistant: Tram 15E goes to Belem.'],
    },
  ],
  ['engram-s.jsonl', { format: 'engram', imported: 1, contents: ['An old server wrote this without names'] }],
];

describe.each(FILES)('%s', (name, expected) => {
  it('is recognised, tried out, brought in once', async () => {
    const items = entries(fixture(name));
    expect((await app.call('POST', '/import/format', { items })).body.format).toBe(expected.format);
    const send = (more = {}) => app.call('POST', '/import/items', { format: expected.format, items, ...more });
    const dry = await send({ dry_run: true });
    expect(dry.body).toMatchObject({ imported: expected.imported, dry_run: true });
    expect(await contents()).toEqual([]);
    const first = await send();
    expect([first.status, first.body.imported]).toEqual([200, expected.imported]);
    expect(await contents()).toEqual(expected.contents);
    const again = await send();
    expect(again.body).toMatchObject({ imported: 0, duplicates: 0 });
    expect(await contents()).toEqual(expected.contents);
  });
});

describe('what is known of a memory elsewhere', () => {
  it('comes along: times, tags, importance, standing', async () => {
    await app.call('POST', '/import', JSON.parse(fixture('mem0.json')));
    expect(await list()).toEqual(
      expect.arrayContaining([
        expect.objectContaining({
          ...{ category: 'reference', importance: 7, tags: ['work', 'professional'], source: 'mem0-import' },
          ...{ created_at: '2024-07-20 08:30:36', updated_at: '2024-07-21 08:30:36' },
        }),
      ]),
    );
    await app.call('POST', '/import', JSON.parse(fixture('zep.json')));
    const loves = (await list()).find(({ content }) => content === 'Kendra loves Adidas shoes');
    expect(loves).toMatchObject({ is_archived: true, occurred_at: '2025-01-01 00:00:00' });
  });

  it('versions stay versions', async () => {
    await app.call('POST', '/import', JSON.parse(fixture('agentmemory.json')));
    const newest = (await list()).find(({ content }) => String(content).includes('two spaces'))!;
    const { chain } = (await app.call('GET', `/versions/${newest.id}`)).body;
    expect(chain.map((one: { content: string }) => one.content)).toEqual([
      'Tabs\nThe team indents with tabs',
      newest.content,
    ]);
  });

  it('conversations are kept whole too, without discarded answers', async () => {
    await app.call('POST', '/import', JSON.parse(fixture('chatgpt.json')));
    const { body } = await app.call('POST', '/messages/search', { query: 'sourdough' });
    expect(JSON.stringify(body)).toContain('How long does sourdough rise?');
    expect(JSON.stringify(body)).not.toContain('discarded');
  });
});

describe('POST /import', () => {
  it.each([
    [{ memories: [{ content: 'a memory' }], version: '1' }, 'engram'],
    [[{ content: 'a memory' }], 'array'],
    [{ results: [{ memory: 'a memory' }] }, 'mem0'],
    [{ documents: [{ content: 'a memory' }] }, 'array'],
    [{ items: [{ content: 'a memory' }] }, 'array'],
  ])('tells what %j is', async (body, format) => {
    const answer = await app.call('POST', '/import', body);
    expect([answer.status, answer.body.imported, answer.body.format]).toEqual([200, 1, format]);
  });

  it('refuses garbage with a reason', async () => {
    for (const body of [{}, { nonsense: [1, 2] }, [1, 2], { memories: 7 }]) {
      const answer = await app.call('POST', '/import', body);
      expect([answer.status, answer.body.code]).toEqual([400, 'import_unreadable']);
    }
    expect((await app.call('POST', '/import', [{ content: 'x' }], {})).status).toBe(200);
    expect((await app.call('POST', '/import?format=nope', [{ content: 'x' }])).body.code).toBe('import_unreadable');
  });

  it('tells which entries failed, and brings in the others', async () => {
    const { body } = await app.call('POST', '/import?format=array', [
      { content: 'good' },
      { content: '' },
      7,
      { content: 'x'.repeat(200_000) },
      { content: 'good' },
    ]);
    expect(body).toMatchObject({ imported: 1, failed: 3, skipped: 1 });
    expect(body.errors.map(({ line }: { line: number }) => line)).toEqual([2, 3, 4]);
  });

  it('counts what is said already', async () => {
    await app.call('POST', '/store', { content: 'The port is 80' });
    const { body } = await app.call('POST', '/import', [{ content: 'The port is 80' }]);
    expect(body).toMatchObject({ imported: 0, duplicates: 1 });
    expect(await list()).toHaveLength(1);
  });
});

describe('POST /import/json, /import/mem0 and /import/supermemory', () => {
  it('answer as their clients expect', async () => {
    const json = await app.call('POST', '/import/json', {
      version: '1',
      memories: [{ content: 'one', tags: 'a,b', created_at: '2024-01-02T03:04:05Z' }],
    });
    expect(json.body.imported).toEqual({ memories: 1, skipped: 0 });
    expect((await list())[0]).toMatchObject({ tags: ['a', 'b'], created_at: '2024-01-02 03:04:05' });
    expect((await app.call('POST', '/import/json', { memories: [{ content: 'x' }] })).status).toBe(400);
    expect((await app.call('POST', '/import/json', { version: '1', memories: [] })).status).toBe(400);
    expect((await app.call('POST', '/import/mem0', [{ text: 'two' }])).body).toMatchObject({
      imported: 1,
      source: 'mem0',
    });
    expect((await app.call('POST', '/import/mem0', { nothing: 1 })).status).toBe(400);
    const sm = await app.call('POST', '/import/supermemory', { data: [{ raw: 'three', type: 'tweet' }] });
    expect(sm.body).toMatchObject({ imported: 1, skipped: 0, source: 'supermemory' });
  });
});

describe('an uploaded file', () => {
  const sha = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');
  async function upload(bytes: Uint8Array, filename: string, piece = 40_000): Promise<string> {
    const { upload_id } = (await app.call('POST', '/ingest/upload/init', { filename })).body;
    for (let at = 0, n = 0; at < bytes.length; at += piece, n++) {
      const part = bytes.subarray(at, at + piece);
      const chunk = {
        upload_id,
        chunk_index: n,
        chunk_hash: sha(part),
        data: Buffer.from(part).toString('base64'),
      };
      expect((await app.call('POST', '/ingest/upload/chunk', chunk)).status).toBe(200);
    }
    return upload_id;
  }
  const encode = (text: string) => new TextEncoder().encode(text);
  async function imported(bytes: Uint8Array, filename: string) {
    const begun = await app.call('POST', '/import', { upload_id: await upload(bytes, filename) });
    expect(begun.status).toBe(202);
    await app.jobs.drain();
    return (await app.call('GET', `/import/${begun.body.job_id}`)).body;
  }

  it('is read in the background, and tells how far it is', async () => {
    const lines = Array.from({ length: 600 }, (_, n) =>
      JSON.stringify({ type: 'memory', content: `note ${n} about river ${n * 7}`, sync_id: `s-${n}` }),
    );
    const bytes = encode(`${lines.join('\n')}\n{"type":"memory","cont`);
    const body = await imported(bytes, 'many.jsonl');
    expect(body).toMatchObject({
      status: 'completed',
      format: 'engram',
      imported: 600,
      failed: 1,
      done_bytes: bytes.length,
    });
    expect(body.errors).toEqual([{ line: 601, reason: 'This is no JSON.' }]);
    expect(await imported(bytes, 'many.jsonl')).toMatchObject({ imported: 0, skipped: 600, failed: 1 });
    const stranger = await app.newUser('eve');
    expect((await stranger('GET', `/import/${body.job_id}`)).status).toBe(404);
  });

  it('may be an archive; one that leads out of itself, or is none, is refused', async () => {
    const zip = zipWriter();
    const good = Buffer.concat([zip.file('export/conversations.json', encode(fixture('claude.json'))), zip.end()]);
    expect(await imported(good, 'data.zip')).toMatchObject({ status: 'completed', format: 'claude', imported: 2 });
    const bad = zipWriter();
    const slip = Buffer.concat([bad.file('../../evil.md', encode('evil')), bad.end()]);
    const answer = await imported(slip, 'slip.zip');
    expect([answer.status, answer.errors[0].reason]).toEqual(['failed', expect.stringContaining('leads out of it')]);
    for (const garbage of [
      encode('hello there'),
      new Uint8Array([255, 254, 0, 1]),
      encode('PK\u0003\u0004 not really'),
    ])
      expect(await imported(garbage, 'x.bin')).toMatchObject({ status: 'failed', imported: 0 });
  });
});
