// What a text names and how those stand to each other, by rules, and by a language model in addition when there is one.
import { z } from 'zod';
import { namesOf } from '../../algo/entities/extract.ts';
import { foldName, nameKey } from '../../algo/entities/keys.ts';
import { knownIn } from '../../algo/entities/known.ts';
import { relationsIn } from '../../algo/entities/statements.ts';
import { ENTITY_TYPES, type Found } from '../../algo/entities/types.ts';
import type { Llm } from '../../core/llm.ts';
import { type Draft, gather } from './rules.ts';

export interface Relation {
  readonly source: Draft;
  readonly target: Draft;
  readonly type: string;
}
export interface Reading {
  readonly drafts: readonly Draft[];
  readonly relations: readonly Relation[];
  /** Folded names of projects and of entities made by hand that it names, whatever else they were taken for. */
  readonly known: ReadonlySet<string>;
}

/** @param names folded names that are known already */
export function readText(text: string, names: ReadonlySet<string>, more: readonly Found[] = []): Reading {
  const rules = namesOf(text);
  const taken = [...rules];
  for (const one of more) if (replaces(one, taken)) taken.push(one);
  const known = knownIn(text, names);
  for (const { start, end } of known) {
    const one: Found = { name: text.slice(start, end), type: 'unknown', start, end };
    if (replaces(one, taken)) taken.push(one);
  }
  taken.sort((a, b) => a.start - b.start);
  const { drafts, of } = gather(text, taken);
  const relations = relationsIn(text, taken).flatMap(({ source, target, type }) => {
    const [from, to] = [of.get(source), of.get(target)];
    return from && to && from !== to ? [{ source: from, target: to, type }] : [];
  });
  return { drafts, relations, known: new Set(known.map(({ key }) => key)) };
}

/** Takes away the names within it that rules could make nothing of; false when something else stands there. */
function replaces(one: Found, taken: Found[]): boolean {
  const within = taken.filter(({ start, end }) => start < one.end && one.start < end);
  if (within.some(({ type, start, end }) => type !== 'unknown' || start < one.start || end > one.end)) return false;
  for (const name of within) taken.splice(taken.indexOf(name), 1);
  return true;
}

const LlmAnswer = z.object({
  entities: z.array(z.object({ name: z.string(), type: z.enum(ENTITY_TYPES) })).max(64),
  relationships: z.array(z.object({ source: z.string(), target: z.string(), type: z.string() })).max(64),
});

const INSTRUCTIONS = `Find the people, organizations, places, servers, tools (software and products) and projects that the text
names, and how they stand to each other. Give every name exactly as the text writes it. Leave out roles, pronouns, common
nouns, dates and numbers. A relationship has the names of two found entities and a type in snake_case, such as works_at,
lives_in, runs_on, depends_on, owns, member_of, located_in, part_of, married_to, reports_to. Give only relationships the
text states.`;
/** Below this a text names hardly more than the rules find. */
const LEAST_CHARS = 24;
const MOST_CHARS = 8_000;

/** @returns names with their places in the text, and relations by name; what the text does not hold is left out */
export async function askLlm(llm: Llm, text: string) {
  if (text.length < LEAST_CHARS) return { found: [], relationships: [] };
  const answer = await llm.ask({
    purpose: 'entities',
    instructions: INSTRUCTIONS,
    data: text.slice(0, MOST_CHARS),
    answer: LlmAnswer,
    urgency: 'later',
  });
  const found = answer.entities.flatMap(({ name, type }): Found[] => {
    const wanted = name.trim();
    const start = wanted.length < 2 || wanted.length > 120 ? -1 : text.indexOf(wanted);
    return start < 0 ? [] : [{ name: wanted, type, start, end: start + wanted.length }];
  });
  const relationships = answer.relationships.filter(({ type }) => /^[a-z][a-z_]{1,39}$/.test(type));
  return { found, relationships };
}

/** Relations a model named, between drafts of the text. */
export function namedRelations(
  drafts: readonly Draft[],
  relationships: readonly { source: string; target: string; type: string }[],
): Relation[] {
  const find = (name: string) =>
    drafts.find(
      (draft) =>
        draft.key === nameKey(draft.type, name) ||
        foldName(draft.name) === foldName(name) ||
        draft.others.has(foldName(name)),
    );
  return relationships.flatMap(({ source, target, type }) => {
    const [from, to] = [find(source), find(target)];
    return from && to && from !== to ? [{ source: from, target: to, type }] : [];
  });
}
