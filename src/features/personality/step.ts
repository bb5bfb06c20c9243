// Reading a memory for what it tells about people.
import { extractSignals } from '../../algo/personality/extract.ts';
import type { Step } from '../understanding/service.ts';
import type { PortraitStore } from './portrait-store.ts';
import { rowsOf } from './rules.ts';
import type { PersonalityStore } from './store.ts';

interface Stores {
  personality: Pick<PersonalityStore, 'replace'>;
  portraits: Pick<PortraitStore, 'outdate'>;
}

export const personalityStep: Step<Stores> = {
  name: 'personality',
  async read({ row, now }) {
    const rows = rowsOf(row, extractSignals(row.content), now);
    return async ({ personality, portraits }) => {
      await personality.replace(row.user_id, row.id, rows);
      if (rows.length > 0) await portraits.outdate(row.user_id, now);
    };
  },
};
