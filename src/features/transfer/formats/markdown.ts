// A folder of Markdown files, one memory each, with what else is known of it in front (YAML whose values are JSON).
import { engram } from './engram.ts';
import { type Format, fields, isFields, needed } from './record.ts';

const FRONT = /^\ufeff?---\r?\n([\s\S]*?)\r?\n---(?:\r?\n|$)/;

/** Values that are JSON are read as such, others as text. */
function front(text: string): Record<string, unknown> {
  const found: Record<string, unknown> = {};
  for (const line of text.split(/\r?\n/)) {
    const [, name, written] = /^([A-Za-z_][\w-]*):\s*(.*)$/.exec(line) ?? [];
    if (name === undefined || written === undefined || written === '') continue;
    try {
      found[name] = JSON.parse(written);
    } catch {
      found[name] = written.replace(/^\[(.*)\]$/, '$1');
    }
  }
  return found;
}

/** A file as an entry. */
export const markdown: Format = {
  name: 'markdown',
  title: 'Folder of Markdown files',
  recognises: ({ section, value }) => section === null && isFields(value) && typeof value.markdown === 'string',
  read({ value: raw, line }, digest) {
    const value = fields(raw);
    const text = needed(value, 'markdown');
    const head = FRONT.exec(text);
    const content = (head ? text.slice(head[0].length) : text).trim();
    if (content === '') return [];
    const about = head ? front(head[1]!) : {};
    return engram.read(
      { section: null, line, value: { source: 'markdown-import', ...about, type: 'memory', content } },
      digest,
    );
  },
};

/** What goes out, in an order that people look for it. */
const SHOWN = [
  'sync_id', 'parent_sync_id', 'category', 'source', 'tags', 'importance', 'space', 'session_id', 'episode', 'status', 'model',
  'confidence', 'is_static', 'is_fact', 'is_forgotten', 'is_archived', 'is_decomposed', 'is_superseded', 'is_consolidated',
  'forget_after', 'forget_reason', 'forgotten_at', 'superseded_at', 'occurred_at', 'created_at', 'updated_at',
  'source_count', 'recall_hits', 'recall_misses', 'access_count', 'last_accessed_at', 'fsrs_stability', 'fsrs_difficulty',
  'fsrs_storage_strength', 'fsrs_retrieval_strength', 'fsrs_learning_state', 'fsrs_reps', 'fsrs_lapses',
  'fsrs_last_review_at', 'valence', 'arousal', 'dominant_emotion',
]; // biome-ignore format: a list

export function markdownOf(memory: Readonly<Record<string, unknown>>): string {
  const lines = SHOWN.filter(
    (name) => memory[name] !== null && memory[name] !== undefined && memory[name] !== false,
  ).map((name) => `${name}: ${JSON.stringify(memory[name])}`);
  return `---\n${lines.join('\n')}\n---\n\n${String(memory.content)}\n`;
}
