// For each endpoint, how one user asks for what belongs to another. test/tenancy-walk.test.ts runs all of them, and fails
// for an endpoint that has no line here. Administrators' and public endpoints need none: the one asks for a key that the
// other user does not have, the other knows no user.
//
// A new endpoint takes one line:
//   'things.list': own()                              it names nothing: answers as if the other user did not exist
//   'things.get': of('/things/$thing')                it names something: cannot tell another's from none
//   'things.change': of('/things/$thing', { ... })    the same with a body, in which "$thing" may stand too
// `$thing` is made in `makeRows` by user A, and is a name that nobody has when the same is asked for nothing.
import { createHash } from 'node:crypto';
import { at, connect } from './oauth.ts';
import { type Caller, expectDone } from './tenancy-walk.ts';

export interface Ask {
  readonly kind: 'own' | 'of';
  /** The path of the endpoint itself, when left out; with `?` in front, its query. */
  readonly path?: string | undefined;
  readonly body?: unknown;
  /** Refused to everybody here, for a reason that has nothing to do with whose it is. */
  readonly refused?: string | undefined;
}
export type Case = Ask | readonly Ask[];

const own = (body?: unknown, refused?: string): Ask => ({ kind: 'own', body, refused });
const asking = (path: string, body?: unknown): Ask => ({ kind: 'own', path, body });
const of = (path: string, body?: unknown): Ask => ({ kind: 'of', path, body });
/** What is named stands in the body alone. */
const naming = (body: unknown): Ask => ({ kind: 'of', body });

const SHA256_OF_MINE = createHash('sha256').update('mine').digest('hex');
const FIND = { query: 'zanzibar server port' };

export const CASES: Readonly<Record<string, Case>> = {
  'memory.store': [
    own({ content: 'The harbour opens at nine.' }),
    own({ content: 'The zanzibar server listens on port 4711.', session_id: 'night', user_id: '$user' }),
    naming({ content: 'A child of it.', parent_memory_id: '$memory' }),
    naming({ content: 'Into that space.', space_id: '$space' }),
    naming({ content: 'Into that episode.', episode_id: '$episode' }),
  ],
  'memory.list': [asking('?include_forgotten=1&include_archived=1'), of('?space_id=$space')],
  'memory.list_array': own(),
  'memory.get': of('/memory/$memory'),
  'memory.update': of('/memory/$memory/update', { content: 'mine now' }),
  'memory.patch': of('/memories/$memory', { importance: 1 }),
  'memory.delete': [of('/memory/$memory'), of('/memory/$memory?versions=true')],
  'memory.forget': of('/memory/$memory/forget', { reason: 'spite' }),
  'memory.restore': of('/memory/$forgotten/restore'),
  'memory.archive': of('/memory/$memory/archive'),
  'memory.unarchive': of('/memory/$memory/unarchive'),
  'memory.set_tags': of('/memory/$memory/tags', { tags: ['mine'] }),
  'memory.tags': own(),
  'memory.search_tags': own({ tags: ['vault'] }),
  'memory.versions': of('/versions/$memory'),
  'memory.links': of('/links/$memory'),
  'history.correct': naming({ memory_id: '$memory', content: 'mine now' }),
  'history.timetravel': own({ as_of: '2026-03-03', query: 'zanzibar' }),
  'hooks.run': [
    asking('/hooks/claude-code?event=user-prompt', {
      prompt: 'Where does the zanzibar server listen?',
      session_id: 'night',
    }),
    asking('/hooks/claude-code?event=session-start', { cwd: '/home/zanzibar', session_id: 'day' }),
    asking('/hooks/claude-code?event=stop', {
      session_id: 'night',
      turns: [{ role: 'user', content: 'We decided to use zanzibar.', at: '2026-03-01T09:30:00Z' }],
    }),
  ],
  'hooks.transcript': asking('/hooks/claude-code/transcript', { session_id: 'night' }),
  'inbox.list': own(),
  'inbox.approve': of('/inbox/$pending/approve'),
  'inbox.reject': of('/inbox/$pending/reject', {}),
  'inbox.edit': of('/inbox/$pending/edit', { content: 'mine now' }),
  'inbox.bulk': naming({ ids: ['$pending'], action: 'approve' }),
  'trash.list': own(),
  'trash.empty': own(),
  'trash.purge': of('/memory/trash/$forgotten'),
  'trash.sweep': own(),
  'feedback.give': naming({ memory_id: '$memory', rating: 'outdated' }),
  'feedback.stats': own(),
  'health.memories': own(),
  'batch.run': [
    naming({ ops: [{ op: 'update', body: { id: '$memory', content: 'mine now' } }] }),
    naming({ ops: [{ op: 'link', body: { source_id: '$memory', target_id: '$newer' } }] }),
  ],
  'duplicates.list': asking('?threshold=0.1'),
  'duplicates.merge': own({ threshold: 0.1, dry_run: false }),
  'search.search': [
    own(FIND),
    own({ ...FIND, user_id: '$user', include_forgotten: true }),
    naming({ ...FIND, space_id: '$space' }),
  ],
  'search.search_array': own(FIND),
  'search.explain': own(FIND),
  'search.faceted': own({ query: 'zanzibar' }),
  'search.recall': [own(FIND), naming({ ...FIND, space_id: '$space' })],
  'graph.get': [own(), of('?center=m$memory')],
  'graph.raw': own(),
  'graph.view': own(),
  'graph.build': own({}),
  'graph.search': own(FIND),
  'graph.neighborhood': [
    of('/graph/neighborhood/m$memory'),
    of('/graph/neighborhood/e$entity'),
    of('/graph/neighborhood/p$project'),
  ],
  'graph.path': of('?from=m$older&to=m$newer'),
  'graph.timeline': own(),
  'graph.analysis': own(),
  'graph.export': asking('?content=true'),
  'graph.list_communities': own(),
  'graph.get_community': of('/communities/$community'),
  'graph.community_members': of('/graph/communities/$community/members'),
  'graph.community_stats': own(),
  'graph.detect_communities': own(),
  'graph.rank': own(),
  'graph.top': own(),
  'context.assemble': [own(FIND), naming({ ...FIND, space_id: '$space' })],
  'context.stream': own(FIND),
  'entities.list': [own(), asking('?q=zanzibar')],
  'entities.create': [own({ name: 'Zanzibar mole', type: 'tool' }), naming({ name: 'Gate', space_id: '$space' })],
  'entities.get': of('/entities/$entity'),
  'entities.change': of('/entities/$entity', { name: 'mine now' }),
  'entities.delete': of('/entities/$entity'),
  'entities.merge': of('/entities/$entity/merge', { into: '$second' }),
  'entities.relationships': of('/entities/$entity/relationships'),
  'entities.relate': naming({ source_entity_id: '$entity', target_entity_id: '$second' }),
  'entities.relate_to': of('/entities/$entity/relationships', { target_id: '$second' }),
  'entities.unrelate': of('/entities/$entity/relationships', { target_entity_id: '$second' }),
  'entities.memories': of('/entities/$entity/memories'),
  'entities.link': of('/entities/$entity/memories/$memory'),
  'entities.unlink': of('/entities/$entity/memories/$memory'),
  'entities.search': of('/entities/$entity/search', FIND),
  'entities.cooccurrences': of('/entities/$entity/cooccurrences'),
  'entities.rebuild': own(),
  'projects.list': own(),
  'projects.create': own({ name: 'Zanzibar' }),
  'projects.get': of('/projects/$project'),
  'projects.change': of('/projects/$project', { name: 'mine now' }),
  'projects.delete': of('/projects/$project'),
  'projects.link': of('/projects/$project/memories/$memory'),
  'projects.unlink': of('/projects/$project/memories/$memory'),
  'projects.search': of('/projects/$project/search', FIND),
  'facts.list': [own(), of('?memory_id=$memory')],
  'facts.extract': naming({ memory_id: '$memory' }),
  'facts.state': own(),
  'facts.delete_state': asking('?key=zanzibar server'),
  'decompose.memory': of('/intelligence/decompose/$memory'),
  'extraction.add': own({ text: 'I moved to the harbour in May.' }),
  'contradictions.list': asking('?threshold=0'),
  'contradictions.find': own(),
  'contradictions.of': of('/contradictions/$newer'),
  'contradictions.resolve': naming({ memory_a_id: '$older', memory_b_id: '$newer', resolution: 'keep_b' }),
  'causes.list': own(),
  'causes.make': naming({ description: 'x', root_memory_id: '$memory' }),
  'causes.get': of('/intelligence/causal/chains/$chain'),
  'causes.link': naming({ chain_id: '$chain', cause_memory_id: '$older', effect_memory_id: '$newer' }),
  'causes.backward': of('/intelligence/causal/backward/$memory', {}),
  'feelings.sentiment': naming({ memory_id: '$memory' }),
  'feelings.history': own(),
  'feelings.profile': own(),
  'feelings.score': naming({ memory_id: '$memory' }),
  'feelings.of': of('/intelligence/valence/$memory'),
  'patterns.predictive': own(),
  'patterns.recall': own(),
  'patterns.sequences': own({}),
  'patterns.detect': own(),
  'patterns.temporal': own(),
  'reconsolidation.run': of('/intelligence/reconsolidate/$memory'),
  'reconsolidation.undo': of('/intelligence/reconsolidate/$memory/undo'),
  'reconsolidation.candidates': own(),
  'reconsolidation.list': own(),
  'reflections.reflect': [
    own({ content: 'A thought.' }),
    naming({ content: 'Of yours.', source_memory_ids: ['$memory'] }),
  ],
  'reflections.list': own(),
  'reflections.generate': own(),
  'consolidation.make': naming({ memory_ids: ['$older', '$newer'] }),
  'consolidation.candidates': own({}),
  'consolidation.list': own(),
  'consolidation.undo': of('/intelligence/consolidations/$consolidation'),
  'digests.list': own(),
  'digests.subscribe': own({ webhook_url: 'http://127.0.0.1:9/theirs' }),
  'digests.generate': own({}),
  'digests.send': naming({ digest_id: '$digest' }),
  'digests.unsubscribe': of('/digests/$digest'),
  'growth.text': own(),
  'growth.materialize': naming({ observation_id: '$memory' }),
  'growth.observations': own(),
  'growth.reflect': own({ service: 'ada', context: ['did things'] }),
  'thinking.dream': own(),
  'thinking.state': own(),
  'thinking.run': own(),
  'fsrs.init': own(),
  'fsrs.recall_due': own(),
  'fsrs.review': naming({ memory_id: '$memory', grade: 3 }),
  'fsrs.state': of('?id=$memory'),
  'episodes.list': [own(), asking('?query=zanzibar')],
  'episodes.create': own({ title: 'theirs', session_id: 'night' }),
  'episodes.get': of('/episodes/$episode'),
  'episodes.update': of('/episodes/$episode', { title: 'mine now' }),
  'episodes.finalize': of('/episodes/$episode/finalize'),
  'episodes.assign': of('/episodes/$episode/memories', { memory_ids: ['$memory'] }),
  'conversations.list': own(),
  'conversations.create': own({ agent: 'ada', session_id: 'night' }),
  'conversations.bulk': own({ agent: 'ada', messages: [{ role: 'user', content: 'hello' }] }),
  'conversations.upsert': own({ agent: 'ada', session_id: 'night', messages: [{ role: 'user', content: 'hello' }] }),
  'conversations.get': of('/conversations/$conversation'),
  'conversations.update': of('/conversations/$conversation', { title: 'mine now' }),
  'conversations.delete': of('/conversations/$conversation'),
  'conversations.messages': of('/conversations/$conversation/messages'),
  'conversations.add_messages': of('/conversations/$conversation/messages', { role: 'user', content: 'mine now' }),
  'conversations.search_messages': own({ query: 'zanzibar', user_id: '$user' }),
  'profile.stats': own(),
  'profile.get': own(),
  'personality.detect': own({ content: 'I love the sea.' }),
  'personality.profile': own(),
  'personality.update': own(),
  'personality.signals': [own(), of('?memory_id=$memory')],
  'personality.add': own({ signal_type: 'value', value: 1, evidence: 'walks' }),
  'personality.synthesize': own(),
  'guard.check': own({ action: 'restart the zanzibar server' }),
  'gate.check': own({ command: 'ls', tool_name: 'Bash', session_id: 'night', skip_approval: true }),
  'gate.respond': naming({ gate_id: '$gate', approved: true }),
  'gate.complete': naming({ gate_id: '$gate', output: 'mine now' }),
  'gate.complete_latest': naming({ session_id: '$session_name' }),
  'approvals.ask': own({ action: 'open', requester: 'ada' }),
  'approvals.pending': own(),
  'approvals.get': of('/approvals/$approval'),
  'approvals.decide': of('/approvals/$approval/decide', { decision: 'approved' }),
  'preferences.list': [own(), asking('?learned=true')],
  'preferences.put': own({ 'zanzibar.tea': 'black' }),
  'preferences.get': of('/preferences/$preference'),
  'preferences.delete': of('/preferences/$preference'),
  'preferences.clear': own(),
  'scratch.list': [own(), asking('?session=night')],
  'scratch.put': own({ session: 'night', agent: 'ada', entries: [{ key: 'k', value: 'theirs' }] }),
  'scratch.promote': of('/scratch/$session_name/promote', {}),
  'scratch.delete_entry': of('/scratch/$session_name/note'),
  'scratch.delete_session': of('/scratch/$session_name'),
  'sessions.list': own(),
  'sessions.create': own({ agent: 'ada' }),
  'sessions.get': of('/sessions/$session'),
  'sessions.append': of('/sessions/$session/append', { line: 'mine now' }),
  'sessions.end': of('/sessions/$session/end', {}),
  'sessions.stream': of('/sessions/$session/stream'),
  'understanding.state': own(),
  'understanding.again': own(),
  'audit.list': own(),
  'audit.verify': own(),
  'grounding.providers': own(),
  'grounding.quality': own(),
  'grounding.list_sessions': own(),
  'grounding.create_session': own({ name: 'theirs' }),
  'grounding.get_session': of('/grounding/sessions/$grounding'),
  'grounding.end_session': of('/grounding/sessions/$grounding'),
  'grounding.tools': own(),
  'ingest.text': [own({ text: 'The harbour is deep.' }), naming({ text: 'Into it.', episode_id: '$episode' })],
  'ingest.stream': own({ text: 'The harbour is deeper.' }),
  'ingest.bulk': own({ text: 'The harbour is deepest.' }),
  'ingest.upload_init': own({ filename: 'theirs.txt' }),
  'ingest.upload_chunk': naming({ upload_id: '$upload', chunk_index: 0, chunk_hash: SHA256_OF_MINE, data: 'bWluZQ==' }),
  'ingest.upload_complete': naming({ upload_id: '$upload' }),
  'ingest.upload_abort': naming({ upload_id: '$upload' }),
  'ingest.upload_status': of('/ingest/upload/$upload/status'),
  // What it begins with says when it was made; nothing of another's is in it.
  'transfer.export': asking('?format=json'),
  'transfer.import': [own([{ content: 'brought along' }]), naming({ upload_id: '$upload' })],
  'transfer.detect': own({ items: [{ section: null, line: 0, value: { content: 'x' } }] }),
  'transfer.import_items': own({ format: 'engram', items: [] }),
  'transfer.import_json': own({ version: 1, memories: [{ content: 'brought along too' }] }),
  'transfer.import_mem0': own([{ memory: 'brought from there' }]),
  'transfer.import_supermemory': own([{ content: 'brought from elsewhere' }]),
  'transfer.status': of('/import/$import'),
  'sync.changes': own(),
  'sync.receive': own({ changes: [] }),
  'redaction.change_space': of('/spaces/$space', { redaction: false }),
  'webhooks.list': own(),
  'webhooks.create': own({ url: 'http://127.0.0.1:9/theirs' }),
  'webhooks.test': of('/webhooks/test/$webhook', {}),
  'webhooks.update': of('/webhooks/$webhook', { is_active: false }),
  'webhooks.delete': of('/webhooks/$webhook'),
  'webhooks.dead_letters': of('/webhooks/$webhook/dead-letters'),
  // Whatever is named, others than administrators see their own.
  'limits.look': [of('/rate-limit/user:$user'), of('/rate-limit/key:$key')],
  'stats.get': own(),
  'tenants.quota': own(),
  'tenants.usage': own(),
  'tenants.report_usage': own({ event_type: 'tokens' }),
  'tenants.delete_space': [of('/spaces/$space'), of('/spaces/$space?erase=true')],
  'access.list_api_keys': own(),
  'access.create_api_key': own({ name: 'tool' }),
  'access.delete_api_key': of('/api-keys/$key'),
  'access.list_keys': own(),
  'access.revoke_key': of('/keys/$key'),
  'memory_files.tool': [
    own({ command: 'view', path: '/memories' }),
    own({ command: 'create', path: '/memories/theirs.md', file_text: 'The harbour is wide.' }),
    ...[
      { command: 'view', path: '/memories/$file' },
      { command: 'str_replace', path: '/memories/$file', old_str: 'zanzibar', new_str: 'mine' },
      { command: 'insert', path: '/memories/$file', insert_line: 0, insert_text: 'mine' },
      { command: 'delete', path: '/memories/$file' },
      { command: 'rename', old_path: '/memories/$file', new_path: '/memories/mine.md' },
    ].map(naming),
  ],
  'memory_files.list': own(),
  'memory_files.read': of('?path=/memories/$file'),
  'memory_files.write': naming({ path: '/memories/$file', text: 'mine now', version: 1 }),
  'memory_files.delete': of('?path=/memories/$file'),
  'mem0.ping': own(),
  'mem0.add': own({ messages: 'I live in the harbour.', user_id: 'ann' }),
  'mem0.add_old': own({ messages: 'I live in the harbour.', agent_id: 'ann' }),
  'mem0.get': of('/v1/memories/$mem0'),
  'mem0.update': of('/v1/memories/$mem0', { text: 'mine now', metadata: { mine: 1 } }),
  'mem0.delete': of('/v1/memories/$mem0'),
  'mem0.delete_all': asking('?user_id=ann'),
  'mem0.history': of('/v1/memories/$mem0/history'),
  'mem0.list': own({ filters: { OR: [{ user_id: 'ann' }, { user_id: '*' }] } }),
  'mem0.list_filtered': own({ filters: { user_id: 'ann' } }),
  'mem0.list_old': asking('?user_id=ann'),
  'mem0.search': own({ ...FIND, filters: { user_id: 'ann' } }),
  'mem0.search_old': own({ ...FIND, user_id: 'ann' }),
  'mem0.entities': own(),
  'mem0.delete_entity': of('/v2/entities/user/$mem0_user'),
  'mem0.update_batch': naming({ memories: [{ memory_id: '$mem0', text: 'mine now' }] }),
  'mem0.delete_batch': naming({ memories: [{ memory_id: '$mem0' }] }),
  'mem0.feedback': naming({ memory_id: '$mem0', feedback: 'POSITIVE' }),
  'openai.embeddings': own({ input: 'zanzibar' }),
  'openai.models': own(),
  'oauth.grants': own(),
  'oauth.end_grant': of('/oauth/grants/$grant'),
  'access.list_spaces': own(),
  'access.create_space': own({ name: 'work' }),
};

/** Everything there is of user A, with the word "quokka" in it; and what things are called in the asks above. */
export async function makeRows(mine: Caller, drain: () => Promise<void>): Promise<Record<string, number | string>> {
  const ids: Record<string, number | string> = { session_name: 'night', preference: 'quokka.tea' };
  const IN_WORK = { 'x-space': 'work' };
  const go = (method: string, path: string, body?: unknown) => expectDone(mine(method, path, body, IN_WORK));
  ids.space = (await expectDone(mine('POST', '/spaces', { name: 'work', description: 'quokka' }))).id;
  const store = async (content: string, more: object = {}): Promise<number> =>
    (await go('POST', '/store', { content, session_id: 'night', tags: ['vault', 'quokka'], ...more })).id;
  await store('Ann Quokka works at Acme Zanzibar. I love quokka tea, and I hate quokka coffee.');
  ids.older = await store('The Zanzibar quokka server listens on port 4711.');
  ids.newer = await store('The Zanzibar quokka server listens on port 4712.');
  ids.memory = await store('Checkout was down because the disk of the quokka server in Zanzibar was full.', {
    category: 'issue',
  });
  ids.forgotten = await store('The quokka sleeps under the old bridge of Zanzibar.');
  await go('POST', `/memory/${ids.forgotten}/forget`);
  ids.pending = await store('Nobody has seen this quokka note in the Zanzibar archive yet.', { status: 'pending' });
  await drain();
  ids.user = (await go('GET', '/profile')).user_id;
  ids.entity = (await go('POST', '/entities', { name: 'Quokka mole', type: 'tool' })).id;
  ids.second = (await go('POST', '/entities', { name: 'Quokka gate', type: 'tool' })).id;
  for (const one of [ids.entity, ids.second]) await go('PUT', `/entities/${one}/memories/${ids.memory}`);
  await go('POST', `/entities/${ids.entity}/relationships`, { target_id: ids.second, relationship: 'quokka' });
  ids.project = (await go('POST', '/projects', { name: 'Quokka' })).id;
  await go('PUT', `/projects/${ids.project}/memories/${ids.memory}`);
  await go('POST', '/personality/signals', { signal_type: 'value', value: 1, evidence: 'Quokka walks' });
  const chain = { description: 'Quokka', root_memory_id: ids.memory };
  ids.chain = (await go('POST', '/intelligence/causal/chains', chain)).id;
  const ends = { cause_memory_id: ids.older, effect_memory_id: ids.memory };
  await go('POST', '/intelligence/causal/links', { chain_id: ids.chain, ...ends });
  await go('PUT', '/preferences', { 'quokka.tea': 'green' });
  ids.approval = (await go('POST', '/approvals', { action: 'open the quokka', requester: 'ann' })).id;
  const asked = { command: 'ls quokka', tool_name: 'Bash', session_id: 'night', skip_approval: true };
  ids.gate = (await go('POST', '/gate/check', asked)).gate_id;
  ids.conversation = (await go('POST', '/conversations', { agent: 'quokka', session_id: 'night' })).id;
  const said = { role: 'user', content: 'The zanzibar quokka is late.' };
  await go('POST', `/conversations/${ids.conversation}/messages`, said);
  ids.episode = (await go('POST', '/episodes', { title: 'Quokka night', summary: 'All about zanzibar quokkas.' })).id;
  await go('PUT', '/scratch', { session: 'night', agent: 'q', entries: [{ key: 'note', value: 'quokka' }] });
  ids.session = (await go('POST', '/sessions', { agent: 'quokka' })).id;
  await go('POST', `/sessions/${ids.session}/append`, { line: 'quokka line' });
  const told = await go('POST', '/consolidate', { memory_ids: [ids.older, ids.memory] });
  ids.consolidation = told.consolidation_id;
  ids.digest = (await go('POST', '/digests', { webhook_url: 'http://127.0.0.1:9/quokka' })).id;
  ids.upload = await uploaded(go, '[{"content":"The quokka was brought along."}]', false);
  const read = await uploaded(go, '[{"content":"The quokka was brought along."}]', true);
  ids.import = (await go('POST', '/import', { upload_id: read })).job_id;
  ids.webhook = (await go('POST', '/webhooks', { url: 'http://127.0.0.1:9/quokka' })).id;
  await go('POST', '/digests/generate', {});
  await go('POST', '/reflect', { content: 'A quokka thought.' });
  await go('POST', '/feedback', { memory_id: ids.memory, rating: 'helpful' });
  await go('POST', '/usage', { event_type: 'quokka' });
  const own_key = await go('POST', '/api-keys', { name: 'quokka' });
  ids.key = own_key.key.id;
  await connect(at(mine), own_key.full_key);
  ids.grant = (await go('GET', '/oauth/grants')).grants[0].id;
  ids.grounding = (await go('POST', '/grounding/sessions', { name: 'quokka' })).id;
  ids.file = 'quokka.md';
  const written = { path: `/memories/${ids.file}`, text: 'The zanzibar quokka file.' };
  await expectDone(mine('PUT', '/memory-files/content', written));
  ids.mem0_user = 'ann';
  const told_here = { messages: 'The zanzibar quokka swims.', user_id: 'ann', infer: false };
  ids.mem0 = Number((await go('POST', '/v3/memories/add', told_here)).results[0].id);
  await go('POST', '/graph/pagerank');
  await go('POST', '/graph/communities');
  ids.community = (await go('GET', '/communities')).communities[0].id;
  await drain();
  return ids;
}

/** @returns the id of an upload; it is no more once it was read */
async function uploaded(
  go: (method: string, path: string, body?: unknown) => Promise<{ upload_id: string }>,
  text: string,
  whole: boolean,
): Promise<string> {
  const { upload_id } = await go('POST', '/ingest/upload/init', { filename: 'quokka.json' });
  if (!whole) return upload_id;
  const chunk_hash = createHash('sha256').update(text).digest('hex');
  const data = Buffer.from(text).toString('base64');
  await go('POST', '/ingest/upload/chunk', { upload_id, chunk_index: 0, chunk_hash, data });
  return upload_id;
}
