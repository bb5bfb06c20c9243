// Which memories are worth showing before anybody asks.
import { DAY_MS } from '../../algo/durations.ts';
import type { Event, Expectation, Habit, Sequence } from '../../algo/habits.ts';
import { parseTime } from '../../core/clock.ts';
import type { Trace } from './store.ts';

const TASK = { days: 3, bonus: 0.3 };
const ISSUE = { days: 7, bonus: 0.2 };
const PROJECT = 0.1;
const EXPECTED = 0.2;
const NEWEST = 3;
const MOST = 10;

export const storedAt = ({ created_at }: Pick<Trace, 'created_at'>): number => parseTime(created_at) ?? 0;
export const storings = (traces: readonly Trace[]): Event[] =>
  traces.map((trace) => ({ category: trace.category, at: storedAt(trace), session: trace.session_id }));
/** Storing and the last reading, as far as they are known. */
export const doings = (traces: readonly Trace[]): Event[] => [
  ...storings(traces),
  ...traces.flatMap(({ category, session_id, last_accessed_at }) =>
    last_accessed_at === null ? [] : { category, at: parseTime(last_accessed_at) ?? 0, session: session_id },
  ),
];

export const habitPattern = ({ kind, when, category, support, days, share }: Habit) => ({
  label: `${category} on ${when}`.replace(/ on (night|morning|afternoon|evening)$/, ' in the $1'),
  detail: `${support} times on ${days} days, ${Math.round(share * 100)} percent of all`,
  kind,
  category,
  support,
  confidence: share,
});
export const sequencePattern = ({ antecedent, consequent, support, confidence }: Sequence) => ({
  label: `${antecedent} then ${consequent}`,
  detail: `${support} times, ${Math.round(confidence * 100)} percent of what follows ${antecedent}`,
  kind: 'sequence' as const,
  category: consequent,
  support,
  confidence,
});

export interface Proposal {
  readonly id: number;
  /** Something to be done. */
  readonly open: boolean;
  readonly reason: string;
  readonly score: number;
}

/**
 * @param ofProject memories of the project at hand
 * @param settled memories that something newer resolved
 * @returns what is worth showing, the best first
 */
export function proactive(
  traces: readonly Trace[],
  now: number,
  given: {
    ofProject: ReadonlySet<number>;
    project: string | null;
    expectations: readonly Expectation[];
    settled: ReadonlySet<number>;
  },
): Proposal[] {
  const usual = new Map(given.expectations.map((one) => [one.category, one]));
  const newest = new Set(traces.slice(0, NEWEST).map(({ id }) => id));
  return traces
    .filter(({ id }) => !given.settled.has(id))
    .flatMap((trace): Proposal[] => {
      const days = (now - storedAt(trace)) / DAY_MS;
      const reasons: string[] = [];
      let [bonus, open] = [0, false];
      if (trace.category === 'task' && days <= TASK.days) {
        bonus += TASK.bonus;
        open = true;
        reasons.push('task of the last 3 days');
      } else if (trace.category === 'issue' && days <= ISSUE.days) {
        bonus += ISSUE.bonus;
        open = true;
        reasons.push('issue of the last 7 days');
      }
      if (given.ofProject.has(trace.id)) {
        bonus += PROJECT;
        reasons.push(`belongs to ${given.project}`);
      }
      const expectation = usual.get(trace.category);
      if (expectation && expectation.score >= 0.5 && days <= ISSUE.days) {
        bonus += EXPECTED * expectation.score;
        reasons.push(expectation.reason === 'time' ? 'usual at this time' : 'usual after what was done last');
      }
      if (reasons.length === 0 && !newest.has(trace.id)) return [];
      if (reasons.length === 0) reasons.push('among the newest');
      return [
        {
          id: trace.id,
          open,
          reason: reasons.join(', '),
          score: Math.round((trace.importance / 10 + bonus) * 1000) / 1000,
        },
      ];
    })
    .sort((a, b) => b.score - a.score || b.id - a.id)
    .slice(0, MOST);
}
