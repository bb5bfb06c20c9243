// The benchmarks run small against the real server: they measure what they say, and notice what is lost.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { integrityProblems } from '../bench/bare-sqlite.ts';
import { startLoad } from '../bench/load-process.ts';
import { startServer } from '../bench/server.ts';
import { watch } from '../bench/watch.ts';
import { doc, figuresOf, file, folder, jsonLines, qrel, query, removeAfterAll, run } from './support/bench.ts';
import { LOCOMO_ORIGINAL } from './support/locomo-sample.ts';
import { writeToyModel } from './support/onnx-model.ts';

removeAfterAll();

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
