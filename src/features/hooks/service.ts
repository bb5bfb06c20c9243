// What is done about each event of an agent. An agent waits for these answers: nothing here asks a language model, and a reranker
// is left out, since it may take a second to put five memories in a better order.
import type { Scope } from '../../core/scope.ts';
import { ContextRequest } from '../context/contract.ts';
import type { ContextService } from '../context/service.ts';
import type { Guard } from '../guard/service.ts';
import { StoreRequest } from '../memory/contract.ts';
import type { MemoryService } from '../memory/service.ts';
import { SearchRequest, type SearchResult } from '../search/contract.ts';
import type { SearchService } from '../search/service.ts';
import { capturesOf } from './capture.ts';
import type { Agent, HookInput, TranscriptRequest } from './contract.ts';
import type { Handoff, Learning } from './learning.ts';
import { block, escaped, lineOf, PREFACE, render, type Shown, type Told } from './render.ts';
import { excerpt, type Heard, heard, instantOf, isQuestion, projectOf, spoken } from './rules.ts';
import type { LiveSessions } from './sessions.ts';

export interface HooksDeps {
  search: Pick<SearchService, 'search'>;
  context: Pick<ContextService, 'assemble'>;
  guard: Pick<Guard, 'check'>;
  memory: Pick<MemoryService, 'store'>;
  learning: Learning;
  live: LiveSessions;
  /** Of the user's own choices that are captured. */
  status: 'approved' | 'pending';
}

const START_TOKENS = 1_200;
const PROJECT_CHARS = 1_500;
const PROJECT_MEMORIES = 6;
/** About 500 tokens: a prompt comes often. */
const PROMPT_CHARS = 2_000;
const PROMPT_MEMORIES = 5;
const MAX_LINE_CHARS = 500;
const MAX_QUERY_CHARS = 800;
/** Looked at, so that enough are left after those the agent knows already. */
const CANDIDATES = 15;
/** Relevance below which a memory is only what lies nearest, and of no use to anybody. */
const FITS = 0.45;

const shown = (result: SearchResult): Shown => ({
  id: result.id,
  content: result.highlight ?? result.content,
  category: result.category,
  date: (result.occurred_at ?? result.created_at).slice(0, 10),
});

function handoffText({ agent, until, asked, answered }: Handoff): string {
  const lines = [
    ...(asked === null ? [] : [`The user asked last: ${escaped(asked)}`]),
    ...(answered === null ? [] : [`The agent ended with: ${escaped(answered)}`]),
  ];
  return lines.length === 0
    ? ''
    : `## Where the last session here was left (${until.slice(0, 10)}, ${agent})\n${lines.join('\n')}`;
}

export function createHooks({ search, context, guard, memory, learning, live, status }: HooksDeps) {
  const find = async (scope: Scope, query: string, more: { tags?: string[] } = {}) => {
    const request = SearchRequest.parse({ query, limit: CANDIDATES, rerank: false, min_trust: 'normal', ...more });
    return (await search.search(scope, request, false)).answer;
  };

  async function atStart(scope: Scope, agent: Agent, said: Heard): Promise<Told> {
    // What was told before stands in what is resumed.
    if (said.source === 'resume') return {};
    if (said.session_id !== null) live.of(scope.user_id, agent, said.session_id).shown.clear();
    const { project } = said;
    const last = await learning.handoff(scope, said);
    const query = [project, last?.asked].filter((part) => part != null).join(' ') || 'what matters now';
    const assembled = await context.assemble(
      scope,
      ContextRequest.parse({
        query: query.slice(0, MAX_QUERY_CHARS),
        max_tokens: START_TOKENS,
        depth: 2,
        rerank: false,
        min_trust: 'normal',
      }),
    );
    const known = new Set(assembled.blocks.flatMap(({ memory_id }) => memory_id ?? []));
    const own =
      project === null ? [] : (await find(scope, project, { tags: [`project:${project.toLowerCase()}`] })).results;
    const ofProject = own.filter(({ id }) => !known.has(id)).slice(0, PROJECT_MEMORIES);
    for (const { id } of ofProject) known.add(id);
    if (said.session_id !== null) for (const id of known) live.of(scope.user_id, agent, said.session_id).shown.add(id);
    const parts = [
      assembled.blocks.length === 0 ? '' : assembled.context.trim(),
      block(
        `## Project ${escaped(excerpt(project ?? '', 80))}`,
        ofProject.map((result) => lineOf(shown(result), MAX_LINE_CHARS)),
        PROJECT_CHARS,
      ),
      last === null ? '' : handoffText(last),
    ].filter((part) => part !== '');
    return parts.length === 0
      ? {}
      : { context: `<engram_memory>\n${PREFACE}\n\n${parts.join('\n\n')}\n</engram_memory>` };
  }

  async function atPrompt(scope: Scope, agent: Agent, said: Heard): Promise<Told> {
    const prompt = said.prompt === null ? null : spoken(said.prompt);
    if (prompt === null) return {};
    const session = said.session_id === null ? null : live.of(scope.user_id, agent, said.session_id);
    session?.asked.push({ role: 'user', content: prompt, at: learning.now() });
    if (!isQuestion(prompt)) return {};
    const answer = await find(scope, prompt.slice(0, MAX_QUERY_CHARS));
    if (answer.abstained) return {};
    const fitting = answer.results
      .filter(({ id, relevance }) => relevance >= FITS && !session?.shown.has(id))
      .slice(0, PROMPT_MEMORIES);
    for (const { id } of fitting) session?.shown.add(id);
    const text = block(
      PREFACE,
      fitting.map((result) => lineOf(shown(result), MAX_LINE_CHARS)),
      PROMPT_CHARS,
    );
    return text === '' ? {} : { context: `<engram_memory>\n${text}\n</engram_memory>` };
  }

  async function beforeTool(scope: Scope, { command }: Heard): Promise<Told> {
    if (command === null) return {};
    const { verdict, message } = await guard.check(scope, command);
    if (verdict === 'allow') return {};
    return { verdict: { kind: verdict === 'block' ? 'deny' : 'ask', reason: `Engram: ${message}` } };
  }

  async function afterTool(scope: Scope, agent: Agent, said: Heard): Promise<void> {
    for (const { content, category, importance, tags, of_user } of capturesOf(said))
      await memory.store(
        scope,
        StoreRequest.parse({
          ...{ content, category, importance, tags, source: agent, session_id: said.session_id },
          ...{ origin: of_user ? 'user' : 'assistant', status: of_user ? status : 'approved' },
        }),
      );
  }

  /** From the transcript where one comes along, else from what was asked while the server listened. */
  async function learn(scope: Scope, agent: Agent, said: Heard): Promise<void> {
    if (said.session_id === null) return;
    const session = live.of(scope.user_id, agent, said.session_id);
    const heardHere = session.asked;
    session.asked = [];
    const answered = said.last_assistant_message;
    const turns =
      said.turns ??
      (answered === null
        ? heardHere
        : [...heardHere, { role: 'assistant' as const, content: answered, at: learning.now() + 1 }]);
    const { session_id, cwd, project } = said;
    await learning.add(scope, agent, { session_id, cwd, project, turns, dry_run: false });
  }

  async function told(scope: Scope, agent: Agent, said: Heard): Promise<Told> {
    switch (said.event) {
      case 'session-start':
        return atStart(scope, agent, said);
      case 'user-prompt':
        return atPrompt(scope, agent, said);
      case 'pre-tool':
        return beforeTool(scope, said);
      case 'post-tool':
        await afterTool(scope, agent, said);
        return {};
      case 'pre-compact':
      case 'stop':
      case 'session-end':
        await learn(scope, agent, said);
        return {};
    }
  }

  return {
    async run(scope: Scope, agent: Agent, input: HookInput, named: string | undefined) {
      const said = heard(agent, input, named);
      return said === null ? {} : render(agent, said, await told(scope, agent, said));
    },

    transcript: (scope: Scope, agent: Agent, { session_id, cwd, project, turns, dry_run }: TranscriptRequest) =>
      learning.add(scope, agent, {
        ...{ session_id, cwd: cwd ?? null, project: project ?? projectOf(cwd ?? null), dry_run },
        turns: turns.flatMap(({ role, content, at }) => {
          const instant = instantOf(at);
          return instant === null ? [] : [{ role, content, at: instant }];
        }),
      }),
  };
}
export type Hooks = ReturnType<typeof createHooks>;
