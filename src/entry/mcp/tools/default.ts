// The eight tools everybody gets.
import { z } from 'zod';
import { context } from '../../../features/context/contract.ts';
import { giveFeedback } from '../../../features/feedback/contract.ts';
import { checkAction } from '../../../features/guard/contract.ts';
import { forgetMemory, listMemories, storeMemory, updateMemory } from '../../../features/memory/contract.ts';
import { SearchResult, search } from '../../../features/search/contract.ts';
import { type Fields, tool } from '../tool.ts';
import { Brief, cutRows, line, lines, pick, withDegraded } from './shapes.ts';

const group = 'default';

const Found = pick(SearchResult, ...Object.keys(Brief.shape), 'score', 'disputed').extend({
  disputed: z.array(z.object({ id: z.number().int(), description: z.string() })).optional(),
});

function stored(result: Fields): string {
  const { id, created, duplicate_of, status, quarantined, redacted } = result;
  const what =
    created === true ? `Stored as memory ${String(id)}.` : `Memory ${String(duplicate_of ?? id)} already says this.`;
  const secrets = (redacted as { kind: string }[]).map(({ kind }) => kind);
  return [
    what,
    secrets.length > 0 ? `Secrets were taken out of it: ${secrets.join(', ')}.` : null,
    quarantined === true || status === 'pending' ? 'It waits in the inbox until a person approves it.' : null,
  ]
    .filter((sentence) => sentence !== null)
    .join(' ');
}

const Rule = z.object({ id: z.number().int(), content: z.string(), signal: z.string() });
const Danger = z.object({ severity: z.string(), why: z.string() });

export const DEFAULT_TOOLS = [
  tool({
    ...{ name: 'memory_store', title: 'Remember something', group, effect: 'adds', repeatable: true },
    description:
      'Keep a fact, decision, preference, problem or result beyond this conversation. Store it as soon as it is clear, one thing per call, worded so that it is understood alone: names instead of "it", dates instead of "today". Not for secrets, nor for what the code already says. The same text twice is kept once.',
    calls: storeMemory,
    takes: {
      content: 'What to remember, in whole sentences',
      category: 'general, task, decision, discovery, issue, state, reference or preference',
      importance: '1 (trivial) to 10 (vital)',
      tags: 'Such as names of projects or people',
      source: 'Who or what says so',
      session_id: 'This conversation or run',
      is_static: 'true for what never fades: rules, preferences, identity',
      occurred_at: 'When it happened, if not now: 2026-03-01',
      origin: 'Whose words: web and tool output are trusted less',
    },
    gives: pick(storeMemory.response, 'id', 'created', 'duplicate_of', 'status', 'quarantined').extend({
      redacted: z.array(z.object({ kind: z.string(), count: z.number().int() })),
    }),
    say: stored,
  }),
  tool({
    ...{ name: 'memory_search', title: 'Search memories', group, effect: 'reads' },
    description:
      'Find what is remembered about something, by meaning and by words. Use it before asking the user what they may have said before. `abstained` means that nothing stored answers well: say so rather than guess.',
    calls: search,
    takes: {
      query: 'A question or a few words',
      limit: 'At most so many, up to 100',
      category: null,
      tags: null,
      source: null,
      session_id: null,
      date_from: null,
      date_to: null,
      as_of: 'What was known at that time',
    },
    gives: z.object({
      results: z.array(Found),
      ...pick(search.response, 'abstained', 'degraded').shape,
    }),
    after: cutRows('results'),
    say(result) {
      const { abstained } = result;
      const text = lines(result.results, 'Nothing is remembered about this.');
      const rows = result.results as Fields[];
      const doubt = abstained === true && rows.length > 0 ? '\nNone of these answers well; treat them as guesses.' : '';
      return withDegraded(text + doubt, result);
    },
  }),
  tool({
    ...{ name: 'memory_context', title: 'Recall context', group, effect: 'reads' },
    description:
      'One text with all that matters for a task: permanent facts, what fits, what changed, what is new, within a token budget. Call it at the start of a conversation or task; to look up one thing use memory_search.',
    calls: context,
    takes: { query: 'The task or question at hand', max_tokens: 'Size of the text; 8000 when left out', tags: null },
    gives: z.object({
      ...pick(context.response, 'context', 'token_estimate', 'degraded').shape,
      blocks: z.array(z.object({ id: z.number().int(), source: z.string() })),
    }),
    say: (result) => withDegraded(String(result.context) || 'Nothing is remembered yet.', result),
  }),
  tool({
    ...{ name: 'memory_update', title: 'Update a memory', group, effect: 'changes', repeatable: true },
    description:
      'Change what a memory says when it is no longer right. Makes a new version with a new id; the old one is kept in its history. Only the fields you send change.',
    calls: updateMemory,
    takes: {
      id: 'Of the memory, from a search',
      content: 'What it says from now on, whole',
      category: null,
      importance: '1 to 10',
      tags: 'Replace its tags',
      is_static: null,
    },
    gives: pick(updateMemory.response, 'new_id', 'old_id', 'version'),
    say: ({ new_id, old_id }) => `Updated: memory ${String(old_id)} is now ${String(new_id)}.`,
  }),
  tool({
    ...{ name: 'memory_forget', title: 'Forget a memory', group, effect: 'removes', repeatable: true },
    description:
      'Move a memory to the trash, when it is wrong or the user wants it gone. It can be brought back for a while. When something newer is true, use memory_update.',
    calls: forgetMemory,
    takes: { id: 'Of the memory, from a search', reason: 'Why' },
    gives: pick(forgetMemory.response, 'id', 'status'),
    say: ({ id }) => `Memory ${String(id)} is in the trash.`,
  }),
  tool({
    ...{ name: 'memory_list', title: 'List memories', group, effect: 'reads' },
    description: 'The newest memories first, without a question. To find something, memory_search is better.',
    calls: listMemories,
    takes: {
      limit: 'At most so many; 20 when left out',
      offset: null,
      category: null,
      source: null,
      session_id: null,
    },
    before: (fields) => ({ limit: 20, ...fields }),
    gives: z.object({ results: z.array(Brief) }),
    after: cutRows('results'),
    say: ({ results }) => lines(results, 'There are no memories.'),
  }),
  tool({
    ...{ name: 'memory_guard', title: 'Check an action', group, effect: 'reads' },
    description:
      'Ask before something risky or hard to undo (deleting, deploying, sending, paying, a command you would not run twice): do stored rules forbid it, or would it destroy something? On `block` do not do it; on `warn` ask the user.',
    calls: checkAction,
    takes: { action: 'The command, or in words what you are about to do' },
    gives: pick(checkAction.response, 'verdict', 'message').extend({
      rules: z.array(Rule),
      dangers: z.array(Danger),
    }),
    say({ verdict, message, rules }) {
      const told = (rules as Fields[]).map(line);
      return [`${String(verdict)}: ${String(message)}`, ...told].join('\n');
    },
  }),
  tool({
    ...{ name: 'memory_feedback', title: 'Rate a memory', group, effect: 'changes' },
    description: 'Say whether a recalled memory helped, so that better ones come first next time.',
    calls: giveFeedback,
    takes: { memory_id: null, rating: null, context: 'What it was recalled for' },
    gives: pick(giveFeedback.response, 'memory_id', 'importance'),
    say: ({ memory_id, importance }) =>
      `Noted. The importance of memory ${String(memory_id)} is ${String(importance)} now.`,
  }),
];
