// A database as an older server (version 0.3) makes it: the tables and columns that are read, others left out.
import { openRaw } from '../../src/platform/db/sqlite/connection.ts';

const SCHEMA = `
  create table spaces(id integer primary key, user_id integer not null, name text not null, description text, created_at text not null default '2024-01-01 00:00:00');
  create table memories(id integer primary key, content text not null, category text not null default 'general', source text not null default 'unknown',
    session_id text, importance integer not null default 5, embedding blob, embedding_vec_1024 blob, version integer not null default 1,
    is_latest boolean not null default 1, parent_memory_id integer references memories, root_memory_id integer references memories,
    source_count integer not null default 1, is_static boolean not null default 0, is_forgotten boolean not null default 0,
    is_archived boolean not null default 0, is_fact integer default 0, is_decomposed integer default 0, forget_after text, forget_reason text,
    model text, recall_hits integer not null default 0, recall_misses integer not null default 0, adaptive_score real, pagerank_score real default 0,
    last_accessed_at text, access_count integer not null default 0, tags text, episode_id integer, decay_score real, confidence real not null default 1.0,
    sync_id text, status text not null default 'approved', user_id integer not null default 1, space_id integer, fsrs_stability real,
    fsrs_difficulty real, fsrs_storage_strength real default 1.0, fsrs_retrieval_strength real default 1.0, fsrs_learning_state integer default 0,
    fsrs_reps integer default 0, fsrs_lapses integer default 0, fsrs_last_review_at text, is_superseded integer not null default 0,
    is_consolidated integer not null default 0, community_id integer, valence real, arousal real, dominant_emotion text,
    created_at text not null, updated_at text not null);
  create table memory_links(id integer primary key, source_id integer not null, target_id integer not null, similarity real not null,
    type text not null default 'similarity', created_at text not null default '2024-01-01 00:00:00', unique(source_id, target_id, type));
  create table episodes(id integer primary key, title text, session_id text, agent text, summary text, user_id integer default 1,
    memory_count integer not null default 0, embedding blob, started_at text not null, ended_at text, created_at text not null);
  create table structured_facts(id integer primary key, memory_id integer, subject text not null, predicate text not null, object text not null,
    verb text not null default '', quantity real, unit text, date_ref text, date_approx text, location text, valid_at text, invalid_at text,
    invalidated_by integer, confidence real not null default 1.0, user_id integer not null default 1, created_at text not null);
  create table conversations(id integer primary key, agent text not null, session_id text, title text, metadata text, user_id integer not null default 1,
    started_at text not null, updated_at text not null);
  create table messages(id integer primary key, conversation_id integer not null, role text not null, content text not null, metadata text, created_at text not null);
  create table user_preferences(id integer primary key, user_id integer not null, key text not null, value text not null, domain text, preference text,
    strength real not null default 1.0, created_at text not null, updated_at text not null);
`;
const ROWS = `
  insert into spaces(id, user_id, name) values (1, 1, 'default'), (2, 1, 'work');
  insert into episodes(id, title, session_id, agent, started_at, created_at) values (3, 'Moving house', 's-9', 'ann', '2024-02-01 08:00:00', '2024-02-01 08:00:00');
  insert into memories(id, content, category, importance, tags, episode_id, session_id, version, is_latest, sync_id, space_id, created_at, updated_at, embedding)
    values (10, 'The movers come on Monday', 'task', 7, '["move","House"]', 3, 's-9', 1, 0, 'uuid-10', 1, '2024-02-01 09:00:00', '2024-02-02 09:00:00', x'00000000');
  insert into memories(id, content, category, importance, tags, episode_id, session_id, version, parent_memory_id, root_memory_id, sync_id, space_id, fsrs_stability, fsrs_difficulty, fsrs_reps, fsrs_last_review_at, access_count, created_at, updated_at)
    values (11, 'The movers come on Tuesday', 'task', 7, '["move"]', 3, 's-9', 2, 10, 10, 'uuid-11', 1, 12.5, 4.25, 3, '2024-02-05 09:00:00', 9, '2024-02-02 09:00:00', '2024-02-05 09:00:00');
  insert into memories(id, content, is_static, space_id, created_at, updated_at) values (12, 'The office has 40 desks', 1, 2, '2024-03-01 09:00:00', '2024-03-01 09:00:00');
  insert into memories(id, content, is_forgotten, forget_reason, sync_id, created_at, updated_at) values (13, 'A wrong address in Bonn', 1, 'user_deleted', 'uuid-13', '2024-03-02 09:00:00', '2024-03-03 09:00:00');
  insert into memories(id, content, is_archived, sync_id, created_at, updated_at) values (14, 'Old notes about the lease', 1, 'uuid-14', '2024-03-04 09:00:00', '2024-03-04 09:00:00');
  insert into memory_links(source_id, target_id, similarity, type) values (12, 11, 0.8, 'related');
  insert into structured_facts(memory_id, subject, predicate, object, verb, created_at) values (12, 'office', 'has', '40 desks', 'have', '2024-03-01 09:00:00');
  insert into conversations(id, agent, title, started_at, updated_at) values (5, 'ann', 'Movers', '2024-02-01 08:00:00', '2024-02-01 08:10:00');
  insert into messages(conversation_id, role, content, created_at) values (5, 'user', 'When do the movers come?', '2024-02-01 08:00:00');
  insert into user_preferences(user_id, key, value, created_at, updated_at) values (1, 'units', 'metric', '2024-01-01 00:00:00', '2024-01-01 00:00:00');
`;

/** @param more SQL that adds to it */
export function olderStore(path: string, more = ''): string {
  const raw = openRaw({ path, key: null, synchronous: 'normal' });
  raw.exec(SCHEMA + ROWS + more);
  raw.close();
  return path;
}
