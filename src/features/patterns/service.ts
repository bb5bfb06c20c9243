// What is done when, and what that says about now. Reads only.
import { DAY_MS } from '../../algo/durations.ts';
import { expected, habitsOf, momentOf, sequencesOf } from '../../algo/habits.ts';
import { type Clock, formatTime } from '../../core/clock.ts';
import type { MemoryFilter } from '../../core/ports.ts';
import type { Scope } from '../../core/scope.ts';
import type { LinkStore } from '../memory/link-store.ts';
import type { MemoryStore } from '../memory/store.ts';
import { doings, habitPattern, proactive, sequencePattern, storedAt, storings } from './rules.ts';
import type { PatternStore, Trace } from './store.ts';

/** Which memories belong to which projects. */
export interface ProjectsOf {
  edges(user_id: number, memory_ids: readonly number[]): Promise<{ project_id: number; memory_id: number }[]>;
  byIds(
    filter: { user_id: number; space_id: number | null },
    ids: readonly number[],
  ): Promise<{ id: number; name: string; status: string }[]>;
}

export interface PatternDeps {
  read: {
    patterns: PatternStore;
    projects: ProjectsOf;
    memories: Pick<MemoryStore, 'byIds'>;
    links: Pick<LinkStore, 'touching'>;
  };
  clock: Clock;
}

/** Newest memories that are looked at. */
const WINDOW = 2_000;
/** What was done last says what comes next for this long. */
const SEQUENCE_MINS = 60;
const AT_HAND_MS = 3 * DAY_MS;
const AT_HAND_MOST = 200;
const SUGGESTED = 3;

export function createPatterns({ read, clock }: PatternDeps) {
  const filterOf = ({ user_id, space_id }: Scope): MemoryFilter => ({
    user_id,
    space_id: space_id ?? undefined,
    now: formatTime(clock.now()),
  });
  const traces = (scope: Scope): Promise<Trace[]> => read.patterns.traces(filterOf(scope), WINDOW);

  /** The active project that most of what was stored lately belongs to; later memories count more. */
  async function projectAtHand(scope: Scope, all: readonly Trace[], now: number) {
    const recent = all.filter((trace) => now - storedAt(trace) <= AT_HAND_MS).slice(0, AT_HAND_MOST);
    const weight = new Map(recent.map((trace, at) => [trace.id, 1 / (1 + at / 10)]));
    const edges = await read.projects.edges(scope.user_id, [...weight.keys()]);
    const scores = new Map<number, number>();
    for (const { project_id, memory_id } of edges)
      scores.set(project_id, (scores.get(project_id) ?? 0) + weight.get(memory_id)!);
    const projects = (await read.projects.byIds(scope, [...scores.keys()])).filter(({ status }) => status === 'active');
    const [best] = projects.sort((a, b) => scores.get(b.id)! - scores.get(a.id)! || b.id - a.id);
    if (!best) return { project: null, ofProject: new Set<number>() };
    return {
      project: { id: best.id, name: best.name },
      ofProject: new Set(edges.flatMap(({ project_id, memory_id }) => (project_id === best.id ? memory_id : []))),
    };
  }

  return {
    async temporal(scope: Scope, limit: number) {
      return {
        patterns: habitsOf(doings(await traces(scope)))
          .slice(0, limit)
          .map(habitPattern),
      };
    },

    async predictive(scope: Scope, limit: number) {
      const all = await traces(scope);
      const patterns = [
        ...sequencesOf(storings(all), SEQUENCE_MINS).map(sequencePattern),
        ...habitsOf(doings(all)).map(habitPattern),
      ];
      return { patterns: patterns.sort((a, b) => b.support - a.support).slice(0, limit) };
    },

    async sequences(scope: Scope, window_mins: number) {
      const patterns = sequencesOf(storings(await traces(scope)), window_mins);
      return { patterns: patterns.map((one) => ({ ...one })), window_mins, count: patterns.length };
    },

    async recall(scope: Scope) {
      const now = clock.now();
      const all = await traces(scope);
      const expectations = expected(doings(all), now, SEQUENCE_MINS);
      const { project, ofProject } = await projectAtHand(scope, all, now);
      const asked = all.filter(({ category }) => category === 'task' || category === 'issue').slice(0, AT_HAND_MOST);
      const edges = await read.links.touching(
        scope.user_id,
        asked.map(({ id }) => id),
      );
      const settled = new Set(edges.flatMap(({ type, target_id }) => (type === 'resolves' ? target_id : [])));
      const picks = proactive(all, now, { ofProject, project: project?.name ?? null, expectations, settled });
      const ids = picks.map(({ id }) => id);
      const rows = new Map((await read.memories.byIds(scope.user_id, ids)).map((row) => [row.id, row]));
      const shown = picks.flatMap(({ id, reason, score }) => {
        const row = rows.get(id);
        if (!row) return [];
        const { content, category, importance } = row;
        return { id, content, category, importance, reason, score };
      });
      const todo = new Set(picks.flatMap(({ id, open }) => (open ? id : [])));
      const tasks = shown.filter(({ id }) => todo.has(id));
      return {
        time_context: { now: formatTime(now), ...momentOf(now) },
        predicted_categories: expectations.map(({ category }) => category),
        category_scores: expectations.map((one) => ({ ...one })),
        predicted_project: project,
        proactive_memories: shown,
        suggested_actions: [
          ...(project ? [`Go on with ${project.name}`] : []),
          ...tasks.slice(0, SUGGESTED).map(({ id, category }) => `Look at ${category} ${id}`),
        ],
      };
    },
  };
}
export type Patterns = ReturnType<typeof createPatterns>;
