// Every endpoint of the product, by feature: what the OpenAPI generator, /schema and the tests read without opening a
// database. A new feature is one line here; test/contract.test.ts fails while this list and the mounted routes differ.
import { type EndpointSpec, isEndpoint } from '../core/endpoint.ts';
import * as access from '../features/access/contract.ts';
import * as admin from '../features/admin/contract.ts';
import * as approvals from '../features/approvals/contract.ts';
import * as audit from '../features/audit/contract.ts';
import * as backup from '../features/backup/contract.ts';
import * as batch from '../features/batch/contract.ts';
import * as causes from '../features/causes/contract.ts';
import * as consolidation from '../features/consolidation/contract.ts';
import * as context from '../features/context/contract.ts';
import * as contradictions from '../features/contradictions/contract.ts';
import * as conversations from '../features/conversations/contract.ts';
import * as decompose from '../features/decompose/contract.ts';
import * as digests from '../features/digests/contract.ts';
import * as duplicates from '../features/duplicates/contract.ts';
import * as entities from '../features/entities/contract.ts';
import * as episodes from '../features/episodes/contract.ts';
import * as extraction from '../features/extraction/contract.ts';
import * as facts from '../features/facts/contract.ts';
import * as feedback from '../features/feedback/contract.ts';
import * as feelings from '../features/feelings/contract.ts';
import * as fsrs from '../features/fsrs/contract.ts';
import * as gate from '../features/gate/contract.ts';
import * as graph from '../features/graph/contract.ts';
import * as grounding from '../features/grounding/contract.ts';
import * as growth from '../features/growth/contract.ts';
import * as guard from '../features/guard/contract.ts';
import * as health from '../features/health/contract.ts';
import * as history from '../features/history/contract.ts';
import * as hooks from '../features/hooks/contract.ts';
import * as inbox from '../features/inbox/contract.ts';
import * as ingest from '../features/ingest/contract.ts';
import * as jobs from '../features/jobs/contract.ts';
import * as limits from '../features/limits/contract.ts';
import * as maintenance from '../features/maintenance/contract.ts';
import * as mem0 from '../features/mem0/contract.ts';
import * as memory from '../features/memory/contract.ts';
import * as memoryFiles from '../features/memory_files/contract.ts';
import * as models from '../features/models/contract.ts';
import * as oauth from '../features/oauth/contract.ts';
import * as openai from '../features/openai/contract.ts';
import * as patterns from '../features/patterns/contract.ts';
import * as personality from '../features/personality/contract.ts';
import * as preferences from '../features/preferences/contract.ts';
import * as profile from '../features/profile/contract.ts';
import * as projects from '../features/projects/contract.ts';
import * as reconsolidation from '../features/reconsolidation/contract.ts';
import * as redaction from '../features/redaction/contract.ts';
import * as reflections from '../features/reflections/contract.ts';
import * as safeMode from '../features/safe_mode/contract.ts';
import * as scratch from '../features/scratch/contract.ts';
import * as search from '../features/search/contract.ts';
import * as sessions from '../features/sessions/contract.ts';
import * as stats from '../features/stats/contract.ts';
import * as sync from '../features/sync/contract.ts';
import * as system from '../features/system/contract.ts';
import * as tenants from '../features/tenants/contract.ts';
import * as thinking from '../features/thinking/contract.ts';
import * as transfer from '../features/transfer/contract.ts';
import * as trash from '../features/trash/contract.ts';
import * as understanding from '../features/understanding/contract.ts';
import * as webhooks from '../features/webhooks/contract.ts';

export interface Feature {
  /** First part of its endpoint ids. */
  readonly name: string;
  readonly title: string;
  readonly about: string;
  readonly endpoints: readonly EndpointSpec[];
}

const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'];
/** A module's exports come in the order of the alphabet, which says nothing; paths at least stand together. */
const byPath = (a: EndpointSpec, b: EndpointSpec): number =>
  a.path < b.path ? -1 : a.path > b.path ? 1 : METHODS.indexOf(a.method) - METHODS.indexOf(b.method);

const feature = (name: string, title: string, about: string, contract: object): Feature => ({
  name,
  title,
  about,
  endpoints: [...new Set(Object.values(contract).filter(isEndpoint))].sort(byPath),
});

/** In the order a newcomer would read them. */
export const FEATURES: readonly Feature[] = [
  feature('memory', 'Memories', 'Store, read, change, tag, hide and erase memories.', memory),
  feature('history', 'History', 'Correct what is wrong, and see what was known at a time.', history),
  feature('inbox', 'Inbox', 'Memories that wait for a person to approve them.', inbox),
  feature('redaction', 'Secrets', 'Secrets in what is stored: taken out, or let be.', redaction),
  feature('trash', 'Trash', 'What was forgotten or is past its time, and erasing it for good.', trash),
  feature('feedback', 'Feedback', 'Whether what was recalled helped.', feedback),
  feature('health', 'Memory health', 'How well kept the memories are.', health),
  feature('batch', 'Batch', 'Several operations in one request.', batch),
  feature(
    'duplicates',
    'Duplicates',
    'Memories that resemble each other: looking at them, merging those that say the same.',
    duplicates,
  ),
  feature('search', 'Search', 'Find memories by words, meaning and the links between them.', search),
  feature(
    'graph',
    'Graph',
    'Memories and the links between them: looking, walking, ranks, communities, growth, export.',
    graph,
  ),
  feature('context', 'Context', 'What is known, fitted to a token budget.', context),
  feature(
    'entities',
    'Entities',
    'People, organizations, places, servers, tools and projects that memories name, and how they stand to each other.',
    entities,
  ),
  feature('projects', 'Projects', 'What is being worked on, with the memories that belong to it.', projects),
  feature(
    'facts',
    'Facts',
    'What memories state, as subject, predicate and object, with the time it holds for.',
    facts,
  ),
  feature('decompose', 'Decomposition', 'Long memories taken apart into facts that stand alone.', decompose),
  feature('extraction', 'Conversations to memories', 'Raw chat logs in, memories out.', extraction),
  feature(
    'contradictions',
    'Contradictions',
    'Memories that cannot both hold: found when they are stored, shown here, settled here.',
    contradictions,
  ),
  feature('causes', 'Causes', 'What came of what: chains read in memories or set by hand.', causes),
  feature(
    'feelings',
    'Feelings',
    'How pleasant and how stirring memories are, and which emotion is strongest.',
    feelings,
  ),
  feature('patterns', 'Habits', 'When things are done, what follows what, and what is likely wanted next.', patterns),
  feature(
    'reconsolidation',
    'Reconsolidation',
    'What memories count for, reviewed by what became known since.',
    reconsolidation,
  ),
  feature('reflections', 'Reflections', 'Looking back on a period, and on what deserves another look.', reflections),
  feature(
    'consolidation',
    'Consolidation',
    'Memories about one thing told again as one, which can be taken back.',
    consolidation,
  ),
  feature('digests', 'Digests', 'What a day, a week or a month brought; on request or sent by a schedule.', digests),
  feature('growth', 'Growth', 'What agents learn about their own work.', growth),
  feature('thinking', 'Thinking', 'Thinking memories over, on request or when the server is idle.', thinking),
  feature('fsrs', 'Reviews', 'How well memories are remembered, and which are about to fade.', fsrs),
  feature(
    'episodes',
    'Episodes',
    'Stretches of time whose memories belong together, and what they were about.',
    episodes,
  ),
  feature('conversations', 'Conversations', 'What was said, message by message, and finding it again.', conversations),
  feature('profile', 'Profile', 'What a user has stored, in outline and in numbers.', profile),
  feature(
    'personality',
    'Personality',
    'What memories tell about people: preferences, values, motivations, decisions, emotions, identity.',
    personality,
  ),
  feature('guard', 'Guard', 'Whether an action goes against a rule, or would destroy something.', guard),
  feature('grounding', 'Tools', 'What this server can do, as tools that an agent finds, runs and rates.', grounding),
  feature('gate', 'Gate', 'Asking before a tool is used, and answering.', gate),
  feature('approvals', 'Approvals', 'What agents ask people to decide.', approvals),
  feature('preferences', 'Preferences', 'Keys and values set by hand.', preferences),
  feature('scratch', 'Scratchpad', 'Notes of agents that go by themselves after a while.', scratch),
  feature('sessions', 'Sessions', 'Transcripts of runs of agents, to read and to follow live.', sessions),
  feature(
    'understanding',
    'Understanding',
    'Reading what was stored for what it says, in the background.',
    understanding,
  ),
  feature('models', 'Models', 'Embedding models and rerankers: what there is, what is in use, changing it.', models),
  feature('webhooks', 'Webhooks', 'Addresses that are told what happens.', webhooks),
  feature('jobs', 'Jobs', 'Background work: what waits, what failed, holding it back.', jobs),
  feature('maintenance', 'Maintenance', 'Keeping the database in shape.', maintenance),
  feature('ingest', 'Documents', 'Texts, pages and files that become memories.', ingest),
  feature('transfer', 'Export and import', 'Everything out as a file; memories in from elsewhere.', transfer),
  feature('sync', 'Synchronisation', 'Two servers that tell each other what changed.', sync),
  feature('hooks', 'Agent hooks', 'What coding agents report while they work, and what they are told.', hooks),
  feature('memory_files', 'Memory files', 'Memories as files, for Anthropic’s memory tool.', memoryFiles),
  feature('mem0', 'mem0', 'The interface of mem0, for programs written for it.', mem0),
  feature('openai', 'Embeddings', 'OpenAI’s interface to the embedding model in use.', openai),
  feature('backup', 'Backups', 'Copies of everything for bad days: making, checking and using them.', backup),
  feature('limits', 'Limits', 'How much callers may ask for.', limits),
  feature('safe_mode', 'Safe mode', 'Only reading, after a row of crashes.', safeMode),
  feature(
    'audit',
    'Audit',
    'Who changed what, when and from where, and proof that it is still what was written.',
    audit,
  ),
  feature('stats', 'Statistics', 'How much there is of what.', stats),
  feature('tenants', 'Users and quotas', 'What each user may have and has, and how users come and go.', tenants),
  feature('admin', 'Administration', 'What the operator of a server looks at and turns.', admin),
  feature('access', 'Access', 'The first key, users, keys and spaces.', access),
  feature('oauth', 'OAuth', 'Programs that get tokens of their own, with the consent of whoever has a key.', oauth),
  feature('system', 'System', 'Health, metrics and descriptions of this API.', system),
];

export const ENDPOINTS: readonly EndpointSpec[] = FEATURES.flatMap(({ endpoints }) => endpoints);
