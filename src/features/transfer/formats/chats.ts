// Conversations with assistants: kept whole as conversations, and as memories of some turns each, so that search and
// context find what was said.
import { chunksOf, type Document } from '../../../algo/documents.ts';
import { itemsOf } from '../../../algo/json-items.ts';
import {
  type ConversationRecord,
  type Fields,
  type Format,
  fields,
  type ImportRecord,
  isFields,
  list,
  type MessageRecord,
  text,
  time,
} from './record.ts';

interface Turn {
  role: string;
  content: string;
  created_at: string | undefined;
}

function chat(format: string, id: string, title: string | null, value: Fields, turns: readonly Turn[]): ImportRecord[] {
  if (turns.length === 0) return [];
  const key = `${format}:${id}`;
  const started = time(value.create_time ?? value.created_at) ?? turns[0]!.created_at ?? null;
  const updated = time(value.update_time ?? value.updated_at) ?? turns.at(-1)!.created_at ?? started;
  const messages = turns.map(
    ({ role, content, created_at }): MessageRecord => ({
      kind: 'message',
      conversation: key,
      role,
      content,
      metadata: null,
      created_at: created_at ?? null,
    }),
  );
  const whole: ConversationRecord = {
    ...{ kind: 'conversation', key, agent: format, session_id: key, title, metadata: null },
    ...{ started_at: started, updated_at: updated, messages },
  };
  const about = { category: 'conversation', source: `${format}-import`, tags: [`${format}-import`], session_id: key };
  const head = title === null ? '' : `${title}\n\n`;
  const said = chunksOf(turns.map(({ role, content }) => `${role}: ${content}`).join('\n\n'));
  return [
    whole,
    ...said.map(
      (part, at): ImportRecord => ({
        ...{ kind: 'memory', key: `${key}#${at}`, content: head + part, ...about },
        created_at: updated ?? undefined,
        occurred_at: started ?? undefined,
      }),
    ),
  ];
}

const turnText = (content: unknown): string => {
  if (!isFields(content)) return '';
  const parts = Array.isArray(content.parts)
    ? content.parts.map((part) => (typeof part === 'string' ? part : isFields(part) ? (text(part, 'text') ?? '') : ''))
    : [text(content, 'text', 'result') ?? ''];
  return parts.filter((part) => part.trim() !== '').join('\n');
};

/** The branch that is shown: from its last message up to the root. Without one, the first child each time. */
function branch(mapping: Fields, current: unknown): Fields[] {
  const node = (id: unknown): Fields | null =>
    typeof id === 'string' && isFields(mapping[id]) ? (mapping[id] as Fields) : null;
  const seen = new Set<Fields>();
  const found: Fields[] = [];
  if (node(current)) {
    for (let at = node(current); at && !seen.has(at); at = node(at.parent)) {
      seen.add(at);
      found.push(at);
    }
    return found.reverse();
  }
  const root = Object.values(mapping).find((one) => isFields(one) && node(one.parent) === null) as Fields | undefined;
  for (let at: Fields | null = root ?? null; at && !seen.has(at); at = node(list(at.children).at(-1))) {
    seen.add(at);
    found.push(at);
  }
  return found;
}

export const chatgpt: Format = {
  name: 'chatgpt',
  title: 'ChatGPT export',
  recognises: ({ value }) => isFields(value) && isFields(value.mapping),
  read({ section, value: raw }, digest) {
    if (section !== null && section !== 'conversations') return [];
    const value = fields(raw);
    if (!isFields(value.mapping)) return [];
    const turns = branch(value.mapping, value.current_node).flatMap(({ message }): Turn[] => {
      if (!isFields(message) || !isFields(message.author)) return [];
      const role = text(message.author, 'role') ?? '';
      const content = turnText(message.content);
      const spoken = (role === 'user' || role === 'assistant') && content !== '';
      return spoken ? [{ role, content, created_at: time(message.create_time) }] : [];
    });
    const title = text(value, 'title') ?? null;
    const id = text(value, 'conversation_id', 'id') ?? digest(JSON.stringify([title, turns]));
    return chat('chatgpt', id, title, value, turns);
  },
};

const blocks = (content: unknown): string =>
  Array.isArray(content)
    ? content
        .flatMap((block) => (isFields(block) && block.type === 'text' ? [text(block, 'text') ?? ''] : []))
        .filter(Boolean)
        .join('\n')
    : '';

export const claude: Format = {
  name: 'claude',
  title: 'Claude export',
  recognises: ({ value }) =>
    isFields(value) &&
    (Array.isArray(value.chat_messages) ||
      'conversations_memory' in value ||
      (typeof value.prompt_template === 'string' && 'docs' in value)),
  read({ section, value: raw }, digest) {
    if (section !== null && section !== 'conversations') return [];
    const value = fields(raw);
    const remembered = text(value, 'conversations_memory');
    if (remembered !== undefined) {
      const about = { category: 'reference', source: 'claude-import', tags: ['claude-import'] };
      return chunksOf(remembered).map((content) => ({
        kind: 'memory',
        key: `claude:${digest(content)}`,
        content,
        ...about,
      }));
    }
    if (!Array.isArray(value.chat_messages)) return [];
    const turns = value.chat_messages.flatMap((message): Turn[] => {
      if (!isFields(message)) return [];
      const content = blocks(message.content) || text(message, 'text') || '';
      const role = message.sender === 'human' ? 'user' : 'assistant';
      return content === '' ? [] : [{ role, content, created_at: time(message.created_at) }];
    });
    const title = text(value, 'name') ?? null;
    const id = text(value, 'uuid') ?? digest(JSON.stringify([title, turns]));
    return chat('claude', id, title, value, turns);
  },
};

/** Conversations as documents, for those who only want their text. */
export function chatDocuments(value: unknown, digest: (text: string) => string): Document[] {
  return itemsOf(value).flatMap((item) => {
    const format = [chatgpt, claude].find((one) => one.recognises(item));
    const [whole] = format?.read(item, digest) ?? [];
    if (whole?.kind !== 'conversation') return [];
    const text = whole.messages.map(({ role, content }) => `${role}: ${content}`).join('\n\n');
    return [{ title: whole.title, text }];
  });
}
