// What the process knows about itself.
import type { Clock } from '../../core/clock.ts';
import type { ModelIdentity } from '../../core/ports.ts';

export interface SystemDeps {
  version: string;
  /** `SQLite` or `Postgres`: the family only, since these answers need no key. */
  database: string;
  /** What is in use now: it may change while the server runs. */
  model(): ModelIdentity | null;
  hasReranker(): boolean;
  /** One is set up; whether it answers shows when it is asked. */
  hasLlm: boolean;
  /** Changes are refused after a row of crashes. */
  safeMode(): boolean;
  /** Rejects when the database cannot be read. */
  ping(): Promise<void>;
  clock: Clock;
}

export function createSystem({ version, database, model, hasReranker, hasLlm, safeMode, ping, clock }: SystemDeps) {
  const started = clock.now();
  const self = { service: 'engram' as const, version };
  return {
    live: () => ({ status: 'ok' as const, ...self }),
    health: () => ({
      status: 'ok' as const,
      ...self,
      llm_configured: hasLlm,
      embedding_model: model()?.name ?? null,
      database,
      safe_mode: safeMode(),
      uptime_secs: Math.round((clock.now() - started) / 1000),
    }),
    async ready() {
      const up = await ping().then(
        () => true,
        () => false,
      );
      return {
        status: up ? ('ready' as const) : ('not_ready' as const),
        ...self,
        checks: {
          database: up ? ('ok' as const) : ('unavailable' as const),
          embedder: model() ? ('loaded' as const) : ('disabled' as const),
          reranker: hasReranker() ? ('loaded' as const) : ('disabled' as const),
          llm: hasLlm ? ('configured' as const) : ('disabled' as const),
        },
        failing: up ? [] : ['database'],
      };
    },
  };
}
export type SystemService = ReturnType<typeof createSystem>;
