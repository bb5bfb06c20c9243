// Reading a memory for how it feels.
import { readFeeling } from '../../algo/valence/valence.ts';
import type { MemoryStore } from '../memory/store.ts';
import type { Step } from '../understanding/service.ts';
import { columnsOf } from './rules.ts';

interface Stores {
  memories: Pick<MemoryStore, 'set'>;
}

export const valenceStep: Step<Stores> = {
  name: 'valence',
  async read({ row }) {
    const { valence, arousal, dominant_emotion } = columnsOf(readFeeling(row.content));
    // A new version comes with what the old one felt like.
    if (row.valence === valence && row.arousal === arousal && row.dominant_emotion === dominant_emotion) return null;
    return async ({ memories }) => {
      await memories.set(row.user_id, row.id, { valence, arousal, dominant_emotion });
    };
  },
};
