// The part of the composition root that speaks other products' languages: Anthropic's memory tool, mem0, OpenAI's embeddings.
import type { Config } from './config.ts';
import type { Clock } from './core/clock.ts';
import type { Ids, Sha256 } from './core/crypto.ts';
import type { Route } from './core/endpoint.ts';
import type { Llm } from './core/llm.ts';
import type { Logger } from './core/log.ts';
import type { TokenCounter } from './core/ports.ts';
import type { Atomically } from './core/unit-of-work.ts';
import { createExtraction } from './features/extraction/service.ts';
import { createFeedback } from './features/feedback/service.ts';
import { mem0Routes } from './features/mem0/routes.ts';
import { createMem0 } from './features/mem0/service.ts';
import type { MemoryService } from './features/memory/service.ts';
import { memoryFileRoutes } from './features/memory_files/routes.ts';
import { createMemoryFiles } from './features/memory_files/service.ts';
import { openAiRoutes } from './features/openai/routes.ts';
import { createOpenAi } from './features/openai/service.ts';
import type { SearchService } from './features/search/service.ts';
import type { Trash } from './features/trash/service.ts';
import type { Meaning } from './meaning.ts';
import type { Stores } from './stores.ts';

export interface EcosystemsDeps {
  config: Config;
  read: Stores;
  atomically: Atomically<Stores>;
  memory: MemoryService;
  search: SearchService;
  trash: Trash;
  semantics: Meaning['semantics'];
  llm: Llm | null;
  counter(): Promise<TokenCounter>;
  clock: Clock;
  ids: Ids;
  sha256: Sha256;
  logger: Logger;
}

export function createEcosystems(deps: EcosystemsDeps): readonly Route[] {
  const { config, read, atomically, memory, search, trash, semantics, llm, counter, clock, ids, sha256, logger } = deps;
  const mem0 = createMem0({
    ...{ read, atomically, memory, search, clock, sha256 },
    extraction: (store) =>
      createExtraction({ memory: { store }, llm, status: config.extraction_status, clock, logger }),
    feedback: createFeedback({ read, atomically, clock }),
  });
  return [
    ...memoryFileRoutes(createMemoryFiles({ read, atomically, memory, trash, clock, ids })),
    ...mem0Routes(mem0),
    ...openAiRoutes(createOpenAi({ semantics, counter })),
  ];
}
