// Calls every endpoint of the features that read memories, and of those through which they come and go, for tests of
// query plans.
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { sql } from 'kysely';
import type { TestApp } from './app.ts';

/** Calls an endpoint, which must succeed. */
export type Go = (
  id: string,
  method: string,
  path: string,
  body?: unknown,
  headers?: Record<string, string>,
  // biome-ignore lint/suspicious/noExplicitAny: answers of every shape
) => Promise<any>;

interface Known {
  space: string;
  memory: number;
}

export async function walkMind(app: TestApp, go: Go, known: Known): Promise<void> {
  const told = 'The kettle listens on port 8080. The harbour gate is version 2.4.1. ';
  const long = Array.from({ length: 8 }, (_, i) => `Service number ${i} runs version 4.${i} on port 70${i}. `).join('');
  const store = async (content: string, more: object = {}): Promise<number> =>
    (await go('memory.store', 'POST', '/store', { content, session_id: 's3', ...more })).id;
  const at = app.clock.now();
  const walker = await store(`I prefer walks by the river. I love copper kettles, says Ann Miller of Acme ${at}.`);
  await store(`The build ${at} failed because the disk of web1 was full.`);
  await store(`The harbour gate ${at} opens at nine.`);
  await store(`The harbour gate ${at} opens at ten.`);
  const whole = await store(`${at}. ${long}`);
  await app.jobs.drain();
  await go('memory.update', 'POST', `/memory/${whole}/update`, { content: `${at}. ${long} Port 71 is closed.` });
  await app.jobs.drain();
  await go('understanding.state', 'GET', '/understanding');

  const extracted = await go('facts.extract', 'POST', '/intelligence/extract', { content: told });
  await go('facts.list', 'GET', '/facts?subject=kettle');
  await go('facts.list', 'GET', '/facts?current=true&predicate=port&limit=5');
  await go('facts.list', 'GET', `/facts?memory_id=${extracted.memory_id}`);
  await go('facts.state', 'GET', '/state');
  await go('facts.delete_state', 'DELETE', '/state?key=port');
  await go('facts.backfill', 'POST', '/admin/backfill-facts', { limit: 3 });
  await go('decompose.memory', 'POST', `/intelligence/decompose/${extracted.memory_id}`);
  await go('decompose.sweep', 'POST', '/admin/decompose-sweep', { limit: 3 });
  await go('extraction.add', 'POST', '/add', { messages: [{ role: 'user', content: 'I live in Berlin.' }] });

  await go('contradictions.list', 'GET', '/contradictions?threshold=0');
  await go('contradictions.find', 'POST', '/contradictions');
  await go('contradictions.of', 'GET', `/contradictions/${known.memory}`);
  const [gone, held] = [await store(`a walk to lose ${at}`), await store(`a walk to hold ${at}`)];
  const pair = { memory_a_id: gone, memory_b_id: held, resolution: 'keep_b' };
  await go('contradictions.resolve', 'POST', '/contradictions/resolve', pair);

  await go('personality.detect', 'POST', '/personality/detect', { content: 'I like walks.' });
  const signal = { signal_type: 'value', value: 1, evidence: 'walks' };
  await go('personality.add', 'POST', '/personality/signals', signal);
  await go('personality.synthesize', 'POST', '/profile/synthesize');
  await go('personality.update', 'POST', '/personality/profile/update');
  await go('personality.profile', 'GET', '/personality/profile');
  await go('personality.signals', 'GET', '/personality/signals?signal_type=value&subject=user');
  await go('personality.signals', 'GET', `/personality/signals?memory_id=${walker}`);
  await go('preferences.put', 'PUT', '/preferences', { 'walk.place': 'river', pace: 'slow' });
  await go('preferences.list', 'GET', '/preferences');
  await go('preferences.list', 'GET', '/preferences?domain=walk&learned=true');
  await go('preferences.get', 'GET', '/preferences/pace');
  await go('preferences.delete', 'DELETE', '/preferences/pace');
  await go('preferences.clear', 'DELETE', '/preferences');
  await go('search.search', 'POST', '/search', { query: 'What kind of walks does Ann prefer?' });

  await walkEntities(go, known, at);
  await walkGate(go);
  await walkCauses(go, known.memory, walker);
  await walkGraph(go, known, walker);
  await walkThinking(go, store, at);
  await go('understanding.again', 'POST', '/understanding');
  // A few of all memories say as much.
  await app.database.atomically(({ db }) =>
    sql`delete from understanding_backlog where memory_id % 40 > 0`.execute(db),
  );
}

async function walkEntities(go: Go, { memory }: Known, at: number): Promise<void> {
  const make = async (name: string): Promise<number> =>
    (
      await go('entities.create', 'POST', '/entities', {
        name: `${name} ${at}`,
        type: 'tool',
        aliases: [`${name}${at}`],
      })
    ).id;
  const [one, other, third] = [await make('Kettle'), await make('Harbour'), await make('Engine')];
  await go('entities.list', 'GET', '/entities');
  await go('entities.list', 'GET', '/entities?type=tool&q=kettle');
  await go('entities.get', 'GET', `/entities/${one}`);
  await go('entities.change', 'PUT', `/entities/${one}`, { name: `Copper kettle ${at}`, aliases: [] });
  await go('entities.link', 'PUT', `/entities/${one}/memories/${memory}`);
  await go('entities.link', 'PUT', `/entities/${third}/memories/${memory}`);
  const related = { source_entity_id: one, target_entity_id: other, relationship_type: 'boils_at' };
  await go('entities.relate', 'POST', '/entity-relationships', related);
  await go('entities.relate_to', 'POST', `/entities/${one}/relationships`, { target_id: third });
  await go('entities.relationships', 'GET', `/entities/${one}/relationships`);
  await go('entities.unrelate', 'DELETE', `/entities/${one}/relationships`, { target_entity_id: other });
  await go('entities.memories', 'GET', `/entities/${one}/memories`);
  await go('entities.search', 'POST', `/entities/${one}/search`, { query: 'river walk' });
  await go('entities.cooccurrences', 'GET', `/entities/${one}/cooccurrences`);
  await go('entities.rebuild', 'POST', '/graph/cooccurrences/rebuild');
  await go('entities.merge', 'POST', `/entities/${third}/merge`, { into: one });
  await go('entities.unlink', 'DELETE', `/entities/${one}/memories/${memory}`);
  await go('entities.delete', 'DELETE', `/entities/${other}`);

  const project = (await go('projects.create', 'POST', '/projects', { name: `River ${at}` })).id;
  await go('projects.list', 'GET', '/projects?status=active');
  await go('projects.change', 'PUT', `/projects/${project}`, { name: `Rivers ${at}` });
  await go('projects.link', 'PUT', `/projects/${project}/memories/${memory}`);
  await go('projects.get', 'GET', `/projects/${project}`);
  await go('projects.search', 'POST', `/projects/${project}/search`, { query: 'river walk' });
  await go('projects.unlink', 'DELETE', `/projects/${project}/memories/${memory}`);
  await go('projects.delete', 'DELETE', `/projects/${project}`);
}

async function walkGate(go: Go): Promise<void> {
  await go('guard.check', 'POST', '/guard', { action: 'walk along the harbour' });
  const asked = { command: 'ls', tool_name: 'Bash', session_id: 's1', skip_approval: true };
  const { gate_id } = await go('gate.check', 'POST', '/gate/check', asked);
  const waiting = go('gate.check', 'POST', '/gate/check', { ...asked, skip_approval: false });
  await go('gate.respond', 'POST', '/gate/respond', { gate_id: gate_id + 1, approved: true });
  await waiting;
  await go('gate.complete', 'POST', '/gate/complete', { gate_id, output: 'done' });
  await go('gate.complete_latest', 'POST', '/gate/complete-latest', { session_id: 's1' });
  const approval = await go('approvals.ask', 'POST', '/approvals', { action: 'walk', requester: 'ada' });
  await go('approvals.pending', 'GET', '/approvals/pending');
  await go('approvals.get', 'GET', `/approvals/${approval.id}`);
  await go('approvals.decide', 'POST', `/approvals/${approval.id}/decide`, { decision: 'approved' });
}

async function walkCauses(go: Go, memory: number, other: number): Promise<void> {
  const chain = await go('causes.make', 'POST', '/intelligence/causal/chains', { root_memory_id: memory });
  await go('causes.list', 'GET', '/intelligence/causal/chains');
  const ends = { chain_id: chain.id, cause_memory_id: memory, effect_memory_id: other };
  await go('causes.link', 'POST', '/intelligence/causal/links', ends);
  await go('causes.get', 'GET', `/intelligence/causal/chains/${chain.id}`);
  await go('causes.backward', 'POST', `/intelligence/causal/backward/${other}`);
  await go('feelings.sentiment', 'POST', '/intelligence/sentiment/analyze', { memory_id: memory });
  await go('feelings.history', 'GET', '/intelligence/sentiment/history?since=2026-03-01');
  await go('feelings.score', 'POST', '/intelligence/valence/score', { memory_id: memory });
  await go('feelings.profile', 'GET', '/intelligence/valence/profile');
  await go('feelings.of', 'GET', `/intelligence/valence/${memory}`);
  await go('patterns.detect', 'POST', '/intelligence/temporal/detect');
  await go('patterns.temporal', 'GET', '/intelligence/temporal/patterns');
  await go('patterns.predictive', 'GET', '/intelligence/predictive/patterns');
  await go('patterns.sequences', 'POST', '/intelligence/predictive/sequences');
  await go('patterns.recall', 'POST', '/intelligence/predictive/recall');
  await go('reconsolidation.candidates', 'GET', '/intelligence/reconsolidation/candidates');
  await go('reconsolidation.run', 'POST', `/intelligence/reconsolidate/${memory}`);
  await go('reconsolidation.list', 'GET', '/intelligence/reconsolidations');
  await go('reconsolidation.undo', 'POST', `/intelligence/reconsolidate/${memory}/undo`);
}

async function walkGraph(go: Go, { space, memory }: Known, other: number): Promise<void> {
  await go('graph.rebuild', 'POST', '/admin/pagerank/rebuild');
  await go('graph.rank', 'POST', '/graph/pagerank');
  await go('graph.detect_communities', 'POST', '/graph/communities');
  await go('graph.top', 'GET', '/graph/pagerank');
  for (const more of ['', `?center=m${memory}`, '?q=river']) await go('graph.get', 'GET', `/graph${more}`);
  await go('graph.raw', 'GET', '/graph/raw');
  await go('graph.view', 'GET', '/graph/view');
  await go('graph.build', 'POST', '/graph/build', { limit: 1200 });
  await go('graph.search', 'POST', '/graph/search', { query: 'river' });
  await go('graph.neighborhood', 'GET', `/graph/neighborhood/m${memory}`);
  await go('graph.path', 'GET', `/graph/path?from=${memory}&to=${other}`);
  await go('graph.timeline', 'GET', '/graph/timeline');
  await go('graph.analysis', 'GET', '/graph/analysis');
  await go('graph.export', 'GET', '/graph/export');
  const { communities } = await go('graph.list_communities', 'GET', '/communities');
  await go('graph.list_communities', 'GET', '/communities', undefined, { 'x-space': space });
  await go('graph.community_stats', 'GET', '/graph/communities/stats');
  await go('graph.get_community', 'GET', `/communities/${communities[0].id}`);
  await go('graph.community_members', 'GET', `/graph/communities/${communities[0].id}/members`);
}

/** An address on this machine that takes everything. */
async function listener(): Promise<[url: string, server: Server]> {
  const server = createServer((_, response) => void response.writeHead(204).end()).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return [`http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`, server];
}

type Store = (content: string, more?: object) => Promise<number>;

async function walkThinking(go: Go, store: Store, at: number): Promise<void> {
  const told = ['The old mill grinds at dawn', 'The old mill grinds at dawn on Mondays', 'At dawn the old mill grinds'];
  const memory_ids = await Promise.all(told.map((text) => store(`${text}, seen at ${at}.`)));
  const made = await go('consolidation.make', 'POST', '/consolidate', { memory_ids });
  await go('consolidation.make', 'POST', '/consolidate', { memory_id: memory_ids[0] });
  await go('consolidation.candidates', 'POST', '/intelligence/consolidation-candidates');
  await go('consolidation.list', 'GET', '/intelligence/consolidations');
  await go('consolidation.undo', 'DELETE', `/intelligence/consolidations/${made.consolidation_id}`);

  const reflection = { content: `Mills grind at dawn, ${at}`, source_memory_ids: memory_ids };
  await go('reflections.reflect', 'POST', '/reflect', reflection);
  await go('reflections.list', 'GET', '/reflections');
  await go('reflections.generate', 'POST', '/reflections/generate');
  await go('growth.reflect', 'POST', '/growth/reflect', { service: 'ada', context: ['Forgot the tests'] });
  const observation_id = await store(`Run the tests before the mill, ${at}.`, { category: 'growth', source: 'ada' });
  await go('growth.observations', 'GET', '/growth/observations');
  await go('growth.materialize', 'POST', '/growth/materialize', { observation_id });
  await go('growth.text', 'GET', '/growth/materialize?service=ada');

  const [webhook_url, server] = await listener();
  const digest = await go('digests.subscribe', 'POST', '/digests', { webhook_url, schedule: 'hourly' });
  await go('digests.generate', 'POST', '/digests/generate');
  await go('digests.send', 'POST', '/digests/send', { digest_id: digest.id });
  await go('digests.list', 'GET', '/digests');
  await go('digests.unsubscribe', 'DELETE', `/digests/${digest.id}`);
  server.close();

  await go('thinking.run', 'POST', '/intelligence/run');
  await go('thinking.dream', 'POST', '/intelligence/dream');
  await go('thinking.state', 'GET', '/intelligence/dreamer');
}

/** What comes in and goes out: tools, documents, files, other servers, secrets and who is told. */
export async function walkPortable(app: TestApp, go: Go, { space }: Pick<Known, 'space'>): Promise<void> {
  const at = app.clock.now();
  const [url, server] = await listener();
  const hook = await go('webhooks.create', 'POST', '/webhooks', { url, events: ['memory.*'] });
  await go('webhooks.list', 'GET', '/webhooks');
  await go('webhooks.update', 'PATCH', `/webhooks/${hook.id}`, { is_active: true });
  await go('webhooks.test', 'POST', `/webhooks/test/${hook.id}`);

  const session = await go('grounding.create_session', 'POST', '/grounding/sessions', { name: 'walk' });
  await go('grounding.list_sessions', 'GET', '/grounding/sessions');
  await go('grounding.get_session', 'GET', `/grounding/sessions/${session.id}`);
  await go('grounding.tools', 'GET', '/grounding/tools');
  await go('grounding.providers', 'GET', '/grounding/providers');
  const run = { tool: 'memory_search', args: { query: 'river walk' }, session_id: session.id };
  await go('grounding.execute', 'POST', '/grounding/execute', run);
  await go('grounding.quality', 'GET', '/grounding/quality');
  await go('grounding.end_session', 'DELETE', `/grounding/sessions/${session.id}`);

  await walkIngest(app, go, at);
  await walkTransfer(go, space, at);
  await walkSync(go, space, at);
  await walkSecrets(go, at);

  await app.jobs.drain();
  await go('webhooks.dead_letters', 'GET', `/webhooks/${hook.id}/dead-letters`);
  await go('webhooks.delete', 'DELETE', `/webhooks/${hook.id}`);
  server.close();
}

async function walkIngest(app: TestApp, go: Go, at: number): Promise<void> {
  await go('ingest.text', 'POST', '/ingest', { text: `# Walks ${at}\n\nBy the river, at dawn.` });
  await go('ingest.stream', 'POST', '/ingest/stream', { text: `Walks ${at}, by the sea.` });
  await go('ingest.bulk', 'POST', '/import/bulk', { text: `Walks ${at}, up the hill.`, format: 'markdown' });
  const upload = async (text: string): Promise<string> => {
    const { upload_id } = await go('ingest.upload_init', 'POST', '/ingest/upload/init', { filename: 'walks.json' });
    const chunk_hash = createHash('sha256').update(text).digest('hex');
    const chunk = { upload_id, chunk_index: 0, chunk_hash, data: Buffer.from(text).toString('base64') };
    await go('ingest.upload_chunk', 'POST', '/ingest/upload/chunk', chunk);
    return upload_id;
  };
  const [whole, dropped] = [await upload(`[{"walk":"round the lake ${at}"}]`), await upload('no walk')];
  await go('ingest.upload_status', 'GET', `/ingest/upload/${whole}/status`);
  await go('ingest.upload_complete', 'POST', '/ingest/upload/complete', { upload_id: whole });
  await go('ingest.upload_abort', 'POST', '/ingest/upload/abort', { upload_id: dropped });
  const brought = await upload(`[{"content":"A walk in the rain ${at}."}]`);
  const { job_id } = await go('transfer.import', 'POST', '/import', { upload_id: brought });
  await app.jobs.drain();
  await go('transfer.status', 'GET', `/import/${job_id}`);
}

async function walkTransfer(go: Go, space: string, at: number): Promise<void> {
  await go('transfer.export_admin', 'GET', '/admin/export');
  for (const format of ['json', 'markdown']) await go('transfer.export', 'GET', `/export?format=${format}`);
  const lines: string = await go('transfer.export', 'GET', '/export?vectors=1');
  await go('transfer.export', 'GET', '/export', undefined, { 'x-space': space });

  // One record of every kind, and the first again under names that were never seen.
  const records = lines
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { type: string; [name: string]: unknown });
  const firsts = [...new Map(records.reverse().map((record) => [record.type, record])).values()].reverse();
  const renamed = firsts.map((record) => ({
    ...record,
    ...(record.key !== undefined && { key: `${record.key} ${at}` }),
  }));
  const items = [...firsts, ...renamed].map((value, n) => ({ section: null, line: n + 1, value }));
  await go('transfer.detect', 'POST', '/import/format', { items });
  for (const dry_run of [true, false])
    await go('transfer.import_items', 'POST', '/import/items', { format: 'engram', items, dry_run });
  const memories = [{ content: `A walk along the wall ${at}.` }];
  await go('transfer.import_json', 'POST', '/import/json', { version: 1, memories });
  await go('transfer.import_mem0', 'POST', '/import/mem0', [{ memory: `A walk through the woods ${at}.` }]);
  await go('transfer.import_supermemory', 'POST', '/import/supermemory', [{ content: `A walk to the mill ${at}.` }]);
}

async function walkSync(go: Go, space: string, at: number): Promise<void> {
  const { next } = await go('sync.changes', 'GET', '/sync/changes?limit=5');
  await go('sync.changes', 'GET', `/sync/changes?cursor=${encodeURIComponent(next)}`);
  await go('sync.changes', 'GET', '/sync/changes?since=2026-03-02');
  await go('sync.changes', 'GET', '/sync/changes?since=2026-03-02', undefined, { 'x-space': space });
  const told = { sync_id: `walk-${at}`, content: `A walk that another server knows ${at}.` };
  const [made, later] = ['2026-03-03 10:00:00', '2999-01-01 00:00:00'];
  const changes = [
    { ...told, change_type: 'insert', updated_at: made },
    { ...told, change_type: 'update', updated_at: later, importance: 9, tags: ['far'] },
    {
      ...told,
      sync_id: `next-${at}`,
      content: `A longer walk ${at}.`,
      parent_sync_id: told.sync_id,
      updated_at: later,
    },
    { sync_id: `walk-${at}`, change_type: 'delete', updated_at: later },
  ];
  await go('sync.receive', 'POST', '/sync/receive', { changes });
}

async function walkSecrets(go: Go, at: number): Promise<void> {
  const { id, name } = await go('access.create_space', 'POST', '/spaces', { name: `kept as sent ${at}` });
  await go('redaction.change_space', 'PATCH', `/spaces/${id}`, { redaction: false });
  const content = `The walk ${at} needs ghp_Zq3V8wLk1PpXc7RtY2mBn5Hd9Js4Fg0AeUiO to begin.`;
  await go('memory.store', 'POST', '/store', { content }, { 'x-space': name });
  await go('redaction.change_space', 'PATCH', `/spaces/${id}`, { redaction: true });
  await go('redaction.sweep', 'POST', '/admin/redact', { dry_run: false });
}
