// How texts and memories feel, on request.
import { readFeeling } from '../../algo/valence/valence.ts';
import { type Clock, formatTime, parseTime } from '../../core/clock.ts';
import { AppError } from '../../core/errors.ts';
import type { MemoryFilter } from '../../core/ports.ts';
import type { Scope } from '../../core/scope.ts';
import type { Atomically } from '../../core/unit-of-work.ts';
import type { MemoryRow } from '../memory/rules.ts';
import type { MemoryStore } from '../memory/store.ts';
import type { FeelingRequest } from './contract.ts';
import { columnsOf, sentimentOf } from './rules.ts';
import type { FeelingStore } from './store.ts';

interface Stores {
  memories: Pick<MemoryStore, 'byId' | 'set'>;
}

export interface FeelingDeps {
  read: Stores & { feelings: FeelingStore };
  atomically: Atomically<Stores>;
  clock: Clock;
}

const round = (n: number): number => Math.round(n * 1000) / 1000;

export function createFeelings({ read, atomically, clock }: FeelingDeps) {
  const filterOf = ({ user_id, space_id }: Scope): MemoryFilter => ({
    user_id,
    space_id: space_id ?? undefined,
    now: formatTime(clock.now()),
  });

  async function reachable(scope: Scope, id: number): Promise<MemoryRow> {
    const row = await read.memories.byId(scope.user_id, id);
    if (!row || row.is_forgotten === 1 || (scope.space_id !== null && row.space_id !== scope.space_id))
      throw new AppError(
        'memory_not_found',
        `There is no memory ${id}. It does not exist, was erased, or is in the trash.`,
      );
    return row;
  }
  const textOf = async (scope: Scope, { memory_id, content }: FeelingRequest): Promise<string> =>
    memory_id == null ? (content ?? '') : (await reachable(scope, memory_id)).content;

  return {
    async sentiment(scope: Scope, request: FeelingRequest) {
      const feeling = readFeeling(await textOf(scope, request));
      return { ...sentimentOf(feeling), sum: feeling.sum, word_count: feeling.words };
    },

    async history(scope: Scope, { limit, since }: { limit: number; since: string }) {
      const rows = await read.feelings.newest(filterOf(scope), formatTime(parseTime(since)!), limit);
      const history = rows.map(({ id, content, created_at }) => {
        const feeling = readFeeling(content);
        return { memory_id: id, ...sentimentOf(feeling), dominant_emotion: feeling.dominant_emotion, created_at };
      });
      return { history };
    },

    async score(scope: Scope, request: FeelingRequest) {
      const feeling = readFeeling(await textOf(scope, request));
      const columns = columnsOf(feeling);
      const { memory_id } = request;
      if (memory_id != null) await atomically(({ memories }) => memories.set(scope.user_id, memory_id, columns));
      const { valence, arousal, dominant_emotion, emotions } = feeling;
      return { valence, arousal, dominant_emotion, all_emotions: emotions.map((one) => ({ ...one })) };
    },

    async of(scope: Scope, id: number) {
      const { valence, arousal, dominant_emotion } = await reachable(scope, id);
      return { memory_id: id, valence, arousal, dominant_emotion };
    },

    async profile(scope: Scope) {
      const rows = (await read.feelings.counts(filterOf(scope))).map((row) => ({
        emotion: row.dominant_emotion,
        side: Number(row.side),
        count: Number(row.count),
        valence: Number(row.valence ?? 0),
        arousal: Number(row.arousal ?? 0),
      }));
      const total = (some: typeof rows) =>
        some.reduce(
          (sum, row) => ({
            count: sum.count + row.count,
            valence: sum.valence + row.valence,
            arousal: sum.arousal + row.arousal,
          }),
          { count: 0, valence: 0, arousal: 0 },
        );
      const felt = rows.filter(({ emotion }) => emotion !== null);
      const emotions = [...Map.groupBy(felt, ({ emotion }) => emotion!)].map(([dominant_emotion, some]) => {
        const { count, valence, arousal } = total(some);
        return { dominant_emotion, count, avg_valence: round(valence / count), avg_arousal: round(arousal / count) };
      });
      emotions.sort((a, b) => b.count - a.count || (a.dominant_emotion < b.dominant_emotion ? -1 : 1));
      const all = total(felt);
      const onSide = (side: number): number => total(rows.filter((row) => row.side === side)).count;
      return {
        emotions,
        overall: {
          avg_valence: all.count === 0 ? null : round(all.valence / all.count),
          avg_arousal: all.count === 0 ? null : round(all.arousal / all.count),
          positive_count: onSide(1),
          negative_count: onSide(-1),
          neutral_count: onSide(0),
        },
      };
    },
  };
}
export type Feelings = ReturnType<typeof createFeelings>;
