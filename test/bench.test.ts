// The benchmark harness: its parsers and measures on known cases, and every benchmark once on a tiny size.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, describe, expect, it } from 'vitest';
import { integrityProblems } from '../bench/bare-sqlite.ts';
import { anchorTime, pieces, readChat } from '../bench/beam.ts';
import { startLoad } from '../bench/load-process.ts';
import { readLocomo, sessionTime } from '../bench/locomo-data.ts';
import { bench, help } from '../bench/main.ts';
import { parseOptions } from '../bench/options.ts';
import { seeded } from '../bench/random.ts';
import { evidenceIds, goldAt, ndcgAt, ranksOf, recallAt, reciprocalRank } from '../bench/recall.ts';
import { readRetrievalSet } from '../bench/retrieval-set.ts';
import { startServer } from '../bench/server.ts';
import { percentile } from '../bench/stats.ts';
import { render } from '../bench/table.ts';
import { contentWords, loadTexts, questionsFrom } from '../bench/texts.ts';
import { watch } from '../bench/watch.ts';
import { quantise, sentenceGraph } from '../models/train/export.ts';
import { LOCOMO_ORIGINAL, LOCOMO_OURS } from './support/locomo-sample.ts';
import { randomTable, staticModel, wordPieceTokenizer, writeModelFolder, writeToyModel } from './support/onnx-model.ts';

const folder = mkdtempSync(join(tmpdir(), 'engram-bench-test-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const file = (name: string, content: string | Uint8Array): string => {
  writeFileSync(join(folder, name), content);
  return join(folder, name);
};

describe('LoCoMo', () => {
  it('reads both formats to the same conversations', () => {
    const [conversation] = readLocomo(JSON.stringify(LOCOMO_OURS));
    expect(readLocomo(JSON.stringify(LOCOMO_ORIGINAL))).toEqual([conversation]);
    expect(conversation!.items).toEqual([
      {
        key: 'D1:1',
        content: 'Ben: Tomorrow I go climbing with Carla.',
        session_id: 'c1/1',
        occurred_at: '2023-05-08 13:56:00',
      },
      {
        key: 'D1:2',
        content: 'Ada: My dog Biscuit stays with you.',
        session_id: 'c1/1',
        occurred_at: '2023-05-08 13:56:01',
      },
      {
        key: 'D1:3',
        content: 'Ada: Look at this [shares a photo of a boat]',
        session_id: 'c1/1',
        occurred_at: '2023-05-08 13:56:02',
      },
      { key: 'D2:1', content: 'Ben: Climbing was great fun!', session_id: 'c1/2', occurred_at: '2023-05-10 00:09:00' },
    ]);
    expect(conversation!.questions.map((one) => [one.group, one.gold])).toEqual([
      ['4', ['D1:2']],
      ['2', ['D2:1', 'D1:1']],
      ['5', ['D1:3']],
      ['3', []],
    ]);
  });

  it('orders sessions by number, not by name', () => {
    const sessions = Object.fromEntries(
      [10, 2].map((n) => [`session_${n}`, [{ dia_id: `D${n}:1`, speaker: 'A', text: 'x' }]]),
    );
    const [conversation] = readLocomo(JSON.stringify([{ conversation: sessions, qa: [] }]));
    expect(conversation!.items.map((item) => [item.key, item.occurred_at])).toEqual([
      ['D2:1', null],
      ['D10:1', null],
    ]);
  });

  it('reads the time of a session', () => {
    const iso = (text: string) => new Date(sessionTime(text)!).toISOString();
    expect(iso('12:30 pm on 29 February, 2024')).toBe('2024-02-29T12:30:00.000Z');
    expect(iso('12:09 am on 13 September, 2023')).toBe('2023-09-13T00:09:00.000Z');
    expect(sessionTime('some day in May')).toBeNull();
  });

  it('normalises evidence ids', () => {
    const known = new Set(['D8:6', 'D9:17', 'D10:19', 'D9:1', 'D4:4']);
    expect(evidenceIds(['D8:6; D9:17'], known)).toEqual(['D8:6', 'D9:17']);
    expect(evidenceIds(['D9:1 D4:4'], known)).toEqual(['D9:1', 'D4:4']);
    expect(evidenceIds(['D10:019', 'D10:19'], known)).toEqual(['D10:19']);
    expect(evidenceIds(['D', 'D:11:26', 'D30:05', ''], known)).toEqual([]);
  });
});

describe('BEAM', () => {
  it('dates a batch by its anchor and makes it a session', () => {
    const chat = readChat(
      JSON.stringify({
        id: '100K/1',
        messages: [
          { id: 0, role: 'user', time_anchor: 'March-15-2024', content: 'hello ' },
          { id: 1, role: 'assistant', content: 'hi' },
          { id: 2, role: 'user', time_anchor: 'April-05-2024', content: 'again' },
        ],
        questions: [{ ability: 'event_ordering', question: 'what first?', answer: '', source_ids: [0, 2, 77] }],
      }),
    );
    expect(chat.items.map((item) => [item.key, item.content, item.session_id, item.occurred_at])).toEqual([
      ['0', 'user: hello', '100K/1/1', '2024-03-15 00:00:00'],
      ['1', 'assistant: hi', '100K/1/1', '2024-03-15 00:00:01'],
      ['2', 'user: again', '100K/1/2', '2024-04-05 00:00:00'],
    ]);
    expect(chat.questions).toEqual([{ question: 'what first?', group: 'event_ordering', gold: ['0', '2'] }]);
    expect(anchorTime('whenever')).toBeNull();
  });

  it('cuts what is too long for one memory without losing anything', () => {
    const text = '😀é'.repeat(50);
    const parts = pieces(text, 40);
    expect(parts.join('')).toBe(text);
    for (const part of parts) {
      expect(Buffer.byteLength(part)).toBeLessThanOrEqual(40);
      expect(part.isWellFormed()).toBe(true);
    }
  });
});

const jsonLines = (rows: readonly object[]): Uint8Array => gzipSync(rows.map((row) => JSON.stringify(row)).join('\n'));
const doc = (id: string, text: string, group?: string) => ({ type: 'doc', id, text, ...(group && { group }) });
const query = (id: string, text: string, group?: string) => ({ type: 'query', id, text, ...(group && { group }) });
const qrel = (of: string, document: string, score = 1) => ({ type: 'qrel', query: of, doc: document, score });

describe('retrieval sets', () => {
  it('keeps groups apart, and drops empty documents and queries that nothing answers', async () => {
    const rows = [
      qrel('q1', 'd1', 2),
      qrel('q2', 'd1', 0),
      query('q1', 'who?', 'a'),
      query('q2', 'what?', 'a'),
      doc('d1', 'somebody', 'a'),
      doc('d2', ' ', 'a'),
      doc('d3', 'somebody', 'b'),
    ];
    expect(await readRetrievalSet(file('people.jsonl.gz', jsonLines(rows)))).toEqual({
      name: 'people',
      collections: [
        {
          id: 'people/a',
          documents: [{ id: 'd1', text: 'somebody' }],
          queries: [{ text: 'who?', gold: new Map([['d1', 2]]) }],
        },
        { id: 'people/b', documents: [{ id: 'd3', text: 'somebody' }], queries: [] },
      ],
      empty: 1,
    });
  });

  it('names a query whose group has no documents', async () => {
    const path = file('lost.jsonl.gz', jsonLines([doc('d1', 'x', 'a'), query('q1', 'x', 'z'), qrel('q1', 'd1')]));
    await expect(readRetrievalSet(path)).rejects.toThrow(`${path}: query q1 is of group "z", which has no documents.`);
  });
});

describe('measures', () => {
  it('takes percentiles by nearest rank', () => {
    const hundred = Array.from({ length: 100 }, (_, i) => 100 - i);
    expect([50, 95, 99, 100, 0].map((p) => percentile(hundred, p))).toEqual([50, 95, 99, 100, 1]);
    expect(percentile([7], 99)).toBe(7);
    expect(percentile([10, 2], 50)).toBe(2);
    expect(percentile([], 50)).toBeNaN();
  });

  it('counts recall by gold item and rank by the first one', () => {
    const ranks = ranksOf([[11], [12], [13, 99], [14]], [5, 12, 6, 7, 8, 9, 99, 13]);
    expect(ranks).toEqual([null, 2, 7, null]);
    expect([5, 10].map((k) => recallAt({ ranks }, k))).toEqual([0.25, 0.5]);
    expect(reciprocalRank({ ranks })).toBe(0.5);
    expect(reciprocalRank({ ranks: [null] })).toBe(0);
  });

  it('weighs grades by place, against the best order there is', () => {
    const gold = new Map([
      [1, 3],
      [2, 1],
    ]);
    const best = 3 + 1 / Math.log2(3);
    expect(ndcgAt(gold, [1, 2], 10)).toBe(1);
    expect(ndcgAt(gold, [9, 1, 2], 10)).toBeCloseTo((3 / Math.log2(3) + 1 / 2) / best, 12);
    expect(ndcgAt(gold, [9, 1, 2], 2)).toBeCloseTo(3 / Math.log2(3) / best, 12);
    // What is not found lowers it, however few results there are.
    expect(ndcgAt(gold, [1], 10)).toBeCloseTo(3 / best, 12);
    expect(ndcgAt(gold, [], 10)).toBe(0);
    expect([1, 3].map((k) => goldAt(gold, [2, 9, 1], k))).toEqual([0.5, 1]);
  });

  it('draws tables with the figures to the right', () => {
    const table = {
      title: 'T',
      columns: ['a', 'n'],
      rows: [
        ['x', 1234.5],
        ['long', null],
      ],
    };
    expect(render(table)).toBe('T\na         n\n----  -----\nx     1,235\nlong      -');
  });
});

describe('texts', () => {
  it('makes up the same different sentences from the same seed', async () => {
    const [one, two] = await Promise.all([loadTexts(null, 300, 20, 5), loadTexts(null, 300, 20, 5)]);
    expect(one).toEqual(two);
    expect(new Set([...one.stored, ...one.heldOut]).size).toBe(320);
    expect((await loadTexts(null, 300, 20, 6)).stored).not.toEqual(one.stored);
  });

  it('takes field b of every 4th row, once', async () => {
    const rows = Array.from({ length: 40 }, (_, i) => JSON.stringify({ a: 'q', b: i === 4 ? 'text  0' : `text ${i}` }));
    const path = file('pairs.jsonl.gz', gzipSync(rows.join('\n')));
    const { stored, heldOut } = await loadTexts(path, 7, 2, 1);
    expect([...stored, ...heldOut].map((text) => Number(text.slice(5))).sort((a, b) => a - b)).toEqual([
      0, 8, 12, 16, 20, 24, 28, 32, 36,
    ]);
    await expect(loadTexts(path, 9, 2, 1)).rejects.toThrow('9 different texts; 11 are needed');
  });

  it('asks with 3 to 8 words of the text, in its order', () => {
    const text = 'Yesterday Alice bought seven green lamps for the kitchen in Oslo with Bilal';
    for (const question of questionsFrom([text, 'too short'], 30, seeded(3))) {
      const words = contentWords(question);
      expect(words.length).toBeGreaterThanOrEqual(3);
      expect(words.length).toBeLessThanOrEqual(8);
      expect(contentWords(text).filter((word) => words.includes(word))).toEqual(words);
    }
  });
});

const run = async (...argv: string[]) => {
  const printed: string[] = [];
  const report = await bench(argv, (text) => void printed.push(text));
  return { report: report!, printed: printed.join('\n') };
};
// biome-ignore lint/suspicious/noExplicitAny: figures differ from benchmark to benchmark
const figuresOf = async (...argv: string[]): Promise<any> => (await run(...argv)).report.figures;

describe('command line', () => {
  it('lists the benchmarks and their options', async () => {
    expect(help()).toContain('--per-question');
    for (const argv of [[], ['--help'], ['store', '--help']]) expect((await run(...argv)).printed).toBe(help());
  });
  it('names what it does not know', async () => {
    await expect(run('speed')).rejects.toThrow('There is no benchmark "speed"; there are locomo, beam, ');
    await expect(run('store', '--stoers', '5')).rejects.toThrow('--stoers');
    await expect(run('store', '--stores', 'many')).rejects.toThrow('--stores: "many" is not a whole number');
    await expect(run('locomo', '--data', '/nowhere.json')).rejects.toThrow('There is no file /nowhere.json');
  });
  it('says what is wrong with a choice of model, channel or set', async () => {
    await expect(run('store', '--model', 'models/x')).rejects.toThrow('a folder goes to --model-dir models/x');
    await expect(run('store', '--model-dir', '/nowhere')).rejects.toThrow('--model-dir: there is no folder /nowhere.');
    await expect(run('store', '--model', 'a', '--model-dir', folder)).rejects.toThrow('not both');
    const data = file('channels.json', JSON.stringify(LOCOMO_OURS));
    const channels = ['--channels', 'lexical,smell'];
    await expect(run('locomo', '--data', data, ...channels)).rejects.toThrow('there is no "smell"; there are lexical,');
    await expect(run('retrieval', '--data', '/nowhere')).rejects.toThrow('There are no sets in /nowhere/retrieval');
  });
  it('reads lists of numbers', () => {
    const sizes = { name: 'sizes', kind: 'numbers', fallback: '1', help: '' } as const;
    expect(parseOptions([sizes], ['--sizes', '10_000,20']).numbers('sizes')).toEqual([10_000, 20]);
  });
});

describe('embed', () => {
  const table = randomTable(4 + 2, 8, 1);
  const model = (onnx: Uint8Array) =>
    writeModelFolder(mkdtempSync(join(folder, 'embed-')), {
      'model.onnx': onnx,
      'tokenizer.json': wordPieceTokenizer(['what', 'where']),
    });
  const figuresFor = async (dir: string) => figuresOf('embed', '--model-dir', dir, '--count', '70', '--processes', '1');

  it('measures a table and ONNX Runtime on the same file', async () => {
    const { lookup, runtime } = await figuresFor(await model(sentenceGraph(quantise(table, 8), 8)));
    for (const side of [lookup, runtime]) {
      expect(side.processes).toBe(1);
      for (const group of [side.load_ms, side.memory_mib, side.one_text_ms, side.per_second])
        for (const figure of Object.values(group)) expect(figure).toBeGreaterThan(0);
    }
  });

  it('has nothing to set against ONNX Runtime when the model is no table, and names a folder that is none', async () => {
    const { lookup, runtime } = await figuresFor(await model(staticModel(table, 8)));
    expect([lookup, runtime.processes]).toEqual([null, 1]);
    await expect(run('embed', '--model-dir', join(folder, 'nowhere'))).rejects.toThrow('There is no model in');
  });
});

describe('against the real server', () => {
  it('locomo', async () => {
    const out = join(folder, 'locomo-report.json');
    const lines = join(folder, 'questions.jsonl');
    const data = file('locomo.json', JSON.stringify(LOCOMO_ORIGINAL));
    const { report, printed } = await run('locomo', '--data', data, '--out', out, '--per-question', lines);
    expect(report.data.n).toEqual({ conversations: 1, turns: 4, turns_taken_for_repeats: 0, questions: 4 });
    const { scores } = report.figures as { scores: Record<string, { recall_at_5: number; with_evidence: number }> };
    expect(Object.keys(scores)).toEqual(['2 temporal', '3 open-domain', '4 single-hop', '5 adversarial', '1-4', '1-5']);
    expect(scores['4 single-hop']).toMatchObject({ recall_at_5: 1, with_evidence: 1, mrr: 1, bare_recall_at_5: 1 });
    expect(scores['1-4']).toMatchObject({ with_evidence: 2, vector_recall_at_20: 1 });
    expect(report.server.model).toMatch(/^engram-mini@/);
    const asked = readFileSync(lines, 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(asked).toHaveLength(4);
    expect(asked[1].gold_ids).toEqual([[4], [1]]);
    expect(JSON.parse(readFileSync(out, 'utf8'))).toEqual(report);
    expect(printed).toMatch(/machine .* cores/);
    expect(printed).toContain('4 single-hop');
  });

  it('locomo with the channels chosen, and without a model', async () => {
    const data = file('locomo-words.json', JSON.stringify(LOCOMO_ORIGINAL));
    const words = await run('locomo', '--data', data, '--channels', 'lexical');
    expect(words.printed).toContain('lexical R@5');
    expect(words.printed).not.toContain('vector R@5');
    const { report } = await run('locomo', '--data', data, '--model', 'none');
    expect(report.server).toMatchObject({ model: null, settings: { ENGRAM_EMBEDDING_MODEL: 'none' } });
    expect(report.figures).toMatchObject({ scores: { '1-4': { vector_recall_at_10: null } }, vector_search_ms: null });
  });

  it('beam', async () => {
    const chat = {
      id: 'b/1',
      messages: [
        { id: 0, role: 'user', time_anchor: 'March-15-2024', content: 'I want to plant tomatoes on the balcony.' },
        { id: 1, role: 'assistant', content: 'Use large pots and feed them weekly.' },
      ],
      questions: [
        {
          ability: 'information_extraction',
          question: 'What did I want to plant?',
          answer: 'tomatoes',
          source_ids: [0],
        },
        { ability: 'abstention', question: 'Which car do I drive?', answer: '', source_ids: [] },
      ],
    };
    const { scores } = await figuresOf('beam', '--data', file('beam.jsonl.gz', gzipSync(JSON.stringify(chat))));
    expect(scores.information_extraction).toMatchObject({ with_evidence: 1, recall_at_5: 1 });
    expect(scores.all).toMatchObject({ questions: 2, with_evidence: 1 });
  });

  it('retrieval: words, meaning and both', async () => {
    const data = join(folder, 'eval');
    for (const kind of ['retrieval', 'similarity']) mkdirSync(join(data, kind), { recursive: true });
    const words = [
      doc('d1', 'The automobile stands before the residence.'),
      doc('d2', 'A kitten sleeps in the sun.'),
      doc('d3', 'A kitten sleeps in the sun.'),
      query('q1', 'car home'),
      qrel('q1', 'd1'),
      query('q2', 'kitten'),
      qrel('q2', 'd3', 2),
    ];
    const apart = [
      doc('a1', 'The physician has a puppy.', 'a'),
      doc('b1', 'The doctor has a dog.', 'b'),
      query('q1', 'doctor', 'a'),
      qrel('q1', 'a1'),
    ];
    const pairs = [
      { a: 'a car', b: 'an automobile', score: 5 },
      { a: 'a car', b: 'the film', score: 0 },
    ];
    writeFileSync(join(data, 'retrieval', 'words.jsonl.gz'), jsonLines(words));
    writeFileSync(join(data, 'retrieval', 'apart.jsonl.gz'), jsonLines(apart));
    writeFileSync(join(data, 'similarity', 'rated.jsonl.gz'), jsonLines(pairs));
    const model = await writeToyModel(join(folder, 'toy'), { dims: 64, pooling: 'none' });

    const { report, printed } = await run('retrieval', '--data', data, '--model-dir', model);
    expect(report.server.model).toMatch(/^toy@/);
    expect(report.data.n).toEqual({
      documents: 5,
      documents_taken_for_repeats: 1,
      documents_without_text: 0,
      queries: 3,
      pairs: 2,
    });
    const recall = (value: number) => expect.objectContaining({ recall_at_10: value, ndcg_at_10: value });
    expect(report.figures).toMatchObject({
      sets: {
        words: {
          ways: { hybrid: recall(1), vector: recall(1), lexical: recall(0.5), fts5: recall(0.5) },
          hybrid_against: { fts5: { ndcg_at_10: 0.5, better: 1, worse: 0, beats: true } },
        },
        apart: { documents: 2, queries: 1, ways: { vector: recall(1), lexical: recall(0), fts5: recall(0) } },
      },
      similarity: { rated: { pairs: 2, spearman: 1 } },
    });
    expect(printed).toContain('(beats them in 2 of 2 sets)');

    const one = await run('retrieval', '--data', data, '--model', 'none', '--sets', 'apart');
    const way = { hybrid: recall(0), vector: null };
    expect(one.report.figures).toEqual({
      sets: { apart: expect.objectContaining({ ways: expect.objectContaining(way) }) },
      similarity: {},
    });
    await expect(run('retrieval', '--data', data, '--sets', 'word')).rejects.toThrow(
      '--sets: there is no set "word"; there are apart, words, rated.',
    );
  });

  it('reembed', async () => {
    const model = await writeToyModel(join(folder, 'slow'), { dims: 32, pooling: 'mean', name: 'later' });
    const sizes = ['--memories', '150', '--idle-seconds', '0'];
    const { report, printed } = await run('reembed', ...sizes, '--model-dir', model);
    expect(report.server.model).toMatch(/^later@/);
    const some = {
      health_ms: { n: expect.any(Number), max: expect.any(Number) },
      search_ms: { p95: expect.any(Number) },
    };
    expect(report.figures).toMatchObject({
      memories: 150,
      seconds: expect.any(Number),
      while_embedding: some,
      while_embedding_again: some,
      idle: some,
    });
    expect(printed).toContain('/health while embedding');
    await expect(run('reembed', ...sizes, '--model', 'none')).rejects.toThrow('The server has no model to embed with');
  });

  it('stops watching when a probe fails', async () => {
    const job = { kind: 'watch', health_every_ms: 60_000, search_every_ms: 60_000, queries: ['x'], limit: 1 } as const;
    const sick = async (_: string, path: string) => ({ status: path === '/health' ? 500 : 200, body: 'ill', ms: 1 });
    await expect(watch({ ...job, until: { seconds: 60 } }, sick)).rejects.toThrow('the server answered 500: "ill"');
  });

  it('search', async () => {
    const { report, printed } = await run('search', '--sizes', '200', '--queries', '20', '--json');
    expect(JSON.parse(printed)).toEqual(report);
    const [figures] = report.figures.sizes as Record<string, number>[];
    expect(figures).toMatchObject({
      n: 200,
      one_client: { p50: expect.any(Number) },
      bare: { p99: expect.any(Number) },
    });
    for (const name of ['ratio', 'rss_mib_after_load', 'start_ms', 'disk_mib'])
      expect(figures![name]).toBeGreaterThan(0);
  });

  it('notices what is lost, and what is damaged', async () => {
    await using server = await startServer({ parent: folder, profile: null });
    using load = startLoad();
    const content = 'a memory that is there';
    const { id } = (await server.call('POST', '/store', { content })).body;
    const expected = [
      { id, content },
      { id, content: 'something else' },
      { id: id + 1, content },
    ];
    expect((await load.run(server, { kind: 'read', clients: 2, expected })).ids).toEqual([[id], [id + 1]]);
    await server.stop();
    const path = join(server.dir, 'engram.db');
    expect(integrityProblems(path, null)).toEqual([]);
    const bytes = readFileSync(path);
    bytes.fill(7, 5 * 4096 + 8, 12 * 4096);
    expect(integrityProblems(file('damaged.db', bytes), null)).not.toEqual([]);
  });

  // Three servers, one of them started twice.
  it('store, and kill -9', async () => {
    const { sizes, crash } = await figuresOf('store', '--stores', '100', '--sizes', '0,100', '--crash', '1');
    expect(sizes.map((one: { preloaded: number }) => one.preloaded)).toEqual([0, 100]);
    expect(sizes[0].eight_clients.per_second).toBeGreaterThan(0);
    expect(crash).toMatchObject({
      rounds: 1,
      lost: 0,
      not_found: 0,
      integrity_checks: 1,
      integrity_failures: 0,
      problems: [],
    });
    expect(crash.acknowledged).toBeGreaterThan(0);
    expect(crash.searched).toBeGreaterThan(0);
  }, 90_000);
});
