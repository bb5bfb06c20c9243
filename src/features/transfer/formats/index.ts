// Every format that can be brought in, those that are told most surely first.
import type { Item } from '../../../algo/json-items.ts';
import { chatgpt, claude } from './chats.ts';
import { array, engram } from './engram.ts';
import { markdown } from './markdown.ts';
import { agentmemory, claudeMem, mcpMemory, mem0, supermemory, zep } from './memories.ts';
import { type Format, isFields } from './record.ts';

export const FORMATS: readonly Format[] = [
  chatgpt,
  claude,
  claudeMem,
  agentmemory,
  mcpMemory,
  zep,
  engram,
  markdown,
  mem0,
  supermemory,
  array,
];

export const formatNamed = (name: string): Format | undefined => FORMATS.find((format) => format.name === name);

/** @param items the first entries of a file; a few hundred are plenty */
export function formatOf(items: readonly Item[]): Format | undefined {
  for (const format of FORMATS) if (items.some((item) => format.recognises(item))) return format;
  // A document with nothing but memories: by what stands in them.
  const first = items.find(({ section, value }) => section === 'memories' && isFields(value));
  return first === undefined ? undefined : isFields(first.value) && 'memory' in first.value ? mem0 : engram;
}
