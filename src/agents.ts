// The part of the composition root that coding agents call through their hooks.
import type { Config } from './config.ts';
import type { Clock } from './core/clock.ts';
import type { Route } from './core/endpoint.ts';
import type { Logger } from './core/log.ts';
import type { Redactor } from './core/redactor.ts';
import type { ContextService } from './features/context/service.ts';
import type { ConversationService } from './features/conversations/service.ts';
import { createGuard } from './features/guard/service.ts';
import { createLearning } from './features/hooks/learning.ts';
import { hookRoutes } from './features/hooks/routes.ts';
import { createHooks } from './features/hooks/service.ts';
import { createLiveSessions } from './features/hooks/sessions.ts';
import type { MemoryService } from './features/memory/service.ts';
import type { SearchService } from './features/search/service.ts';
import type { Stores } from './stores.ts';

export interface AgentsDeps {
  config: Config;
  read: Stores;
  memory: MemoryService;
  search: SearchService;
  context: ContextService;
  conversations: ConversationService;
  redactor: Pick<Redactor, 'message'>;
  clock: Clock;
  logger: Logger;
}

export function createAgents(deps: AgentsDeps) {
  const { config, read, memory, search, context, conversations, redactor, clock, logger } = deps;
  const status = config.extraction_status;
  // An agent waits for its verdict: rules alone, no language model, and no reranker to find them.
  const quick: Pick<SearchService, 'search'> = {
    search: (scope, request, touching) => search.search(scope, { ...request, rerank: false }, touching),
  };
  const guard = createGuard({ read, search: quick, llm: null, settings: config.gate, clock, logger });
  const learning = createLearning({ read, conversations, memory, redactor, status, clock });
  const hooks = createHooks({ search, context, guard, memory, learning, live: createLiveSessions(), status });
  return { routes: hookRoutes(hooks) as readonly Route[] };
}
