// Other memory services: lists of texts with something about each.
import type { Item } from '../../../algo/json-items.ts';
import {
  type Fields,
  type Format,
  fields,
  isFields,
  list,
  type MemoryRecord,
  needed,
  number,
  text,
  time,
} from './record.ts';

type Digest = (text: string) => string;

/** By its id, else by its words. */
const keyOf = (format: string, value: Fields, content: string, digest: Digest): string =>
  `${format}:${text(value, 'id', 'uuid', 'customId') ?? digest(content)}`;

const MEM0_LISTS = new Set(['memories', 'results']);
/** https://docs.mem0.ai: what `get_all` and exports hold. */
export const mem0: Format = {
  name: 'mem0',
  title: 'Mem0',
  recognises: ({ section, value }) =>
    section === 'results' ||
    (section === null && isFields(value) && typeof value.memory === 'string' && !('spaceId' in value)),
  read({ section, value: raw }, digest) {
    if (section !== null && !MEM0_LISTS.has(section)) return [];
    const value = fields(raw);
    const content = needed(value, 'memory', 'text', 'content');
    const about = isFields(value.metadata) ? value.metadata : {};
    const tags = [...list(about.tags), ...list(value.categories)];
    return [
      {
        kind: 'memory',
        key: keyOf('mem0', value, content, digest),
        content,
        category: text(about, 'category') ?? text(value, 'category') ?? 'general',
        source: text(about, 'source') ?? text(value, 'source') ?? 'mem0-import',
        tags: tags.length > 0 ? tags : ['mem0-import'],
        importance: number(about, 'importance') ?? number(value, 'importance') ?? 5,
        session_id: text(value, 'run_id'),
        created_at: time(value.created_at),
        updated_at: time(value.updated_at),
      },
    ];
  },
};

const SUPERMEMORY_LISTS = new Set(['documents', 'memories', 'data']);
const SUPERMEMORY_TYPES: Readonly<Record<string, string>> = {
  note: 'general',
  tweet: 'discovery',
  page: 'discovery',
  bookmark: 'discovery',
  document: 'task',
  conversation: 'state',
};
const spaceNames = (value: unknown): string[] =>
  Array.isArray(value)
    ? value.flatMap((one) => (isFields(one) ? list([one.name]) : list([one])))
    : typeof value === 'string'
      ? [value]
      : [];

/** https://supermemory.ai: documents and memories of its API. */
export const supermemory: Format = {
  name: 'supermemory',
  title: 'Supermemory',
  recognises: ({ section, value }) =>
    section === 'documents' ||
    section === 'data' ||
    (section === null && isFields(value) && ('containerTags' in value || 'spaceId' in value || 'spaces' in value)),
  read({ section, value: raw }, digest) {
    if (section !== null && !SUPERMEMORY_LISTS.has(section)) return [];
    const value = fields(raw);
    const content = needed(value, 'content', 'text', 'memory', 'description', 'raw', 'summary');
    const about = isFields(value.metadata) ? value.metadata : {};
    const type = text(value, 'type');
    const spaces = [...spaceNames(value.spaces), ...spaceNames(value.space), ...list(value.containerTags)];
    return [
      {
        kind: 'memory',
        key: keyOf('supermemory', value, content, digest),
        content,
        category: text(value, 'category') ?? SUPERMEMORY_TYPES[type ?? ''] ?? 'general',
        source: text(value, 'source') ?? text(about, 'source') ?? text(value, 'url') ?? 'supermemory-import',
        tags: ['supermemory-import', ...spaces, ...list(value.tags), ...(type === undefined ? [] : [type])],
        importance: number(value, 'importance') ?? number(about, 'importance'),
        created_at: time(value.createdAt ?? value.created_at),
        updated_at: time(value.updatedAt ?? value.updated_at),
      },
    ];
  },
};

/** https://help.getzep.com: facts on the edges of a graph, summaries on its nodes, messages of sessions. */
export const zep: Format = {
  name: 'zep',
  title: 'Zep',
  recognises: ({ section, value }) =>
    section === null
      ? isFields(value) && typeof value.fact === 'string' && ('uuid' in value || 'source_node_uuid' in value)
      : (section === 'edges' && isFields(value) && 'fact' in value) ||
        (section === 'episodes' && isFields(value) && 'uuid' in value),
  read({ section, value: raw }, digest) {
    if (typeof raw === 'string' && (section === 'facts' || section === 'summary'))
      return [zepMemory({}, raw, 'fact', digest)];
    if (!isFields(raw)) return [];
    const value = raw;
    if (section === 'nodes') {
      const summary = text(value, 'summary');
      if (summary === undefined) return [];
      const name = text(value, 'name');
      return [
        zepMemory(
          value,
          name === undefined || summary.includes(name) ? summary : `${name}: ${summary}`,
          'reference',
          digest,
        ),
      ];
    }
    if (section === 'messages' || section === 'episodes') {
      const said = text(value, 'content');
      const who = text(value, 'name', 'role', 'role_type');
      return said === undefined
        ? []
        : [zepMemory(value, who === undefined ? said : `${who}: ${said}`, 'conversation', digest)];
    }
    if (section !== null && section !== 'edges' && section !== 'facts') {
      const said = text(value, 'content');
      return section === 'summary' && said !== undefined ? [zepMemory(value, said, 'conversation', digest)] : [];
    }
    return [zepMemory(value, needed(value, 'fact', 'content'), 'fact', digest)];
  },
};

function zepMemory(value: Fields, content: string, category: string, digest: Digest): MemoryRecord {
  const ended = time(value.invalid_at) ?? time(value.expired_at);
  return {
    kind: 'memory',
    key: keyOf('zep', value, content, digest),
    content,
    category,
    source: 'zep-import',
    tags: ['zep-import', ...list(value.labels)],
    session_id: text(value, 'session_id', 'thread_id'),
    occurred_at: time(value.valid_at),
    created_at: time(value.created_at),
    // What holds no more is kept, out of sight.
    state: ended === undefined ? undefined : { is_archived: 1 },
  };
}

const AGENT_TYPES = new Set(['preference', 'decision', 'pattern', 'architecture', 'workflow', 'bug', 'fact']);
/** https://github.com/rohitg00/agentmemory: one document with sessions, observations, memories and summaries. */
export const agentmemory: Format = {
  name: 'agentmemory',
  title: 'agentmemory',
  recognises: ({ section, value }) =>
    (section === 'memories' && isFields(value) && ('isLatest' in value || 'sessionIds' in value)) ||
    (section === 'sessions' && isFields(value) && 'observationCount' in value),
  read({ section, value: raw }, digest) {
    if (section === 'observations' && isFields(raw) && !('id' in raw))
      // By session.
      return Object.values(raw).flatMap((all) =>
        (Array.isArray(all) ? all : []).flatMap((one) => agentObservation(one, digest)),
      );
    if (section === 'observations') return agentObservation(raw, digest);
    if (!isFields(raw)) return [];
    if (section === 'summaries') {
      const content = [text(raw, 'title'), text(raw, 'narrative'), ...list(raw.keyDecisions)]
        .filter(Boolean)
        .join('\n');
      return content === ''
        ? []
        : [agentMemory({ ...raw, id: `summary:${String(raw.sessionId)}` }, content, 'summary', digest)];
    }
    if (section === 'semanticMemories' || section === 'lessons' || section === 'insights') {
      const content = text(raw, 'fact', 'content', 'title');
      return content === undefined ? [] : [agentMemory(raw, content, 'fact', digest)];
    }
    if (section === 'proceduralMemories') {
      const steps = list(raw.steps);
      return [
        agentMemory(
          raw,
          [needed(raw, 'name'), ...steps.map((step, at) => `${at + 1}. ${step}`)].join('\n'),
          'workflow',
          digest,
        ),
      ];
    }
    if (section !== null && section !== 'memories') return [];
    const title = text(raw, 'title');
    const body = needed(raw, 'content', 'title');
    const type = text(raw, 'type') ?? 'fact';
    const content = title === undefined || body.includes(title) ? body : `${title}\n${body}`;
    const record = agentMemory(raw, content, AGENT_TYPES.has(type) ? type : 'general', digest);
    const parent = text(raw, 'parentId');
    return [{ ...record, parent: parent === undefined ? undefined : `agentmemory:${parent}` }];
  },
};

function agentObservation(raw: unknown, digest: Digest): MemoryRecord[] {
  if (!isFields(raw)) return [];
  const content = [text(raw, 'title'), text(raw, 'narrative'), ...list(raw.facts)].filter(Boolean).join('\n');
  return content === '' ? [] : [agentMemory(raw, content, text(raw, 'type') ?? 'discovery', digest)];
}

function agentMemory(value: Fields, content: string, category: string, digest: Digest): MemoryRecord {
  return {
    kind: 'memory',
    key: keyOf('agentmemory', value, content, digest),
    content,
    category,
    source: 'agentmemory-import',
    tags: [
      'agentmemory-import',
      ...list(value.concepts),
      ...(text(value, 'project') === undefined ? [] : [text(value, 'project')!]),
    ],
    importance: number(value, 'importance') ?? number(value, 'strength'),
    session_id: text(value, 'sessionId') ?? list(value.sessionIds)[0],
    created_at: time(value.createdAt ?? value.timestamp),
    updated_at: time(value.updatedAt),
    forget_after: time(value.forgetAfter),
  };
}

const CLAUDE_MEM_LISTS = new Set(['observations', 'summaries', 'prompts', 'sessions']);
/** https://github.com/thedotmack/claude-mem: one document with observations, sessions, summaries and prompts. */
export const claudeMem: Format = {
  name: 'claude-mem',
  title: 'claude-mem',
  recognises: ({ section, value }) =>
    section === 'exportedAtEpoch' ||
    section === 'totalObservations' ||
    (section === 'observations' && isFields(value) && 'memory_session_id' in value),
  read({ section, value: raw }, digest) {
    if (section !== null && !CLAUDE_MEM_LISTS.has(section)) return [];
    const value = fields(raw);
    const said = (parts: readonly (string | undefined)[]) => parts.filter(Boolean).join('\n');
    if (section === 'observations' || section === null) {
      const body = said([
        text(value, 'title'),
        text(value, 'subtitle'),
        text(value, 'narrative', 'text'),
        ...list(value.facts),
      ]);
      return body === '' ? [] : [claudeMemory('observation', value, body, text(value, 'type') ?? 'discovery', digest)];
    }
    if (section === 'summaries') {
      const parts = ['request', 'investigated', 'learned', 'completed', 'next_steps', 'notes'];
      const body = said(
        parts.map((name) =>
          text(value, name) === undefined ? undefined : `${name.replace('_', ' ')}: ${text(value, name)}`,
        ),
      );
      return body === '' ? [] : [claudeMemory('summary', value, body, 'summary', digest)];
    }
    const prompt = text(value, 'prompt_text');
    return section === 'prompts' && prompt !== undefined
      ? [claudeMemory('prompt', value, prompt, 'prompt', digest)]
      : [];
  },
};

function claudeMemory(kind: string, value: Fields, content: string, category: string, digest: Digest): MemoryRecord {
  const created = time(value.created_at) ?? time(value.created_at_epoch);
  const project = text(value, 'project');
  return {
    kind: 'memory',
    // Its ids count from 1 on every machine.
    key: `claude-mem:${digest([kind, text(value, 'memory_session_id', 'content_session_id') ?? '', created ?? '', content].join('\n'))}`,
    content,
    category,
    source: 'claude-mem-import',
    tags: ['claude-mem-import', ...(project === undefined ? [] : [project]), ...list(value.concepts)],
    session_id: text(value, 'memory_session_id', 'content_session_id'),
    created_at: created,
  };
}

const sentence = (name: string): string => name.replaceAll('_', ' ');
/** https://github.com/modelcontextprotocol/servers memory: lines with entities that carry observations, and relations. */
export const mcpMemory: Format = {
  name: 'mcp-memory',
  title: 'MCP memory server',
  recognises: ({ section, value }: Item) =>
    isFields(value) &&
    ((section === null &&
      (value.type === 'entity' || value.type === 'relation') &&
      ('observations' in value || 'relationType' in value)) ||
      (section === 'entities' && 'observations' in value && 'entityType' in value)),
  read({ section, value: raw }, digest) {
    const value = fields(raw);
    const relation = value.type === 'relation' || section === 'relations';
    const about = { source: 'mcp-memory-import', tags: ['mcp-memory-import'] };
    if (relation) {
      const [from, to, type] = [needed(value, 'from'), needed(value, 'to'), needed(value, 'relationType')];
      const content = `${from} ${sentence(type)} ${to}`;
      return [{ kind: 'memory', key: `mcp-memory:${digest(content)}`, content, category: 'fact', ...about }];
    }
    const name = needed(value, 'name');
    const type = text(value, 'entityType') ?? 'concept';
    const facts = list(value.observations).map((fact): MemoryRecord => {
      const content = fact.toLowerCase().includes(name.toLowerCase()) ? fact : `${sentence(name)}: ${fact}`;
      return { kind: 'memory', key: `mcp-memory:${digest(`${name}\n${fact}`)}`, content, category: 'fact', ...about };
    });
    const entity = { description: null, metadata: null, origin: 'manual', confidence: 1, created_at: null };
    return [{ kind: 'entity', name, entity_type: type, ...entity }, ...facts];
  },
};
