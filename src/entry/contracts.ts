// Every endpoint of the product, by feature: what the OpenAPI generator, /schema and the tests read without opening a
// database. A new feature is one line here; test/contract.test.ts fails while this list and the mounted routes differ.
import { type EndpointSpec, isEndpoint } from '../core/endpoint.ts';
import * as access from '../features/access/contract.ts';
import * as batch from '../features/batch/contract.ts';
import * as context from '../features/context/contract.ts';
import * as conversations from '../features/conversations/contract.ts';
import * as duplicates from '../features/duplicates/contract.ts';
import * as episodes from '../features/episodes/contract.ts';
import * as feedback from '../features/feedback/contract.ts';
import * as fsrs from '../features/fsrs/contract.ts';
import * as health from '../features/health/contract.ts';
import * as history from '../features/history/contract.ts';
import * as inbox from '../features/inbox/contract.ts';
import * as jobs from '../features/jobs/contract.ts';
import * as maintenance from '../features/maintenance/contract.ts';
import * as memory from '../features/memory/contract.ts';
import * as models from '../features/models/contract.ts';
import * as profile from '../features/profile/contract.ts';
import * as scratch from '../features/scratch/contract.ts';
import * as search from '../features/search/contract.ts';
import * as sessions from '../features/sessions/contract.ts';
import * as system from '../features/system/contract.ts';
import * as trash from '../features/trash/contract.ts';

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
  feature('context', 'Context', 'What is known, fitted to a token budget.', context),
  feature('fsrs', 'Reviews', 'How well memories are remembered, and which are about to fade.', fsrs),
  feature(
    'episodes',
    'Episodes',
    'Stretches of time whose memories belong together, and what they were about.',
    episodes,
  ),
  feature('conversations', 'Conversations', 'What was said, message by message, and finding it again.', conversations),
  feature('profile', 'Profile', 'What a user has stored, in outline and in numbers.', profile),
  feature('scratch', 'Scratchpad', 'Notes of agents that go by themselves after a while.', scratch),
  feature('sessions', 'Sessions', 'Transcripts of runs of agents, to read and to follow live.', sessions),
  feature('models', 'Models', 'Embedding models and rerankers: what there is, what is in use, changing it.', models),
  feature('jobs', 'Jobs', 'Background work: what waits, what failed, holding it back.', jobs),
  feature('maintenance', 'Maintenance', 'Keeping the database in shape.', maintenance),
  feature('access', 'Access', 'The first key, users, keys and spaces.', access),
  feature('system', 'System', 'Health, metrics and descriptions of this API.', system),
];

export const ENDPOINTS: readonly EndpointSpec[] = FEATURES.flatMap(({ endpoints }) => endpoints);
