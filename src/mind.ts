// The part of the composition root that makes memories into knowledge: what reads them in the background, the graph they
// form, and what is thought about them. Called by app.ts alone.

import { HOUR_MS, MINUTE_MS } from './algo/durations.ts';
import type { Fsrs } from './algo/fsrs.ts';
import type { Config } from './config.ts';
import type { Clock } from './core/clock.ts';
import type { Ids, Sha256 } from './core/crypto.ts';
import type { Route } from './core/endpoint.ts';
import type { JobHandler } from './core/job.ts';
import type { Llm } from './core/llm.ts';
import type { Logger } from './core/log.ts';
import type { Redactor } from './core/redactor.ts';
import type { Schedule } from './core/schedule.ts';
import { every } from './core/schedule.ts';
import type { OpenStreams } from './core/streams.ts';
import type { Atomically } from './core/unit-of-work.ts';
import type { WebhookSender } from './core/webhook.ts';
import { approvalRoutes } from './features/approvals/routes.ts';
import { createApprovals } from './features/approvals/service.ts';
import { causeRoutes } from './features/causes/routes.ts';
import { createCauses } from './features/causes/service.ts';
import { causeStep } from './features/causes/step.ts';
import { consolidationRoutes } from './features/consolidation/routes.ts';
import { createConsolidation } from './features/consolidation/service.ts';
import { contradictionRoutes } from './features/contradictions/routes.ts';
import { createContradictions } from './features/contradictions/service.ts';
import { decomposeRoutes } from './features/decompose/routes.ts';
import { isPart } from './features/decompose/rules.ts';
import { createDecompose } from './features/decompose/service.ts';
import { createDeliveries } from './features/digests/deliveries.ts';
import { digestRoutes } from './features/digests/routes.ts';
import { createDigests } from './features/digests/service.ts';
import { createDuplicates } from './features/duplicates/service.ts';
import { entityGraph } from './features/entities/graph-extras.ts';
import { entityRoutes } from './features/entities/routes.ts';
import { createEntities } from './features/entities/service.ts';
import { entityStep } from './features/entities/step.ts';
import { createWithin } from './features/entities/within.ts';
import { extractionRoutes } from './features/extraction/routes.ts';
import { createExtraction } from './features/extraction/service.ts';
import { factRoutes } from './features/facts/routes.ts';
import { createFacts } from './features/facts/service.ts';
import { factStep } from './features/facts/step.ts';
import { feelingRoutes } from './features/feelings/routes.ts';
import { createFeelings } from './features/feelings/service.ts';
import { valenceStep } from './features/feelings/step.ts';
import { gateRoutes } from './features/gate/routes.ts';
import { createGate } from './features/gate/service.ts';
import { graphRoutes } from './features/graph/routes.ts';
import { createGraph } from './features/graph/service.ts';
import { groundingRoutes } from './features/grounding/routes.ts';
import { type CallEndpoint, createGrounding } from './features/grounding/service.ts';
import { growthRoutes } from './features/growth/routes.ts';
import { createGrowth } from './features/growth/service.ts';
import { guardRoutes } from './features/guard/routes.ts';
import { createGuard } from './features/guard/service.ts';
import { linkingStep } from './features/linking/step.ts';
import type { Semantics } from './features/memory/semantics.ts';
import type { MemoryService } from './features/memory/service.ts';
import { patternRoutes } from './features/patterns/routes.ts';
import { createPatterns } from './features/patterns/service.ts';
import { personalityRoutes } from './features/personality/routes.ts';
import { createPersonality } from './features/personality/service.ts';
import { personalityStep } from './features/personality/step.ts';
import { preferenceRoutes } from './features/preferences/routes.ts';
import { createPreferences } from './features/preferences/service.ts';
import { createProfile } from './features/profile/service.ts';
import { projectRoutes } from './features/projects/routes.ts';
import { createProjects } from './features/projects/service.ts';
import { reconsolidationRoutes } from './features/reconsolidation/routes.ts';
import { createReconsolidation } from './features/reconsolidation/service.ts';
import { reflectionRoutes } from './features/reflections/routes.ts';
import { createReflections } from './features/reflections/service.ts';
import type { SearchService } from './features/search/service.ts';
import { thinkingRoutes } from './features/thinking/routes.ts';
import { createThinking } from './features/thinking/service.ts';
import { stagesOf } from './features/thinking/stages.ts';
import { createNeighbours } from './features/understanding/neighbours.ts';
import { understandingRoutes } from './features/understanding/routes.ts';
import { createUnderstanding, type Step } from './features/understanding/service.ts';
import { createCompute } from './platform/graph/compute.ts';
import type { Stores } from './stores.ts';

export interface MindDeps {
  config: Config;
  read: Stores;
  atomically: Atomically<Stores>;
  memory: MemoryService;
  search: SearchService;
  semantics: Semantics;
  fsrs: Fsrs;
  /** What must end before the server waits for its requests. */
  streams: OpenStreams;
  redactor: Pick<Redactor, 'plain'>;
  /** Null when none is configured. */
  llm: Llm | null;
  sender: WebhookSender;
  /** Answers as the endpoint would. */
  call: CallEndpoint;
  /** Requests answered so far. */
  requests(): number;
  wake(): void;
  clock: Clock;
  ids: Ids;
  sha256: Sha256;
  logger: Logger;
}

export interface Mind {
  readonly routes: readonly Route[];
  readonly jobs: readonly JobHandler[];
  readonly schedules: readonly Schedule[];
  /** What was stored is read soon. */
  soon(user_id: number): Promise<void>;
  /** What is known from memories follows them into the trash, and back. */
  follow(user_id: number): Promise<void>;
  /** Goes on with what a stopped program left. */
  start(): Promise<void>;
  stop(): void;
}

export function createMind(deps: MindDeps): Mind {
  const { config, read, atomically, semantics, fsrs, requests, wake, clock, logger } = deps;

  const facts = createFacts({ read, atomically, memory: deps.memory, llm: deps.llm, clock, logger });
  const decompose = createDecompose({
    read,
    atomically,
    memory: deps.memory,
    llm: deps.llm,
    auto: config.auto_decompose,
    clock,
    logger,
  });
  const extraction = createExtraction({
    memory: deps.memory,
    llm: deps.llm,
    status: config.extraction_status,
    clock,
    logger,
  });
  async function followNow(user_id: number): Promise<void> {
    await decompose.follow(user_id);
    await facts.follow(user_id);
    await consolidation.follow(user_id);
    await reflections.follow(user_id);
    await digests.follow(user_id);
  }
  async function follow(user_id: number): Promise<void> {
    try {
      await followNow(user_id);
    } catch (error) {
      // What was asked for is done already; the schedule makes up for this.
      logger.warn({ err: error, user_id }, 'what is known from memories follows them later');
    }
  }
  /** For those whose time was over, and where a program was stopped in between. */
  async function followAll(): Promise<void> {
    for (const { id } of await read.access.users()) await followNow(id);
  }

  /** Parts are not read: the memory they were taken from says the same. */
  const ofWholes = (step: Step<Stores>): Step<Stores> => ({
    name: step.name,
    read: async (subject) => (isPart(subject.row) ? null : step.read(subject)),
  });
  // What every new memory is read for, in this order.
  const steps: Step<Stores>[] = [
    ofWholes(linkingStep({ read, semantics, llm: deps.llm, logger })),
    ofWholes(personalityStep),
    factStep({ llm: deps.llm, logger }),
    decompose.step(),
    ofWholes(entityStep({ read, llm: deps.llm, logger })),
    ofWholes(causeStep),
    valenceStep,
  ];
  const understanding = createUnderstanding<Stores>({
    read,
    atomically,
    enabled: config.understanding,
    neighbours: createNeighbours({ read, semantics }),
    steps,
    requests,
    wake,
    clock,
    logger,
  });

  const within = createWithin({ read, search: deps.search, fsrs, clock });
  const spaceExists = async (user_id: number, space_id: number) =>
    (await read.access.spaces(user_id)).some(({ id }) => id === space_id);
  const entities = createEntities({ read, atomically, within, spaceExists, redactor: deps.redactor, clock });
  const projects = createProjects({ read, atomically, within, spaceExists, clock });

  const compute = createCompute({ max_threads: config.pagerank.threads });
  const graph = createGraph({
    read,
    atomically,
    compute: compute.run,
    settings: {
      enabled: config.pagerank.enabled,
      interval_ms: config.pagerank.interval * 1000,
      threshold: config.pagerank.threshold,
    },
    search: deps.search,
    extras: entityGraph(read, within),
    requests,
    fsrs,
    clock,
  });

  const contradictions = createContradictions({
    read,
    atomically,
    memory: deps.memory,
    llm: deps.llm,
    follow,
    fsrs,
    clock,
    logger,
  });

  const guard = createGuard({ read, search: deps.search, llm: deps.llm, settings: config.gate, clock, logger });
  const gate = createGate({ read, atomically, settings: config.gate, redactor: deps.redactor, clock });
  deps.streams.add(() => gate.close());
  const grounding = createGrounding({ call: deps.call, clock, ids: deps.ids, sha256: deps.sha256, logger });
  const approvals = createApprovals({ read, atomically, clock, ids: deps.ids });

  const causes = createCauses({ read, atomically, clock });
  const feelings = createFeelings({ read, atomically, clock });
  const patterns = createPatterns({ read, clock });
  const reconsolidation = createReconsolidation({ read, atomically, clock });

  const personality = createPersonality({ read, atomically, llm: deps.llm, clock, logger });
  const preferences = createPreferences({ read, atomically, personality, clock });
  const { outline } = createProfile({ read, semantics, clock });

  // What is thought about memories.
  const thoughts = { read, atomically, memory: deps.memory, llm: deps.llm, clock, logger };
  const reflections = createReflections(thoughts);
  const growth = createGrowth({ ...thoughts, reflections });
  const consolidation = createConsolidation({ ...thoughts, semantics, fsrs });
  const digests = createDigests(thoughts);
  const deliveries = createDeliveries({ read, atomically, digests, reflections, sender: deps.sender, wake, clock });
  const duplicates = createDuplicates({ read, atomically, semantics, follow, clock });
  const thinking = createThinking({
    read,
    atomically,
    stages: stagesOf({
      read,
      duplicates,
      contradictions,
      reconsolidation,
      reflections,
      consolidation,
      growth,
      llm: deps.llm,
    }),
    enabled: config.understanding,
    requests,
    clock,
    logger,
  });

  return {
    routes: [
      ...understandingRoutes(understanding),
      ...factRoutes(facts),
      ...decomposeRoutes(decompose),
      ...extractionRoutes(extraction),
      ...contradictionRoutes(contradictions),
      ...graphRoutes(graph),
      ...entityRoutes(entities),
      ...projectRoutes(projects),
      ...guardRoutes(guard),
      ...groundingRoutes(grounding),
      ...gateRoutes(gate),
      ...approvalRoutes(approvals),
      ...personalityRoutes(personality, outline),
      ...preferenceRoutes(preferences),
      ...causeRoutes(causes),
      ...feelingRoutes(feelings),
      ...patternRoutes(patterns),
      ...reconsolidationRoutes(reconsolidation),
      ...reflectionRoutes(reflections),
      ...consolidationRoutes(consolidation),
      ...digestRoutes(digests, deliveries),
      ...growthRoutes(growth),
      ...thinkingRoutes(thinking),
    ],
    jobs: [...understanding.jobs, ...decompose.jobs, ...graph.jobs, ...deliveries.jobs],
    schedules: [
      every(5 * MINUTE_MS, 'understanding.resume', understanding.resume),
      every(5 * MINUTE_MS, 'memory.follow', followAll, 'mind'),
      ...graph.schedules,
      every(5 * MINUTE_MS, 'gate.sweep', gate.sweep),
      every(5 * MINUTE_MS, 'approvals.sweep', approvals.sweep),
      every(6 * HOUR_MS, 'personality.portraits', personality.refresh, 'mind'),
      ...(config.understanding ? [every(6 * HOUR_MS, 'reconsolidation.sweep', reconsolidation.sweep, 'mind')] : []),
      every(5 * MINUTE_MS, 'digests.send', deliveries.sendDue),
      ...(config.understanding ? [every(10 * MINUTE_MS, 'thinking.idle', thinking.whenIdle, 'mind')] : []),
    ],
    soon: understanding.soon,
    follow,
    start: understanding.resume,
    stop() {
      understanding.stop();
      graph.stop();
      compute.close();
    },
  };
}
