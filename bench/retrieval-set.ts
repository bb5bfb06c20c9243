// Retrieval sets as files: documents, queries and which documents answer them, one JSON row a line.
import { basename } from 'node:path';
import { BenchError } from './options.ts';
import { linesOf } from './texts.ts';

export interface Document {
  id: string;
  text: string;
}
export interface Query {
  text: string;
  /** Document id -> grade, above 0. Never empty. */
  gold: ReadonlyMap<string, number>;
}
/** Documents that are searched together. */
export interface Collection {
  id: string;
  documents: Document[];
  queries: Query[];
}
export interface RetrievalSet {
  name: string;
  collections: Collection[];
  /** Documents left out because they have no text. */
  empty: number;
}

type Row =
  | { type: 'doc'; id: string; text: string; group?: string }
  | { type: 'query'; id: string; text: string; group?: string }
  | { type: 'qrel'; query: string; doc: string; score: number };

export const setName = (path: string): string => basename(path).replace(/\.jsonl(\.gz)?$/, '');

/**
 * Rows `{type: 'doc', id, text, group?}`, `{type: 'query', id, text, group?}` and `{type: 'qrel', query, doc, score}` in
 * any order. A query of a group searches only the documents of that group; one that no document answers is left out.
 */
export async function readRetrievalSet(path: string): Promise<RetrievalSet> {
  const name = setName(path);
  const collections = new Map<string, Collection>();
  const gold = new Map<string, Map<string, number>>();
  const queries: Extract<Row, { type: 'query' }>[] = [];
  let empty = 0;
  for await (const line of linesOf(path)) {
    const row = JSON.parse(line) as Row;
    if (row.type === 'query') queries.push(row);
    else if (row.type === 'qrel') {
      if (row.score > 0) gold.set(row.query, (gold.get(row.query) ?? new Map()).set(row.doc, row.score));
    } else if (row.text.trim() === '') empty++;
    else {
      const group = row.group ?? '';
      const collection = collections.get(group) ?? {
        id: group === '' ? name : `${name}/${group}`,
        documents: [],
        queries: [],
      };
      collections.set(group, collection);
      collection.documents.push({ id: row.id, text: row.text });
    }
  }
  for (const { id, text, group = '' } of queries) {
    const answers = gold.get(id);
    if (!answers) continue;
    const collection = collections.get(group);
    if (!collection) throw new BenchError(`${path}: query ${id} is of group "${group}", which has no documents.`);
    collection.queries.push({ text, gold: answers });
  }
  return { name, collections: [...collections.values()], empty };
}
