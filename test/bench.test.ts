// The benchmark harness: its parsers and measures on known cases, and every benchmark once on a tiny size.
import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { anchorTime, pieces, readChat } from '../bench/beam.ts';
import { readLocomo, sessionTime } from '../bench/locomo-data.ts';
import { help } from '../bench/main.ts';
import { parseOptions } from '../bench/options.ts';
import { seeded } from '../bench/random.ts';
import { evidenceIds, goldAt, ndcgAt, ranksOf, recallAt, reciprocalRank } from '../bench/recall.ts';
import { readRetrievalSet } from '../bench/retrieval-set.ts';
import { percentile } from '../bench/stats.ts';
import { render } from '../bench/table.ts';
import { contentWords, loadTexts, questionsFrom } from '../bench/texts.ts';
import { quantise, sentenceGraph } from '../models/train/export.ts';
import { doc, figuresOf, file, folder, jsonLines, qrel, query, removeAfterAll, run } from './support/bench.ts';
import { LOCOMO_ORIGINAL, LOCOMO_OURS } from './support/locomo-sample.ts';
import { randomTable, staticModel, wordPieceTokenizer, writeModelFolder } from './support/onnx-model.ts';

removeAfterAll();

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
