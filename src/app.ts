// The composition root: the only file that knows every part. Read it top to bottom to see what the program is made of.
import { sql } from 'kysely';
import openApi from '../docs/openapi.json' with { type: 'json' };
import packageJson from '../package.json' with { type: 'json' };
import { createAdmitted } from './admitted.ts';
import { createAgents } from './agents.ts';
import { HOUR_MS, MINUTE_MS, WEEK_MS } from './algo/durations.ts';
import { createFsrs } from './algo/fsrs.ts';
import { createAnnouncer } from './announced.ts';
import type { App, Ports } from './app-shape.ts';
import { createAudit, onBehalf } from './audited.ts';
import type { Config } from './config.ts';
import { formatTime } from './core/clock.ts';
import { type Route, WithStatus } from './core/endpoint.ts';
import { rowsOfActors } from './core/rows.ts';
import { every } from './core/schedule.ts';
import { Memory } from './core/shapes.ts';
import { openStreams } from './core/streams.ts';
import { createEcosystems } from './ecosystems.ts';
import { createEntrance } from './entrance.ts';
import { ENDPOINTS } from './entry/contracts.ts';
import { createReference } from './entry/http/docs-page/page.ts';
import { mcpSettings } from './entry/http/mcp.ts';
import { createHttp } from './entry/http/server.ts';
import { batchRoutes } from './features/batch/routes.ts';
import { createBatch } from './features/batch/service.ts';
import { contextRoutes } from './features/context/routes.ts';
import { createContext } from './features/context/service.ts';
import { conversationRoutes } from './features/conversations/routes.ts';
import { createConversations } from './features/conversations/service.ts';
import { duplicatesRoutes } from './features/duplicates/routes.ts';
import { createDuplicates } from './features/duplicates/service.ts';
import { episodeRoutes } from './features/episodes/routes.ts';
import { createEpisodes } from './features/episodes/service.ts';
import { createSummaries } from './features/episodes/summaries.ts';
import { feedbackRoutes } from './features/feedback/routes.ts';
import { createFeedback } from './features/feedback/service.ts';
import { fsrsRoutes } from './features/fsrs/routes.ts';
import { createReviews } from './features/fsrs/service.ts';
import { healthRoutes } from './features/health/routes.ts';
import { createHealth } from './features/health/service.ts';
import { createCorrections } from './features/history/corrections.ts';
import { historyRoutes } from './features/history/routes.ts';
import { createTimetravel } from './features/history/timetravel.ts';
import { inboxRoutes } from './features/inbox/routes.ts';
import { createInbox } from './features/inbox/service.ts';
import { jobsRoutes } from './features/jobs/routes.ts';
import { createJobs } from './features/jobs/service.ts';
import { maintenanceRoutes } from './features/maintenance/routes.ts';
import { createMaintenance } from './features/maintenance/service.ts';
import { fingerprintJobs } from './features/memory/fingerprint-job.ts';
import { memoryRoutes } from './features/memory/routes.ts';
import { createMemory } from './features/memory/service.ts';
import { createTouches, FLUSH_EVERY_MS } from './features/memory/touches.ts';
import { modelsRoutes } from './features/models/routes.ts';
import { createSignalRecall } from './features/personality/recall.ts';
import { profileRoutes } from './features/profile/routes.ts';
import { createProfile } from './features/profile/service.ts';
import { redactionRoutes } from './features/redaction/routes.ts';
import { createRedaction } from './features/redaction/service.ts';
import { scratchRoutes } from './features/scratch/routes.ts';
import { createScratch } from './features/scratch/service.ts';
import { SearchResult } from './features/search/contract.ts';
import { createViews } from './features/search/recall.ts';
import { searchRoutes } from './features/search/routes.ts';
import { createSearch } from './features/search/service.ts';
import { sessionRoutes } from './features/sessions/routes.ts';
import { createSessions } from './features/sessions/service.ts';
import { systemRoutes } from './features/system/routes.ts';
import { describeSchemas } from './features/system/schema.ts';
import { createSystem } from './features/system/service.ts';
import { trashRoutes } from './features/trash/routes.ts';
import { createTrash } from './features/trash/service.ts';
import { createMeaning } from './meaning.ts';
import { createMind, type Mind } from './mind.ts';
import { createActors } from './platform/actors.ts';
import { NOBODY } from './platform/crypto/unlock.ts';
import { createRunner } from './platform/jobs/runner.ts';
import { createScheduler } from './platform/jobs/schedule.ts';
import { openLlm } from './platform/llm/open.ts';
import { createLogger } from './platform/log.ts';
import { createMetrics } from './platform/metrics.ts';
import { openStore, withoutKey } from './platform/open-store.ts';
import { pause, sha256, systemClock, systemIds } from './platform/system.ts';
import { loadTokenCounter } from './platform/tokens.ts';
import { createWebhookSender } from './platform/webhooks/sender.ts';
import { createPortable } from './portable.ts';
import { createSafe, type Safe } from './safe.ts';
import { storesOn } from './stores.ts';
import { createTenancy } from './tenancy.ts';

export type { App, Ports } from './app-shape.ts';

export const VERSION = packageJson.version;

export async function createApp(config: Config, swap: Partial<Ports> = {}): Promise<App> {
  const clock = swap.clock ?? systemClock;
  const ids = swap.ids ?? systemIds;
  const logger = swap.logger ?? createLogger(config.log_level, config.log_format);
  const actors = createActors();
  const closing: (() => Promise<void>)[] = [];
  const close = async () => {
    for (const step of closing.splice(0).reverse()) await step();
  };
  try {
    const rows = rowsOfActors(actors, ENDPOINTS);
    const { database, rekey } = swap.database
      ? withoutKey(swap.database)
      : await openStore(config, swap.person ?? NOBODY, formatTime(clock.now()), rows);
    closing.push(() => database.close());
    const record = createAudit({ actors, endpoints: ENDPOINTS, clock });
    const wake = (): void => jobs.wake();
    const announcer = createAnnouncer(actors, wake);
    const { read, atomically, unrecorded } = storesOn(database, clock, record, announcer);
    const metrics = createMetrics(async () => {
      const [memories, embedded, jobs] = await Promise.all([
        read.memories.total(),
        read.vectors.total(),
        read.jobs.counts(),
      ]);
      const { waiting: pending, running, done: completed, failed } = jobs;
      const counts = { pending, running, completed, failed };
      return { memories, embedded, jobs: counts, newest_backup: safe.newestBackup() };
    });

    const { redactor, admit } = createAdmitted({ config, read, actors, metrics, clock });
    const basics = { read, atomically, wake, clock, logger, redactor };
    const meaning = createMeaning({ ...basics, config, swap });
    closing.push(() => meaning.close());
    const { semantics, embedding, models, reranker } = meaning;
    const fsrs = createFsrs(config.fsrs.weights ?? undefined, config.retention);
    const touches = createTouches({ atomically: unrecorded, fsrs, clock, logger });
    const entrance = createEntrance({ read, atomically, unrecorded, actors, config, swap, clock, ids, sha256 });
    const { access } = entrance;
    await access.start(config.api_key?.reveal() ?? null);
    const summaries = createSummaries(basics);
    const memory = createMemory({
      read,
      atomically,
      summaries,
      semantics,
      touches,
      fsrs,
      understanding: {
        enabled: config.understanding,
        soon: (user_id) => mind.soon(user_id),
        follow: (user_id) => mind.follow(user_id),
      },
      wake,
      spaceExists: access.spaceExists,
      clock,
      ids,
      sha256,
      admit,
    });
    const reading = { semantics, understanding: config.understanding, sha256 };
    const redaction = createRedaction({ ...basics, ...reading });
    const duplicates = createDuplicates({
      ...{ read, atomically, semantics, clock },
      follow: (user_id) => mind.follow(user_id),
    });
    const trash = createTrash({
      ...basics,
      summaries,
      semantics,
      follow: (user_id) => mind.follow(user_id),
      fsrs,
      keep_days: config.trash_days,
    });
    const search = createSearch({
      ...basics,
      semantics,
      signalsFor: createSignalRecall({ read }),
      reranker,
      touches,
      fsrs,
      spaceExists: access.spaceExists,
      onDegraded: metrics.degraded,
    });
    const llm = openLlm(config.llm, { read, atomically, observe: metrics.llm, ids, clock, logger });
    let loading: ReturnType<typeof loadTokenCounter> | null = null;
    const counter = () => (loading ??= loadTokenCounter());
    const context = createContext({ read, search, touches, counter });
    const system = createSystem({
      version: VERSION,
      database: database.description.split(' ')[0]!,
      model: () => semantics.model,
      hasReranker: () => reranker() !== null,
      hasLlm: llm !== null,
      safeMode: () => safe.mode.on,
      ping: async () => void (await sql`select 1`.execute(database.reader.db)),
      clock,
    });

    const schemas = describeSchemas({ endpoints: ENDPOINTS, memory: Memory, hit: SearchResult });
    const reference = createReference(openApi, sha256);

    const scratch = createScratch({ read, atomically, memory, redactor, clock });
    const streams = openStreams();
    closing.push(async () => streams.endAll());
    const sessions = createSessions({ read, atomically, streams, redactor, clock, ids });
    const queue = createJobs(basics);
    const maintenance = createMaintenance({ ...basics, database, rekey });

    let requests = 0;
    const sender = createWebhookSender({ allow_private: config.webhooks.allow_private, clock });
    const mind: Mind = createMind({
      ...basics,
      config,
      memory,
      search,
      semantics,
      fsrs,
      streams,
      llm,
      sender,
      call: async (spec, input, caller) => {
        const { handle } = routes.find((one) => one.spec === spec)!;
        const actor = { ...actors.current()!, action: spec.id };
        const answer = await actors.run(actor, async () => handle(input, caller));
        return answer instanceof WithStatus ? answer.body : answer;
      },
      requests: () => requests,
      ids,
      sha256,
    });

    const safe: Safe = createSafe({
      ...basics,
      version: VERSION,
      config,
      database,
      access,
      memory,
      actors,
      sender,
      pause: swap.pause ?? pause,
      streams,
      ids,
      sha256,
    });

    const conversations = createConversations({ read, atomically, redactor, clock });
    const agents = createAgents({ ...basics, config, memory, search, context, conversations });
    const ecosystems = createEcosystems({
      ...{ ...basics, config, memory, search, trash, semantics, llm, counter, ids, sha256 },
    });

    const portable = createPortable({
      ...{ ...basics, config, access, memory, trash, redactor, actors, ids, sha256 },
    });

    const tenancy = createTenancy({
      ...{ ...basics, unrecorded, config, database, access, trash, meaning, llm, ids },
      readAgain: (user_id) => mind.soon(user_id),
    });

    // What comes back by itself: one line each.
    const schedules = [
      every(5 * MINUTE_MS, 'memory.sweep', trash.sweepAll),
      every(5 * MINUTE_MS, 'scratch.sweep', scratch.sweep),
      every(5 * MINUTE_MS, 'sessions.reap', sessions.reap),
      every(HOUR_MS, 'jobs.prune', queue.prune),
      ...mind.schedules,
      ...safe.schedules,
      ...entrance.schedules,
      ...portable.schedules,
      every(WEEK_MS, 'database.compact', maintenance.compactIfWorth),
    ];

    const jobs = createRunner({
      atomically: unrecorded,
      handlers: [
        ...fingerprintJobs({ read, atomically }),
        ...summaries.jobs,
        ...meaning.jobs,
        ...mind.jobs,
        ...safe.jobs,
        ...portable.jobs,
        ...schedules.map(({ handler }) => handler),
      ].map((each) => onBehalf(each, actors)),
      tick: createScheduler({ read, atomically: unrecorded, schedules, clock }).tick,
      paused: safe.pausing(queue.paused),
      clock,
      owner: ids.uuid(),
      logger,
    });
    closing.push(() => jobs.close());
    closing.push(async () => {
      embedding.stop();
      mind.stop();
      portable.stop();
      await safe.stop();
      await llm?.close();
    });
    await meaning.start();
    await mind.start();
    await safe.start();
    await tenancy.start();
    wake();

    const flush = async () => {
      await touches.flush();
      await access.flush();
    };
    const flushing = setInterval(
      () => void flush().catch((error) => logger.warn({ err: error }, 'buffered counts could not be written')),
      FLUSH_EVERY_MS,
    );
    flushing.unref?.();
    closing.push(async () => {
      clearInterval(flushing);
      // On a full disk they are lost, but the store closes.
      await Promise.all([touches.finish(), access.flush()]).catch((err) => logger.warn({ err }, 'counts were lost'));
    });

    const routes: Route[] = [
      ...systemRoutes({ system, metrics, schemas, reference }),
      ...entrance.routes,
      // Before the routes of single memories: "trash" is no id.
      ...trashRoutes(trash, duplicates),
      ...memoryRoutes(memory, trash),
      ...redactionRoutes(redaction),
      ...inboxRoutes(createInbox({ read, atomically, memory, fsrs, clock })),
      ...historyRoutes(createCorrections({ read, memory, search }), createTimetravel({ read, search, clock })),
      ...feedbackRoutes(createFeedback({ read, atomically, clock })),
      ...healthRoutes(createHealth({ read, semantics, clock })),
      ...batchRoutes(createBatch(memory)),
      ...duplicatesRoutes(duplicates),
      ...profileRoutes(createProfile({ read, semantics, clock })),
      ...searchRoutes(search, createViews({ read, search, touches, fsrs, clock }), clock, fsrs),
      ...contextRoutes(context),
      ...episodeRoutes(createEpisodes({ ...basics, summaries, semantics, onDegraded: metrics.degraded, fsrs })),
      ...conversationRoutes(conversations),
      ...fsrsRoutes(createReviews({ read, atomically, search, fsrs, clock })),
      ...modelsRoutes(models),
      ...scratchRoutes(scratch),
      ...sessionRoutes(sessions),
      ...jobsRoutes(queue),
      ...mind.routes,
      ...maintenanceRoutes(maintenance),
      ...safe.routes,
      ...portable.routes,
      ...agents.routes,
      ...ecosystems,
      ...tenancy.routes,
    ];
    const httpDeps = {
      resolve: access.resolve,
      challenge: entrance.challenge,
      actors,
      ...safe.http,
      admit: safe.admitting(tenancy.admit),
      refused: metrics.refused,
      door: 'http' as const,
      ids,
      logger,
      allowedOrigins: config.allowed_origins,
      maxBodyBytes: config.limits.body_bytes,
      mcp: mcpSettings(config, { version: VERSION, streams, extend: swap.extendMcp }),
      checkAnswers: swap.checkAnswers ?? false,
      observe: (sample: Parameters<typeof metrics.request>[0]) => {
        requests++;
        metrics.request(sample);
        tenancy.observe(sample);
      },
    };
    const http = createHttp(routes, httpDeps);
    let local: typeof http | null = null;
    const localCall = (request: Request) => {
      const resolve: typeof httpDeps.resolve = (_token, spaceName) => access.operator(spaceName);
      local ??= createHttp(routes, { ...httpDeps, door: 'cli', resolve });
      return local.fetch(request, { peer: null });
    };
    return {
      routes,
      fetch: (request, env = { peer: null }) => http.fetch(request, env),
      localCall,
      access,
      memory,
      search,
      jobs,
      metrics,
      streams,
      database,
      models,
      meaning: embedding,
      begin: safe.mode.begin,
      flush,
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}
