// Sessions that run this program's own operations as tools, and how well those do. Kept in memory: a session is worth
// nothing once its agent is gone, and what a tool did is about this run of the server.
import { HOUR_MS } from '../../algo/durations.ts';
import { type Clock, formatTime } from '../../core/clock.ts';
import type { Ids, Sha256 } from '../../core/crypto.ts';
import type { CallContext, EndpointSpec } from '../../core/endpoint.ts';
import { AppError, ERRORS } from '../../core/errors.ts';
import type { Logger } from '../../core/log.ts';
import type { Scope } from '../../core/scope.ts';
import { BACKENDS, type ExecuteRequest, type SessionRequest } from './contract.ts';
import { inputOf, isDegraded, parametersOf, type Quality, returnsOf, scoreOf, TOOLS, worstFirst } from './rules.ts';

/** A call on behalf of somebody who may make it. */
export type Caller = CallContext & { scope: Scope };
/** Answers as the endpoint would, its input already checked. */
export type CallEndpoint = (spec: EndpointSpec, input: Record<string, unknown>, caller: Caller) => Promise<unknown>;

export interface GroundingDeps {
  call: CallEndpoint;
  clock: Clock;
  ids: Pick<Ids, 'uuid'>;
  sha256: Sha256;
  logger: Logger;
}

interface Session extends SessionRequest {
  readonly id: string;
  readonly user_id: number;
  /** Epoch milliseconds. */
  readonly began: number;
  used: number;
}

export const MAX_LIVE = 64;
const IDLE_MS = HOUR_MS;
const STANDARD_MS = 10_000;
const NAMES = TOOLS.map(({ name }) => name);

const show = ({ id, name, timeout_ms, max_retries, metadata, began, used }: Session) => ({
  ...{ id, name, timeout_ms, max_retries, metadata },
  backend: 'system' as const,
  status: 'connected' as const,
  tools: NAMES,
  created_at: formatTime(began),
  last_activity_at: formatTime(used),
});

function within<T>(work: Promise<T>, ms: number): Promise<T> {
  let timer: ReturnType<typeof setTimeout>;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new AppError('timeout', `The tool took longer than ${ms} ms.`)), ms);
  });
  return Promise.race([work, late]).finally(() => clearTimeout(timer));
}

export function createGrounding({ call, clock, ids, sha256, logger }: GroundingDeps) {
  const live = new Map<string, Session>();
  const qualities = new Map<number, Map<string, Quality>>();
  let described: { tools: object[]; count: number } | null = null;

  function endIdle(): void {
    const oldest = clock.now() - IDLE_MS;
    for (const [id, { used }] of live) if (used <= oldest) live.delete(id);
  }
  function ownOf(user_id: number): Session[] {
    endIdle();
    return [...live.values()].filter((session) => session.user_id === user_id);
  }
  function own({ user_id }: Scope, id: string): Session {
    const session = ownOf(user_id).find((one) => one.id === id);
    if (!session)
      throw new AppError('session_not_found', 'There is no such session. It ended, or was an hour without a call.');
    return session;
  }

  /** Counts what the tool did, unless the caller was at fault: that says nothing about the tool. */
  function note({ user_id }: Scope, tool: Quality['tool'], spent: number, error: AppError | null): void {
    const at_fault = error === null || ['unavailable', 'timeout', 'internal'].includes(ERRORS[error.code].kind);
    if (!at_fault) return;
    const mine = qualities.get(user_id) ?? new Map<string, Quality>();
    const quality = mine.get(tool.name) ?? { tool, calls: 0, successes: 0, spent: 0, last: 0 };
    quality.calls++;
    quality.successes += error === null ? 1 : 0;
    quality.spent += spent;
    quality.last = clock.now();
    qualities.set(user_id, mine.set(tool.name, quality));
  }

  return {
    begin(scope: Scope, request: SessionRequest) {
      if (request.backend !== 'system')
        throw new AppError(
          'backend_unsupported',
          `This server runs no ${request.backend} tools: it offers the backend "system" only, which is its own memory. GET /grounding/tools lists what that can do.`,
        );
      if (ownOf(scope.user_id).length >= MAX_LIVE)
        throw new AppError('session_limit', `${MAX_LIVE} sessions are live already; end one that is no longer used.`);
      const now = clock.now();
      const session: Session = { ...request, id: ids.uuid(), user_id: scope.user_id, began: now, used: now };
      live.set(session.id, session);
      return show(session);
    },

    sessions({ user_id }: Scope) {
      const sessions = ownOf(user_id).reverse().map(show);
      return { sessions, count: sessions.length };
    },

    session: (scope: Scope, id: string) => show(own(scope, id)),

    end(scope: Scope, id: string) {
      live.delete(own(scope, id).id);
      return { destroyed: true as const, id };
    },

    tools() {
      described ??= {
        tools: TOOLS.map((tool) => ({
          name: tool.name,
          description: tool.description,
          parameters: parametersOf(tool),
          return_schema: returnsOf(tool),
          usage_hint: tool.usage_hint,
          latency_hint: tool.latency_hint,
          backend_type: 'system' as const,
          security_policy: { access: tool.spec.access, endpoint: `${tool.spec.method} ${tool.spec.path}` },
        })),
        count: TOOLS.length,
      };
      return described as { tools: never[]; count: number };
    },

    providers() {
      const providers = BACKENDS.map((type) => ({
        name: type === 'system' ? 'engram' : type,
        type,
        status: type === 'system' ? ('available' as const) : ('unsupported' as const),
      }));
      return { providers, count: providers.length };
    },

    async execute(caller: Caller, { tool: name, args, session_id, timeout_ms }: ExecuteRequest) {
      const { scope } = caller;
      const session = session_id === undefined ? null : own(scope, session_id);
      const tool = TOOLS.find((one) => one.name === name);
      if (!tool) throw new AppError('tool_not_found', `There is no tool "${name}". There are: ${NAMES.join(', ')}.`);
      const started = clock.now();
      if (session) session.used = started;
      const answer = (content: unknown, error: AppError | null, attempts: number) => ({
        status: error === null ? ('success' as const) : ('error' as const),
        ...{ tool: tool.name, content, attempts },
        error: error?.message ?? null,
        code: error?.code ?? null,
        execution_time_ms: clock.now() - started,
      });
      const input = inputOf(tool, args);
      if (typeof input === 'string') return answer(null, new AppError('invalid_request', input), 0);
      const limit = timeout_ms ?? session?.timeout_ms ?? STANDARD_MS;
      for (let attempt = 1; ; attempt++) {
        try {
          const content = await within(call(tool.spec, input, caller), limit);
          note(scope, tool, clock.now() - started, null);
          return answer(content, null, attempt);
        } catch (thrown) {
          if (!(thrown instanceof AppError)) logger.error({ err: thrown, tool: name }, 'a tool failed');
          const error =
            thrown instanceof AppError
              ? thrown
              : new AppError('internal', 'The tool failed inside the server; its log has the details.');
          // One that is merely late may be at work still, and would be done twice.
          const passing = ERRORS[error.code].kind === 'unavailable' && error.code !== 'llm_not_configured';
          if (passing && attempt <= (session?.max_retries ?? 0)) continue;
          note(scope, tool, clock.now() - started, error);
          return answer(null, error, attempt);
        }
      }
    },

    quality({ user_id }: Scope, { limit, degraded }: { limit: number; degraded: boolean }) {
      const records = [...(qualities.get(user_id)?.values() ?? [])]
        .filter((quality) => !degraded || isDegraded(quality))
        .sort(worstFirst)
        .slice(0, limit)
        .map((quality) => ({
          tool_key: `system:engram:${quality.tool.name}`,
          backend: 'system' as const,
          server: 'engram',
          tool_name: quality.tool.name,
          description_hash: sha256(quality.tool.description),
          total_calls: quality.calls,
          total_successes: quality.successes,
          total_failures: quality.calls - quality.successes,
          avg_execution_ms: quality.spent / quality.calls,
          llm_flagged_count: 0,
          quality_score: scoreOf(quality),
          degraded: isDegraded(quality),
          last_execution_at: formatTime(quality.last),
        }));
      return { records, count: records.length };
    },
  };
}
export type Grounding = ReturnType<typeof createGrounding>;
