// Says before an action is done whether something speaks against it.
import { z } from 'zod';
import { dangersOf } from '../../algo/shell/danger.ts';
import type { DangerSettings } from '../../algo/shell/rule.ts';
import { type Clock, formatTime } from '../../core/clock.ts';
import type { Llm } from '../../core/llm.ts';
import type { Logger } from '../../core/log.ts';
import type { Scope } from '../../core/scope.ts';
import { type MemoryRow, tagsOf } from '../memory/rules.ts';
import type { MemoryStore } from '../memory/store.ts';
import { SearchRequest } from '../search/contract.ts';
import type { SearchService } from '../search/service.ts';
import { isRule, judge, type Verdict, worse } from './rules.ts';

/** Permanent memories looked at whatever they say, newest first; beyond them, those a search finds. */
const MOST_STATIC = 500;
const MOST_FOUND = 50;
const MOST_SHOWN = 20;
const QUERY_CHARS = 1_000;
/** Relevance from which a model finds both near. */
const NEAR = 0.55;
const JUDGED_BY_LLM = 5;

export interface GuardDeps {
  read: { memories: Pick<MemoryStore, 'list'> };
  search: Pick<SearchService, 'search'>;
  /** Null when none is configured. */
  llm: Llm | null;
  settings: DangerSettings;
  clock: Clock;
  logger: Logger;
}

const Answer = z.object({ verdict: z.enum(['ALLOW', 'WARN', 'BLOCK']), reason: z.string().trim().min(1).max(500) });
const INSTRUCTIONS = `An agent is about to do something. Decide by the rules of its user whether it may.
BLOCK: a rule forbids it. WARN: a rule wants something to be seen to or asked first, or it cannot be told. ALLOW: no rule is about it.
Give the reason in one sentence, and name the rule.`;

const MESSAGES: Record<Verdict, string> = {
  allow: 'Nothing speaks against it.',
  warn: 'Look twice before doing it.',
  block: 'Do not do it.',
};

export function createGuard({ read, search, llm, settings, clock, logger }: GuardDeps) {
  /** Rules of the user, with whether a model finds them near to the action. */
  async function rulesFor(scope: Scope, action: string) {
    const found = await search.search(
      scope,
      SearchRequest.parse({ query: action.slice(0, QUERY_CHARS), limit: MOST_FOUND }),
      false,
    );
    const permanent = await read.memories.list(
      {
        user_id: scope.user_id,
        now: formatTime(clock.now()),
        is_static: true,
        ...(scope.space_id !== null && { space_id: scope.space_id }),
      },
      MOST_STATIC,
      0,
    );
    const near = new Set(
      found.answer.results.flatMap(({ id, relevance, channels }) =>
        channels.includes('vector') && relevance >= NEAR ? [id] : [],
      ),
    );
    const rows = new Map<number, MemoryRow>();
    for (const row of [...permanent, ...found.rows.values()])
      if (row.is_static === 1 && isRule({ ...row, tags: tagsOf(row) })) rows.set(row.id, row);
    return {
      rows: [...rows.values()],
      near,
      complete: permanent.length < MOST_STATIC,
      degraded: found.answer.degraded,
    };
  }

  return {
    async check(scope: Scope, action: string) {
      const dangers = dangersOf(action, settings);
      const hard: Verdict = dangers.some(({ severity }) => severity === 'destructive')
        ? 'block'
        : dangers.length > 0
          ? 'warn'
          : 'allow';
      const { rows, near, complete, degraded: missing } = await rulesFor(scope, action);
      const rules = rows
        .flatMap((row) => {
          const judged = judge(row.content, action, near.has(row.id));
          return judged
            ? [
                {
                  id: row.id,
                  content: row.content,
                  importance: row.importance,
                  signal: judged.verdict,
                  why: judged.why,
                },
              ]
            : [];
        })
        .sort(
          (a, b) =>
            Number(b.signal === 'block') - Number(a.signal === 'block') || b.importance - a.importance || a.id - b.id,
        )
        .slice(0, MOST_SHOWN);
      let soft: Verdict = rules.some(({ signal }) => signal === 'block')
        ? 'block'
        : rules.length > 0
          ? 'warn'
          : 'allow';
      const reasons = [...dangers.map(({ why }) => why), ...rules.map(({ content, why }) => `"${content}" ${why}`)];
      const degraded = [...missing];
      if (llm && soft === 'warn' && hard !== 'block') {
        try {
          const top = rules.slice(0, JUDGED_BY_LLM).map(({ content }) => content);
          const { verdict, reason } = await llm.ask({
            purpose: 'guard',
            instructions: INSTRUCTIONS,
            data: JSON.stringify({ action, rules: top }),
            answer: Answer,
            max_tokens: 300,
            urgency: 'soon',
          });
          soft = verdict.toLowerCase() as Verdict;
          reasons.unshift(reason);
        } catch (error) {
          logger.warn({ err: error }, 'the language model gave no verdict on an action; rules alone decided');
          degraded.push('llm');
        }
      }
      const signal = worse(hard, soft);
      return {
        signal,
        verdict: signal,
        action,
        message: reasons.length > 0 && signal !== 'allow' ? `${MESSAGES[signal]} ${reasons[0]}` : MESSAGES[signal],
        reasons,
        rules,
        dangers: dangers.map((danger) => ({ ...danger })),
        looked_at: { rules: rows.length, complete },
        degraded,
      };
    },
  };
}
export type Guard = ReturnType<typeof createGuard>;
