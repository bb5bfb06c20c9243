// Statistics: a user sees what is theirs, an administrator what is there.
import { AppError } from '../../core/errors.ts';
import { allows, type Scope } from '../../core/scope.ts';
import type { JobStore } from '../jobs/store.ts';
import type { StatsStore } from './store.ts';

export interface StatsDeps {
  read: { stats: StatsStore; jobs: Pick<JobStore, 'counts'> };
  /** Identity of the embedding model in use. */
  model(): { key: string; name: string } | null;
  llm_model: string | null;
  /** Bytes on disk. */
  size(): Promise<number | null>;
}

const MIB = 2 ** 20;

export function createStats({ read, model, llm_model, size }: StatsDeps) {
  return {
    async get(scope: Scope, wanted: number | undefined) {
      const admin = allows(scope, 'admin');
      if (wanted !== undefined && wanted !== scope.user_id && !admin)
        throw new AppError('forbidden', 'Only an administrator sees the figures of others; leave user_id out.');
      const user_id = admin ? (wanted ?? null) : scope.user_id;
      const embedder = model();
      const { stats } = read;
      const [memories, categories, embedded, by_type, conversations, messages, agents, api_keys] = await Promise.all([
        stats.memories(user_id),
        stats.categories(user_id),
        embedder ? stats.embedded(user_id, embedder.key) : 0,
        stats.linkTypes(user_id),
        stats.count('conversations', user_id),
        stats.count('messages', user_id),
        stats.agents(user_id),
        stats.count('api_keys', user_id),
      ]);
      const jobs = admin ? await read.jobs.counts() : null;
      const bytes = admin ? await size() : null;
      const total = by_type.reduce((all, { count }) => all + count, 0);
      return {
        user_id,
        memories: { ...(memories as { total: number }), embedded, categories } as never,
        links: { total, by_type },
        conversations,
        messages,
        agents,
        embedding_model: embedder?.name ?? null,
        llm_model,
        llm_configured: llm_model !== null,
        db_size_mb: bytes === null ? null : Math.round((bytes / MIB) * 100) / 100,
        counts: {
          memories: memories.total!,
          tasks: jobs ? jobs.waiting + jobs.running : 0,
          events: 0,
          actions: 0,
          agents: agents.length,
          api_keys,
        },
      };
    },
  };
}
export type Stats = ReturnType<typeof createStats>;
