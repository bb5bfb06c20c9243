// A database with some memories of every kind and thousands of copies of them, shared out among several users, for tests
// of query plans.
import { sql } from 'kysely';
import type { StoreDb } from '../../src/core/store-db.ts';
import type { TestApp } from './app.ts';

const USERS = 8;
const COPIES = 60;

/** Some memories of every kind over HTTP, then copies of them in SQL, shared out among the users. */
export async function seed(app: TestApp, model: string): Promise<void> {
  const words = 'harbour kettle copper window letter garden engine violin paper river candle bridge'.split(' ');
  const { call } = app;
  for (let i = 2; i <= USERS; i++) await call('POST', '/users', { username: `user ${i}` });
  const one = async (word: string, i: number) => {
    const content = `${word} by the ${words[(i * 5 + 2) % words.length]}, number ${i}`;
    const more = { session_id: `s${i % 9}`, category: i % 4 === 0 ? 'task' : 'general', is_static: i % 24 === 0 };
    const { body } = await call('POST', '/store', { content, tags: [`t${i}`], importance: 1 + (i % 10), ...more });
    if (i % 8 === 1) await call('POST', `/memory/${body.id}/update`, { content: `${content}, corrected` });
    if (i % 8 === 2) await call('POST', `/memory/${body.id}/forget`);
    if (i % 8 === 3) await call('POST', `/memory/${body.id}/archive`);
  };
  await Promise.all(words.concat(words, words, words).map(one));

  await app.database.atomically(async ({ db }) => {
    const rows = await sql<{ name: string }>`select name from pragma_table_info('memories')`.execute(db);
    const copied = rows.rows.map((row) => row.name).filter((name) => name !== 'id' && name !== 'user_id');
    const columns = sql.raw(copied.join(', '));
    const link = sql.raw('source_id, target_id, type, similarity, user_id, created_at');
    const later = '2999-01-01 00:00:00';
    await sql`with recursive n(i) as (select 1 union all select i + 1 from n where i < ${COPIES})
      insert into memories (user_id, ${columns}) select 1 + i % ${USERS}, ${columns} from memories, n`.execute(db);
    await sql`update memories set sync_id = sync_id || ' ' || id`.execute(db);
    await sql`insert or ignore into memory_tags (memory_id, user_id, tag)
      select id, user_id, 't' || (id % 40) from memories`.execute(db);
    await sql`insert or ignore into memory_links (${link})
      select m.id, o.id, 'follows', 1, m.user_id, m.created_at from memories m
      join memories o on o.id = m.id - ${USERS} and o.user_id = m.user_id`.execute(db);
    await sql`with pieces(part) as (values (0), (1), (2))
      insert or ignore into memory_vectors
        (memory_id, user_id, model, part, span_start, span_end, dims, content_hash, created_at, vector)
      select id, user_id, ${model}, part, 0, 9, 8, content_hash, created_at, zeroblob(32)
      from memories, pieces`.execute(db);
    await sql`with bands(band) as (values (0), (1), (2), (3), (4))
      insert or ignore into memory_fingerprints (user_id, key, memory_id, simhash)
      select user_id, band * 65536 + id % 200, id, '0123456789abcdef' from memories, bands`.execute(db);
    await sql`with recursive n(i) as (select 1 union all select i + 1 from n where i < ${COPIES * 10})
      insert into conversations (user_id, agent, session_id, title, metadata, started_at, updated_at)
      select 1 + i % ${USERS}, 'agent ' || i % 3, 's' || i, 'copy', null, ${later}, ${later} from n`.execute(db);
    await sql`with recursive n(i) as (select 1 union all select i + 1 from n where i < 20)
      insert into messages (user_id, conversation_id, role, content, metadata, created_at)
      select user_id, id, 'user', 'a word ' || i, null, started_at from conversations, n`.execute(db);
    await sql`insert into text_words (user_id, kind, word, item_id, occurrences, length)
      select user_id, 'message', 'word', id, 1, 3 from messages`.execute(db);
    await sql`insert into episodes (user_id, title, session_id, agent, summary, is_summarized, started_at, ended_at, created_at)
      select user_id, title, session_id, agent, null, 0, started_at, null, started_at from conversations`.execute(db);
    await sql`insert into feedback (user_id, memory_id, rating, created_at)
      select user_id, id, case id % 3 when 0 then 'outdated' else 'helpful' end, created_at from memories`.execute(db);
    await sql`update memories set status = 'pending' where id % 50 = 7`.execute(db);
    await sql`update memories set forget_after = case id % 2 when 0 then created_at else ${later} end
      where id % 50 in (8, 9)`.execute(db);
    await sql`with recursive n(i) as (select 1 union all select i + 1 from n where i < ${COPIES * 10})
      insert into scratch_entries (user_id, session, agent, model, key, value, created_at, updated_at, expires_at)
      select 1 + i % ${USERS}, 's' || i % 9, 'a', '', 'k' || i, '', ${later}, ${later}, ${later} from n`.execute(db);
    await sql`with recursive n(i) as (select 1 union all select i + 1 from n where i < ${COPIES * 10})
      insert into agent_sessions (id, user_id, agent, status, created_at, updated_at, ended_at)
      select 'session ' || i, 1 + i % ${USERS}, 'a', case i % 20 when 0 then 'active' else 'completed' end, ${later},
        datetime(${later}, i || ' minutes'), case i % 20 when 0 then null else ${later} end from n`.execute(db);
    await sql`with recursive n(i) as (select 1 union all select i + 1 from n where i < 9)
      insert into session_lines (session_id, n, user_id, line, bytes, created_at)
      select id, i, user_id, 'x', 1, created_at from agent_sessions, n`.execute(db);
    await seedMind(db, later);
    await seedPortable(db, later);
    await seedAudit(db, later);
    await sql`insert into jobs (kind, lane, dedupe_key, payload, status, max_attempts, run_at, created_at, finished_at)
      select 'memory.none', 'io', 'failed ' || id, '{}', 'failed', 1, ${later}, created_at, created_at
      from memories where id % 9 = 0`.execute(db);
    await sql`insert into jobs (kind, lane, dedupe_key, payload, status, max_attempts, run_at, created_at)
      select 'memory.none', 'io', id, '{}', case id % 5 when 0 then 'waiting' else 'done' end, 1, ${later}, created_at
      from memories`.execute(db);
  });
}

const filling = (db: StoreDb) => (table: string, columns: string, values: string, from: string) =>
  sql.raw(`insert or ignore into ${table} (${columns}) select ${values} from ${from}`).execute(db);
const numbers = (n: number): string =>
  `(with recursive n(i) as (select 1 union all select i + 1 from n where i < ${n}) select i from n)`;
const user = `1 + i % ${USERS}`;

/** What is read in memories: many rows for every user, none that a rule would have found. */
async function seedMind(db: StoreDb, later: string): Promise<void> {
  const fill = filling(db);
  await fill(
    'structured_facts',
    `user_id, space_id, memory_id, subject, subject_key, predicate, verb, object, object_key, confidence, origin, is_end,
      valid_at, withdrawn_at, invalid_at, invalidated_by, created_at`,
    `user_id, space_id, id, 'Kettle ' || id % 300, 'kettle ' || id % 300, 'port', 'be', '80' || i, '80' || i, 1, 'rules', 0,
      created_at, null, case i when 1 then '${later}' end, case i when 1 then 1 end, created_at`,
    `memories, ${numbers(3)}`,
  );
  await fill(
    'memory_parts',
    'user_id, whole_id, part_id',
    'm.user_id, m.id, o.id',
    `memories m join memories o on o.id = m.id + ${USERS}`,
  );
  await fill('memory_ranks', 'memory_id, user_id, pagerank, community_id', 'id, user_id, 1.0 / id, id % 9', 'memories');
  await fill(
    'contradictions',
    `memory_a, memory_b, user_id, kind, description, confidence, similarity, verified, status, resolution, resolved_at,
      created_at`,
    `m.id, o.id, m.user_id, 'value', '', 0.9, null, 0, case m.id % 3 when 0 then 'open' else 'resolved' end, null, null,
      m.created_at`,
    `memories m join memories o on o.id = m.id + ${USERS}`,
  );
  await fill(
    'personality_signals',
    `user_id, memory_id, space_id, signal_type, subject, subject_key, polarity, value, intensity, topic, evidence, agent,
      said_at, created_at`,
    `user_id, id, null, case i when 1 then 'value' else 'preference' end, 'P' || id % 40, 'p' || id % 40, 1, 1, 0.5,
      'walks', null, null, created_at, created_at`,
    `memories, ${numbers(2)}`,
  );
  await fill(
    'personality_words',
    'user_id, word, subject_key, signal_id',
    "user_id, 'word' || id % 200, subject_key, id",
    'personality_signals',
  );
  await fill(
    'personality_portraits',
    'user_id, space_id, portrait, memory_ids, is_stale, created_at, last_updated_at',
    `${user}, 100 + i, null, '[]', 1, '${later}', '${later}'`,
    numbers(COPIES * 10),
  );
  await fill(
    'preferences',
    'user_id, key, value, domain, created_at, updated_at',
    `${user}, 'd' || i % 20 || '.k' || i, '1', 'd' || i % 20, '${later}', '${later}'`,
    numbers(COPIES * 10),
  );
  const named = `'E' || i, 'e' || i`;
  await fill(
    'entities',
    `user_id, space_id, space_key, name, name_key, short_key, entity_type, description, metadata, origin, confidence,
      memory_count, occurrence_count, first_seen_at, last_seen_at, created_at, updated_at`,
    `${user}, null, 0, ${named}, 's' || i % 50, 'tool', null, null, case i % 20 when 0 then 'manual' else 'read' end, 1, 0,
      0, '${later}', '${later}', '${later}', '${later}'`,
    numbers(COPIES * 10),
  );
  await fill(
    'entity_aliases',
    'entity_id, alias_key, user_id, space_key, alias, origin',
    "id, name_key || 'x', user_id, 0, name || 'x', 'read'",
    'entities',
  );
  await fill(
    'memory_entities',
    'memory_id, entity_id, user_id, mentions, is_paired, origin',
    "m.id, e.id, m.user_id, 1, 1, 'read'",
    'memories m join entities e on e.id > 1 and e.id in (m.id % 500, m.id % 499) and e.user_id = m.user_id',
  );
  await fill('entity_readings', 'memory_id, user_id, is_counted', 'id, user_id, 1', 'memories');
  await fill(
    'entity_pairs',
    'entity_id, other_id, user_id, memories',
    'a.id, b.id, a.user_id, 1',
    `entities a join entities b on b.id in (a.id + ${USERS}, a.id + ${USERS * 2})`,
  );
  await fill(
    'entity_relationships',
    'user_id, source_entity_id, target_entity_id, relationship_type, strength, origin, created_at',
    `a.user_id, a.id, a.id + ${USERS}, 'uses', 1, 'read', '${later}'`,
    `entities a join entities b on b.id = a.id + ${USERS}`,
  );
  await fill(
    'relationship_evidence',
    'relationship_id, memory_id, user_id',
    'r.id, m.id, r.user_id',
    'entity_relationships r join memories m on m.id = r.id and m.user_id = r.user_id',
  );
  await fill(
    'projects',
    'user_id, space_id, space_key, name, name_key, description, status, metadata, created_at, updated_at',
    `${user}, null, 0, ${named}, null, 'active', null, '${later}', '${later}'`,
    numbers(COPIES),
  );
  await fill(
    'project_memories',
    'project_id, memory_id, user_id, origin',
    "p.id, m.id, m.user_id, 'manual'",
    `memories m join projects p on p.user_id = m.user_id and p.id % 7 = m.id % 7`,
  );
  await fill(
    'causal_chains',
    'user_id, space_id, root_memory_id, description, confidence, origin, created_at',
    "user_id, space_id, id, null, 1, 'read', created_at",
    'memories where id % 3 = 0',
  );
  await fill(
    'causal_links',
    `user_id, chain_id, cause_memory_id, effect_memory_id, cause_text, effect_text, strength, order_index, found_in,
      created_at`,
    `c.user_id, c.id, m.id, m.id + ${USERS}, null, null, 1, 0, m.id + ${USERS}, c.created_at`,
    `causal_chains c join memories m on m.id = c.root_memory_id join memories o on o.id = m.id + ${USERS}`,
  );
  await fill(
    'reconsolidations',
    `memory_id, user_id, base_importance, base_confidence, importance, confidence, action, reason, is_undone, updated_at`,
    "id, user_id, 5, 1, 5, 1, 'kept', '', 0, created_at",
    'memories where id % 5 = 0',
  );
  await fill(
    'reflections',
    `user_id, space_id, reflection_type, origin, content, details, confidence, memory_id, memory_count, period_start,
      period_end, created_at`,
    `${user}, null, 'general', 'rules', 'x' || i, '{}', 1, null, 0, null, null, '${later}'`,
    numbers(COPIES * 10),
  );
  await fill(
    'consolidations',
    'user_id, space_id, memory_id, method, status, memory_count, created_at, undone_at',
    "user_id, space_id, id, 'rules', 'undone', 0, created_at, null",
    'memories where id % 7 = 0',
  );
  await fill(
    'thought_sources',
    'kind, thought_id, memory_id, user_id',
    "'reflection', id, id, user_id",
    'memories where id % 7 = 0',
  );
  const figures = JSON.stringify({
    ...{ new_memories: 0, changed_memories: 0, contradictions: 0, categories: [], top_memory_ids: [] },
    ...{ summary: null, paragraph: null, degraded: [] },
  });
  await fill(
    'digests',
    'user_id, space_id, period, content, details, memory_count, quoted, started_at, ended_at, created_at',
    `${user}, null, 'daily', '', '${figures}', 0, 0, '${later}', '${later}', '${later}'`,
    numbers(COPIES * 10),
  );
  await fill(
    'digest_subscriptions',
    `user_id, space_id, schedule, webhook_url, webhook_secret, include, active, failures, last_error, last_sent_at,
      next_send_at, created_at`,
    `${user}, null, 'daily', 'http://127.0.0.1:9', null, '[]', i % 2, 0, null, null, '${later}', '${later}'`,
    numbers(COPIES * 10),
  );
  await fill(
    'gate_requests',
    `user_id, agent, command, tool_name, session_id, context, status, reason, output, last_memory_id, expires_at, created_at,
      updated_at`,
    `${user}, 'a', 'ls', null, 's' || i % 40, null, case i % 20 when 0 then 'pending' else 'approved' end, null, null, 1,
      '${later}', '${later}', '${later}'`,
    numbers(COPIES * 10),
  );
  await fill(
    'approvals',
    `id, user_id, action, context, requester, status, decision_by, decision_reason, created_at, expires_at, decided_at`,
    `'a' || i, ${user}, 'walk', null, 'a', case i % 20 when 0 then 'pending' else 'approved' end, null, null, '${later}',
      '${later}', null`,
    numbers(COPIES * 10),
  );
}

/** Files on their way, imports, notes of what was erased, and addresses that want to hear of nothing. */
async function seedPortable(db: StoreDb, later: string): Promise<void> {
  const fill = filling(db);
  // More than a quota allows nobody has.
  await fill('spaces', 'user_id, name, created_at', `${user}, 'seeded ' || i, '${later}'`, numbers(USERS * 6));
  await fill(
    'uploads',
    'id, user_id, source, status, created_at, expires_at',
    `'upload ' || i, ${user}, 'upload', 'completed', '${later}', '${later}'`,
    numbers(COPIES * 10),
  );
  await fill(
    'upload_chunks',
    'upload_id, user_id, chunk_index, size, data',
    "id, user_id, i, 1, x'00'",
    `uploads, ${numbers(3)}`,
  );
  await fill(
    'imports',
    `id, user_id, format, status, dry_run, done_bytes, total_bytes, imported, skipped, failed, duplicates, errors,
      created_at, updated_at`,
    `'import ' || i, ${user}, 'engram', 'completed', 0, 1, 1, 0, 0, 0, 0, '[]', '${later}', '${later}'`,
    numbers(COPIES * 10),
  );
  await fill('import_marks', 'user_id, mark, target_id', "user_id, 'mark ' || id, id", 'memories');
  await fill('sync_deletions', 'user_id, sync_id, deleted_at', "user_id, 'gone ' || id, created_at", 'memories');
  await fill(
    'webhooks',
    'user_id, url, events, is_active, failure_count, last_event_id, created_at',
    `${user}, 'http://127.0.0.1:9', '[]', i % 2, 0, 999999999, '${later}'`,
    numbers(COPIES * 2),
  );
  await fill(
    'webhook_dead_letters',
    'user_id, webhook_id, event, payload, attempts, last_error, created_at',
    `user_id, id, 'memory.created', '{}', 3, '', '${later}'`,
    `webhooks, ${numbers(9)}`,
  );
  await fill(
    'event_outbox',
    'user_id, event, data, created_at',
    `${user}, 'memory.created', '{}', '${later}'`,
    numbers(COPIES * 10),
  );
}

/** A chain for every user, the first rows of which are long past their time. */
async function seedAudit(db: StoreDb, later: string): Promise<void> {
  const fill = filling(db);
  await fill('audit_heads', 'user_id, first_seq, anchor_hash, last_seq, last_hash', "id, 1, '', 0, ''", 'users');
  const actions = `case i % 3 when 0 then 'memory.store' when 1 then 'memory.forget' else 'memory.get' end`;
  await fill(
    'audit_log',
    `user_id, seq, key_id, action, target_type, target_id, door, request_id, created_at, prev_hash, hash`,
    `user_id, last_seq + i, 1, ${actions}, 'memory', i, 'http', 'request ' || user_id || ' ' || i,
      case when i < 20 then '2020-01-01 00:00:00' else '${later}' end, '', ''`,
    `audit_heads, ${numbers(COPIES * 10)}`,
  );
  await sql`update audit_heads set last_seq = (select max(seq) from audit_log l where l.user_id = audit_heads.user_id)`.execute(
    db,
  );
}
