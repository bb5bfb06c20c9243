// A generated corpus and questions to it: the same on every run, with rare and common words, several scripts, long and short texts.
import { dayWords } from '../../src/algo/text.ts';
import { seededRandom } from './onnx-model.ts';

export interface CorpusText {
  content: string;
  tags: string[];
  category: string;
  moment: string;
}

const WORDS =
  'the a river runs running runner database databases connection connected relational deploy deployed deployment café naïve Müller straße über ' +
  'engineer engineering memory memories city cities happily happiness organization organize vacation hopping hoped generously 2024 v2 item42 ' +
  'Москва москвы привет Ελλάδα שלום مرحبا e-mail don’t O’Brien first second Tuesday March paint painting painter sunrise violin adopted agency';
const UNSPACED = [
  '東京都',
  '京都',
  '会議は東京で',
  '明日の天気',
  '数据库连接',
  '数据',
  'ประเทศไทย',
  'สวัสดี',
  'カタカナ',
  '日',
  '日本語',
];

const pickFrom = <T>(random: () => number, list: readonly T[]): T => {
  // Squared: the first words are common, the last ones rare.
  const x = random();
  return list[Math.floor(x * x * list.length)]!;
};

export function generateCorpus(size: number, seed = 7): CorpusText[] {
  const random = seededRandom(seed);
  const words = WORDS.split(' ');
  return Array.from({ length: size }, (_, i) => {
    const length = 3 + Math.floor(random() ** 3 * 120);
    const said = Array.from({ length }, () => (random() < 0.08 ? pickFrom(random, UNSPACED) : pickFrom(random, words)));
    const day = `2025-${String(1 + (i % 12)).padStart(2, '0')}-${String(1 + (i % 28)).padStart(2, '0')} 10:00:00`;
    return {
      content: said.join(random() < 0.2 ? ', ' : ' '),
      tags: Array.from({ length: Math.floor(random() * 3) }, () => pickFrom(random, words).toLowerCase()),
      category: pickFrom(random, ['general', 'task', 'engineering notes', '数据库', 'Database']),
      moment: dayWords(day),
    };
  });
}

export function generateQueries(count: number, seed = 11): string[] {
  const random = seededRandom(seed);
  const words = WORDS.split(' ');
  return Array.from({ length: count }, () => {
    const length = 1 + Math.floor(random() * 9);
    const parts = Array.from({ length }, () => {
      const kind = random();
      if (kind < 0.12) return UNSPACED[Math.floor(random() * UNSPACED.length)]!;
      if (kind < 0.2) return `"${pickFrom(random, words)} ${pickFrom(random, words)}"`;
      return words[Math.floor(random() * words.length)]!;
    });
    return parts.join(' ');
  });
}
