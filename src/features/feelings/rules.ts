// How a feeling is stored, and how it is shown as a sentiment.
import type { Feeling } from '../../algo/valence/valence.ts';
import type { MemoryRow } from '../memory/rules.ts';

export const columnsOf = ({
  valence,
  arousal,
  dominant_emotion,
}: Feeling): Pick<MemoryRow, 'valence' | 'arousal' | 'dominant_emotion'> => ({ valence, arousal, dominant_emotion });

const SCALE = 5;
const CLEAR = 1;

/** -5 to 5, and which side it is on. */
export function sentimentOf({ valence }: Feeling): { score: number; label: 'positive' | 'negative' | 'neutral' } {
  const score = Math.round((valence ?? 0) * SCALE * 1000) / 1000;
  return { score, label: score > CLEAR ? 'positive' : score < -CLEAR ? 'negative' : 'neutral' };
}
