// Calls every endpoint that speaks another product's language, or an agent's hooks, for tests of query plans.
import { sql } from 'kysely';
import type { TestApp } from './app.ts';
import type { Go } from './plan-walk.ts';

/** Files and memories of mem0 of every user, for as many memories as there are. */
export async function seedEcosystems(app: TestApp): Promise<void> {
  await app.database.atomically(async ({ db }) => {
    await sql`insert into memory_files
      (user_id, space_id, path, key, version, lead, trail, is_blank, size, created_at, updated_at)
      select user_id, 1, '/memories/' || id, 'memory-file:' || id, 1, '', '', 0, 9, created_at, created_at
      from memories`.execute(db);
    await sql`insert into mem0_memories
      (memory_id, user_id, entity_user, entity_agent, entity_app, entity_run, metadata, created_at)
      select id, user_id, 'user ' || id % 50, case id % 3 when 0 then 'agent ' || id % 20 end,
        case id % 3 when 1 then 'app ' || id % 20 end, case id % 3 when 2 then 'run ' || id % 20 end, null, created_at
      from memories`.execute(db);
  });
}

export async function walkEcosystems(app: TestApp, go: Go): Promise<void> {
  const at = app.clock.now();
  const folder = `/memories/walks ${at}`;
  const path = `${folder}/river.md`;
  const tool = (input: object) => go('memory_files.tool', 'POST', '/memory-tool', input);
  await tool({ command: 'create', path, file_text: `by the river ${at}\n` });
  await tool({ command: 'str_replace', path, old_str: 'river', new_str: 'lake' });
  await tool({ command: 'insert', path, insert_line: 1, insert_text: 'and back\n' });
  await tool({ command: 'view', path });
  await tool({ command: 'view', path: folder });
  await tool({ command: 'rename', old_path: folder, new_path: `${folder} again` });
  const moved = `${folder} again/river.md`;
  await go('memory_files.list', 'GET', '/memory-files');
  await go('memory_files.read', 'GET', `/memory-files/content?path=${encodeURIComponent(moved)}`);
  await go('memory_files.write', 'PUT', '/memory-files/content', { path: moved, text: 'elsewhere' });
  await go('memory_files.delete', 'DELETE', `/memory-files?path=${encodeURIComponent(moved)}`);

  const session = { session_id: `walk ${at}`, cwd: '/home/ann/harbour' };
  const hook = (event: string, said: object) =>
    go('hooks.run', 'POST', `/hooks/claude-code?event=${event}`, { ...session, ...said });
  await hook('session-start', {});
  await hook('user-prompt', { prompt: 'Which way leads along the river?' });
  await hook('pre-tool', { tool_name: 'Bash', tool_input: { command: 'rm -rf /' } });
  await hook('stop', { turns: [{ role: 'user', content: `We decided to walk by the lake ${at}.` }] });
  await go('hooks.transcript', 'POST', '/hooks/claude-code/transcript', {
    ...session,
    turns: [{ role: 'user', content: `I always walk by the river ${at}.`, at: '2026-03-01T09:30:00Z' }],
  });

  await go('mem0.ping', 'GET', '/v1/ping');
  const about = { user_id: 'ann', run_id: `walk ${at}` };
  const add = async (messages: string): Promise<string> =>
    (await go('mem0.add', 'POST', '/v3/memories/add', { messages, ...about, infer: false })).results[0].id;
  const memory_id = await add(`The walk ${at} is long.`);
  const second = await add(`The walk ${at} has a bench.`);
  await go('mem0.add_old', 'POST', '/v1/memories', {
    messages: `I know the way ${at}.`,
    agent_id: 'guide',
    infer: false,
  });
  await go('mem0.get', 'GET', `/v1/memories/${memory_id}`);
  await go('mem0.update', 'PUT', `/v1/memories/${memory_id}`, { text: `The walk ${at} is short.`, metadata: { a: 1 } });
  await go('mem0.update_batch', 'PUT', '/v1/batch', { memories: [{ memory_id, text: `The walk ${at} is over.` }] });
  await go('mem0.history', 'GET', `/v1/memories/${memory_id}/history`);
  const filters = { user_id: 'ann' };
  await go('mem0.list', 'POST', '/v3/memories', { filters });
  await go('mem0.list', 'POST', '/v3/memories', { filters: { OR: [filters, { app_id: '*' }] } });
  await go('mem0.list_filtered', 'POST', '/v2/memories', { filters: { agent_id: 'guide' } });
  await go('mem0.list_old', 'GET', `/v1/memories?run_id=${encodeURIComponent(about.run_id)}`);
  await go('mem0.search', 'POST', '/v3/memories/search', { query: 'walk', filters });
  await go('mem0.search_old', 'POST', '/v2/memories/search', { query: 'walk', user_id: 'ann' });
  await go('mem0.feedback', 'POST', '/v1/feedback', { memory_id, feedback: 'POSITIVE' });
  await go('mem0.entities', 'GET', '/v1/entities');
  await go('mem0.delete_batch', 'DELETE', '/v1/batch', { memories: [{ memory_id: second }] });
  await go('mem0.delete', 'DELETE', `/v1/memories/${memory_id}`);
  await go('mem0.delete_entity', 'DELETE', '/v2/entities/agent/guide');
  await go('mem0.delete_all', 'DELETE', '/v1/memories?user_id=ann');

  await go('openai.embeddings', 'POST', '/v1/embeddings', { input: 'a walk' });
  await go('openai.models', 'GET', '/v1/models');
}
