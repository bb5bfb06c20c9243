// Redaction of secrets: what it finds of each kind, what it takes for a secret that is none, and what it costs. No server:
// the function that every write goes through is called directly.
import { findSecrets } from '../src/algo/secrets/find.ts';
import { redact } from '../src/algo/secrets/redact.ts';
import { type Benchmark, report } from './report.ts';
import { type SecretText, secretTexts } from './secret-texts.ts';
import { latency, median, rounded } from './stats.ts';
import { percent, type Table } from './table.ts';

const EACH = 100;
const PLAIN_CHARS = 500;
const LONG_CHARS = 100 * 1024;
const RUNS = 5;

export interface Judged {
  recall: number;
  false_positives: number;
  kinds: { kind: string; n: number; found: number }[];
  /** Texts that were judged wrongly, for a look at them. */
  missed: SecretText[];
  wrongly: { text: string; took: string }[];
}

/** A secret counts as found when nothing of it is left. */
export function judge(texts: readonly SecretText[]): Judged {
  const kinds = new Map<string, { n: number; found: number }>();
  const missed: SecretText[] = [];
  const wrongly: { text: string; took: string }[] = [];
  let without = 0;
  for (const one of texts) {
    const { kind, text, secret } = one;
    const left = redact(text);
    if (secret === null) {
      without++;
      const [first] = findSecrets(text);
      if (first) wrongly.push({ text, took: `${first.kind}: ${text.slice(first.start, first.end)}` });
      continue;
    }
    const counts = kinds.get(kind!) ?? { n: 0, found: 0 };
    counts.n++;
    if (left.text.includes(secret)) missed.push(one);
    else counts.found++;
    kinds.set(kind!, counts);
  }
  const all = [...kinds].map(([kind, counts]) => ({ kind, ...counts }));
  const sum = (of: 'n' | 'found') => all.reduce((total, one) => total + one[of], 0);
  return { recall: sum('found') / sum('n'), false_positives: wrongly.length / without, kinds: all, missed, wrongly };
}

const time = (work: () => void): number => {
  const started = performance.now();
  work();
  return performance.now() - started;
};

/** Texts made to keep a search busy. */
export const ADVERSARIES: readonly string[] = [
  'eyJ', 'eyJa.', 'sk-', 'ghp_', '://a:', 'key=', 'password:"', 'secret secret_', '4111 ', '1-', 'DE89', 'token is ',
  '-----BEGIN PRIVATE KEY-----\n', 'Bearer ', 'cookie: a=b; ', 'machine ', 'passphrase: a b c d ', 'otpauth://', 'a', '0', ' ',
  'seed phrase: abandon ', 'curl -u a:', '.atlasv1.', 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa-1', 'AAAAAAAAAAAAAAAAAAAA', '=', '"key": "',
]; // biome-ignore format: a list

export const secrets: Benchmark = {
  name: 'secrets',
  summary: 'redaction of secrets: recall of each kind, false positives, speed',
  options: [
    { name: 'each', kind: 'number', fallback: String(EACH), help: 'texts of each kind; as many without a secret' },
    { name: 'show', kind: 'flag', fallback: null, help: 'print what was judged wrongly' },
  ],
  async run(chosen) {
    const seed = chosen.number('seed');
    const texts = secretTexts(seed, chosen.number('each'));
    const judged = judge(texts);
    const plain = texts
      .filter(({ secret }) => secret === null)
      .map(({ text }) => text.padEnd(PLAIN_CHARS, ' and so on').slice(0, PLAIN_CHARS));
    const each_us = plain.map((text) => time(() => void redact(text)) * 1000);
    const bulk = Array.from({ length: RUNS }, () => time(() => { for (const text of plain) redact(text); }) * 1000 / plain.length); // biome-ignore format: one step
    const worst = ADVERSARIES.map((piece) => {
      const text = piece.repeat(Math.ceil(LONG_CHARS / piece.length)).slice(0, LONG_CHARS);
      return { piece, ms: median(Array.from({ length: RUNS }, () => time(() => void redact(text)))) };
    }).sort((a, b) => b.ms - a.ms);
    const figures = {
      recall: judged.recall,
      false_positives: judged.false_positives,
      kinds: judged.kinds.length,
      plain_us: { mean: rounded(median(bulk), 2), ...latency(each_us) },
      worst_ms: { text: worst[0]!.piece, ms: rounded(worst[0]!.ms, 2) },
      by_kind: judged.kinds,
      ...(chosen.flag('show') && { missed: judged.missed, wrongly: judged.wrongly }),
    };
    const tables: Table[] = [
      {
        title: 'Redaction',
        columns: ['', 'figure'],
        rows: [
          ['recall', percent(judged.recall)],
          ['false positives', percent(judged.false_positives)],
          [`µs for ${PLAIN_CHARS} characters`, figures.plain_us.mean],
          ['worst of 100 KB, ms', figures.worst_ms.ms],
        ],
      },
      {
        title: 'Recall of each kind',
        columns: ['kind', 'texts', 'found'],
        rows: judged.kinds.map(({ kind, n, found }) => [kind, n, percent(found / n)]),
      },
      ...(chosen.flag('show')
        ? [
            {
              title: 'Missed',
              columns: ['kind', 'text'],
              rows: judged.missed.map(({ kind, text }) => [kind, JSON.stringify(text)]),
            },
            {
              title: 'No secret',
              columns: ['taken', 'text'],
              rows: judged.wrongly.map(({ took, text }) => [took, JSON.stringify(text)]),
            },
          ]
        : []),
    ];
    return report(
      {
        benchmark: 'secrets',
        data: {
          source: `generated from vendors' formats, seed ${seed}`,
          n: { kinds: judged.kinds.length, texts: texts.length },
        },
        done: {
          recall: 'share of the secrets of which nothing is left in the text',
          'false positives': 'share of the texts without a secret of which anything was taken out',
          µs: 'median over runs of the mean over texts without a secret, cut or filled to 500 characters',
        },
        server: { entry: 'no server', model: null, reranker: null, database: 'none', settings: {} } as never,
        tables,
        figures,
      },
      chosen.text('dir') ?? '.',
    );
  },
};
